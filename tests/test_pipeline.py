"""From drawings to pictures, as a developer with three lines of code sees it."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from sketch2photo import Sketch2Photo, Sketch2PhotoOutput, Sketch2PhotoPipeline
from sketch2photo.networks.calibrator import Calibrator
from tests.programs import in_fork

SMALL = {"image_size": 64, "channels": (16, 32), "blocks": (1, 1), "head": 8}


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> Sketch2PhotoPipeline:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    Sketch2Photo(**SMALL).save_pretrained(folder)
    return Sketch2PhotoPipeline.from_pretrained(str(folder))


@pytest.fixture(scope="module")
def drawing() -> Image.Image:
    page = Image.new("L", (300, 300), 255)
    pen = ImageDraw.Draw(page)
    pen.ellipse((60, 30, 240, 270), outline=0, width=5)
    pen.ellipse((100, 120, 130, 135), outline=0, width=4)
    pen.ellipse((170, 120, 200, 135), outline=0, width=4)
    pen.arc((110, 180, 190, 230), 10, 170, fill=0, width=5)
    return page


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def close(one: Sketch2PhotoOutput, other: Sketch2PhotoOutput) -> bool:
    """The same but for rounding."""
    return all(np.abs(pixels(a) - pixels(b)).max() <= 1 for a, b in zip(one.images, other.images, strict=True))


def test_many_pictures_of_one_drawing(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    out = pipe(drawing, num_images=4, seed=0)
    assert [(image.size, image.mode) for image in out.images] == [((64, 64), "RGB")] * 4
    assert out.latents.shape == (4, 8)
    assert out.sketch.shape == (1, 1, 64, 64)
    assert all(np.abs(pixels(out.images[0]) - pixels(other)).max() > 0 for other in out.images[1:])


def test_the_same_seed_gives_the_same_pictures_and_more_changes_none(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image
) -> None:
    few, many = pipe(drawing, num_images=2, seed=5), pipe(drawing, num_images=6, seed=5)
    torch.testing.assert_close(many.latents[:2], few.latents)
    assert all(np.abs(pixels(a) - pixels(b)).max() <= 1 for a, b in zip(few.images, many.images, strict=False))
    assert not torch.equal(pipe(drawing, num_images=2, seed=6).latents, few.latents)
    assert not torch.equal(pipe(drawing, num_images=1).latents, pipe(drawing, num_images=1).latents)


def test_latents_fix_the_picture(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    out = pipe(drawing, num_images=3, seed=1)
    again = pipe(drawing, latents=out.latents[1:2])
    assert len(again.images) == 1
    assert np.abs(pixels(again.images[0]) - pixels(out.images[1])).max() <= 1


def test_style_takes_the_latents_of_a_photograph(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    photo = Image.new("RGB", (90, 120), (200, 30, 40))
    out = pipe(drawing, style=photo)
    red = torch.full((1, 3, 64, 64), -1.0)
    red[0, 0], red[0, 1], red[0, 2] = 200 / 127.5 - 1, 30 / 127.5 - 1, 40 / 127.5 - 1
    with torch.inference_mode():
        torch.testing.assert_close(out.latents, pipe.model.encode(red)[0], atol=1e-4, rtol=1e-3)
    assert not torch.equal(out.latents, pipe(drawing, style=Image.new("RGB", (64, 64), (0, 90, 0))).latents)


def test_style_takes_what_a_drawing_may_be(
    pipe: Sketch2PhotoPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone's photograph, which lies on its side and says so, by its path and opened; one of 16 bits; and an array of greys."""
    upright = Image.linear_gradient("L").resize((60, 90))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif, quality=100)
    Image.fromarray(np.asarray(upright).astype(np.uint16) * 257).save(tmp_path / "deep.png")
    encode, seen = pipe.model.encode, []
    monkeypatch.setattr(pipe.model, "encode", lambda photo: seen.append(photo) or encode(photo))
    for style in (
        upright.convert("RGB"),
        tmp_path / "phone.jpg",
        Image.open(tmp_path / "phone.jpg"),
        str(tmp_path / "deep.png"),
        np.asarray(upright),
    ):
        assert pipe.encode(style).shape == (1, 8)
        torch.testing.assert_close(seen[-1], seen[0], atol=0.02, rtol=0)


