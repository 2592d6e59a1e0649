"""Procedural faces: the same seed gives the same pair, the halves fit to the pixel, and no two are alike."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from sketch2photo.data.synthetic_faces import draw_face


def pairs(count: int, size: int = 128) -> list[tuple[np.ndarray, np.ndarray]]:
    return [draw_face(np.random.default_rng(seed), size) for seed in range(count)]


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_shapes_and_ranges(size: int) -> None:
    photo, sketch = draw_face(np.random.default_rng(0), size)
    assert photo.shape == (size, size, 3)
    assert sketch.shape == (size, size)
    assert photo.dtype == sketch.dtype == np.uint8
    assert np.median(sketch) > 200  # lines on light paper
    assert sketch.min() < 100


def test_the_generator_decides_everything() -> None:
    first, again, other = (draw_face(np.random.default_rng(seed), 64) for seed in (5, 5, 6))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert np.abs(first[0].astype(int) - other[0]).mean() > 5
    assert np.abs(first[1].astype(int) - other[1]).mean() > 5


def test_the_lines_of_the_sketch_lie_on_edges_of_its_photo() -> None:
    def edges_under_lines(photo: np.ndarray, sketch: np.ndarray) -> float:
        """How steep the photo is under the darkest lines, against its average."""
        slope = cv2.magnitude(cv2.Sobel(photo, cv2.CV_32F, 1, 0), cv2.Sobel(photo, cv2.CV_32F, 0, 1))
        steep = slope.max(axis=2).clip(0, 150)
        return float(steep[sketch < 140].mean() / steep.mean())

    drawn = pairs(30)
    fitting = [edges_under_lines(photo, sketch) for photo, sketch in drawn]
    moved = [edges_under_lines(photo, np.roll(sketch, (5, 5), (0, 1))) for photo, sketch in drawn]
    swapped = [edges_under_lines(photo, sketch) for (photo, _), (_, sketch) in pairwise(drawn)]
    assert np.mean(fitting) > 2.5
    assert np.mean(fitting) > 1.5 * np.mean(moved)
    assert np.mean(fitting) > 1.3 * np.mean(swapped)
    assert sum(a > b for a, b in zip(fitting, moved, strict=True)) >= 29


def test_skin_hair_clothes_and_background_vary() -> None:
    photos = np.stack([photo for photo, _ in pairs(60)]).astype(np.float32)
    places = {"background": (8, 8), "forehead": (52, 64), "hair": (24, 64), "clothes": (124, 64)}
    for name, (y, x) in places.items():
        spread = photos[:, y - 3 : y + 3, x - 3 : x + 3].mean(axis=(1, 2)).std(axis=0)
        assert spread.min() > 20, name
    skin = photos[:, 70, 52]
    assert (skin[:, 0] > skin[:, 2]).all()  # redder than blue, whoever it is


def test_eyes_sit_where_training_puts_them() -> None:
    darkness = 255 - np.mean([sketch for _, sketch in pairs(60)], axis=0)
    for left, right in ((42, 59), (69, 86)):  # between the outline of the head and the nose
        column = left + darkness[50:66, left:right].sum(axis=0).argmax()
        assert abs(abs(column - 63.5) - 128 / 8.4) < 4


def test_a_pair_is_quick_enough_to_draw_while_training() -> None:
    best = np.inf
    for seed in range(20):
        start = cv2.getTickCount()
        draw_face(np.random.default_rng(seed), 128)
        best = min(best, (cv2.getTickCount() - start) / cv2.getTickFrequency())
    assert best < 0.02
