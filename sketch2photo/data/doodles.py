"""Faces as people draw them in twenty seconds with a mouse, without end, and where the face's points are in them.

A doodle begins with the landmarks of a photograph, which are where the points would be in a believable face. Each feature is then
moved, resized and drawn as one of the symbols that people have for it, or left out, the head as some closed line that is none, and
hair, ears, glasses, beards, hats, bodies and frames are added. What is drawn says where its points are; what is not drawn
has them where they would be.

Lengths are in eye distances, the origin is between the eyes, and y goes down, until a face is put on its sheet.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..images import Floats
from ..networks.calibrator import CLASSES, CURVES, MAP, POINTS, mirrored_order
from .doodle_surroundings import Around, draw_no_face, draw_profile
from .doodle_symbols import AT, BROWS, EYES, MOUTH, NOSE, OVAL, Sheet, Symbols, draw_features, extent_of, lids_of
from .landmarks import Landmarks
from .line_drawing import line_drawing, misplaced
from .photo_to_sketch import Rng, by_hand, sketch_of

TECHNIQUES = {
    "xdog": 0.4,
    "dodge": 0.2,
    "canny": 0.15,
    "contours": 0.25,
}  # odds of sketches of photographs that are no line drawings
NO_CLASS = 255  # in a map of classes, where nothing is drawn

ORDER = mirrored_order()
FEATURES = np.concatenate([*EYES.values(), *BROWS.values(), NOSE, MOUTH])


@dataclass
class Drawing:
    """A made drawing: sketch (S, S) in [0, 1], white = 1; points and believable (K, 2) in px; whether there is a face in it; and
    classes (32, 32), indices of CLASSES, NO_CLASS where nothing is drawn."""

    sketch: Floats
    points: Floats
    believable: Floats
    face: bool
    classes: Floats


def flat(landmarks: Landmarks) -> Floats:
    """The network's points (K, 2) of a photograph's curves: of the oval every second."""
    every = {"oval": 2}
    return np.concatenate([landmarks.curves[name][:: every.get(name, 1)] for name in CURVES])


def doodle(photo: Floats, rng: Rng, side: int = 128, loose: float | None = None) -> Drawing:
    """A drawn face after the points (K, 2) of a photograph, in any unit; `loose` is 0 for a careful hand and 1 for a hopeless one."""
    face = upright(photo)
    if rng.random() < 0.5:
        face = mirrored(face)
    if rng.random() < 0.4:
        face = (face + mirrored(face)) / 2
    if loose is None:
        loose = rng.uniform(0.0, 0.45) if rng.random() < 0.3 else rng.uniform(0.3, 1.0)
    sheet = Sheet(rng)
    symbols = Symbols.chosen(rng, loose)
    drawn, believable, head = _placed(face, symbols, rng, loose)
    _draw(sheet, drawn, believable, head, symbols, loose)
    return _on_sheet(sheet, drawn, believable, rng, side, loose)


def mirrored(points: Floats) -> Floats:
    """Left and right exchanged, about x = 0."""
    return points[ORDER] * (-1, 1)


def upright(points: Floats) -> Floats:
    """Points (K, 2) in eye distances, from between the eyes, which are level."""
    left, right = (points[eye].mean(0) for eye in EYES.values())
    across = right - left
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / (across @ across)
    return (points - (left + right) / 2) @ turn.T


def profile(photo: Floats, rng: Rng, side: int = 128) -> Drawing:
    """A head from the side; the face that it would be from the front, after the points (K, 2) of a photograph, is where the head is."""
    sheet = Sheet(rng)
    draw_profile(sheet)
    face = upright(photo) * (0.8, 1) - (0.15, 0.1)
    if rng.random() < 0.5:
        face = mirrored(face)
        for stroke in sheet.strokes:
            stroke.line = stroke.line * (-1, 1)
    return _on_sheet(sheet, face, face, rng, side, 1.0)


def no_face(rng: Rng, side: int = 128) -> Drawing:
    """A house, an animal, a tree, a text, a flower, a scribble, some shapes: whatever else people draw."""
    sheet = Sheet(rng)
    draw_no_face(sheet)
    nowhere = np.zeros((POINTS, 2))
    drawing = _on_sheet(sheet, nowhere, nowhere, rng, side, 1.0)
    drawing.face = False
    return drawing


def line_doodle(photo: Floats, landmarks: Landmarks, rng: Rng, side: int = 128) -> Drawing:
    """A line drawing of a photograph (S, S, 3) in [0, 1], which was stretched and bent first; its landmarks are in px.

    Lines of the photograph are not known to be hair or nose, so classes are told from where they are.
    """
    size = len(photo)
    loose = rng.uniform(0, 1)
    offset = _bend(flat(landmarks), size, rng, loose)
    ramp = np.arange(size, dtype=np.float32)
    photo = cv2.remap(
        photo,
        ramp + offset[..., 0],
        ramp[:, None] + offset[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    bent = landmarks.warped(offset)
    if rng.random() > 0.15:
        bent = misplaced(bent, rng, 1.2 * loose)
    sketch = (
        line_drawing(photo, bent, rng, 1.0)
        if rng.random() < 0.85
        else sketch_of(photo, rng, TECHNIQUES, 0.3, bent.mask)
    )
    drawn = flat(bent)
    sketch = by_hand(sketch, rng, 0.6 + 0.4 * rng.random())
    return registered(sketch, drawn, _believable_after(flat(landmarks), drawn[OVAL]), rng, side)


def registered(sketch: Floats, drawn: Floats, believable: Floats, rng: Rng, side: int = 128) -> Drawing:
    """A sketch (S, S) that shows points in px, moved, turned and resized a little."""
    size = len(sketch)
    zoom, turn = rng.uniform(0.75, 1.15), rng.normal(0, 4)
    matrix: Floats = cv2.getRotationMatrix2D((size / 2, size / 2), turn, zoom * side / size)
    matrix[:, 2] += (side - size) / 2 + rng.normal(0, 0.04, 2) * side
    paper = float(np.quantile(sketch, 0.9))
    sketch = cv2.warpAffine(sketch, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=paper)
    drawn, believable = (points @ matrix[:, :2].T + matrix[:, 2] for points in (drawn, believable))
    ink = cv2.resize((sketch < paper - 0.15).astype(np.float32), (MAP, MAP), interpolation=cv2.INTER_AREA) > 0.08
    return Drawing(
        sketch,
        drawn.astype(np.float32),
        believable.astype(np.float32),
        True,
        _classes_by_place(ink, drawn / side * MAP),
    )


# ---- where parts are drawn -------------------------------------------------------------------------------------------


def _placed(face: Floats, symbols: Symbols, rng: Rng, loose: float) -> tuple[Floats, Floats, Floats]:
    """The points as drawn, in a believable face, and the head's line (72, 2) from its top clockwise."""
    believable = face
    mouth = _Mouth.chosen(symbols.mouth, rng)
    if symbols.mouth not in ("lips", "closed", ""):
        # What the mouth says is kept, as far as a mouth can say it.
        believable = expressed(face, 0.2 * np.tanh(mouth.drop / 0.35), 0.3 * np.tanh(mouth.gap / 0.45))
    head, oval = _head(face, symbols, rng, loose)
    if symbols.head:
        believable = _believable_after(believable, oval)
    drawn = believable.copy()
    if symbols.head:
        drawn[OVAL] = oval
    amount = loose * float(np.ptp(believable[OVAL, 1])) / 2.3  # by how much things are misplaced: more in a large face
    middle, shift = believable[FEATURES].mean(0), rng.standard_normal(2) * (0.16, 0.2) * amount
    drawn[FEATURES] = (drawn[FEATURES] - middle) * np.exp(0.28 * loose * rng.standard_normal()) + middle + shift
    _place_eyes(drawn, believable, symbols, rng, loose, amount)
    if symbols.mouth:
        mouth.place(drawn, rng, loose, amount)
    else:
        drawn[MOUTH] = believable[MOUTH]
    # The nose is between eyes and mouth.
    moved = [drawn[part].mean(0) - believable[part].mean(0) for part in (*EYES.values(), MOUTH)]
    between = believable[NOSE] + 0.7 * (moved[0] / 4 + moved[1] / 4 + moved[2] / 2)
    if symbols.nose:
        at = drawn[NOSE].mean(0)
        size, shift = (
            np.exp(loose * rng.standard_normal(2) * (0.25, 0.2)),
            rng.standard_normal(2) * (0.08, 0.09) * amount,
        )
        drawn[NOSE] = (drawn[NOSE] - at) * size + (at + between.mean(0)) / 2 + shift
    else:
        drawn[NOSE] = between
    if not symbols.head:  # A face of features alone is where they are.
        both = np.concatenate([*EYES.values()]), MOUTH if symbols.mouth else np.concatenate([*EYES.values()])
        ours, theirs = (np.array([points[part].mean(0) for part in both]) for points in (believable, drawn))
        tall = np.ptp(theirs[:, 1]) / max(np.ptp(ours[:, 1]), 1e-6) if symbols.mouth else 1.0
        believable = (believable - ours.mean(0)) * np.clip(tall, 0.5, 2.0) + theirs.mean(0)
        drawn[OVAL] = believable[OVAL]
    elif loose > 0.3:  # A face that looks aside has its features there; some of that is kept.
        aside = drawn[FEATURES].mean(0) - believable[FEATURES].mean(0)
        believable[FEATURES] += rng.uniform(0.0, 0.3) * aside * (1, 0)
    return drawn, believable, head


