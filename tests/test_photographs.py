"""Photographs that are brought in place of drawings. Those here are of nobody: the model made them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.examples import EXAMPLES
from sketch2photo.photographs import SIDE, is_photograph, line_drawing
from tests import ROOT
from tests.test_preprocess import STROKES, draw, photographed

DRAWINGS = [*EXAMPLES, *sorted((ROOT / "tests" / "drawings").glob("*.png"))]


@pytest.fixture(scope="module")
def pipe() -> Sketch2PhotoPipeline:
    return Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))


@pytest.fixture(scope="module")
def photos(pipe: Sketch2PhotoPipeline) -> list[Image.Image]:
    return [pipe(path, seed=seed, strictness=1).images[0] for seed, path in enumerate(EXAMPLES)]


def test_photographs_are_noticed(photos: list[Image.Image]) -> None:
    assert np.mean([is_photograph(photo) for photo in photos]) > 0.9


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_drawings_are_no_photographs(path: Path) -> None:
    assert not is_photograph(path)


@pytest.mark.parametrize("name", list(STROKES)[:4])
def test_photographs_of_drawings_are_no_photographs(name: str) -> None:
    assert not is_photograph(photographed(draw(name), edge=True))
    blue, green = draw(name), draw(name)
    blue[:256], green[256:] = 255, 255  # an eye of blue ink, a mouth of green
    assert not is_photograph(np.dstack([np.minimum(blue, green), green, blue]))


def test_a_photographs_lines_are_a_drawing_of_the_same_face(
    pipe: Sketch2PhotoPipeline, photos: list[Image.Image]
) -> None:
    for path, photo in zip(EXAMPLES, photos, strict=True):
        drawing = line_drawing(photo)
        assert (drawing.size, drawing.mode) == ((SIDE, SIDE), "L")
        assert (np.asarray(drawing) > 200).mean() > 0.6  # most of it is paper
        assert not is_photograph(drawing)
        before, after = pipe.calibrate(path, 1.0), pipe.calibrate(drawing, 1.0, reframe=False)
        assert after.is_face
        assert (
            np.linalg.norm(before.points - after.points, axis=1).mean() < 5
        )  # px of 256: every feature is where it was
