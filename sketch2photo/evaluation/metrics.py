"""What evaluation measures, as plain functions of pictures; evaluate.py runs a model and puts their answers into a table.

Pictures are tensors (N, 3, H, W) in [-1, 1] where a network looks at them, and uint8 arrays (H, W, 3), or (H, W) for a sketch, where
OpenCV or the face detector does. Lengths are in pixels at 256 px, or in eye distances: between the centres of the eyes.
"""

import importlib.util
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from torch import Tensor

from ..images import Floats, Picture
from ..networks.features import feature_distance, kernel_distance

Mask = NDArray[np.bool_]


# Distance between sets of pictures


def kernel_floor(features: Tensor, splits: int = 10, seed: int = 0) -> float:
    """Mean kernel distance between random halves of one set of features (N, D), N >= 4."""
    generator = torch.Generator().manual_seed(seed)
    half = len(features) // 2
    orders = [torch.randperm(len(features), generator=generator) for _ in range(splits)]
    return float(np.mean([kernel_distance(features[order[:half]], features[order[half:]]) for order in orders]))


# Variety


def mean_pair_distance(maps: list[Tensor]) -> float:
    """Mean feature distance over all pairs of N >= 2 pictures, given their feature maps: one (N, C, h, w) per depth."""
    left, right = zip(*combinations(range(len(maps[0])), 2), strict=True)
    return feature_distance([m[list(left)] for m in maps], [m[list(right)] for m in maps]).mean().item()


def border_colour(pictures: Picture, width: int = 8) -> Floats:
    """Mean RGB, 0 to 255, of the top and both sides, `width` px (at 256) broad: (N, H, W, 3) -> (N, 3)."""
    n, side = pictures.shape[:2]
    w = max(1, round(width * side / 256))
    strips = pictures[:, :w], pictures[:, w:, :w], pictures[:, w:, -w:]
    colours: Floats = np.concatenate([strip.reshape(n, -1, 3) for strip in strips], 1).mean(1)
    return colours


# Following the lines


def following(picture: Picture, sketch: Picture) -> float:
    """How well the lines of a picture, (H, W, 3) or (H, W), lie on those of a sketch (H, W): an F-score in [0, 1].

    Lines are where a difference of Gaussians (sigma 2 and 3.2 px) is most negative: in the sketch the darkest 16% at
    most; in the picture, between the outermost lines of each row (so what is behind the person does not count), as many
    pixels as the sketch has. A pixel is right within 2 px of the other's. The outer 8 px are left out: scans have borders.

    A real photograph scores about 0.66 against its own sketch and 0.45 against another person's, which is chance; a
    picture that is the drawing itself scores 1. nan where the sketch has no lines.
    """
    unit = sketch.shape[0] / 256
    drawn = _response(sketch, unit)
    lines = drawn < min(float(np.quantile(drawn, 0.16)), -0.006)
    if not lines.any():
        return float("nan")
    grey: Floats = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    response = np.where(_between(lines), _response(grey, unit), np.inf)
    found = response <= np.partition(response, lines.sum() - 1, None)[lines.sum() - 1]
    found &= response < -0.0005  # A flat picture has no lines.
    if not found.any():
        return 0.0
    precision = (_distance(lines)[found] <= 2 * unit).mean()
    recall = (_distance(found)[lines] <= 2 * unit).mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def _response(grey: Floats, unit: float) -> Floats:
    """Difference of Gaussians without the outer 8 px: negative on dark lines, in [-1, 1]."""
    image = grey.astype(np.float32) / 255
    response = cv2.GaussianBlur(image, (0, 0), 2 * unit) - cv2.GaussianBlur(image, (0, 0), 3.2 * unit)
    frame = round(8 * unit)
    return response[frame:-frame, frame:-frame]


def _between(lines: Mask) -> Mask:
    """Pixels between the outermost of each row, and 3 more to each side."""
    wide = cv2.dilate(lines.astype(np.uint8), np.ones((1, 7), np.uint8)) > 0
    return np.logical_or.accumulate(wide, 1) & np.logical_or.accumulate(wide[:, ::-1], 1)[:, ::-1]


