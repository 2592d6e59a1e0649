"""A bad drawing of a face -> one that the generator can render: framed, its lines moved towards a believable face, completed.

As Cali-Sketch (Xia et al., 2019) and Deep Plastic Surgery (Yang et al., 2020) do with large networks. The places come from a Calibrator;
everything else here is geometry, the same in any size of picture. Lengths in px are px at 256.

The page without a server does the same in hub/web/calibration.js, step by step: what is here is exact arithmetic on arrays, so that
both come to the same pictures.
"""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .images import Floats, to_tensor
from .networks.blocks import CELL
from .networks.calibrator import CLASSES, Calibrator, mirrored, slices

PEN = 1.6  # px, the lines of features that are drawn anew
OPEN = 3.0  # px between the lips of an open mouth
IRIS = 0.8  # of the radius of the landmarks', as dark as it is
INK = 0.12  # grey, white 1: what is darker than the paper by this is drawn
REDRAWN = (
    1.4  # of a part's points the share that the author's lines must show so that strictness 0 would still keep them
)
FAR = 0.07  # of a face's height, how far from a believable face's points strictness 0.5 leaves any at most
LINE = 6.0  # px, how far apart the edges of the line around a face may be
KEPT_TURN = 8.0  # degrees by which a head may lean; what it leans more is taken back
FACE = 0.5  # certainty from which a drawing is one of a face; below, it is left as it is
THICK = 4.5  # px, the width of lines above which they are thinned
TRUSTED = 0.3  # how strictly the generator follows calibrated features at any strictness: more, and eyes look made up
AROUND, FADING = 6.0, 10.0  # px around features that are trusted, and in which that fades
HINT = 2.0  # how much less the lines of a crooked drawing are followed
CANVAS = 512  # px, side of the sketchpad, and of the sheet on which a face is found: so a small head can be enlarged
DEFAULT_STRICTNESS = 0.5  # doodles are persons by then, and careful drawings still themselves
NEAR = 0.05  # of the side: a drawing that is framed as well as this stays where it is
CROOKED = 0.04  # of a face's height, its points' distance from believable ones: from there on it is worth straightening
FRAMINGS = 3  # at most, one after the other: a small head is seen better once it is large

_AT = slices()
PARTS = {
    "left eye": ("left_upper_lid", "left_lower_lid"),
    "right eye": ("right_upper_lid", "right_lower_lid"),
    "left brow": ("left_brow_top", "left_brow_bottom"),
    "right brow": ("right_brow_top", "right_brow_bottom"),
    "nose": ("nose_bridge", "nose_base"),
    "mouth": ("upper_lip", "lower_lip"),
}
EYES, BROWS = ("left eye", "right eye"), ("left brow", "right brow")


Window = tuple[slice, slice]  # rows and columns of a sheet


class Calibrated(NamedTuple):
    """What calibrate makes of a drawing.

    sketch: (1, 1, S, S) in [-1, 1], what the generator is to see.
    points: (K, 2) in px of `sketch`, where the face's points are in it.
    certainty: in [0, 1], that there is a face at all; below FACE the drawing is left as it is.
    added: (1, 1, S, S) in [-1, 1], those lines of `sketch` that are not the author's; white where there are none.
    distance: of the face as its author drew it from a believable one (Seen).
    trusted: (1, 1, S/4, S/4) in [0, 1], where the generator is to follow lines whatever strictness is: at features that were calibrated.
    followed: in [0, 1], how strictly it is to follow the others: as strictness says, and less the more crooked the drawing is.
    """

    sketch: Tensor
    points: Floats
    certainty: float
    added: Tensor
    distance: float
    trusted: Tensor
    followed: float

    @property
    def is_face(self) -> bool:
        return self.certainty >= FACE

    @property
    def is_crooked(self) -> bool:
        """Whether the face as its author drew it is far from a believable one."""
        return self.is_face and self.distance >= CROOKED


