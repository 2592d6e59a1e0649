"""What the bundled calibrator makes of drawings as people bring them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.calibration import Calibrated, similarity
from sketch2photo.data.doodle_symbols import EYES, OVAL
from sketch2photo.evaluation.metrics import FaceFinder, share_with_face
from tests import ROOT

DRAWINGS = Path(__file__).parent / "drawings"
FRAMED = 256 / 4.2  # px between the eyes, as training frames faces


@pytest.fixture(scope="module")
def pipe() -> Sketch2PhotoPipeline:
    return Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))


def drawing(name: str) -> Image.Image:
    with Image.open(DRAWINGS / f"{name}.png") as picture:
        return picture.convert("L")


def eye_distance(found: Calibrated) -> float:
    left, right = (found.points[EYES[side]].mean(0) for side in ("left", "right"))
    return float(np.linalg.norm(right - left))


def test_an_outline_alone_becomes_a_face(pipe: Sketch2PhotoPipeline) -> None:
    out = pipe(drawing("only_outline"), num_images=8, seed=0)
    assert out.certainty is not None and out.certainty > 0.5
    assert out.added is not None and (out.added < 0).sum() > 100
    finder = FaceFinder()
    assert share_with_face([finder(np.asarray(image)) for image in out.images]) == 1


def test_half_precision_of_the_rest_moves_no_line(pipe: Sketch2PhotoPipeline) -> None:
    expected = pipe.calibrate(drawing("quick_man"), 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        found = pipe.calibrate(drawing("quick_man"), 0.5)
    assert torch.equal(found.sketch, expected.sketch)


@pytest.mark.parametrize("corner", [(0.02, 0.02), (0.75, 0.05), (0.4, 0.4), (0.05, 0.7), (0.74, 0.74)])
def test_a_head_of_a_fifth_of_the_canvas_comes_out_as_large_as_one_that_fills_it(
    pipe: Sketch2PhotoPipeline, corner: tuple[float, float]
) -> None:
    large = drawing("quick_man").resize((1000, 1000), Image.Resampling.LANCZOS)
    box = ImageOps.invert(large).getbbox()
    assert box
    head = large.crop(box)  # with neck and shoulders a quarter of the canvas: the head is a fifth
    small = ImageOps.contain(head, (250, 250), Image.Resampling.LANCZOS)
    page = Image.new("L", (1000, 1000), 255)
    page.paste(small, (round(1000 * corner[0]), round(1000 * corner[1])))
    found, filling = pipe.calibrate(page, 1.0), pipe.calibrate(large, 1.0)
    assert found.certainty > 0.5
    assert eye_distance(found) == pytest.approx(eye_distance(filling), rel=0.15)
    middle = found.points[OVAL].mean(0)
    assert np.abs(middle - filling.points[OVAL].mean(0)).max() < 0.06 * 256


@pytest.mark.parametrize("name", ["long_hair", "curly", "headscarf", "stick_figure", "tiny_in_corner"])
def test_hair_shoulders_and_bodies_do_not_make_the_face_small(pipe: Sketch2PhotoPipeline, name: str) -> None:
    assert eye_distance(pipe.calibrate(drawing(name), 1.0)) == pytest.approx(FRAMED, rel=0.2)


def house() -> Image.Image:
    page = Image.new("L", (512, 512), 255)
    pen = ImageDraw.Draw(page)
    pen.rectangle((120, 220, 390, 460), outline=0, width=4)
    pen.line((100, 220, 255, 90, 410, 220), fill=0, width=4)
    pen.rectangle((230, 350, 290, 460), outline=0, width=4)
    pen.rectangle((150, 260, 210, 310), outline=0, width=4)
    return page


def text() -> Image.Image:
    page = Image.new("L", (512, 512), 255)
    pen = ImageDraw.Draw(page)
    for row in range(9):
        pen.text((40, 40 + 48 * row), "What was written here is no face at all", fill=0, font_size=22)
    return page


def cat() -> Image.Image:
    page = Image.new("L", (512, 512), 255)
    pen = ImageDraw.Draw(page)
    pen.ellipse((170, 230, 420, 360), outline=0, width=4)
    pen.ellipse((90, 160, 200, 260), outline=0, width=4)
    pen.line((105, 180, 100, 130, 135, 165), fill=0, width=4)
    pen.line((155, 160, 190, 130, 185, 180), fill=0, width=4)
    for x in (200, 240, 350, 390):
        pen.line((x, 345, x, 440), fill=0, width=4)
    pen.line((415, 280, 470, 200), fill=0, width=4)
    return page


def stripes(grid: bool = False) -> Image.Image:
    page = Image.new("L", (512, 512), 255)
    pen = ImageDraw.Draw(page)
    for place in range(100, 500, 40):
        pen.line((place, 60, place, 450), fill=0, width=4)
        if grid:
            pen.line((80, place, 480, place), fill=0, width=4)
    return page


@pytest.mark.parametrize(
    "page", [house(), text(), cat(), stripes(), stripes(grid=True)], ids=["house", "text", "cat", "stripes", "grid"]
)
def test_a_drawing_of_no_face_is_said_to_be_none_and_left_as_it_is(
    pipe: Sketch2PhotoPipeline, page: Image.Image
) -> None:
    found, plain = pipe.calibrate(page, 0.0), pipe.calibrate(page, 1.0)
    assert found.certainty < 0.5
    assert (found.added == 1).all()
    assert (found.sketch == plain.sketch).all()
    assert pipe(page, num_images=1, seed=0).images


@pytest.mark.parametrize("strictness", [1.0, 0.5, 0.0])
def test_the_same_drawing_mirrored_shifted_or_smaller_is_the_same_person(
    pipe: Sketch2PhotoPipeline, strictness: float
) -> None:
    page = drawing("careful_girl")
    one = pipe.calibrate(page, strictness)
    mirrored = pipe.calibrate(ImageOps.mirror(page), strictness)
    assert (one.sketch - mirrored.sketch.flip(3)).abs().mean() < 0.01
    moved = Image.new("L", page.size, 255)
    side = page.size[0]
    moved.paste(page.resize((side * 7 // 10,) * 2, Image.Resampling.LANCZOS), (side // 5, side // 20))
    other = pipe.calibrate(moved, strictness)
    aligned = similarity(other.points, one.points)  # a drawing that is nearly framed stays where it is
    assert np.hypot(aligned[0, 0], aligned[1, 0]) == pytest.approx(1, abs=0.1)
    again = other.points @ aligned[:, :2].T + aligned[:, 2]
    assert np.linalg.norm(one.points - again, axis=1).mean() < 3


def test_the_looser_the_less_it_follows_and_the_nearer_to_a_believable_face(pipe: Sketch2PhotoPipeline) -> None:
    page = drawing("potato_head")
    found = [pipe.calibrate(page, strictness) for strictness in (1.0, 0.75, 0.5, 0.25, 0.0)]
    kept = [float((found[0].sketch - other.sketch).abs().mean()) for other in found]
    assert all(a < b for a, b in pairwise(kept))


def test_a_model_without_a_calibrator_says_so(pipe: Sketch2PhotoPipeline) -> None:
    with pytest.raises(ValueError, match="no calibrator"):
        Sketch2PhotoPipeline(pipe.model).calibrate(drawing("quick_man"))


def test_saved_and_loaded_it_calibrates_the_same(pipe: Sketch2PhotoPipeline, tmp_path: Path) -> None:
    pipe.save_pretrained(tmp_path)
    again = Sketch2PhotoPipeline.from_pretrained(str(tmp_path))
    one, other = (each.calibrate(drawing("quick_man"), 0.5).sketch for each in (pipe, again))
    assert (one - other).abs().max() < 1e-4


@pytest.mark.parametrize("name", ["profile_lady", "stick_figure", "only_outline", "messy_scribble"])
def test_a_head_from_the_side_and_what_is_hardly_one_are_faces(pipe: Sketch2PhotoPipeline, name: str) -> None:
    assert pipe.calibrate(drawing(name), 1.0).certainty > 0.8
