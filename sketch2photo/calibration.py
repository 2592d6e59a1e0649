"""A bad drawing of a face -> one that the generator can render: framed, its lines moved towards a believable face, completed.

As Cali-Sketch (Xia et al., 2019) and Deep Plastic Surgery (Yang et al., 2020) do with large networks. The places come from a Calibrator;
everything else here is geometry, the same in any size of picture. Lengths in px are px at 256.
"""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .images import Floats, to_tensor
from .networks.calibrator import CLASSES, Calibrator, mirrored, slices

PEN = 1.6  # px, the lines of features that are drawn anew
REDRAWN = 0.5  # at this strictness and below features are drawn anew
KEPT_TURN = 8.0  # degrees by which a head may lean; what it leans more is taken back
THICK = 4.5  # px, the width of lines above which they are thinned
CANVAS = 512  # px, side of the sheet on which a face is found, so that a small head can be enlarged
GENERATOR_HINT = 0.6  # how much of a hint the generator takes a wholly calibrated drawing as
NEAR = 0.05  # of the side: a drawing that is framed as well as this stays where it is

_AT = slices()
_PARTS = {
    "left eye": ("left_upper_lid", "left_lower_lid"),
    "right eye": ("right_upper_lid", "right_lower_lid"),
    "left brow": ("left_brow_top", "left_brow_bottom"),
    "right brow": ("right_brow_top", "right_brow_bottom"),
    "nose": ("nose_bridge", "nose_base"),
    "mouth": ("upper_lip", "lower_lip"),
}


class Calibrated(NamedTuple):
    """What calibrate makes of a drawing.

    sketch: (1, 1, S, S) in [-1, 1], what the generator is to see.
    points: (K, 2) in px of `sketch`, where the face's points are in it.
    certainty: in [0, 1], that there is a face at all; below one half the drawing is left as it is.
    added: (1, 1, S, S) in [-1, 1], those lines of `sketch` that are not the author's; white where there are none.
    """

    sketch: Tensor
    points: Floats
    certainty: float
    added: Tensor


def generator_strictness(strictness: float) -> float:
    """What the generator is told of a drawing that was calibrated at a strictness, both in [0, 1]."""
    return 1 - GENERATOR_HINT * (1 - strictness)


@torch.inference_mode()
def calibrate(
    calibrator: Calibrator, sketch: Tensor, strictness: float, size: int = 256, reframe: bool = True
) -> Calibrated:
    """Frames, calibrates and completes a drawing.

    Args:
        calibrator: says where the face is.
        sketch: (1, 1, H, H) in [-1, 1], dark lines on white; the whole canvas, and better larger than `size`, as a small head is enlarged.
        strictness: 1 only frames it. Below, lines are moved towards the believable face and missing features are drawn; from
            one half down all features are drawn anew. At 0 they are where the believable face has them.
        size: S, side of the result in pixels.
        reframe: whether the face is brought to where training's faces are, in place and size.

    Raises:
        ValueError: a sketch of another shape, or a strictness outside of [0, 1].
    """
    if sketch.ndim != 4 or sketch.shape[:2] != (1, 1) or sketch.shape[2] != sketch.shape[3]:
        raise ValueError(f"A sketch to calibrate is (1, 1, H, H), not {tuple(sketch.shape)}.")
    if not 0 <= strictness <= 1:
        raise ValueError(f"strictness is between 0 (a believable face) and 1 (the lines alone), not {strictness}.")
    paper = sketch[0, 0].float().cpu().numpy() / 2 + 0.5
    framed = _warped(paper, np.eye(2, 3), size)
    seen = _look(calibrator, framed)
    if seen.certainty < 0.5:
        return Calibrated(to_tensor(framed)[None], seen.points, seen.certainty, torch.ones(1, 1, size, size))
    matrix, certainty = np.eye(2, 3), seen.certainty
    mean = calibrator.mean_face.float().cpu().numpy() * size
    for _ in range(2 if reframe else 0):  # a small head is seen better once it is large
        step = framing(seen.believable, mean, size)
        if step is None:
            break
        matrix = step @ np.vstack([matrix, (0, 0, 1)])
        framed = _warped(paper, matrix, size)
        seen = _look(calibrator, framed)
    amount = 1 - strictness
    if amount == 0:
        return Calibrated(to_tensor(framed)[None], seen.points, certainty, torch.ones(1, 1, size, size))
    framed = thinned(framed)
    target = seen.points + amount * (seen.believable - seen.points)
    classes = _classes(framed, seen, size)
    missing = _missing(classes, seen.points, size)
    if strictness <= REDRAWN:
        framed = _without_features(framed, classes, seen.points, size)
        missing = dict.fromkeys(_PARTS, True)
    for side in ("left", "right"):
        missing[f"{side} eye"] &= not _covered(classes, seen.points[_indices(f"{side} eye")])
    moved = _moved(framed, classes, seen.points, target, size)
    added = features(target, [name for name, is_missing in missing.items() if is_missing], size)
    return Calibrated(to_tensor(np.minimum(moved, added))[None], target, certainty, to_tensor(added)[None])