class Seen(NamedTuple):
    """What the calibrator sees in a sketch (S, S).

    points, believable: (K, 2) in px of it, where the face's points are, and where they would be in a believable face.
    certainty: in [0, 1], that there is a face at all.
    classes: (C, 32, 32), logits of the strokes' classes.
    """

    points: Floats
    believable: Floats
    certainty: float
    classes: Floats

    @property
    def distance(self) -> float:
        """Of the points from the believable ones, on average, as a share of the face's height."""
        height = max(float(np.ptp(self.believable[:, 1])), 1.0)
        return float(np.linalg.norm(self.believable - self.points, axis=1).mean()) / height


class Located(NamedTuple):
    """A sketch (S, S) in [0, 1], white 1, framed where a face was found in it, and what the calibrator sees there."""

    sketch: Floats
    seen: Seen


def calibrate(
    calibrator: Calibrator, sketch: Tensor, strictness: float, size: int = 256, reframe: bool = True
) -> Calibrated:
    """Frames, calibrates and completes a drawing: `locate`, and then `correct`."""
    return correct(locate(calibrator, sketch, size, reframe), strictness)


@torch.inference_mode()
def locate(calibrator: Calibrator, sketch: Tensor, size: int = 256, reframe: bool = True) -> Located:
    """Frames a drawing and finds its face: what calibration takes a network for, the same at any strictness.

    Args:
        calibrator: says where the face is.
        sketch: (1, 1, H, H) in [-1, 1], dark lines on white; the whole canvas, and better larger than `size`, as a small head is enlarged.
        size: S, side of the result in pixels.
        reframe: whether the face is brought to where training's faces are, in place and size.

    Raises:
        ValueError: a sketch of another shape.
    """
    if sketch.ndim != 4 or sketch.shape[:2] != (1, 1) or sketch.shape[2] != sketch.shape[3]:
        raise ValueError(f"A sketch to calibrate is (1, 1, H, H), not {tuple(sketch.shape)}.")
    paper = sketch[0, 0].float().cpu().numpy() / 2 + 0.5
    whole = framed = _framed(paper, np.eye(2, 3), size)
    seen = _look(calibrator, framed)
    matrix, mean = np.eye(2, 3), calibrator.mean_face.float().cpu().numpy() * size
    for _ in range(FRAMINGS if reframe else 0):
        step = framing(seen.believable, mean, size)
        if step is None or seen.certainty < FACE:
            break
        matrix = _rounded(step @ np.vstack([matrix, (0, 0, 1)]))
        framed = _framed(paper, matrix, size)
        seen = _look(calibrator, framed)
    return Located(framed if seen.certainty >= FACE else whole, seen)


