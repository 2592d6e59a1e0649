"""Everything people bring as a drawing becomes the same kind of network input, or one clear sentence."""

import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from sketch2photo.examples import EXAMPLES, EXAMPLES_FOLDER
from sketch2photo.preprocess import to_sketch
from tests.drawings import render

OURS: dict[str, Any] = json.loads((EXAMPLES_FOLDER / "strokes.json").read_text())
STROKES = OURS | render.load()


def draw(name: str, size: int = 512, width: float | None = None) -> np.ndarray:
    """(size, size) uint8: the strokes of a drawing as a canvas of that size shows them."""
    return render.draw(STROKES[name], size, width)


def grey(sketch: torch.Tensor) -> np.ndarray:
    """(H, W) float in [0, 1] of a network input, after checking that it is one."""
    assert sketch.dtype == torch.float32
    assert sketch.ndim == 4 and sketch.shape[:2] == (1, 1)
    assert torch.isfinite(sketch).all()
    assert sketch.min() >= -1 and sketch.max() <= 1
    return (sketch[0, 0].numpy() + 1) / 2


def difference(a: Any, b: Any) -> float:
    """Mean absolute difference in grey levels of 255."""
    return float(np.abs(grey(to_sketch(a)) - grey(to_sketch(b))).mean() * 255)