def test_latents_further_out_than_training_knew_are_shortened(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    usual, far = torch.full((1, 8), 1.2), torch.full((1, 8), 2.8)
    assert torch.equal(pipe(drawing, latents=usual).latents, usual)
    out, edge = pipe(drawing, latents=far), pipe(drawing, latents=far * 0.7)
    assert float(out.latents.norm()) == pytest.approx(8**0.5 + 1.2)
    torch.testing.assert_close(out.latents / out.latents.norm(), far / far.norm())
    assert np.abs(pixels(out.images[0]) - pixels(edge.images[0])).max() <= 1


def test_path_array_and_sketchpad_are_the_same_drawing(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image, tmp_path: Path
) -> None:
    drawing.save(tmp_path / "face.png")
    pad = {"background": None, "layers": [], "composite": drawing.convert("RGBA")}
    shown = [pipe(kind, seed=0).sketch for kind in (drawing, np.asarray(drawing), tmp_path / "face.png", pad)]
    for other in shown[1:]:
        torch.testing.assert_close(other, shown[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"latents": torch.zeros(1, 8), "style": Image.new("RGB", (9, 9))}, "not both"),
        ({"latents": torch.zeros(8)}, "latents are"),
        ({"latents": torch.full((1, 8), float("nan"))}, "latents are"),
        ({"latents": torch.zeros(1, 8, dtype=torch.complex64)}, "latents are finite numbers"),
        ({"sketch": torch.zeros(1, 1, 64, 64, dtype=torch.complex64)}, "real numbers"),
        ({"sketch": np.zeros((64, 64), np.complex64)}, "not complex64"),
        ({"latents": "abc"}, "latents are finite numbers"),
        ({"latents": torch.zeros(10_001, 8)}, "up to 10,000"),
        ({"num_images": 0}, "num_images is from 1 to 10,000, not 0"),
        ({"num_images": 10**6}, "num_images is from 1 to 10,000"),
        *(({"num_images": wrong}, "num_images is a whole number") for wrong in ("4", None, 1.5, True, [4])),
        *(({"seed": wrong}, "seed is a whole number") for wrong in ("4", 1.5, True, [4])),
        ({"seed": 2**64}, "seed is from"),
        ({"strictness": 1.5}, "between 0"),
        ({"strictness": float("nan")}, "between 0"),
        *(({"strictness": wrong}, "strictness is a number") for wrong in ("1", True, 1j, [1])),
        ({"strictness": object()}, "strictness is a number, not one of the type object"),
        ({"output_type": "p" * 5000}, "not 'ppp"),
        ({"sketch": "p" * 5000}, "There is no file 'ppp"),
        ({"sketch": "https://example.com/a.png"}, "download it first"),
        ({"style": np.zeros((4, 4))}, "needs at least 16"),
        ({"style": torch.zeros(1, 3, 64, 64)}, "not Tensor"),
    ],
)
def test_bad_arguments_get_one_sentence(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image, arguments: dict, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        pipe(**{"sketch": drawing} | arguments)


def test_half_precision_makes_the_same_pictures(drawing: Image.Image) -> None:
    torch.manual_seed(0)
    pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL))
    full = pipe(drawing, num_images=2, seed=0)
    half = pipe.to(torch.bfloat16)(drawing, num_images=2, seed=0)
    assert half.latents.dtype == torch.float32
    torch.testing.assert_close(half.latents, full.latents)
    assert all(np.abs(pixels(a) - pixels(b)).mean() < 2 for a, b in zip(full.images, half.images, strict=True))