def _place_eyes(drawn: Floats, believable: Floats, symbols: Symbols, rng: Rng, loose: float, amount: float) -> None:
    """Eyes moved, together and each, and resized, where their symbol has a size; brows above them."""
    apart, larger = np.exp(0.22 * loose * rng.standard_normal()), np.exp(0.35 * loose * rng.standard_normal())
    both, centre = rng.normal(0, 0.12) * amount, np.concatenate([drawn[eye] for eye in EYES.values()]).mean(0)
    for side, eye in EYES.items():
        brow, at = BROWS[side], drawn[eye].mean(0)
        to = (at - centre) * (apart, 1) + centre + (0, both) + rng.standard_normal(2) * (0.05, 0.06) * amount
        scale = np.ones(2)
        if symbols.eyes not in ("dot", "dash_down", "cross", "corner"):
            scale = larger * np.exp(0.12 * loose * rng.standard_normal(2))
        if symbols.eyes in ("circle", "circle_dot", "scribble"):  # round
            wide, tall = np.ptp(drawn[lids_of(side)], axis=0)
            scale = scale * (0.75, min(0.75 * wide / max(tall, 1e-3), 4.0))
        drawn[eye] = (drawn[eye] - at) * scale + to if symbols.eyes else believable[eye]
        if symbols.brows:
            above = drawn[brow].mean(0)
            size = np.exp(0.25 * rng.standard_normal(2)) if loose > 0.5 else np.ones(2)
            lift = rng.normal(0, 0.08) * amount - 0.06 * amount * (larger > 1.2)
            drawn[brow] = (drawn[brow] - above) * size + above + (to - at) + (0, lift)
        else:
            drawn[brow] = believable[brow] + 0.7 * (drawn[eye].mean(0) - believable[eye].mean(0))


