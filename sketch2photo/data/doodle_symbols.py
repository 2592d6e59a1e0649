# ruff: noqa: RUF005 (an array plus a tuple is a sum)
"""The symbols that people have for the parts of a face, as strokes; lengths are in eye distances."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ..images import Floats
from ..networks.calibrator import slices
from .photo_to_sketch import Rng

AT = slices()


def indices(*starts: str) -> Floats:
    return np.concatenate([np.arange(at.start, at.stop) for name, at in AT.items() if name.startswith(starts)])


OVAL, NOSE, MOUTH = indices("oval"), indices("nose"), indices("upper_lip", "lower_lip")
EYES = {side: indices(*(f"{side}_{part}" for part in ("upper", "lower", "iris"))) for side in ("left", "right")}
BROWS = {side: indices(f"{side}_brow") for side in ("left", "right")}


def extent_of(points: Floats) -> tuple[Floats, Floats]:
    """Centre and size of the box around points."""
    low, high = points.min(0), points.max(0)
    return (low + high) / 2, high - low


def lids_of(side: str) -> Floats:
    return indices(f"{side}_upper_lid", f"{side}_lower_lid")


@dataclass
class Stroke:
    """A line (N, 2) of a class, so many pens wide."""

    line: Floats
    kind: str
    width: float = 1.0
    fill: bool = False


@dataclass
class Sheet:
    """The strokes of a drawing in the order in which they were drawn."""

    rng: Rng
    strokes: list[Stroke] = field(default_factory=list)

    def add(self, kind: str, line: ArrayLike, width: float = 1.0, closed: bool = False, fill: bool = False) -> None:
        """Closed lines hardly ever meet: the hand stops early or goes on for a little."""
        points: Floats = np.asarray(line, float)
        if closed and not fill and len(points) > 4:
            more = int(self.rng.integers(-1, 3))
            points = np.concatenate([points, points[: 1 + more]]) if more >= 0 else points
        elif closed:
            points = np.concatenate([points, points[:1]])
        self.strokes.append(Stroke(points, kind, width, fill))

    def circle(self, kind: str, centre: Floats, radius: Floats | float, fill: bool = False, width: float = 1.0) -> None:
        start = self.rng.uniform(0, 2 * np.pi)
        angles = start + np.linspace(0, 2 * np.pi, 12, endpoint=False) * self.rng.choice([-1, 1])
        self.add(kind, centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radius, width, closed=True, fill=fill)

    def dot(self, kind: str, centre: Floats, radius: float) -> None:
        self.circle(kind, centre, radius, fill=True)


EYE_SYMBOLS = (
    "lids", "dot", "circle", "circle_dot", "dash_down", "dash_across", "arc_up", "arc_down", "almond", "cross", "scribble", "corner",
)  # fmt: skip


@dataclass
class Symbols:
    """Which symbol each part is drawn as; "" where it is left out."""

    head: str
    eyes: str
    brows: str
    nose: str
    mouth: str
    hair: str
    glasses: str
    beard: str
    hat: str
    body: str
    frame: str
    ears: bool

    @classmethod
    def chosen(cls, rng: Rng, loose: float) -> "Symbols":
        def one(**weights: float) -> str:
            names = list(weights)
            chances = np.array(list(weights.values()), float)
            name = names[rng.choice(len(names), p=chances / chances.sum())]
            return "" if name == "none" else name

        if loose > 0.5 and rng.random() < 0.5:  # a circle, two dots and a smile
            long = rng.random() < 0.35
            return cls(
                one(ellipse=3, egg=1, blob=2.5, pointed=0.5, none=0.7),
                one(dot=2, dash_down=1.5, circle=1, circle_dot=0.5, dash_across=0.7, corner=1, scribble=0.4, arc_up=0.2),
                "",
                one(none=4.5, dash=1, dot=0.6, ell=0.5, u=0.3),
                one(smile=5, line=1.5, grin=0.7, teeth=0.3, banana=0.4, tongue=0.4, crooked=0.6, frown=0.3),
                one(long=4, parted=1, outline=1) if long else one(none=7, spikes=1, wild=0.7, scribble=0.4, bald=0.3),
                "", "", "",
                one(neck=2, trapezoid=1, shoulders=1, none=1) if long else one(none=6, neck=1, stick=0.6, trapezoid=0.3),
                one(frame=1.3, landscape=0.5, none=2) if long else one(none=9, frame=1), bool(rng.random() < 0.08),
            )  # fmt: skip
        careful = (1 - loose) ** 1.5  # how much likelier it is that a feature looks like one
        eyes = one(
            lids=5 * careful, almond=1.2, circle_dot=1.3, dot=1.6, circle=0.9, dash_down=1.2, dash_across=0.5, arc_up=0.3,
            arc_down=0.25, cross=0.06, scribble=0.5, corner=0.5, none=0.05,
        )  # fmt: skip
        brows = one(line=0.8 + 3 * careful, filled=2 * careful, hatch=careful, none=2.2 * loose)
        nose = one(
            base=3 * careful, bridge=2 * careful, ell=0.8, u=0.6, dots=0.4, dash=0.7, dot=0.25, triangle=0.25,
            circle=0.15, none=1.5 * loose,
        )  # fmt: skip
        mouth = one(
            lips=4 * careful, closed=2 * careful, line=1.0, smile=2.6, grin=0.7, teeth=0.4, round=0.3, tongue=0.25, banana=0.25,
            crooked=0.3, frown=0.25, none=0.08,
        )  # fmt: skip
        head = one(
            oval=3.5 * careful, jaw=3.5 * careful, ellipse=2.0, egg=1.2, blob=1.6, box=0.25, pointed=0.4, none=0.12
        )
        if head in ("oval", "jaw") or loose < 0.4:
            hair = one(
                outline=2, long=1.6, strands=1.5, spikes=0.4, curls=0.6, fringe=0.7, parted=0.9, bun=0.3, tail=0.4, bald=0.2,
            )  # fmt: skip
        else:
            hair = one(
                none=4.5, long=2.0, outline=0.9, strands=0.4, spikes=1.0, curls=0.4, scribble=0.5, fringe=0.5, parted=0.6, wild=0.4,
                bun=0.15, tail=0.2, bald=0.3,
            )  # fmt: skip
        hat = one(none=14, woolly=0.8, brim=0.6, cap=0.4, crown=0.2, scarf=0.6)
        if not head and not eyes:
            eyes = "dot"
        if rng.random() < 0.04 and head:
            eyes = brows = nose = mouth = ""  # the outline alone
        return cls(
            head, eyes, brows, nose, mouth, "" if hat in ("woolly", "scarf") and rng.random() < 0.6 else hair,
            one(none=5, round=0.8, square=0.6, dark=0.3), one(none=6, full=0.6, strokes=0.9, goatee=0.4, moustache=0.6), hat,
            one(none=1.2, neck=0.8, shoulders=1.2, trapezoid=0.35, stick=0.25, wide=0.3),
            one(none=8, frame=0.9, landscape=0.4, text=0.1, sun=0.1), bool(rng.random() < (0.3 if hair == "long" else 0.4)),
        )  # fmt: skip


def draw_features(sheet: Sheet, drawn: Floats, symbols: Symbols, size: float, loose: float) -> None:
    """All that is inside a face whose points (K, 2) are drawn; `size` is that of a photograph's face over its own."""
    _eyes(sheet, drawn, symbols, size, loose)
    _brows(sheet, drawn, symbols, loose)
    _nose(sheet, drawn, symbols, size)
    _mouth(sheet, drawn, symbols, size)
    _details(sheet, drawn, symbols, loose, size)