# ---- looking -------------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    points: Floats  # (K, 2) px
    believable: Floats
    certainty: float
    classes: Floats  # (C, 32, 32) logits


def _look(calibrator: Calibrator, sketch: Floats) -> _Seen:
    """What the calibrator sees in a sketch (S, S) and in its mirror image, on average: so both get the same, mirrored, face."""
    x = to_tensor(sketch)[None]
    x = F.interpolate(x, (calibrator.image_size,) * 2, mode="bilinear", antialias=True).to(calibrator.mean_face)
    found = calibrator(torch.cat([x, x.flip(3)]))
    side = sketch.shape[0]

    def both(points: Tensor) -> Floats:
        straight, twin = points.double().cpu()
        return ((straight + mirrored(twin)) / 2 * side).numpy()

    classes = (found.classes[0] + found.classes[1].flip(2)).float().cpu().numpy() / 2
    certainty = float(torch.sigmoid(found.certainty.float().mean()))
    return _Seen(both(found.points), both(found.believable), certainty, classes)


# ---- framing -------------------------------------------------------------------------------------------------------


def framing(face: Floats, mean: Floats, side: int) -> Floats | None:
    """The map (2, 3) that takes a face (K, 2) to where training's faces are, `mean` (K, 2); None where it is there already.

    It resizes and shifts. A head may lean by KEPT_TURN degrees; what it leans more is taken back.
    """
    matrix = similarity(face, mean)
    turn = np.arctan2(matrix[1, 0], matrix[0, 0])
    kept = np.clip(-turn, -np.deg2rad(KEPT_TURN), np.deg2rad(KEPT_TURN))
    cos, sin = np.cos(kept), np.sin(kept)
    rotation = np.array([[cos, -sin], [sin, cos]]) @ matrix[:, :2]
    matrix = np.column_stack([rotation, mean.mean(0) - rotation @ face.mean(0)])
    corners = np.array([(0, 0), (side, 0), (side, side), (0, side)], float)
    away = np.linalg.norm(corners @ matrix[:, :2].T + matrix[:, 2] - corners, axis=1).max()
    return None if away < NEAR * side else matrix


def similarity(points: Floats, targets: Floats) -> Floats:
    """The resizing, turn and shift (2, 3) that takes points (K, 2) nearest to targets (Umeyama, 1991)."""
    a, b = points - points.mean(0), targets - targets.mean(0)
    along, across = (a * b).sum(), (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()
    c, s = np.array([along, across]) / (a**2).sum()
    turn = np.array([[c, -s], [s, c]])
    return np.column_stack([turn, targets.mean(0) - turn @ points.mean(0)])


def _warped(paper: Floats, matrix: Floats, size: int) -> Floats:
    """A sheet (H, H) under a map that is given in px of the result (S, S); white beyond its border."""
    side = paper.shape[0]
    scale = size / side * float(np.hypot(matrix[0, 0], matrix[1, 0]))
    while scale < 0.6 and paper.shape[0] > 2:  # so that linear sampling sees all of it
        paper = cv2.resize(paper, (paper.shape[1] // 2, paper.shape[0] // 2), interpolation=cv2.INTER_AREA)
        side, scale = paper.shape[0], scale * 2
    if side == size and np.allclose(matrix, np.eye(2, 3)):
        return paper
    zoom = matrix[:, :2] * size / side
    shift = matrix[:, 2] + zoom @ (0.5, 0.5) - 0.5  # Pixel centres are at halves.
    method = cv2.INTER_CUBIC if scale > 1.2 else cv2.INTER_LINEAR
    white = float(np.quantile(paper, 0.9))
    found = cv2.warpAffine(paper, np.column_stack([zoom, shift]), (size, size), flags=method, borderValue=white)
    return np.clip(found, 0, 1)


# ---- strokes -------------------------------------------------------------------------------------------------------


def _indices(part: str) -> Floats:
    return np.concatenate([np.arange(_AT[name].start, _AT[name].stop) for name in _PARTS[part]])


def _classes(sketch: Floats, seen: _Seen, size: int) -> Floats:
    """The class of each pixel with ink (S, S), -1 elsewhere; a line that is nearly all of one class is all of it."""
    ink = sketch < float(np.quantile(sketch, 0.9)) - 0.12
    logits = cv2.resize(
        np.ascontiguousarray(seen.classes.transpose(1, 2, 0)), (size, size), interpolation=cv2.INTER_LINEAR
    )
    classes = np.where(ink, logits.argmax(2), -1)
    _, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    lines, kinds = int(labels.max()) + 1, len(CLASSES)
    counts = np.bincount(labels[ink] * kinds + classes[ink], minlength=lines * kinds).reshape(lines, kinds)
    shares = counts.max(1) / counts.sum(1).clip(1)
    single = shares > 0.65
    whole = single[labels] & ink
    classes[whole] = counts.argmax(1)[labels[whole]]
    return classes


def _hull(points: Floats, size: int, grow: float) -> Floats:
    """Mask (S, S) of the convex hull of points, grown by so many px."""
    mask: Floats = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points).astype(np.int32)[:, None]), 1)
    if grow:
        width = 2 * round(grow * size / 256) + 1
        mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return mask > 0