def _distance(mask: Mask) -> Floats:
    """Distance of every pixel to the nearest one in the mask."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)


# Faces


class FaceFinder:
    """dlib's HOG face detector (Dalal & Triggs, 2005; King, 2009) and its 68 landmarks (Kazemi & Sullivan, 2014).

    Raises:
        ImportError: the packages are not installed.
    """

    def __init__(self) -> None:
        if not self.available():
            raise ImportError("The face detector is not installed: pip install dlib-bin face-recognition-models")
        self._detect, self._predict = _dlib_networks()

    @staticmethod
    def available() -> bool:
        """Whether dlib and the file of its landmark predictor are installed."""
        return importlib.util.find_spec("dlib") is not None and _landmark_file() is not None

    def __call__(self, picture: Picture) -> Floats | None:
        """(68, 2) x and y of the landmarks of the largest face in (H, W, 3); None where no face is found."""
        picture = np.ascontiguousarray(picture)
        boxes = self._detect(picture, 1)
        if not boxes:
            return None
        shape = self._predict(picture, max(boxes, key=lambda box: box.area()))
        return np.array([(point.x, point.y) for point in shape.parts()], float)


@lru_cache
def _dlib_networks() -> tuple[Any, Any]:
    """The detector and the predictor of landmarks, which take two seconds to load and keep nothing of a picture."""
    import dlib

    return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(_landmark_file()))


@lru_cache
def _landmark_file() -> Path | None:
    # Found without importing the package, which would need setuptools for nothing else.
    package = importlib.util.find_spec("face_recognition_models")
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in Path(folder).rglob("shape_predictor_68_face_landmarks.dat"):
            return path
    return None


def share_with_face(landmarks: list[Floats | None]) -> float:
    """Share of pictures in which a face was found, given what FaceFinder answered for each."""
    return float(np.mean([found is not None for found in landmarks]))


def landmark_error(ours: Floats, theirs: Floats) -> float:
    """Mean distance of 68 landmarks, in eye distances of `theirs` (the photograph's)."""
    return float(np.linalg.norm(ours - theirs, axis=1).mean() / eye_distance(theirs))


def eye_distance(landmarks: Floats) -> float:
    """Between the centres of the eyes, of 68 landmarks (68, 2), in their units."""
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


# Colour across the outline


class Outline(NamedTuple):
    """The line of cheeks and jaw, from ear to ear: K places (K, 2), outward unit normals (K, 2), and the eye distance in px."""

    points: Floats
    normals: Floats
    eye_distance: float


def outline(landmarks: Floats, places: int = 96) -> Outline:
    """The outline through landmarks 1 to 17 (a cubic spline), at equal distances."""
    jaw = landmarks[:17]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(jaw, axis=0), axis=1))])
    curve = CubicSpline(length, jaw)
    at = np.linspace(0, length[-1], places)
    tangents = curve(at, 1)
    # From the left ear over the chin, with y downwards, outward is to the right of the way: (-dy, dx).
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], 1) / np.linalg.norm(tangents, axis=1, keepdims=True)
    return Outline(curve(at), normals, eye_distance(landmarks))


def clean_places(photo: Picture, outline: Outline) -> Mask:
    """Where skin reaches up to the outline and something of another colour begins right behind it: (K,).

    Elsewhere (neck under the chin, hair over the cheek, shadow) there is no boundary to measure, so it is not. About a fifth of a
    photograph's outline is clean.
    """
    contrast, inside, outside = _shares(photo, outline)
    return (contrast > 25) & (inside < 0.25) & (outside < 0.25)


def bleed(picture: Picture, outline: Outline, places: Mask) -> Floats:
    """Share of the wrong side's colour beside the outline, in [0, 1], at those of `places` that have two colours to tell apart.

    Just inside (0.04 to 0.14 eye distances, 2 to 9 px) it is the share of the colour that lies farther out, just outside (0.06 to
    0.16) the share of skin, and the answer is the mean of both; colours are Lab and shares by projection. 0 is a clean
    boundary, 0.5 one that is not there. Real photographs score about 0.07 at their own clean places, blurred by
    4 px 0.13 and by 8 px 0.22, moved aside by 6 px 0.24, and photographs of other people 0.34.
    """
    contrast, inside, outside = _shares(picture, outline)
    usable = places & (contrast > 25)
    return (inside[usable] + outside[usable]) / 2


def _shares(picture: Picture, outline: Outline) -> tuple[Floats, Floats, Floats]:
    """At each place: distance (Lab) of the colour farther out from the skin's, its share just inside, skin's share just outside."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)

    def band(nearest: float, farthest: float) -> Floats:
        reach = np.linspace(nearest, farthest, 5)[None, :, None] * outline.eye_distance
        at = (outline.points[:, None] + outline.normals[:, None] * reach).astype(np.float32)
        inside = ((at >= 0) & (at <= np.array(lab.shape[1::-1]) - 1)).all(-1, keepdims=True)
        colours = cv2.remap(lab, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.where(inside, colours, np.nan)

    skin = np.nanmedian(band(-0.45, -0.2).reshape(-1, 3), axis=0)
    away = np.median(band(0.18, 0.34), axis=1) - skin  # nan beyond the picture: such a place is never usable.
    squared = np.maximum((away**2).sum(1), 1e-6)

    def share(colours: Floats) -> Floats:
        shares: Floats = np.clip(((colours - skin) * away[:, None]).sum(2) / squared[:, None], 0, 1).mean(1)
        return shares

    return np.sqrt(squared), share(band(-0.14, -0.04)), 1 - share(band(0.06, 0.16))


def break_outline(sketch: Picture, outline: Outline) -> Picture:
    """The sketch (H, W) with six round gaps, half of its outline's length in all, in the paper's colour."""
    places = len(outline.points)
    length = np.linalg.norm(np.diff(outline.points, axis=0), axis=1).sum()
    erased: Floats = np.zeros(sketch.shape, np.float32)
    for x, y in outline.points[places // 12 :: places // 6]:
        cv2.circle(erased, (round(x), round(y)), round(length / 24), 1.0, -1)
    erased = cv2.GaussianBlur(erased, (0, 0), 0.02 * outline.eye_distance)
    paper = float(np.percentile(sketch, 95))
    return (sketch + erased * (paper - sketch)).round().clip(0, 255).astype(np.uint8)