def _eyes(sheet: Sheet, drawn: Floats, symbols: Symbols, size: float, loose: float) -> None:
    rng, kind = sheet.rng, symbols.eyes
    if not kind or (symbols.glasses == "dark"):
        return
    pupil, filled, lower = rng.uniform(0.3, 0.9), rng.random() < 0.7, rng.random() < 0.75
    length, tilt = rng.uniform(0.12, 0.6) * size, rng.normal(0, 0.2)
    look = rng.standard_normal(2) * 0.12
    dot = rng.uniform(0.015, 0.09) * size
    lashes = rng.random() < 0.12
    for side in ("left", "right"):
        upper, under, iris = (drawn[AT[f"{side}_{part}"]] for part in ("upper_lid", "lower_lid", "iris"))
        if kind != "lids" and rng.random() < 0.06 * loose:  # the other eye in another way
            kind = str(rng.choice(EYE_SYMBOLS))
        at, extent = extent_of(np.concatenate([upper, under]))
        radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
        if kind == "lids":
            sheet.add("feature", upper, rng.choice([1.0, 1.5]))
            if lower:
                sheet.add("feature", under)
            if pupil < 0.6:
                sheet.circle("feature", iris[0], radius)
            sheet.dot("feature", iris[0], radius * pupil)
        elif kind == "almond":
            sheet.add("feature", np.concatenate([upper, under[::-1]]), closed=True)
            if filled:
                sheet.dot("feature", iris[0], min(radius * pupil, 0.4 * extent[1] + 0.02 * size))
        elif kind in ("circle", "circle_dot"):
            lumpy = extent / 2 * np.exp(0.1 * rng.standard_normal(2))
            sheet.circle("feature", at, lumpy)
            if kind == "circle_dot":
                inside = at + look * extent
                if filled:
                    sheet.dot("feature", inside, float(lumpy.min()) * pupil * 0.6)
                else:
                    sheet.circle("feature", inside, float(lumpy.min()) * pupil * 0.6)
        elif kind == "dot":
            sheet.dot("feature", at, dot)
        elif kind == "dash_down":
            way = np.array([np.sin(tilt), np.cos(tilt)]) * length / 2
            sheet.add("feature", [at - way, at + way])
        elif kind == "dash_across":
            way = np.array([extent[0] / 2, 0.3 * tilt * extent[0]])
            sheet.add("feature", [at - way, at + way])
        elif kind in ("arc_up", "arc_down"):
            u = np.linspace(-1, 1, 7)
            sign = -1 if kind == "arc_up" else 1
            sheet.add("feature", at + np.stack([u * extent[0] / 2, sign * 0.35 * extent[0] * (0.5 - u**2)], 1))
        elif kind == "cross":
            arm = extent[0] / 2
            sheet.add("feature", [at - arm, at + arm])
            sheet.add("feature", [at + (-arm, arm), at + (arm, -arm)])
        elif kind == "scribble":
            turns = np.linspace(0, rng.uniform(2, 6) * np.pi, 24)
            spiral = np.stack([np.cos(turns), np.sin(turns)], 1) * np.linspace(1, 0.15, 24)[:, None]
            sheet.add("feature", at + spiral * extent / 2)
        else:  # a hook, as a hurried pen leaves it
            corner = rng.standard_normal((int(rng.integers(3, 6)), 2)) * 0.06 * size
            sheet.add("feature", at + np.cumsum(corner, 0) - np.cumsum(corner, 0).mean(0))
        if lashes and kind in ("lids", "almond", "circle", "circle_dot"):
            for share in np.linspace(0.1, 0.9, int(rng.integers(3, 6))):
                root = at + (extent[0] * (share - 0.5), -extent[1] / 2 * np.sin(np.pi * share))
                sheet.add("feature", [root, root + (0.12 * (share - 0.5) * size, -0.12 * size)])