def ink_box(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is dark."""
    rows, columns = np.flatnonzero((picture < 0.5).any(1)), np.flatnonzero((picture < 0.5).any(0))
    return columns[0], rows[0], columns[-1], rows[-1]


def lines_kept(sketch: np.ndarray, reference: np.ndarray) -> float:
    """Share of the reference's lines within 2 px of which the sketch has a line too."""
    near = cv2.dilate((sketch < 0.6).astype(np.uint8), np.ones((5, 5))) > 0
    return float(near[reference < 0.4].mean())


def ink_added(sketch: np.ndarray, reference: np.ndarray) -> float:
    """Share of the picture where the sketch is dark and the reference has no line within 3 px."""
    far = cv2.dilate((reference < 0.7).astype(np.uint8), np.ones((7, 7))) == 0
    return float(((sketch < 0.7) & far).mean())


def pencil_sketch() -> np.ndarray:
    """256 x 256 uint8 like the training data: off-white paper, soft shading on the skin, textured dark hair to the border."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    page = 236 + rng.normal(0, 2, (256, 256))
    face = ((x - 128) / 62) ** 2 + ((y - 140) / 82) ** 2
    page -= np.clip(60 * (face - 0.5), 0, 40) * (face < 1)
    hair = (((x - 128) / 110) ** 2 + ((y - 130) / 120) ** 2 < 1) & (face > 1) & (y < 235)
    page = np.where(hair, 90 + cv2.GaussianBlur(rng.normal(0, 150, (256, 256)), (0, 0), 1), page)
    lines = cv2.resize(draw("careful_woman"), (256, 256), interpolation=cv2.INTER_AREA)
    return np.clip(np.minimum(page, np.float32(lines) + 40), 0, 255).astype(np.uint8)


def photographed(page: np.ndarray, edge: bool = False) -> np.ndarray:
    """A drawing on a portrait sheet as a phone sees it: warm uneven light, blue ink, blur, noise; (H, W, 3) uint8."""
    rng = np.random.default_rng(1)
    height, width = 1200, 900
    sheet = np.ones((height, width), np.float32)
    sheet[250:950, 100:800] = cv2.resize(page, (700, 700), interpolation=cv2.INTER_AREA) / np.float32(255)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    light = 0.85 - 0.45 * (0.7 * x + 0.6 * y)
    if edge:
        light *= 1 - 0.3 / (1 + np.exp(-(x + 0.4 * y - 0.6) * 60))
    ink = np.array([0.15, 0.2, 0.5])
    seen = (ink + sheet[..., None] * (1 - ink)) * light[..., None] * np.array([1, 0.95, 0.85])
    seen = cv2.GaussianBlur(seen + rng.normal(0, 0.015, seen.shape), (0, 0), 1)
    return (np.clip(seen, 0, 1) * 255).astype(np.uint8)


# ---- what must stay as it is ---------------------------------------------------------------------------------------


def test_a_clean_pencil_sketch_is_left_alone_to_the_last_grey_level() -> None:
    page = pencil_sketch()
    assert np.array_equal(np.round(grey(to_sketch(page)) * 255), page)


@pytest.mark.parametrize("name", sorted(STROKES))
def test_a_drawing_is_only_scaled_wherever_it_is_on_its_canvas(name: str) -> None:
    page = draw(name)
    scaled = cv2.resize(page, (256, 256), interpolation=cv2.INTER_AREA) / 255
    assert np.abs(grey(to_sketch(page)) - scaled).max() < 0.01


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_pictures_show_the_example_strokes(path: Path) -> None:
    picture = grey(to_sketch(Image.open(path), 512))
    assert difference(path, draw(path.stem)) < 3
    assert lines_kept(picture, draw(path.stem) / 255) > 0.98


def test_every_example_has_strokes_and_a_picture() -> None:
    assert {path.stem for path in EXAMPLES} == set(json.loads((EXAMPLES_FOLDER / "strokes.json").read_text()))


@pytest.mark.parametrize("name", sorted(render.load()))
def test_the_drawings_for_the_grid_are_what_the_script_writes(name: str) -> None:
    (path,) = [path for path in render.FOLDER.glob(f"{name}.*") if path.suffix in (".png", ".jpg")]
    written = render.picture(render.load()[name]).astype(float)
    stored = np.asarray(Image.open(path).convert("L" if written.ndim == 2 else "RGB"), float)
    assert stored.shape == written.shape
    assert np.abs(stored - written).mean() < 2  # 32 greys, or what JPEG loses


def test_there_are_24_drawings_for_the_grid() -> None:
    assert len(render.load()) == 24
    assert {path.stem for path in render.FOLDER.glob("*.[pj][np]g")} == set(render.load())


def test_a_tensor_in_network_form_is_only_resized() -> None:
    sketch = torch.rand(1, 1, 64, 64) * 2 - 1
    assert torch.equal(to_sketch(sketch, 64), sketch)
    assert torch.equal(to_sketch(sketch[0], 64), sketch)
    smaller = to_sketch(sketch, 32)
    assert smaller.shape == (1, 1, 32, 32)
    assert abs(smaller.mean() - sketch.mean()) < 0.02
    twice = to_sketch(to_sketch(draw("bun")))
    assert torch.equal(twice, to_sketch(draw("bun")))


# ---- every form of the same drawing --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"])
def test_every_mode_of_pillow(mode: str) -> None:
    page = Image.fromarray(draw("careful_man"))
    given = page.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr", "HSV") else page.convert(mode)
    assert difference(given, page) < (8 if mode == "1" else 1)


def test_sixteen_bits_keep_their_scale(tmp_path: Path) -> None:
    page = draw("careful_man")
    deep = Image.fromarray(page.astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    deep.save(tmp_path / "deep.png")
    assert difference(deep, page) < 1
    assert difference(tmp_path / "deep.png", page) < 1


def test_float_pictures_in_either_range() -> None:
    page = draw("careful_man")
    assert difference(Image.fromarray(page / np.float32(255)), page) < 1
    assert difference(Image.fromarray(page.astype(np.float32)), page) < 1


def test_transparency_is_paper() -> None:
    page = draw("curly_hair")
    pen = np.zeros((512, 512, 4), np.uint8)  # black everywhere, visible only where the pen went
    pen[..., 3] = 255 - page
    assert difference(pen, page) < 1
    assert difference(Image.fromarray(pen), page) < 1
    assert difference(Image.fromarray(pen).convert("LA"), page) < 1
    pen[..., :3] = 255  # light strokes, for a dark page, are lines as well
    assert difference(pen, page) < 1
    pen[..., :3] = (255, 230, 40)  # a yellow pen shows on white
    assert difference(pen, page) < 30
    palette = Image.fromarray((page < 128).astype(np.uint8)).convert("P")
    palette.putpalette([0, 0, 0, 0, 0, 0])
    palette.info["transparency"] = 0
    assert difference(palette, np.where(page < 128, 0, 255).astype(np.uint8)) < 1


@pytest.mark.parametrize(
    "convert",
    [
        lambda page: page[:, :, None],
        lambda page: np.dstack([page] * 3),
        lambda page: page.astype(np.uint16) * 257,
        lambda page: page / 255,
        lambda page: (page / 255).astype(np.float16),
        lambda page: np.dstack([page / 255] * 3 + [np.ones(page.shape)]),
        lambda page: np.asfortranarray(page),
    ],
    ids=["HW1", "HW3", "uint16", "float64", "float16", "HW4 float", "column order"],
)
def test_every_form_of_array(convert: Any) -> None:
    page = draw("old_man")
    assert difference(convert(page), page) < 1


def test_a_mask_is_black_where_false() -> None:
    mask = draw("old_man") > 128
    assert difference(mask, mask.astype(np.uint8) * 255) == 0


def test_paths_as_text_and_as_path(tmp_path: Path) -> None:
    path = tmp_path / "drawing.png"
    Image.fromarray(draw("bun")).save(path)
    assert difference(path, draw("bun")) == 0
    assert difference(str(path), draw("bun")) == 0


def test_a_picture_turned_by_its_exif_tag_is_turned_back(tmp_path: Path) -> None:
    page = Image.fromarray(draw("three_quarter"))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned 90 degrees clockwise
    page.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    assert difference(tmp_path / "phone.jpg", page) < 3


def as_array(picture: Image.Image, folder: Path) -> np.ndarray:
    return np.asarray(picture)


def as_path(picture: Image.Image, folder: Path) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.png"
    picture.save(path)
    return str(path)


@pytest.mark.parametrize("form", [lambda picture, folder: picture, as_array, as_path], ids=["PIL", "numpy", "path"])
def test_the_value_of_a_sketchpad(form: Any, tmp_path: Path) -> None:
    page = draw("quick_sketch")
    pen = np.zeros((512, 512, 4), np.uint8)
    pen[..., 3] = 255 - page
    upper, lower = pen.copy(), pen.copy()
    upper[256:], lower[:256] = 0, 0
    blank = form(Image.new("RGBA", (512, 512), (0, 0, 0, 0)), tmp_path)
    whole = form(Image.fromarray(pen), tmp_path)
    halves = [form(Image.fromarray(half), tmp_path) for half in (upper, lower)]
    assert difference({"background": blank, "layers": halves, "composite": whole}, page) < 1
    assert difference({"background": None, "layers": halves, "composite": None}, page) < 1
    assert difference({"background": whole, "layers": [blank], "composite": None}, page) < 1


# ---- what has to be put right --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["careful_man", "thick_marker", "curly_hair", "only_outline"])
def test_white_lines_on_black_become_dark_on_white(name: str) -> None:
    assert difference(255 - draw(name), draw(name)) < 1


def test_chalk_on_a_board_becomes_dark_on_white() -> None:
    board = np.dstack([(255 - draw("bun")) * k + 30 for k in (0.7, 0.75, 0.65)])
    board = (board + np.random.default_rng(0).normal(0, 4, board.shape)).clip(0, 255).astype(np.uint8)
    chalk, lines = grey(to_sketch(board)), grey(to_sketch(draw("bun")))
    assert np.median(chalk) > 0.97
    assert lines_kept(chalk, lines) > 0.98
    assert ink_added(chalk, lines) < 0.002


@pytest.mark.parametrize("edge", [False, True], ids=["soft shadow", "shadow with an edge"])
@pytest.mark.parametrize("name", ["careful_man", "old_man", "glasses_beard"])
def test_a_photograph_of_paper_loses_its_shadow_and_keeps_its_lines(name: str, edge: bool) -> None:
    sheet = np.full((1200, 900), 255, np.uint8)
    sheet[250:950, 100:800] = cv2.resize(draw(name), (700, 700), interpolation=cv2.INTER_AREA)
    photo, scan = grey(to_sketch(photographed(draw(name), edge), 512)), grey(to_sketch(sheet, 512))
    assert np.percentile(photo, 30) > 0.95  # white nearly everywhere, the light was 0.85 to 0.3
    assert np.median(photo[scan < 0.2]) < 0.25  # ink is dark
    assert lines_kept(photo, scan) > 0.95
    assert ink_added(photo, scan) < 0.005


@pytest.mark.parametrize("name", ["phone_pencil", "phone_ballpen"])
def test_the_photographed_drawings_of_the_grid_keep_their_lines(name: str) -> None:
    lines = ((1 - render.lie_on_sheet(STROKES[name])) * 255).astype(np.uint8)
    seen, drawn = (grey(to_sketch(each)) for each in (render.FOLDER / f"{name}.jpg", lines))
    assert np.percentile(seen, 50) > 0.95
    assert lines_kept(seen, drawn) > 0.95
    assert ink_added(seen, drawn) < 0.005


def test_a_dim_photograph_of_paper_is_not_taken_for_a_blackboard() -> None:
    bright = photographed(draw("careful_man"))
    assert np.median(bright) > 127
    dim = (bright * 0.5).astype(np.uint8)
    assert difference(dim, bright) < 3


def test_shaded_hair_stays_dark_when_the_shadow_is_taken_off() -> None:
    page = pencil_sketch()
    x = np.linspace(0, 1, 256)
    seen = grey(to_sketch((page * (0.8 - 0.4 * x)).astype(np.uint8)))
    hair = page < 130
    assert seen[hair].mean() < 0.55
    assert np.median(seen[page > 225]) > 0.95


@pytest.mark.parametrize("ink", [(0, 0, 255), (255, 0, 0), (255, 230, 0), (0, 160, 60), (255, 120, 190)])
def test_ink_of_any_colour_is_dark(ink: tuple[int, int, int]) -> None:
    page = draw("child")[..., None] / 255
    coloured = (page * 255 + (1 - page) * np.array(ink)).astype(np.uint8)
    lines = grey(to_sketch(draw("child")))
    assert grey(to_sketch(coloured))[lines < 0.1].max() < 0.6
    tinted = (coloured * np.array([1, 0.95, 0.8])).astype(np.uint8)
    assert np.median(grey(to_sketch(tinted))) > 0.95


def test_a_wide_picture_is_padded_and_not_squeezed() -> None:
    page = np.full((400, 900), 255, np.uint8)
    cv2.circle(page, (450, 200), 180, 0, 6)
    left, top, right, bottom = ink_box(grey(to_sketch(page)))
    assert abs((right - left) - (bottom - top)) <= 2
    assert grey(to_sketch(page))[0].min() > 0.99


def test_a_tiny_picture_is_enlarged() -> None:
    small = cv2.resize(draw("careful_man"), (48, 48), interpolation=cv2.INTER_AREA)
    assert difference(small, draw("careful_man")) < 30
    assert to_sketch(small).shape == (1, 1, 256, 256)


def test_hairlines_stay_visible_after_shrinking() -> None:
    thin = grey(to_sketch(draw("bun", 2000, width=1)))
    lines = grey(to_sketch(draw("bun")))
    assert np.percentile(thin[lines < 0.2], 25) < 0.7
    assert np.median(thin) > 0.99


def test_faint_pencil_becomes_visible() -> None:
    faint = (255 - (255 - draw("old_man")) * 0.2).astype(np.uint8)
    assert grey(to_sketch(faint)).min() < 0.5


# ---- properties ----------------------------------------------------------------------------------------------------

sides = st.integers(16, 90)
pages = st.tuples(sides, sides).flatmap(
    lambda shape: st.one_of(
        arrays(np.uint8, shape),
        arrays(np.uint8, (*shape, 3)),
        arrays(np.uint8, (*shape, 4)),
        arrays(np.float32, shape, elements=st.floats(0, 1, width=32)),
        arrays(np.bool_, shape),
    )
)


@settings(max_examples=80, deadline=None)
@given(pages, st.sampled_from([32, 64, 100]))
def test_any_picture_becomes_an_input_or_one_sentence(page: np.ndarray, size: int) -> None:
    try:
        sketch = to_sketch(page, size)
    except ValueError as error:
        assert re.search(r"canvas", str(error)), error  # valid pictures are only refused for want of a drawing
    else:
        assert grey(sketch).shape == (size, size)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(STROKES)), st.integers(0, 300), st.integers(0, 300), st.integers(150, 500), st.booleans())
def test_a_mirrored_drawing_gives_the_mirrored_input(name: str, x: int, y: int, side: int, dark: bool) -> None:
    page = np.full((600, 600), 255, np.uint8)
    part = draw(name, side)[: 600 - y, : 600 - x]
    page[y : y + part.shape[0], x : x + part.shape[1]] = part
    page = 255 - page if dark else page
    there, back = grey(to_sketch(page)), grey(to_sketch(page[:, ::-1]))[:, ::-1]
    blurred = [cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), 2) for picture in (there, back)]
    assert np.abs(blurred[0] - blurred[1]).mean() < 0.02


# ---- what is refused -----------------------------------------------------------------------------------------------


def refuses(drawing: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        to_sketch(drawing)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_an_empty_canvas() -> None:
    nothing = np.zeros((300, 300, 4), np.uint8)
    for empty in (
        None,
        np.full((300, 300), 255, np.uint8),
        np.zeros((300, 300), np.uint8),
        np.full((64, 64, 3), 131, np.uint8),
        Image.fromarray(nothing),
        {"background": None, "layers": [], "composite": None},
        {"background": nothing, "layers": [nothing], "composite": nothing},
    ):
        refuses(empty, "The canvas is empty: draw a face first")


def test_a_photographed_blank_sheet_is_empty() -> None:
    refuses(photographed(np.full((512, 512), 255, np.uint8)), "The canvas is empty")


@pytest.mark.parametrize("radius", [1, 4, 15])
def test_a_single_dot(radius: int) -> None:
    page = Image.new("L", (512, 512), 255)
    ImageDraw.Draw(page).ellipse((200 - radius, 300 - radius, 200 + radius, 300 + radius), fill=0)
    refuses(page, "only a dot")
    ImageDraw.Draw(page).point((40, 40), fill=0)  # a speck beside it is nothing
    if radius > 4:
        refuses(page, "only a dot")


@pytest.mark.parametrize("thing", [7, [[0, 1], [1, 0]], b"png", object(), {"image": None}, {}])
def test_things_that_are_no_drawing(thing: Any) -> None:
    refuses(thing, "drawing")


@pytest.mark.parametrize("shape", [(40,), (40, 40, 2), (40, 40, 5), (1, 40, 40, 3), (3, 64, 64)])
def test_arrays_of_the_wrong_shape(shape: tuple[int, ...]) -> None:
    refuses(np.zeros(shape, np.uint8), "array must be")


@pytest.mark.parametrize("shape", [(0, 0), (0, 40), (40, 0, 3), (3, 3)])
def test_arrays_without_room_for_a_face(shape: tuple[int, ...]) -> None:
    refuses(np.zeros(shape, np.uint8), "needs at least 16")


def test_values_that_are_no_picture() -> None:
    page = draw("bun") / 255
    hole = page.copy()
    hole[5, 5] = np.nan
    refuses(hole, "not numbers")
    refuses(Image.fromarray(hole.astype(np.float32)), "not numbers")
    refuses(np.where(page < 0.5, np.inf, page), "not numbers")
    refuses(page * 2 - 1, r"in \[0, 1\]")
    refuses(page * 255, r"in \[0, 1\]")
    refuses(page.astype(np.int64), "uint8")
    refuses(page.astype(np.complex64), "uint8")


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.zeros(1, 3, 64, 64), "must be"),
        (torch.zeros(2, 1, 64, 64), "must be"),
        (torch.zeros(1, 1, 64, 32), "must be"),
        (torch.zeros(1, 1, 0, 0), "finite"),
        (torch.full((1, 1, 64, 64), float("nan")), "finite"),
        (torch.full((1, 1, 64, 64), 255.0), "finite"),
    ],
)
def test_tensors_that_are_no_input(tensor: torch.Tensor, words: str) -> None:
    refuses(tensor, words)


def test_absurd_sizes() -> None:
    refuses(np.full((10, 10000), 255, np.uint8), "at least 16")
    refuses(np.full((100, 10000), 255, np.uint8), "too long and thin")
    refuses(Image.new("1", (8000, 6000)), "megapixels")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims this size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7000, 12000, 60000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_by_its_header(side: int, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(side, side))
    refuses(tmp_path / "bomb.png", "megapixels")


@pytest.mark.parametrize("kind", ["png", "jpeg", "mpo", "webp", "gif", "bmp", "tiff", "ppm"])
def test_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    page = Image.fromarray(draw("bun"))
    page.save(tmp_path / f"drawing.{kind}", kind)
    assert difference(tmp_path / f"drawing.{kind}", page) < 2


def test_broken_files(tmp_path: Path) -> None:
    page = Image.fromarray(draw("bun"))
    for kind in ("png", "jpg"):
        page.save(tmp_path / f"whole.{kind}")
        content = (tmp_path / f"whole.{kind}").read_bytes()
        (tmp_path / f"cut.{kind}").write_bytes(content[: len(content) // 2])
        refuses(tmp_path / f"cut.{kind}", "damaged")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "letter.png").write_bytes(b"%PDF-1.7\n%%EOF")
    (tmp_path / "hollow.png").write_bytes(png_header(100, 100))
    refuses(tmp_path / "empty.png", "not a picture")
    refuses(tmp_path / "letter.png", "not a picture")
    refuses(tmp_path / "hollow.png", "damaged")
    refuses(tmp_path / "missing.png", "no file")
    refuses(tmp_path, "not a picture")
    refuses("face\0.png", "not a picture")
    refuses({"background": None, "layers": [], "composite": str(tmp_path / "letter.png")}, "not a picture")