@dataclass
class _Mouth:
    """A drawn mouth; in its widths how much higher its right corner is, how deep its middle hangs, and how far it is open."""

    kind: str
    level: float
    drop: float
    gap: float

    @classmethod
    def chosen(cls, kind: str, rng: Rng) -> "_Mouth":
        level = rng.normal(0, 0.06)
        if kind == "smile":
            return cls(kind, level, float(rng.choice([rng.uniform(0.05, 0.25), rng.uniform(0.2, 0.6)])), 0.0)
        if kind in ("grin", "teeth", "banana"):
            return cls(kind, level, rng.uniform(0.0, 0.4), rng.uniform(0.15, 0.5))
        if kind == "round":
            return cls(kind, 0.0, 0.0, rng.uniform(0.5, 1.2))
        if kind == "tongue":
            return cls(kind, 3 * level, rng.uniform(-0.05, 0.15), 0.1)
        if kind == "crooked":
            return cls(kind, float(rng.choice([-1, 1])) * rng.uniform(0.15, 0.6), rng.normal(0, 0.1), 0.0)
        if kind == "frown":
            return cls(kind, level, -rng.uniform(0.08, 0.4), 0.0)
        if kind == "line":
            return cls(kind, level, rng.normal(0.02, 0.04), 0.0)
        return cls(kind, 0.3 * level, 0.0, 0.0)  # as the photograph has it

    def place(self, drawn: Floats, rng: Rng, loose: float, amount: float) -> None:
        """Puts the mouth's points on the symbol that stands for it."""
        like_one = self.kind in ("lips", "closed")
        wide = np.exp((0.12 if like_one else 0.3) * loose * rng.standard_normal())
        if self.kind in ("smile", "grin", "teeth", "banana"):
            wide *= rng.uniform(1.0, 1.5)
        elif self.kind == "round":
            wide *= 0.6
        if not like_one:
            drawn[:] = expressed(drawn, self.drop, self.gap)
            for half in ("upper", "lower"):  # a line has hardly any lips
                inner, outer = AT[f"{half}_lip_inside"], AT[f"{half}_lip"]
                drawn[outer] = drawn[inner] + 0.5 * (drawn[outer] - drawn[inner])
        middle = drawn[MOUTH].mean(0)
        offset = (drawn[MOUTH] - middle) * wide
        offset[:, 1] -= self.level * offset[:, 0]
        drawn[MOUTH] = middle + offset + rng.standard_normal(2) * 0.1 * amount