def _brows(sheet: Sheet, drawn: Floats, symbols: Symbols, loose: float) -> None:
    rng, width = sheet.rng, sheet.rng.uniform(1, 2.2)
    straight = rng.random() < 0.4 * loose
    for side in ("left", "right"):
        top, bottom = drawn[AT[f"{side}_brow_top"]], drawn[AT[f"{side}_brow_bottom"]]
        if symbols.brows == "line":
            middle = (top + bottom) / 2
            sheet.add("feature", middle[[0, -1]] if straight else middle, width)
        elif symbols.brows == "filled":
            sheet.add("feature", np.concatenate([top, bottom[::-1]]), closed=True, fill=rng.random() < 0.7)
        elif symbols.brows == "hatch":
            for share in np.linspace(0, 4, int(rng.integers(6, 12))):
                ends = [[np.interp(share, range(5), line[:, k]) for k in (0, 1)] for line in (bottom, top)]
                sheet.add("feature", ends)


def _nose(sheet: Sheet, drawn: Floats, symbols: Symbols, size: float) -> None:
    rng, kind = sheet.rng, symbols.nose
    bridge, base = drawn[AT["nose_bridge"]], drawn[AT["nose_base"]]
    side = rng.random() < 0.5
    corner = base[-2] if side else base[1]
    if kind == "base":
        sheet.add("feature", base)
        if rng.random() < 0.3:
            sheet.add("feature", bridge + (0.1 * size * (-1 if side else 1), 0))
    elif kind == "bridge":
        wing = base[:5] if side else base[:3:-1]
        sheet.add(
            "feature", np.concatenate([bridge[1:5] + (wing[0] - bridge[4]) * np.linspace(0.1, 0.9, 4)[:, None], wing])
        )
    elif kind == "ell":
        start = bridge[int(rng.integers(0, 3))]
        sheet.add("feature", [start, corner, (base[4] + corner) / 2 if rng.random() < 0.4 else base[4]])
    elif kind == "u":
        sheet.add("feature", np.stack([base[:, 0], base[0, 1] + 1.6 * (base[:, 1] - base[0, 1])], 1))
    elif kind == "dots":
        for k in (3, 5):
            sheet.dot("feature", base[k], rng.uniform(0.015, 0.04) * size)
    elif kind == "dash":
        sheet.add("feature", [bridge[int(rng.integers(1, 4))], base[4] + (rng.normal(0, 0.05) * size, 0)])
    elif kind == "dot":
        sheet.dot("feature", (bridge[-1] + base[4]) / 2, rng.uniform(0.02, 0.07) * size)
    elif kind == "triangle":
        sheet.add("feature", [bridge[1], base[0], base[-1]], closed=True)
    elif kind == "circle":
        at, extent = extent_of(np.concatenate([bridge[-2:], base]))
        sheet.circle("feature", at, float(extent.max()) / 2, fill=rng.random() < 0.2)