def test_named_directions_move_the_latents(drawing: Image.Image, tmp_path: Path) -> None:
    vector = [0.6, 0.8, 0, 0, 0, 0, 0, 0]
    directions = {"background": {"vector": vector, "range": [-2.5, 2.5], "effect": {"background": 1.0}}}
    Sketch2Photo(**SMALL, directions=directions).save_pretrained(tmp_path)
    pipe = Sketch2PhotoPipeline.from_pretrained(str(tmp_path))
    assert pipe.model.directions == directions
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    moved = pipe(drawing, latents=z, background=2)
    torch.testing.assert_close(moved.latents, z + 2 * torch.tensor(vector))
    assert moved.images[0].tobytes() == pipe(drawing, latents=moved.latents).images[0].tobytes()
    with pytest.raises(ValueError, match=r"no direction named 'age'; it has: background\."):
        pipe(drawing, age=1)
    for wrong, words in {
        float("nan"): "background is between",
        1e30: "background is between",
        1j: "a number, not 1j",
        "2": "a number, not '2'",
        True: "a number, not True",
    }.items():
        with pytest.raises(ValueError, match=words):
            pipe(drawing, background=wrong)
    assert torch.equal(pipe(drawing, latents=z, background=np.float32(2)).latents, moved.latents)


def test_numbers_of_numpy_and_pytorch_are_numbers(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    expected = pipe(drawing, num_images=2, seed=5, strictness=0.5)
    for whole in (np.int64, np.uint8, torch.tensor):
        same = pipe(drawing, num_images=whole(2), seed=whole(5), strictness=np.float32(0.5))
        assert torch.equal(same.latents, expected.latents)
    assert torch.equal(pipe(drawing, latents=expected.latents.double().tolist()).latents, expected.latents)


def test_many_pictures_are_made_some_at_a_time(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, batches = pipe.model.generator.forward, []
    monkeypatch.setattr(
        pipe.model.generator, "forward", lambda x, z, *how: batches.append(len(z)) or forward(x, z, *how)
    )
    out = pipe(drawing, num_images=40, seed=0)
    assert (len(out.images), sum(batches), max(batches)) == (40, 40, 16)
    alone = pipe(drawing, latents=out.latents[39:]).images[0]
    assert np.abs(pixels(out.images[39]) - pixels(alone)).max() <= 1


def test_latents_of_any_length_keep_their_direction(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    z = torch.randn(1, 8, generator=torch.Generator().manual_seed(0))
    far, edge = pipe(drawing, latents=z * 1e30).latents, pipe(drawing, latents=z * 10).latents
    torch.testing.assert_close(far, edge)


def test_it_survives_a_fork_and_pickling(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    before, threads = pipe(drawing, num_images=2, seed=0), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        pipe(drawing, num_images=2, seed=0)  # its threads are there
        assert close(pickle.loads(pickle.dumps(pipe))(drawing, num_images=2, seed=0), before)
        assert close(in_fork(lambda: pipe(drawing, num_images=2, seed=0)), before)
    finally:
        torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def drawings(drawing: Image.Image) -> list[Image.Image]:
    return [drawing, drawing.rotate(90, fillcolor=255), drawing.resize((200, 200))]


def test_a_list_of_drawings_is_each_of_them_in_turn(
    pipe: Sketch2PhotoPipeline, drawings: list[Image.Image], tmp_path: Path
) -> None:
    out = pipe(drawings, num_images=2, seed=5)
    assert (len(out.images), out.latents.shape, out.sketch.shape) == (6, (6, 8), (3, 1, 64, 64))
    for number, drawing in enumerate(drawings):
        alone, mine = pipe(drawing, num_images=2, seed=5), slice(2 * number, 2 * number + 2)
        assert close(alone, out._replace(images=out.images[mine]))
        assert torch.equal(alone.latents, out.latents[mine])
        assert torch.equal(alone.sketch, out.sketch[number : number + 1])
    drawings[2].save(tmp_path / "third.png")
    several_kinds = [drawings[0], np.asarray(drawings[1]), tmp_path / "third.png"]
    assert close(pipe(several_kinds, latents=out.latents), out)
    assert close(pipe(tuple(drawings), latents=out.latents), out)
    assert close(pipe(out.sketch, latents=out.latents), out)
    alike = np.stack([np.asarray(drawing.convert("RGB").resize((300, 300))) for drawing in drawings])
    assert close(pipe(alike[:2], latents=out.latents[:4]), pipe(list(alike[:2]), latents=out.latents[:4]))


def test_styles_are_of_all_drawings_or_of_each(pipe: Sketch2PhotoPipeline, drawings: list[Image.Image]) -> None:
    red, green = (Image.new("RGB", (64, 64), colour) for colour in ((200, 30, 40), (0, 90, 0)))
    assert torch.equal(pipe(drawings, style=red).latents, pipe.encode(red).repeat(3, 1))
    assert torch.equal(
        pipe(drawings[:2], style=[red, green]).latents, torch.cat([pipe.encode(red), pipe.encode(green)])
    )
    assert len(pipe(drawings[0], style=[red, green]).images) == 2


def test_a_calibrated_list_says_what_was_found_in_each(drawings: list[Image.Image]) -> None:
    """With a tensor among the drawings, which nothing is looked for in."""
    torch.manual_seed(0)
    pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL), Calibrator(image_size=32, hidden=8))
    out = pipe([drawings[0], torch.ones(1, 1, 64, 64), drawings[1]], num_images=1, seed=0)
    alone = pipe(drawings[0], num_images=1, seed=0)
    assert isinstance(alone.certainty, float)
    assert out.certainty[:2] == [alone.certainty, None]
    assert out.added.shape == (3, 1, 64, 64)
    assert (out.added[1] == 1).all()
    assert close(pipe(torch.ones(1, 1, 64, 64), latents=out.latents[1:2]), out._replace(images=out.images[1:2]))
    assert pipe([torch.ones(1, 1, 64, 64)], num_images=1)[3:] == (None, None)


def test_generators_draw_the_latents_as_diffusers_has_it(
    pipe: Sketch2PhotoPipeline, drawings: list[Image.Image]
) -> None:
    def generators(*seeds: int) -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in seeds]

    one, seeded = generators(3)[0], pipe(drawings[0], num_images=4, seed=3)
    assert torch.equal(pipe(drawings[0], num_images=2, generator=one).latents, seeded.latents[:2])
    assert torch.equal(pipe(drawings[0], num_images=2, generator=one).latents, seeded.latents[2:])  # it goes on
    of_all = pipe(drawings[:2], num_images=2, generator=generators(3)[0]).latents
    assert torch.equal(of_all, seeded.latents)
    of_pictures = pipe(drawings[:2], num_images=2, generator=generators(3, 4, 3, 4)).latents
    assert torch.equal(of_pictures[0], seeded.latents[0])
    assert torch.equal(of_pictures[:2], of_pictures[2:])
    of_drawings = pipe(drawings[:2], num_images=2, generator=generators(3, 4)).latents
    assert torch.equal(of_drawings, torch.cat([pipe(drawings[0], num_images=2, seed=s).latents for s in (3, 4)]))


def test_output_types(pipe: Sketch2PhotoPipeline, drawings: list[Image.Image]) -> None:
    def draw(kind: str) -> Sketch2PhotoOutput:
        return pipe(drawings[:2], num_images=2, seed=0, output_type=kind)

    expected = np.stack([np.asarray(image) for image in draw("pil").images])
    array, tensor = draw("np").images, draw("pt").images
    assert (array.shape, array.dtype, tensor.shape, tensor.dtype) == (
        (4, 64, 64, 3),
        np.float32,
        (4, 3, 64, 64),
        torch.float32,
    )
    assert np.abs(array * 255 - expected).max() <= 0.51
    assert np.array_equal(tensor.permute(0, 2, 3, 1).numpy(), array)
    assert 0 <= array.min() < array.max() <= 1
    tensor.mul_(0.5).requires_grad_()  # as any other tensor
    images, latents, *_ = pipe(drawings[0], num_images=2, seed=0, return_dict=False)
    assert (len(images), latents.shape) == (2, (2, 8))
    assert type(pipe(drawings[0], num_images=2, return_dict=False)) is tuple


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sketch": []}, "no drawing in the list"),
        ({"sketch": torch.ones(0, 1, 64, 64)}, "no drawing in the list"),
        ({"sketch": torch.ones(2, 3, 64, 64)}, "Drawing 1 of 2: A sketch tensor must be"),
        ({"sketch": [Image.new("L", (64, 64), 255)]}, "Drawing 1 of 1: The canvas is empty"),
        ({"latents": torch.zeros(3, 8)}, "as many for each of the 2 drawings, and 3 are not"),
        ({"style": []}, "There is no photograph in the list"),
        ({"num_images": 5001}, "5,001 images of 2 drawings are more than 10,000"),
        ({"generator": torch.Generator(), "seed": 0}, "either seed or generator, not both"),
        ({"generator": 5}, "generator is a torch.Generator, or a list"),
        ({"generator": [5, 6]}, "generator is a torch.Generator, or a list"),
        ({"generator": []}, "one for each of 2 drawings or 8 images, not 0"),
        ({"generator": [torch.Generator()] * 3}, "one for each of 2 drawings or 8 images, not 3"),
        *(
            ({flag: wrong}, f"{flag} is True or False, not")
            for flag in ("return_dict", "reframe")
            for wrong in (None, 1, "no", torch.zeros(0))
        ),
        ({"output_type": "latent"}, 'output_type is "pil", "np" or "pt", not \'latent\''),
        ({"guidance_scale": 7.5}, "no direction named 'guidance_scale'"),
    ],
)
def test_bad_arguments_for_many_drawings_get_one_sentence(
    pipe: Sketch2PhotoPipeline, drawings: list[Image.Image], arguments: dict, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        pipe(**{"sketch": drawings[:2]} | arguments)


def test_it_says_which_drawing_is_none(pipe: Sketch2PhotoPipeline, drawings: list[Image.Image]) -> None:
    with pytest.raises(ValueError, match=r"^Drawing 2 of 3: There is no file 'missing\.png'"):
        pipe([drawings[0], "missing.png", drawings[1]])


def test_it_goes_to_devices_and_dtypes_as_torch_does(drawing: Image.Image) -> None:
    pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL))
    assert (pipe.device, pipe.dtype) == (torch.device("cpu"), torch.float32)
    for dtype, to in {
        torch.bfloat16: lambda: pipe.to(torch.bfloat16),
        torch.float32: lambda: pipe.to("cpu", torch.float32),
        torch.float16: lambda: pipe.to("float16", "cpu"),
    }.items():
        assert to() is pipe
        assert (pipe.dtype, pipe(drawing, num_images=1, output_type="pt").images.dtype) == (dtype, torch.float32)
    assert pipe.to(device=torch.device("cpu"), dtype="bfloat16").dtype == torch.bfloat16
    assert pipe.to(torch.float32, device="cpu").to("cpu").to().dtype == torch.float32
    assert pipe.to("meta").device == torch.device("meta")


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["cpu", "cpu"], "one device and one dtype"),
        (["bfloat16", torch.float32], "one device and one dtype"),
        (["warp drive"], "no device 'warp drive' here"),
        ([torch.int8], "dtype is float32, bfloat16, float16, not torch.int8"),
        ([[]], r"no device \[\] here"),
        pytest.param(
            ["cuda"],
            "no device 'cuda' here",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is one"),
        ),
    ],
)
def test_places_that_are_none_get_one_sentence(pipe: Sketch2PhotoPipeline, targets: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pipe.to(*targets)


def test_from_pretrained_takes_a_dtype_and_a_device(drawing: Image.Image, tmp_path: Path) -> None:
    torch.manual_seed(0)
    Sketch2Photo(**SMALL).save_pretrained(tmp_path)
    expected = Sketch2PhotoPipeline.from_pretrained(str(tmp_path))(drawing, num_images=2, seed=0)
    for how in ({"torch_dtype": torch.bfloat16}, {"dtype": "bfloat16"}, {"torch_dtype": "float16", "strict": True}):
        pipe = Sketch2PhotoPipeline.from_pretrained(str(tmp_path), **how, map_location="cpu")
        assert pipe.dtype == (torch.bfloat16 if "bfloat16" in str(how) else torch.float16)
        assert all(
            np.abs(pixels(a) - pixels(b)).mean() < 2
            for a, b in zip(pipe(drawing, num_images=2, seed=0).images, expected.images, strict=True)
        )
    assert Sketch2PhotoPipeline.from_pretrained(str(tmp_path), map_location="meta").device.type == "meta"
    with pytest.raises(ValueError, match="has no argument safety_checker or variant; beside its own it takes"):
        Sketch2PhotoPipeline.from_pretrained(str(tmp_path), variant="fp16", safety_checker=None)
    with pytest.raises(ValueError, match="runs on the CPU and in float32"):
        Sketch2PhotoPipeline.from_pretrained(str(tmp_path), engine="onnx", dtype="bfloat16")


def test_the_model_says_whether_its_drawings_are_framed_as_faces(tmp_path: Path) -> None:
    """What calibrator/ holds is used by models of faces alone, and those do not go without it in silence."""
    pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL), Calibrator(image_size=32, hidden=8))
    pipe.save_pretrained(tmp_path / "faces")
    config = tmp_path / "faces" / "config.json"
    assert json.loads(config.read_text())["framing"] == "face"
    faces = Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "faces"))
    assert faces.calibrator and faces.model.framing == "face"
    assert Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "faces"), framing="whole").calibrator is None
    config.write_text(json.dumps(json.loads(config.read_text()) | {"framing": "whole"}))
    assert Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "faces")).calibrator is None
    Sketch2PhotoPipeline(faces.model).save_pretrained(tmp_path / "shoes")
    assert json.loads((tmp_path / "shoes" / "config.json").read_text())["framing"] == "whole"
    Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "shoes"))
    faces.model.save_pretrained(tmp_path / "alone")
    with pytest.raises(ValueError, match=r'holds no calibrator/, .* or load the model with framing="whole"'):
        Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "alone"))