def _missing(classes: Floats, points: Floats, size: int) -> dict[str, bool]:
    """Which parts have no ink where they would be."""
    feature = classes == CLASSES.index("feature")
    return {part: not feature[_hull(points[_indices(part)], size, 4)].any() for part in _PARTS}


def _covered(classes: Floats, eye: Floats) -> bool:
    """Whether an eye is behind dark glasses."""
    size = classes.shape[0]
    hull = _hull(eye, size, 0)
    return bool((classes[hull] == CLASSES.index("glasses")).mean() > 0.6)


def _near(mask: Floats) -> Floats:
    """The mask (S, S) and two pixels around it: the pale rim of lines, and where they go on in another layer."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)


def _without_features(sketch: Floats, classes: Floats, points: Floats, size: int) -> Floats:
    """The sketch without the features' lines inside the face, and without what is no part of the person; `classes` follow.

    What lies on an eye, a brow, the nose or the mouth is a part of it, unless it is worn or grows there.
    """
    on_parts = np.any([_hull(points[_indices(part)], size, 3) for part in _PARTS], axis=0)
    stays = np.isin(classes, [CLASSES.index(name) for name in ("glasses", "beard", "hat")])
    gone = (classes == CLASSES.index("feature")) & _hull(points[_AT["oval"]], size, 6)
    gone |= (classes == CLASSES.index("background")) & ~_hull(points[_AT["oval"]], size, 0)
    gone |= (classes >= 0) & on_parts & ~stays
    kept = (classes >= 0) & ~gone
    cleared = np.where(_near(gone) & ~kept, float(np.quantile(sketch, 0.9)), sketch).astype(np.float32)
    classes[gone] = -1
    return cleared


def _moved(sketch: Floats, classes: Floats, points: Floats, target: Floats, size: int) -> Floats:
    """The sketch with its lines moved from points to target, each (K, 2).

    Features and glasses move and are resized as wholes, so that nothing is torn; all else follows the oval, bent by a spline.
    """
    part_of = _part_of(classes, points)
    x, y = cv2.split(thin_plate_spline(target[_AT["oval"]], points[_AT["oval"]], size))
    white = float(np.quantile(sketch, 0.9))
    rest = np.where(_near(part_of >= 0) & ~_near((classes >= 0) & (part_of < 0)), white, sketch).astype(np.float32)
    moved = cv2.remap(rest, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=white)
    for number, part in enumerate((*_PARTS, "glasses")):
        own = part_of == number
        if own.any():
            at = np.concatenate([_indices("left eye"), _indices("right eye")]) if part == "glasses" else _indices(part)
            alone = np.where(_near(own), sketch, white).astype(np.float32)
            matrix = similarity(points[at], target[at])
            layer = cv2.warpAffine(alone, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=white)
            moved = np.minimum(moved, layer)
    return moved


def _part_of(classes: Floats, points: Floats) -> Floats:
    """Which part the ink of each pixel belongs to (S, S), as a number in _PARTS; after those the glasses; -1 all else."""
    found = np.where(classes == CLASSES.index("glasses"), len(_PARTS), -1)
    rows, columns = np.nonzero(classes == CLASSES.index("feature"))
    if len(rows):
        place = np.stack([columns, rows], 1)
        away = [np.linalg.norm(place[:, None] - points[_indices(part)], axis=2).min(1) for part in _PARTS]
        found[rows, columns] = np.argmin(away, axis=0)
    return found


def thinned(sketch: Floats) -> Floats:
    """The sketch (S, S) with lines of the width that the generator knows, where a small head was enlarged or the pen was a marker."""
    unit = sketch.shape[0] / 256
    ink = (sketch < float(np.quantile(sketch, 0.9)) - 0.3).astype(np.uint8)
    inside = cv2.distanceTransform(ink, cv2.DIST_L2, 5)
    ridge = inside[(inside > 0) & (inside >= cv2.dilate(inside, np.ones((3, 3))))]
    width = 2 * float(np.median(ridge)) - 1 if ridge.size else 0.0
    if width <= THICK * unit:
        return sketch
    off = round(width - 0.6 * THICK * unit)
    return cv2.dilate(sketch, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (off, off)))


def thin_plate_spline(points: Floats, targets: Floats, size: int, grid: int = 48, smoothing: float = 3.0) -> Floats:
    """The map (S, S, 2) of where each pixel comes from if points (K, 2) are to show what is at targets (Duchon, 1977; Bookstein, 1989).

    A ring around the picture stays. `smoothing`: 0 goes through all points, more bends less.
    """
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = size / 2 + 0.85 * size * np.stack([np.cos(angles), np.sin(angles)], 1)
    knots = np.concatenate([points, ring]) / size
    moves = np.concatenate([targets - points, 0 * ring]) / size

    def kernel(x: Floats) -> Floats:
        squared = ((x[:, None] - knots) ** 2).sum(-1)
        return squared * np.log(squared + 1e-12)

    count = len(knots)
    linear = np.column_stack([np.ones(count), knots])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = kernel(knots) + smoothing * 3e-5 * np.eye(count)
    system[:count, count:], system[count:, :count] = linear, linear.T
    weights = np.linalg.solve(system, np.concatenate([moves, np.zeros((3, 2))]))
    centres = (np.arange(grid) + 0.5) / grid
    places = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2)
    found = kernel(places) @ weights[:count] + np.column_stack([np.ones(len(places)), places]) @ weights[count:]
    flow = cv2.resize(found.reshape(grid, grid, 2).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    ramp = np.arange(size, dtype=np.float32)
    return np.stack([ramp + size * flow[..., 0], ramp[:, None] + size * flow[..., 1]], -1).astype(np.float32)


# ---- completing ----------------------------------------------------------------------------------------------------


def features(points: Floats, parts: list[str], size: int) -> Floats:
    """Parts of a face as lines (S, S) on white, in the style of training's line drawings: lids, irises, brows, nose base, lips."""
    detail = 4
    canvas = np.full((detail * size, detail * size), 255, np.uint8)
    pen = max(1, round(PEN * detail * size / 256))

    def line(curve: Floats, closed: bool = False, fill: bool = False) -> None:
        at = np.round(_smooth(curve, closed) * detail * 8).astype(np.int32)[:, None]
        if fill:
            cv2.fillPoly(canvas, [at], 0, cv2.LINE_AA, 3)
        cv2.polylines(canvas, [at], closed, 0, pen, cv2.LINE_AA, 3)

    curves = {name: points[at] for name, at in _AT.items()}
    for side in ("left", "right"):
        if f"{side} eye" in parts:
            upper, lower, iris = (curves[f"{side}_{part}"] for part in ("upper_lid", "lower_lid", "iris"))
            line(upper)
            line(lower)
            radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
            angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            around = np.stack([np.cos(angles), np.sin(angles)], 1)
            # What lids cover of it is not seen.
            top, bottom = (
                np.interp(iris[0, 0] + radius * around[:, 0], *lid[np.argsort(lid[:, 0])].T) for lid in (upper, lower)
            )
            disc = iris[0] + 0.8 * radius * around
            disc[:, 1] = np.clip(disc[:, 1], np.minimum(top, bottom), np.maximum(top, bottom))
            line(disc, closed=True, fill=True)
        if f"{side} brow" in parts:
            line((curves[f"{side}_brow_top"] + curves[f"{side}_brow_bottom"]) / 2)
    if "nose" in parts:
        line(curves["nose_base"])
    if "mouth" in parts:
        line(curves["upper_lip"])
        line(curves["lower_lip"])
        top, bottom = curves["upper_lip_inside"], curves["lower_lip_inside"]
        if np.abs(bottom - top)[2:-2, 1].mean() > 2.0 * size / 256:
            line(top)
            line(bottom)
        else:
            line((top + bottom) / 2)
    return cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _smooth(curve: Floats, closed: bool) -> Floats:
    """A curve (N, 2) through the same points with others between (Catmull and Rom, 1974)."""
    padded = np.concatenate([curve[-1:], curve, curve[:2]] if closed else [curve[:1], curve, curve[-1:]])
    before, start, stop, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, 5)[:-1, None, None]
    between = 0.5 * (
        2 * start + (stop - before) * t + (2 * before - 5 * start + 4 * stop - after) * t**2
        + (3 * start - before - 3 * stop + after) * t**3
    )  # fmt: skip
    flat = between.transpose(1, 0, 2).reshape(-1, 2)
    return flat if closed else np.concatenate([flat, curve[-1:]])