def _mouth(sheet: Sheet, drawn: Floats, symbols: Symbols, size: float) -> None:
    rng, kind = sheet.rng, symbols.mouth
    upper, lower = drawn[AT["upper_lip"]], drawn[AT["lower_lip"]]
    top, bottom = drawn[AT["upper_lip_inside"]], drawn[AT["lower_lip_inside"]]
    ends = upper[:1], upper[-1:]
    middle = np.concatenate([ends[0], (top + bottom)[1:-1] / 2, ends[1]])
    if not kind:
        return
    if kind == "lips":
        sheet.add("feature", upper)
        sheet.add("feature", lower)
        if np.abs(bottom - top).mean() > 0.02 and rng.random() < 0.7:
            sheet.add("feature", top)
            sheet.add("feature", bottom)
        else:
            sheet.add("feature", middle)
    elif kind == "closed":
        sheet.add("feature", middle, rng.uniform(1, 1.5))
        if rng.random() < 0.6:
            sheet.add("feature", lower[3:8])
    elif kind in ("grin", "teeth", "banana"):
        rim = np.concatenate([ends[0], top[1:-1], ends[1], bottom[-2:0:-1]])
        sheet.add("feature", rim, closed=True, fill=kind == "grin" and rng.random() < 0.08)
        if kind == "teeth":
            if rng.random() < 0.7:
                sheet.add("feature", middle)
            for share in np.linspace(0.1, 0.9, int(rng.integers(3, 9))):
                k = share * 10
                column = [
                    [np.interp(k, range(11), line[:, j]) for j in (0, 1)]
                    for line in (top, bottom if rng.random() < 0.6 else middle)
                ]
                sheet.add("feature", column)
    elif kind == "round":
        at, extent = extent_of(np.concatenate([top, bottom]))
        sheet.circle("feature", at, extent / 2, fill=rng.random() < 0.1)
    else:
        sheet.add("feature", middle, rng.uniform(1, 1.3))
        if kind == "tongue":
            at, w = middle[int(rng.integers(5, 9))], 0.12 * size
            sheet.add("feature", at + np.array([(-w, 0), (-w, 2 * w), (0, 2.6 * w), (w, 2 * w), (w, 0)]))
        elif rng.random() < 0.08:  # corners
            for end in (middle[0], middle[-1]):
                sheet.add("feature", end + np.array([(-0.05, -0.08), (0.05, 0.06)]) * size)
        if rng.random() < 0.06:
            sheet.add("feature", middle[3:8] + (0, 0.15 * size))