def test_grey_values_that_mean_something_are_not_inverted(tmp_path: Path) -> None:
    """Light shapes on dark are turned for a model of lines, and left as they are for one of depths or masks."""
    mask = Image.new("L", (128, 64), 10)
    mask.paste(240, (40, 20, 44, 60))
    for polarity, dark in (("dark_on_light", False), ("as_drawn", True)):
        Sketch2Photo(**SMALL, polarity=polarity).save_pretrained(tmp_path / polarity)
        pipe = Sketch2PhotoPipeline.from_pretrained(str(tmp_path / polarity))
        seen = ((pipe(mask, num_images=1, seed=0).sketch[0, 0] + 1) * 127.5).round()
        assert bool(seen[32, 50] < 60) is dark
        assert bool(seen[36, 21] > 200) is dark
    assert seen[[2, 32, 36], [32, 50, 21]].tolist() == [255, 10, 240]  # on white, as coloured ones are


def test_coloured_drawings_are_seen_in_their_colours() -> None:
    """Laid on white, made square and scaled, and nothing else: no colour is ink or paper."""
    torch.manual_seed(0)
    pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL, sketch_channels=3))
    labels = Image.new("RGBA", (128, 64), (0, 0, 60, 255))
    labels.paste((200, 30, 30, 255), (0, 0, 64, 64))
    labels.paste((0, 0, 0, 0), (96, 0, 128, 64))
    out = pipe(labels, num_images=2, seed=0)
    assert out.sketch.shape == (1, 3, 64, 64)
    seen = ((out.sketch[0] + 1) * 127.5).round().int().permute(1, 2, 0)
    assert [seen[y, x].tolist() for y, x in ((32, 16), (32, 40), (32, 60), (4, 16))] == [
        [200, 30, 30],
        [0, 0, 60],
        [255, 255, 255],
        [255, 255, 255],
    ]
    assert close(pipe(out.sketch, latents=out.latents), out)
    recoloured = Image.fromarray(np.asarray(labels.convert("RGB"))[..., ::-1].copy())
    assert np.abs(pixels(pipe(recoloured, latents=out.latents).images[0]) - pixels(out.images[0])).max() > 0
    assert pipe([labels, labels], num_images=1).sketch.shape == (2, 3, 64, 64)
    with pytest.raises(
        ValueError, match=r"A sketch tensor must be \(1, 3, H, H\) or \(3, H, H\), not \(1, 1, 64, 64\)"
    ):
        pipe(torch.ones(1, 1, 64, 64))
    with pytest.raises(ValueError, match="A calibrator is for models whose sketches are dark lines on light"):
        Sketch2PhotoPipeline(pipe.model, Calibrator(image_size=32, hidden=8))


def test_a_folder_is_no_model() -> None:
    with pytest.raises(ValueError, match="from_pretrained loads one from a folder or id: 'hub/model'"):
        Sketch2PhotoPipeline("hub/model")