@torch.inference_mode()
def correct(located: Located, strictness: float) -> Calibrated:
    """Moves the lines of a drawing whose face was found, and completes it.

    Args:
        located: is left as it is.
        strictness: 1 changes nothing. Below, lines are moved towards the believable face, missing features are drawn, and crude
            ones drawn anew; at 0 all are, where the believable face has them.

    Raises:
        ValueError: a strictness outside of [0, 1].
    """
    if not 0 <= strictness <= 1:
        raise ValueError(f"strictness is between 0 (a believable face) and 1 (the lines alone), not {strictness}.")
    framed, seen = located
    size, amount, certainty = framed.shape[0], 1 - strictness, seen.certainty
    if amount == 0 or certainty < FACE:
        blank = torch.ones(1, 1, size, size)
        nowhere = torch.zeros(1, 1, *(side // CELL for side in framed.shape))
        return Calibrated(to_tensor(framed)[None], seen.points, certainty, blank, seen.distance, nowhere, strictness)
    framed = thinned(framed)
    followed = strictness ** (1 + HINT * seen.distance / CROOKED)  # who cannot draw a face can draw no hair, either
    target = _towards(seen.points, seen.believable, followed)
    white = _white(framed)
    classes = _classes(framed, seen.classes, white)
    parts = _part_of(classes, seen.points)
    redrawn = _redrawn(classes, seen.points, amount)
    framed = _without(redrawn, framed, classes, parts, seen.points, white)
    line, goal = _head(classes, seen.points, seen.believable)
    bent = thin_plate_spline(_towards(line, goal, followed), line, size)
    moved = _moved(framed, parts, classes, seen.points, target, bent, white)
    visible = [part for part in redrawn if not (part in EYES and _covered(classes, part, seen.points))]
    added = features(target, visible, size)
    sketch = to_tensor(np.minimum(moved, added))[None]
    trusted = torch.from_numpy(trusted_features(target, size))[None, None]
    return Calibrated(sketch, target, certainty, to_tensor(added)[None], seen.distance, trusted, followed)


def trusted_features(points: Floats, size: int) -> Floats:
    """How far each place of a picture (S, S) is trusted, with a face (K, 2) in it: (S/4, S/4), TRUSTED at its features, 0 far away."""
    cells, unit = size // CELL, size / 256
    middles = (np.arange(cells) + 0.5) * CELL
    x, y = (places.ravel() for places in np.meshgrid(middles, middles))
    beyond = np.min([_beyond(points[_indices(part)], x, y) for part in PARTS], 0) / unit
    return (TRUSTED * (1 - (beyond - AROUND) / FADING).clip(0, 1)).reshape(cells, cells).astype(np.float32)


# ---- looking -------------------------------------------------------------------------------------------------------


def _look(calibrator: Calibrator, sketch: Floats) -> Seen:
    """What the calibrator sees in a sketch (S, S) and in its mirror image, on average: so both get the same, mirrored, face."""
    x = to_tensor(sketch)[None]
    x = F.interpolate(x, (calibrator.image_size,) * 2, mode="area").to(calibrator.mean_face)
    found = calibrator(torch.cat([x, x.flip(3)]))
    side = sketch.shape[0]

    def both(points: Tensor) -> Floats:
        straight, twin = points.double().cpu()
        return ((straight + mirrored(twin)) / 2 * side).numpy()

    classes = (found.classes[0] + found.classes[1].flip(2)).float().cpu().numpy() / 2
    certainty = float(torch.sigmoid(found.certainty.float().mean()))
    return Seen(both(found.points), both(found.believable), certainty, classes)


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


def _rounded(matrix: Floats) -> Floats:
    """A map (2, 3) to a quarter of a pixel: else each framing makes the rounding errors of the network's engine some times larger."""
    steps = np.array([1024, 1024, 4])
    return np.round(matrix * steps) / steps


def similarity(points: Floats, targets: Floats) -> Floats:
    """The resizing, turn and shift (2, 3) that takes points (K, 2) nearest to targets (Umeyama, 1991)."""
    a, b = points - points.mean(0), targets - targets.mean(0)
    along, across = (a * b).sum(), (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()
    c, s = np.array([along, across]) / (a**2).sum()
    turn = np.array([[c, -s], [s, c]])
    return np.column_stack([turn, targets.mean(0) - turn @ points.mean(0)])


def _framed(
    paper: Floats, matrix: Floats, size: int, window: Window | None = None, white: float | None = None
) -> Floats:
    """A sheet (H, H) under a map that is given in px of the result (S, S), or in a window of it; white beyond its border."""
    scale = size / paper.shape[0] * float(np.hypot(matrix[0, 0], matrix[1, 0]))
    while scale < 0.6 and paper.shape[0] % 2 == 0:  # so that linear sampling sees all of it
        half = paper.shape[0] // 2
        paper, scale = cv2.resize(paper, (half, half), interpolation=cv2.INTER_AREA), scale * 2
    unit = size / paper.shape[0]
    if unit == 1 and np.array_equal(matrix, np.eye(2, 3)):
        return paper if window is None else paper[window]
    inverse = np.linalg.inv(matrix[:, :2])
    rows, columns = window or (slice(0, size), slice(0, size))
    x = np.arange(columns.start, columns.stop)[None] + 0.5 - matrix[0, 2]
    y = np.arange(rows.start, rows.stop)[:, None] + 0.5 - matrix[1, 2]
    x, y = ((inverse[k, 0] * x + inverse[k, 1] * y) / unit - 0.5 for k in (0, 1))
    white = _white(paper) if white is None else white
    return np.clip(_sampled(paper, x, y, white, "bicubic" if scale > 1.2 else "bilinear"), 0, 1)


def _sampled(picture: Floats, x: Floats, y: Floats, white: float, method: str = "bilinear") -> Floats:
    """The picture (H, H) at places x and y (h, w), in px of it; white beyond its border."""
    last = (picture.shape[0] - 1) / 2
    places = torch.from_numpy(np.stack([x, y], -1) / last - 1).float()[None]
    darkness = torch.from_numpy(np.ascontiguousarray(white - picture, np.float32))[None, None]
    found = F.grid_sample(darkness, places, mode=method, padding_mode="zeros", align_corners=True)
    return white - found[0, 0].numpy()


def _white(picture: Floats) -> float:
    """The level of bare paper."""
    return float(np.quantile(picture, 0.9, method="lower"))


# ---- strokes -------------------------------------------------------------------------------------------------------


def _indices(part: str) -> Floats:
    return np.concatenate([np.arange(_AT[name].start, _AT[name].stop) for name in PARTS[part]])


def _classes(sketch: Floats, logits: Floats, white: float) -> Floats:
    """The class of each pixel with ink (S, S), -1 elsewhere; a line that is nearly all of one class is all of it."""
    ink = sketch < white - INK
    classes = np.where(ink, 0, -1)
    rows, columns = (np.clip((at + 0.5) * logits.shape[1] / ink.shape[0] - 0.5, 0, None) for at in np.nonzero(ink))
    top, left = rows.astype(int), columns.astype(int)
    bottom, right = (np.minimum(at + 1, logits.shape[1] - 1) for at in (top, left))
    down, across = (rows - top).astype(np.float32), (columns - left).astype(np.float32)
    above = logits[:, top, left] * (1 - across) + logits[:, top, right] * across
    below = logits[:, bottom, left] * (1 - across) + logits[:, bottom, right] * across
    classes[ink] = (above * (1 - down) + below * down).argmax(0)
    _, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    lines, kinds = int(labels.max()) + 1, len(CLASSES)
    counts = np.bincount(labels[ink] * kinds + classes[ink], minlength=lines * kinds).reshape(lines, kinds)
    single = counts.max(1) > 0.65 * counts.sum(1)
    whole = single[labels] & ink
    classes[whole] = counts.argmax(1)[labels[whole]]
    return classes


def _beyond(points: Floats, x: Floats, y: Floats) -> Floats:
    """How many px places x and y (N,) are beyond the convex hull of points (K, 2), whose corners stay sharp; below 0 inside."""
    corners = cv2.convexHull(points.astype(np.float32), clockwise=False)[:, 0].astype(float)
    along = np.roll(corners, -1, 0) - corners
    normal = np.stack([along[:, 1], -along[:, 0]], 1) / np.linalg.norm(along, axis=1).clip(1e-9)[:, None]
    normal *= np.sign((normal * (corners - corners.mean(0))).sum(1, keepdims=True))  # away from the middle
    reach = (normal * corners).sum(1)
    return (normal[:, :1] * x + normal[:, 1:] * y - reach[:, None]).max(0)


def _box(part: str, points: Floats, size: int, grow: float) -> Window:
    """Rows and columns of a picture (S, S) in which a part of the face is, and so many px at 256 around."""
    at, grow = points[_indices(part)], grow * size / 256
    low, high = np.floor(at.min(0) - grow).clip(0, size), np.ceil(at.max(0) + grow).clip(0, size)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _redrawn(classes: Floats, points: Floats, amount: float) -> list[str]:
    """The parts that are drawn anew: those of which the author's lines show less than a share that grows with the amount.

    A careful eye stays for longer than a dot or a dash, and what is missing is drawn at once. Eyes and brows go in pairs.
    """
    near = _near(classes == CLASSES.index("feature"))
    x, y = np.floor(points).clip(0, classes.shape[0] - 1).astype(int).T
    found = near[y, x]
    shares = {part: float(found[_indices(part)].mean()) for part in PARTS}
    for one, other in (EYES, BROWS):
        shares[one] = shares[other] = (shares[one] + shares[other]) / 2
    return [part for part, share in shares.items() if share < REDRAWN * amount]


def _covered(classes: Floats, eye: str, points: Floats) -> bool:
    """Whether an eye is behind dark glasses."""
    inside = classes[_box(eye, points, classes.shape[0], 0)]
    return inside.size > 0 and bool((inside == CLASSES.index("glasses")).mean() > 0.6)


def _near(mask: Floats) -> Floats:
    """The mask (S, S) and two pixels around it: the pale rim of lines, and where they go on in another layer."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)


def _without(
    parts: list[str], sketch: Floats, classes: Floats, part_of: Floats, points: Floats, white: float
) -> Floats:
    """The sketch without the lines of some parts of the face, and without what is no part of the person; `classes` and `part_of` follow.

    What lies on an eye, a brow, the nose or the mouth is a part of it, unless it is worn or grows there.
    """
    size, ink = sketch.shape[0], classes >= 0
    rows, columns = np.nonzero(ink)
    beyond = _beyond(points[_AT["oval"]], columns + 0.5, rows + 0.5) * 256 / size
    numbers = [list(PARTS).index(part) for part in parts]
    gone = np.zeros(ink.shape, bool)
    gone[ink] = np.isin(part_of[ink], numbers) & (beyond <= 6)
    gone[ink] |= (classes[ink] == CLASSES.index("background")) & (beyond > 0)
    stays = np.isin(classes, [CLASSES.index(name) for name in ("glasses", "beard", "hat")]) | (part_of >= 0)
    for part in parts:
        box = _box(part, points, size, 2)
        gone[box] |= ink[box] & ~stays[box]
    kept = ink & ~gone
    cleared = np.where(_near(gone) & ~kept, np.float32(white), sketch)
    classes[gone] = part_of[gone] = -1
    return cleared


def _towards(points: Floats, believable: Floats, strictness: float) -> Floats:
    """Points (K, 2) on their way to believable ones, where strictness 0 has them.

    What is not far away goes a share of the way; what is far, such as a bulge of the head, goes nearly all of it.
    """
    kept = strictness * (points - believable)
    most = FAR * np.ptp(believable[:, 1]) * strictness / (1 - strictness)
    return believable + kept / np.sqrt(1 + (kept**2).sum(1, keepdims=True) / max(most, 1e-9) ** 2)


def _head(classes: Floats, points: Floats, believable: Floats) -> tuple[Floats, Floats]:
    """Where the line around the face is, in the directions of the oval's points, and where it would be around a believable one.

    Where nothing is drawn it is at the oval's points. Above the eyes people draw the head and not the face: there, a believable line is
    as much farther out than the oval as the drawn one is on the whole.
    """
    oval, goal = points[_AT["oval"]], believable[_AT["oval"]]
    rows, columns = np.nonzero(classes == CLASSES.index("outline"))
    middle, middle_of_goal = oval.mean(0), goal.mean(0)
    x, y = columns + 0.5 - middle[0], rows + 0.5 - middle[1]
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    ways = oval - middle
    reach = np.hypot(ways[:, 0], ways[:, 1])
    away = np.abs((angle - np.arctan2(ways[:, 1], ways[:, 0])[:, None] + np.pi) % (2 * np.pi) - np.pi)
    shares = radius / reach[:, None]
    beside = (away < 0.6 * np.pi / len(oval)) & (shares > 0.6) & (shares < 1.7)
    found = np.full(len(oval), np.nan)
    for i in np.flatnonzero(beside.sum(1) > 2):
        drawn = shares[i, beside[i]]
        nearest = drawn[np.abs(drawn - 1).argmin()]
        found[i] = np.median(drawn[np.abs(drawn - nearest) * reach[i] < LINE * classes.shape[0] / 256])
    known = np.isfinite(found)
    above = (-2 * ways[:, 1] / reach - 0.2).clip(0, 1)
    top = found[known & (above > 0.5)]
    outwards = 1 + above * ((np.median(top) if len(top) > 1 else 1.0) - 1)
    line = middle + ways * np.where(known, found, outwards)[:, None]
    return line, middle_of_goal + (goal - middle_of_goal) * outwards[:, None]


def _moved(
    sketch: Floats, part_of: Floats, classes: Floats, points: Floats, target: Floats, bent: Floats, white: float
) -> Floats:
    """The sketch with its features moved from points to target, each (K, 2), and all else by a map (S, S, 2) of where pixels come from.

    Features and glasses move and are resized as wholes, so that nothing is torn.
    """
    size, paper = sketch.shape[0], np.float32(white)
    rest = np.where(_near(part_of >= 0) & ~_near((classes >= 0) & (part_of < 0)), paper, sketch)
    moved = np.minimum(_sampled(rest, bent[..., 0], bent[..., 1], white), paper)
    for number, part in enumerate((*PARTS, "glasses")):
        own = part_of == number
        if own.any():
            at = np.concatenate([_indices("left eye"), _indices("right eye")]) if part == "glasses" else _indices(part)
            near, matrix = _near(own), similarity(points[at], target[at])
            alone = np.where(near, sketch, paper)
            window = _window(matrix, near)
            moved[window] = np.minimum(moved[window], _framed(alone, matrix, size, window, white))
    return moved


def _window(matrix: Floats, mask: Floats) -> Window:
    """Rows and columns in which what is under a mask (S, S) is after a map, and a little around."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    x, y = (
        (left - 8, left + width + 8),
        (top - 8, top + height + 8),
    )  # as far as sampling reaches in a sheet of an eighth
    corners = np.array([(u, v) for u in x for v in y]) @ matrix[:, :2].T + matrix[:, 2]
    window, _, _ = _around(mask, corners, 0)
    return window


def _part_of(classes: Floats, points: Floats) -> Floats:
    """Which part the ink of each pixel belongs to (S, S), as a number in PARTS; after those the glasses; -1 all else."""
    found = np.where(classes == CLASSES.index("glasses"), len(PARTS), -1)
    rows, columns = np.nonzero(classes == CLASSES.index("feature"))
    if len(rows):
        own = [points[_indices(part)] for part in PARTS]
        x, y = np.concatenate(own).T[:, :, None]
        away = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2
        starts = np.cumsum([0, *map(len, own[:-1])])
        found[rows, columns] = np.minimum.reduceat(away, starts).argmin(0)
    return found


def thinned(sketch: Floats) -> Floats:
    """The sketch (S, S) with lines of the width that the generator knows, where a small head was enlarged or the pen was a marker.

    The width of lines is their area by half the length of their border, of which 10 % are lost on slopes where pixels touch by corners.
    """
    unit = sketch.shape[0] / 256
    ink = sketch < _white(sketch) - 0.3
    inner = cv2.erode(ink.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    width = 1.8 * float(ink.sum()) / max(float(ink.sum() - inner.sum()), 1.0)
    if width <= THICK * unit:
        return sketch
    radius = (width - 0.75 * THICK * unit) / 2
    reach = np.arange(-int(radius), int(radius) + 1)
    disc = (reach[:, None] ** 2 + reach**2 <= radius**2).astype(np.uint8)
    return cv2.dilate(sketch, disc)


def thin_plate_spline(points: Floats, targets: Floats, size: int, grid: int = 32, smoothing: float = 3.0) -> Floats:
    """The map (S, S, 2) of where each pixel comes from if points (K, 2) are to show what is at targets (Duchon, 1977; Bookstein, 1989).

    A ring around the picture stays. `smoothing`: 0 goes through all points, more bends less.
    """
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = size / 2 + 0.85 * size * np.stack([np.cos(angles), np.sin(angles)], 1)
    knots = np.concatenate([points, ring]) / size
    moves = np.concatenate([targets - points, 0 * ring]) / size

    def kernel(x: Floats) -> Floats:
        squared = (x[:, :1] - knots[:, 0]) ** 2 + (x[:, 1:] - knots[:, 1]) ** 2
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
    coarse = torch.from_numpy(found.T.reshape(1, 2, grid, grid)).float()
    across, down = F.interpolate(coarse, (size, size), mode="bilinear", align_corners=False)[0].numpy()
    ramp = np.arange(size)
    return np.stack([ramp + size * across, ramp[:, None] + size * down], -1)


# ---- completing ----------------------------------------------------------------------------------------------------


def features(points: Floats, parts: list[str], size: int) -> Floats:
    """Parts of a face as lines (S, S) on white, in the style of training's line drawings: lids, irises, brows, nose base, lips."""
    sheet = np.ones((size, size), np.float32)
    curves = {name: points[at] for name, at in _AT.items()}
    for side in ("left", "right"):
        if f"{side} eye" in parts:
            upper, lower, iris = (_smooth(curves[f"{side}_{part}"]) for part in ("upper_lid", "lower_lid", "iris"))
            _line(sheet, upper)
            _line(sheet, lower)
            _iris(sheet, iris[0], IRIS * float(np.linalg.norm(iris[4::4] - iris[0], axis=1).mean()), upper, lower)
        if f"{side} brow" in parts:
            _line(sheet, _smooth((curves[f"{side}_brow_top"] + curves[f"{side}_brow_bottom"]) / 2))
    if "nose" in parts:
        _line(sheet, _smooth(curves["nose_base"]))
    if "mouth" in parts:
        _line(sheet, _smooth(curves["upper_lip"]))
        _line(sheet, _smooth(curves["lower_lip"]))
        top, bottom = curves["upper_lip_inside"], curves["lower_lip_inside"]
        if np.abs(bottom - top)[2:-2, 1].mean() > OPEN * size / 256:
            _line(sheet, _smooth(top))
            _line(sheet, _smooth(bottom))
        else:
            _line(sheet, _smooth((top + bottom) / 2))
    return sheet


def _line(sheet: Floats, curve: Floats) -> None:
    """Draws a curve (N, 2) with the pen into the sheet (S, S); its border falls from ink to paper within one pixel."""
    half = PEN / 2 * sheet.shape[0] / 256
    window, x, y = _around(sheet, curve, half + 1)
    start, along = curve[:-1, :, None, None], np.diff(curve, axis=0)[:, :, None, None]
    offset_x, offset_y = x - start[:, 0], y - start[:, 1]
    at = (offset_x * along[:, 0] + offset_y * along[:, 1]) / (along**2).sum(1).clip(1e-12)
    at = at.clip(0, 1)
    away = np.sqrt(((offset_x - at * along[:, 0]) ** 2 + (offset_y - at * along[:, 1]) ** 2).min(0))
    sheet[window] = np.minimum(sheet[window], 1 - (half + 0.5 - away).clip(0, 1))


def _iris(sheet: Floats, centre: Floats, radius: float, upper: Floats, lower: Floats) -> None:
    """Draws a disc of which only what is between the lids (N, 2) is seen."""
    window, x, y = _around(sheet, centre[None], radius + 1)
    top, bottom = (np.interp(x, *lid[np.argsort(lid[:, 0], kind="stable")].T) for lid in (upper, lower))
    inside = np.minimum(radius + 0.5 - np.hypot(x - centre[0], y - centre[1]), np.minimum(y - top, bottom - y) + 0.5)
    sheet[window] = np.minimum(sheet[window], 1 - inside.clip(0, 1))


def _around(sheet: Floats, points: Floats, reach: float) -> tuple[Window, Floats, Floats]:
    """The part of a sheet within reach of points (N, 2), as a window, and x (1, w) and y (h, 1) of the middles of its pixels."""
    size = sheet.shape[0]
    low = np.floor(points.min(0) - reach).clip(0, size).astype(int)
    high = np.ceil(points.max(0) + reach).clip(0, size).astype(int)
    window = slice(low[1], high[1]), slice(low[0], high[0])
    return window, np.arange(low[0], high[0])[None] + 0.5, np.arange(low[1], high[1])[:, None] + 0.5


def _smooth(curve: Floats) -> Floats:
    """A curve (N, 2) through the same points with three others between any two (Catmull and Rom, 1974)."""
    padded = np.concatenate([curve[:1], curve, curve[-1:]])
    before, start, stop, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, 5)[:-1, None, None]
    between = 0.5 * (
        2 * start + (stop - before) * t + (2 * before - 5 * start + 4 * stop - after) * t**2
        + (3 * start - before - 3 * stop + after) * t**3
    )  # fmt: skip
    return np.concatenate([between.transpose(1, 0, 2).reshape(-1, 2), curve[-1:]])