def _details(sheet: Sheet, drawn: Floats, symbols: Symbols, loose: float, size: float) -> None:
    """Wrinkles, cheeks, freckles, teardrops, and the stray dot of a mouse."""
    rng = sheet.rng
    left, right = (drawn[eye].mean(0) for eye in EYES.values())
    if rng.random() < 0.1:  # forehead
        y = min(float(drawn[indices("left_brow", "right_brow"), 1].min()) - 0.1 * size, left[1] - 0.3 * size)
        for i in range(int(rng.integers(1, 4))):
            u = np.linspace(-1, 1, 6)
            line = np.stack(
                [(left + right)[0] / 2 + u * 0.45 * size, y - 0.14 * size * i - 0.04 * size * (1 - u**2)], 1
            )
            sheet.add("outline", line)
    if rng.random() < 0.08:  # from the nose to the mouth, and below the eyes
        for side, end in ((0, 0), (-1, -1)):
            start, stop = drawn[AT["nose_base"]][side], drawn[AT["upper_lip"]][end]
            away = (start[0] - stop[0]) * 0.1 + (0.12 if side else -0.12) * size
            sheet.add("outline", [start + (away / 3, 0), (start + stop) / 2 + (away, 0), stop + (away, 0.05 * size)])
    if rng.random() < 0.05:
        for eye in (left, right):
            u = np.linspace(-1, 1, 5)
            sheet.add("outline", eye + np.stack([u * 0.2 * size, 0.28 * size - 0.06 * size * u**2], 1))
    if rng.random() < 0.07:
        for eye, sign in ((left, -1), (right, 1)):
            cheek = eye + (0.15 * sign * size, 0.6 * size)
            if rng.random() < 0.5:
                sheet.circle("outline", cheek, rng.uniform(0.08, 0.22) * size)
            else:
                for _ in range(int(rng.integers(2, 6))):
                    at = cheek + rng.standard_normal(2) * 0.1 * size
                    sheet.add("outline", [at, at + rng.standard_normal(2) * 0.07 * size])
    if rng.random() < 0.06 * loose:
        sheet.dot("background", drawn[OVAL].mean(0) + rng.standard_normal(2) * 0.6 * size, 0.02 * size)


def add_text(sheet: Sheet, at: Floats, height: float) -> None:
    rng = sheet.rng
    x = at[0]
    for _ in range(int(rng.integers(3, 12))):
        letter = rng.uniform(-0.5, 0.5, (int(rng.integers(3, 6)), 2)) * (0.6 * height, height)
        sheet.add("background", letter + (x, at[1]))
        x += height * rng.uniform(0.6, 1.1)