def expressed(face: Floats, drop: float, gap: float) -> Floats:
    """The face with its mouth closed, then its middle `drop` and the gap between the lips `gap` mouth widths deep."""
    face = face.copy()
    inside = (face[AT["upper_lip_inside"]] + face[AT["lower_lip_inside"]]) / 2
    outside = face[AT["upper_lip"]].copy()
    left, right = outside[0], outside[-1]
    width = float(np.linalg.norm(right - left))
    for half, sign in (("upper", -1), ("lower", 1)):
        inner, outer = AT[f"{half}_lip_inside"], AT[f"{half}_lip"]
        thickness = face[outer] - face[inner]
        u = np.clip(2 * (inside[:, 0] - left[0]) / max(right[0] - left[0], 1e-6) - 1, -1, 1)
        line = np.stack([inside[:, 0], (left[1] + right[1]) / 2 + width * drop * (0.6 - u**2)], 1)
        opened = sign * gap * width * (1 - u**2) * (0.35 if sign < 0 else 0.65)
        face[inner] = line + np.stack([0 * u, opened], 1)
        face[outer] = face[inner] + thickness
    return face


def _head(face: Floats, symbols: Symbols, rng: Rng, loose: float) -> tuple[Floats, Floats]:
    """The head's line (72, 2) from its top clockwise, and where the oval's points are: below hair or skull, on the line elsewhere."""
    oval = face[OVAL]
    centre, extent = extent_of(oval)
    angles = np.linspace(-np.pi / 2, 1.5 * np.pi, 72, endpoint=False)
    skull = {
        "long": 0.03,
        "outline": 0.04,
        "parted": 0.05,
        "curls": 0.05,
        "fringe": 0.25,
        "strands": 0.2,
        "scribble": 0.12,
    }.get(symbols.hair, 0.12)
    if symbols.head in ("oval", "jaw", ""):
        stretch = np.exp(0.08 * loose * rng.standard_normal(2))
        at = np.arctan2(*((oval - centre) / extent).T[::-1])
        order = np.argsort(at)
        radius = np.linalg.norm((oval - centre) / extent, axis=1)[order]
        radius = np.interp(angles, at[order], radius, period=2 * np.pi)
        line = np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None] * extent * stretch + centre
        return line, (oval - centre) * stretch + centre
    # Any roundish line: how broad, how egg-like, how lumpy.
    top = float(np.clip(rng.normal(skull, 0.06), 0, 0.35))  # the share of its height above the face
    broad = np.exp(0.22 * rng.standard_normal()) * rng.choice([1.0, 1.2])
    half = extent / 2 * np.array([broad, 1.0]) * np.exp(0.1 * rng.standard_normal())
    x, y = np.cos(angles), np.sin(angles)
    radius = np.ones(72)
    lumps = {"blob": 0.07, "pointed": 0.05, "box": 0.02}.get(symbols.head, 0.025)
    for k in (2, 3, 4, 5):
        radius += lumps / (k - 1) * rng.standard_normal() * np.cos(k * angles + rng.uniform(0, 2 * np.pi))
    if symbols.head == "box":
        radius /= (np.abs(x) ** 5 + np.abs(y) ** 5) ** 0.2
    elif symbols.head == "egg":
        x = x * (1 - rng.uniform(0.05, 0.3) * y)
    elif symbols.head == "pointed":  # a corner somewhere
        apart = np.angle(np.exp(1j * (angles - rng.uniform(0, 2 * np.pi))))
        radius += rng.uniform(0.15, 0.5) * np.exp(-np.abs(apart) / 0.4) - 0.05
    radius = np.clip(radius, 0.55, 1.6)
    tilt = rng.normal(0, 0.25) * loose
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    line = (np.stack([x, y], 1) * radius[:, None] @ turn.T) * half + centre
    at = np.arctan2(*((oval - centre) / extent).T[::-1])
    found = np.stack([np.interp(at, angles, line[:, k], period=2 * np.pi) for k in (0, 1)], 1)
    low, high = found[:, 1].min(), found[:, 1].max()
    lowered = (high - found[:, 1]) / max(high - low, 1e-6)  # 1 at the top
    found[:, 1] += top * (high - low) * lowered**1.5
    return line, found


def _draw(sheet: Sheet, drawn: Floats, believable: Floats, head: Floats, symbols: Symbols, loose: float) -> None:
    rng = sheet.rng
    size = float(np.ptp(believable[OVAL, 1])) / 2.3
    if symbols.head == "jaw":
        sheet.add("outline", head[int(rng.integers(8, 22)) : int(rng.integers(50, 64))])
    elif symbols.head:
        start = int(rng.integers(72)) if rng.random() < 0.5 else int(rng.integers(-8, 9))
        line = np.roll(head, -start, 0)
        if rng.random() < 0.2:
            line = line[: int(rng.integers(56, 72))]  # not closed
            sheet.add("outline", line)
        else:
            sheet.add("outline", line, closed=True)
    draw_features(sheet, drawn, symbols, size, loose)
    top, bottom = head[:, 1].min(), head[:, 1].max()
    Around(sheet, head, drawn, size, float(top), float(bottom)).draw(symbols, loose)


def _bend(points: Floats, side: int, rng: Rng, loose: float) -> Floats:
    """A map (S, S, 2) of where pixels come from: stretched across or down, jaw or forehead broadened, and smoothly warped."""
    centre, extent = extent_of(points[OVAL])
    ramp = np.arange(side, dtype=np.float32)
    x, y = np.meshgrid(ramp, ramp)
    across, down = np.exp(0.14 * loose * rng.standard_normal(2))
    low = np.clip((y - centre[1]) / extent[1], -0.7, 0.7)
    across = across * np.exp(0.35 * loose * rng.standard_normal() * low)
    affine = np.stack([(x - centre[0]) * (1 / across - 1), (y - centre[1]) * (1 / down - 1)], -1)
    smooth = cv2.resize(rng.standard_normal((4, 4, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    return (affine + 0.014 * side * loose * smooth).astype(np.float32)


def _believable_after(face: Floats, oval: Floats) -> Floats:
    """The photograph's face in the place and size of a drawn oval, a part of whose proportions it takes on."""
    ours, theirs = extent_of(face[OVAL]), extent_of(oval)
    ratio = theirs[1] / ours[1]
    broad = np.clip((ratio[0] / ratio[1]) ** 0.4, 0.86, 1.18)
    return (face - ours[0]) * np.sqrt(ratio[0] * ratio[1]) * np.array([broad**0.5, broad**-0.5]) + theirs[0]


def _classes_by_place(ink: Floats, points: Floats) -> Floats:
    """Classes (32, 32) of ink (32, 32): features around their points, hair above the oval and body below it, unknown between."""

    def within(indices: Floats, grow: int) -> Floats:
        area = np.zeros((MAP, MAP), np.uint8)
        hull = cv2.convexHull(np.floor(points[indices]).astype(np.int32)[:, None])
        cv2.fillConvexPoly(area, hull, 1)
        return cv2.dilate(area, np.ones((2 * grow + 1,) * 2)) > 0

    classes = np.full((MAP, MAP), NO_CLASS, np.uint8)
    face = within(OVAL, 1)
    row = np.mgrid[:MAP, :MAP][0]
    outside = ink & ~face
    classes[outside & (row < points[MOUTH, 1].mean())] = CLASSES.index("hair")
    classes[outside & (row > points[OVAL, 1].max() + 1)] = CLASSES.index("body")
    classes[ink & face & ~within(OVAL, 0) & (row > points[NOSE, 1].mean())] = CLASSES.index("outline")
    for part in (*EYES.values(), *BROWS.values(), MOUTH, NOSE):
        classes[ink & within(part, 0)] = CLASSES.index("feature")
    return classes


# ---- on paper ------------------------------------------------------------------------------------------------------


def _on_sheet(sheet: Sheet, drawn: Floats, believable: Floats, rng: Rng, side: int, loose: float) -> Drawing:
    """The strokes put anywhere on a sheet of twice the side, as an unsteady hand draws them, and reduced."""
    lines = [stroke.line for stroke in sheet.strokes]
    low, high = np.concatenate(lines).min(0), np.concatenate(lines).max(0)
    turn = rng.normal(0, 4) if rng.random() < 0.8 else rng.normal(0, 14)
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    rotation = np.array([[cos, -sin], [sin, cos]])
    page = 2 * side
    kind = rng.random()
    if np.ptp(believable[:, 1]) > 0 and kind < 0.5:  # as training frames photographs, or nearly so
        eyes = np.linalg.norm(believable[EYES["right"]].mean(0) - believable[EYES["left"]].mean(0))
        scale = page / 4.2 / eyes * np.exp(0.12 * rng.standard_normal())
        origin = believable[OVAL].mean(0)
        target = np.array([0.5, 0.53]) * page + rng.standard_normal(2) * 0.04 * page
    else:  # all of it on the sheet; a part of it, somewhere
        fill = rng.uniform(0.85, 0.95) if kind < 0.8 else np.exp(rng.uniform(np.log(0.2), np.log(1.1)))
        scale = fill * page / max(float((high - low).max()), 1e-3)
        origin = (low + high) / 2
        room = np.abs(page - scale * (high - low)) / 2
        target = page / 2 + (rng.uniform(-1, 1, 2) * room * (0.9 if kind > 0.65 else 0.2))

    def placed(points: Floats) -> Floats:
        return (points - origin) @ rotation.T * scale + target

    hand = _Hand(rng, page, loose)
    paper = np.full((page, page), 255, np.uint8)
    classes = np.full((MAP, MAP), NO_CLASS, np.uint8)
    for stroke in sorted(sheet.strokes, key=lambda stroke: stroke.kind == "feature"):
        line = hand.drawn(placed(stroke.line), curved=len(stroke.line) > 2)
        points = np.round((line - 0.5) * 8).clip(-30000, 30000).astype(np.int32)[:, None]
        if stroke.fill:
            cv2.fillPoly(paper, [points], 0, cv2.LINE_AA, 3)
        cv2.polylines(paper, [points], False, 0, max(1, round(hand.width * stroke.width)), cv2.LINE_AA, 3)
        cell = page / MAP
        coarse = np.floor(line / cell).clip(-999, 999).astype(np.int32)[:, None]
        cv2.polylines(classes, [coarse], False, CLASSES.index(stroke.kind), 1)
    sketch = cv2.resize(paper, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return Drawing(
        hand.inked(sketch),
        (placed(drawn) / 2).astype(np.float32),
        (placed(believable) / 2).astype(np.float32),
        True,
        classes,
    )


class _Hand:
    """Pen and steadiness of one drawing; lengths are px of its sheet."""

    def __init__(self, rng: Rng, page: int, loose: float) -> None:
        self.rng, self.unit = rng, page / 256
        self.width = self.unit * (2.0 if rng.random() < 0.35 else float(np.exp(rng.uniform(np.log(0.9), np.log(7.0)))))
        if rng.random() < 0.5:
            self.width = min(self.width, 3 * self.unit)
        self.shake = rng.uniform(0.1, 0.4 + 1.6 * loose) * self.unit
        # Doodles are stored as few straight pieces: whatever is nearer to them than this is gone.
        self.straight = rng.uniform(1.0, 4.0) * self.unit if rng.random() < 0.25 + 0.35 * loose else 0.0
        self.gaps = rng.random() < 0.15

    def drawn(self, line: Floats, curved: bool) -> Floats:
        """The line as the hand draws it: rounded, shaken, in straight pieces, broken off."""
        rng = self.rng
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        count = int(np.clip(length[-1] / (5 * self.unit), 2, 120))
        at = np.linspace(0, length[-1], count)
        line = np.stack([np.interp(at, length, line[:, 0]), np.interp(at, length, line[:, 1])], 1)
        if curved and count > 8:
            ends = line[[0, -1]]
            line = cv2.GaussianBlur(line, (1, 5), sigmaX=0.01, sigmaY=1.2, borderType=cv2.BORDER_REPLICATE)
            line[[0, -1]] = ends
        if count > 5:
            noise: Floats = rng.standard_normal((count // 5 + 3, 2))
            noise = cv2.resize(noise, (2, count), interpolation=cv2.INTER_LINEAR)
            line = line + self.shake * noise
            if self.gaps and rng.random() < 0.3:
                line = line[: max(3, int(count * rng.uniform(0.75, 0.95)))]
        else:
            line = line + 0.4 * self.shake * rng.standard_normal(line.shape)
        if self.straight and count > 4:
            line = cv2.approxPolyDP(line.astype(np.float32)[:, None], self.straight, False)[:, 0].astype(float)
        return line

    def inked(self, sketch: Floats) -> Floats:
        """Pale ink, grey paper, a soft pencil: now and then."""
        rng = self.rng
        if rng.random() < 0.3:
            sketch = 1 - (1 - sketch) * rng.uniform(0.5, 1.0)
        if rng.random() < 0.1:
            sketch = cv2.GaussianBlur(sketch, (0, 0), rng.uniform(0.3, 0.8))
        if rng.random() < 0.08:
            sketch = np.clip(sketch * rng.uniform(0.85, 1.0) + 0.03 * rng.standard_normal(sketch.shape), 0, 1)
        return sketch.astype(np.float32)
