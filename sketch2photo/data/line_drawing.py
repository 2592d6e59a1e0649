"""A photograph's face as somebody with a mouse would draw it: few bare lines, from the curves and the mask of landmarks.py.

Training on artists' sketches and edges alone, a network takes the white inside of an outline for something unfinished. These
drawings have nothing but outlines and symbols, and where strictness is low they have them in the wrong places and sizes, which is how
people who can't draw do it: eyes too big, mouth too small, the head a potato.

Lengths are in px at 256, pictures as in photo_to_sketch.py.
"""

import cv2
import numpy as np

from ..images import Floats
from .landmarks import Landmarks
from .photo_to_sketch import Rng, contours

Line = Floats  # (K, 2) x and y


def line_drawing(
    photo: Floats, landmarks: Landmarks, rng: Rng, strictness: float, with_features: bool = True
) -> Floats:
    """A line drawing (H, W) of a photograph (H, W, 3); `strictness` 1 leaves every line where it is in the photograph.

    Without features it is one of the head and the hair alone.
    """
    unit, loose = photo.shape[0] / 256, 1 - strictness
    landmarks = misplaced(landmarks, rng, loose)
    person = landmarks.mask > 0.5
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    pen = Pen(photo.shape[0], rng, loose)
    for line in _outlines(person, rng, unit):
        pen.draw(line)
    skin = _skin(photo, landmarks)
    hair = person & ~cv2.dilate(skin.astype(np.uint8), np.ones((3, 3))).astype(bool)
    hair &= np.mgrid[: len(hair), : len(hair)][0] < landmarks.curves["lower_lip"][:, 1].max()
    kind = rng.choice(4, p=[0.35, 0.35, 0.2, 0.1])
    if kind < 2:  # the hairline
        for line in _borders(skin & person, rng, unit):
            above = line[:, 1] < landmarks.curves["nose_bridge"][-1, 1]
            inside = cv2.erode(person.astype(np.uint8), np.ones((9, 9)))[tuple(line.T[::-1].round().astype(int))] > 0
            for piece in _pieces(line, above & inside, 12 * unit):
                pen.draw(piece)
    if kind > 0 or rng.random() < 0.3:
        many = rng.random() < 0.2
        for line in _strands(grey, hair, rng, int(rng.integers(80, 200)) if many else int(rng.integers(3, 45)), unit):
            pen.draw(line, wobble=0.3)
    if rng.random() < 0.25:  # beards and glasses are in no curve
        inner = contours(grey, rng)
        pen.paper = np.where(
            person & (cv2.GaussianBlur(pen.paper, (0, 0), 3 * unit) > 0.97), np.minimum(pen.paper, inner), pen.paper
        )
    _jaw(pen, landmarks, rng)
    if with_features:
        _features(pen, landmarks, rng)
    return pen.paper


class Pen:
    """A white sheet (side, side) and a hand that is never quite steady."""

    def __init__(self, side: int, rng: Rng, loose: float) -> None:
        self.paper: Floats = np.ones((side, side), np.float32)
        self.rng, self.unit = rng, side / 256
        thick = rng.random() < 0.1
        self.width = (rng.uniform(3.5, 6) if thick else rng.uniform(0.8, 2.4)) * self.unit
        self.wobble = rng.uniform(0.2, 0.8 + 1.5 * loose) * self.unit
        self.gaps = rng.random() < 0.25

    def draw(
        self, line: Line, width: float = 1.0, closed: bool = False, fill: bool = False, wobble: float = 1.0
    ) -> None:
        """A line through the points (K, 2), in widths of this pen; closed lines do not quite meet."""
        if closed:
            line = np.concatenate([line, line[:1]])
        if len(line) < 2:
            return
        line = _even(line, 2.0 * self.unit)
        shake: Floats = self.rng.standard_normal((len(line), 2)).astype(np.float32)
        shake = cv2.GaussianBlur(shake, (1, 0), sigmaX=0.01, sigmaY=5) if len(line) > 8 else 0 * shake
        scale = float(np.std(shake)) or 1.0
        line = line + wobble * self.wobble * shake / scale
        if self.gaps and not fill and len(line) > 20 and self.rng.random() < 0.4:
            line = line[: int(len(line) * self.rng.uniform(0.75, 0.95))]
        canvas = np.full(self.paper.shape, 255, np.uint8)
        points = np.round(line * 8).astype(np.int32)[:, None]
        if fill:
            cv2.fillPoly(canvas, [points], 0, cv2.LINE_AA, 3)
        else:
            thickness = max(1, round(self.width * width))
            cv2.polylines(canvas, [points], False, 0, thickness, cv2.LINE_AA, 3)
        self.paper = np.minimum(self.paper, canvas.astype(np.float32) / 255)

    def dot(self, at: Line, radius: float) -> None:
        angles = np.linspace(0, 2 * np.pi, 12)
        self.draw(at + radius * np.stack([np.cos(angles), np.sin(angles)], 1), fill=True, wobble=0.3)


def misplaced(landmarks: Landmarks, rng: Rng, loose: float) -> Landmarks:
    """The landmarks with each feature moved and resized, and the head's shape changed, the more so the larger `loose` (0 to 1) is."""
    if loose <= 0:
        return landmarks
    side = len(landmarks.mask)
    unit, centre = side / 256, landmarks.curves["nose_bridge"][-1]
    size = loose * rng.uniform(0.3, 1.0)
    eyes = np.exp(0.35 * size * rng.standard_normal())
    curves: dict[str, Line] = {}
    for group in ("left", "right", "nose", "up|low", "oval"):
        names = [name for name in landmarks.curves if any(name.startswith(start) for start in group.split("|"))]
        middle = np.concatenate([landmarks.curves[name] for name in names]).mean(0)
        scale = np.exp(0.2 * size * rng.standard_normal(2)) * (eyes if group in ("left", "right") else 1)
        if group == "oval":
            scale, shift = np.exp(0.1 * size * rng.standard_normal(2)), np.zeros(2)
        else:
            shift = 7 * size * unit * rng.standard_normal(2)
        curves |= {name: (landmarks.curves[name] - middle) * scale + middle + shift for name in names}
    # The head: stretched about the nose.
    y, x = np.mgrid[:side, :side].astype(np.float32)
    scale = np.exp(0.12 * size * rng.standard_normal(2)).astype(np.float32)
    mask = cv2.remap(
        landmarks.mask.astype(np.float32),
        ((x - centre[0]) * scale[0] + centre[0]).astype(np.float32),
        ((y - centre[1]) * scale[1] + centre[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Landmarks(curves, mask)


def _jaw(pen: Pen, landmarks: Landmarks, rng: Rng) -> None:
    oval = landmarks.curves["oval"]
    jaw = oval[8:29]  # from the left of the picture's right ear round the chin
    if rng.random() < 0.8:
        pen.draw(np.concatenate([oval, oval[:1]]) if rng.random() < 0.2 else jaw)


def _features(pen: Pen, landmarks: Landmarks, rng: Rng) -> None:
    """Each as one of the symbols that people have for it."""
    c, unit = landmarks.curves, pen.unit
    simple = rng.random() < 0.25
    eye_kind, brow_kind = rng.integers(4), rng.integers(3)
    for side in ("left", "right"):
        upper, lower, iris = c[f"{side}_upper_lid"], c[f"{side}_lower_lid"], c[f"{side}_iris"]
        radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
        if simple:
            pen.dot(iris[0], max(radius * rng.uniform(0.5, 1.1), 1.2 * unit))
        else:
            pen.draw(upper, 1.4 if eye_kind == 0 else 1.0)
            if eye_kind != 1:
                pen.draw(lower)
            if eye_kind == 2:
                pen.draw(iris[1:], closed=True)
                pen.dot(iris[0], 0.45 * radius)
            else:
                pen.dot(iris[0], radius * rng.uniform(0.5, 1.0))
        top, bottom = c[f"{side}_brow_top"], c[f"{side}_brow_bottom"]
        if brow_kind == 0:
            pen.draw((top + bottom) / 2, rng.uniform(1, 2.5))
        elif brow_kind == 1:
            pen.draw(np.concatenate([top, bottom[::-1]]), closed=True, fill=rng.random() < 0.6)
        elif not simple:
            for share in np.linspace(0, 1, int(rng.integers(6, 12))):
                at = share * (len(top) - 1)
                ends = [np.stack([np.interp(at, range(5), line[:, k]) for k in (0, 1)]) for line in (bottom, top)]
                pen.draw(np.stack(ends), wobble=0.3)
    bridge, base = c["nose_bridge"], c["nose_base"]
    nose_kind = rng.integers(4)
    if nose_kind == 0:
        pen.draw(base)
    elif nose_kind == 1:
        pen.draw(base[2:7])
        pen.draw(base[:3])
        pen.draw(base[6:])
    elif nose_kind == 2:
        wing = base[:5] if rng.random() < 0.5 else base[:3:-1]
        pen.draw(np.concatenate([bridge[1:5] + (wing[0] - bridge[4]) * np.linspace(0.1, 0.9, 4)[:, None], wing]))
    else:
        pen.dot(base[3], 1.6 * unit)
        pen.dot(base[5], 1.6 * unit)
    if rng.random() < 0.15:
        pen.draw(bridge)
    inside = (c["upper_lip_inside"] + c["lower_lip_inside"]) / 2
    mouth_kind = 0 if simple else rng.integers(4)
    if mouth_kind == 0:
        pen.draw(np.concatenate([c["upper_lip"][:1], inside[1:-1], c["upper_lip"][-1:]]), rng.uniform(1, 1.5))
    elif mouth_kind == 1:
        pen.draw(c["upper_lip"])
        pen.draw(c["lower_lip"])
        pen.draw(inside)
    elif mouth_kind == 2:
        pen.draw(c["upper_lip"])
        pen.draw(c["lower_lip"])
        pen.draw(c["upper_lip_inside"])
        pen.draw(c["lower_lip_inside"])
    else:
        pen.draw(inside, 1.2)
        pen.draw(c["lower_lip"][3:8])


def _outlines(person: Floats, rng: Rng, unit: float) -> list[Line]:
    """Smooth lines around the person, open where the person leaves the picture."""
    lines = []
    for line in _borders(person, rng, unit):
        inside: Floats = np.all((line > 3 * unit) & (line < len(person) - 1 - 3 * unit), axis=1)
        lines += _pieces(line, inside, 25 * unit)
    return lines


def _borders(mask: Floats, rng: Rng, unit: float) -> list[Line]:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    smooth = rng.uniform(1.5, 6) * unit
    lines = []
    for line in found:
        if len(line) > 60 * unit:
            points = line[:, 0].astype(np.float32)
            turns = round(3 * smooth) + 1
            around = np.concatenate([points[-turns:], points, points[:turns]])
            lines.append(cv2.GaussianBlur(around, (1, 0), sigmaX=0.01, sigmaY=smooth)[turns:-turns])
    return lines


def _pieces(line: Line, wanted: Floats, shortest: float) -> list[Line]:
    """The runs of a closed line where `wanted` is true."""
    if wanted.all():
        return [np.concatenate([line, line[:1]])]
    start = int(np.argmin(wanted))
    line, wanted = np.roll(line, -start, 0), np.roll(wanted, -start)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.astype(int), [0]])))
    return [line[a:b] for a, b in edges.reshape(-1, 2) if b - a > shortest]


def _skin(photo: Floats, landmarks: Landmarks) -> Floats:
    """Where the colour is that of the cheeks and the nose, around the face and connected with it."""
    side = photo.shape[0]
    lab = cv2.cvtColor(cv2.GaussianBlur(photo, (0, 0), 1.5 * side / 256), cv2.COLOR_RGB2LAB)
    face = np.zeros((side, side), np.uint8)
    cv2.fillPoly(face, [np.round(landmarks.curves["oval"]).astype(np.int32)], 1)
    inner = cv2.erode(face, np.ones((side // 12, side // 12)))
    if inner.sum() < 50:
        return face.astype(bool)
    colour = np.median(lab[inner > 0], 0)
    apart = (np.abs(lab - colour) * np.array([0.6, 1.0, 1.0], np.float32)).sum(-1)
    near = (apart < 1.2 * np.quantile(apart[inner > 0], 0.85) + 4).astype(np.uint8) | inner
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side // 36, side // 36))
    near = cv2.morphologyEx(cv2.morphologyEx(near, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel)
    _, labels = cv2.connectedComponents(near)
    x, y = np.round(landmarks.curves["nose_bridge"][-1]).astype(int).clip(0, side - 1)
    return labels == labels[y, x] if labels[y, x] else face.astype(bool)


def _strands(grey: Floats, hair: Floats, rng: Rng, count: int, unit: float) -> list[Line]:
    """Lines along the hair, as long as it lies in one direction: the smaller eigenvector of the structure tensor."""
    rows, columns = np.nonzero(hair)
    if len(rows) < 100:
        return []
    dx, dy = (cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), unit), cv2.CV_32F, *d) for d in ((1, 0), (0, 1)))
    xx, yy, xy = (cv2.GaussianBlur(v, (0, 0), 5 * unit) for v in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    way = np.stack([np.cos(angle), np.sin(angle)], -1)
    lines = []
    step = 2 * unit
    for k in rng.integers(len(rows), size=count):
        at, heading, points = np.array([columns[k], rows[k]], np.float32), np.array([0.0, 1.0]), []
        for _ in range(int(rng.uniform(6, 30))):
            x, y = int(at[0]), int(at[1])
            if not (0 <= x < len(hair) and 0 <= y < len(hair) and hair[y, x]):
                break
            points.append(at.copy())
            towards = way[y, x]
            heading = towards if towards @ heading >= 0 else -towards
            at += step * heading
        if len(points) > 4:
            lines.append(np.array(points))
    return lines


def _even(line: Line, step: float) -> Line:
    """The same line through points that are about `step` px apart."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0, length[-1], max(2, round(length[-1] / step)))
    return np.stack([np.interp(at, length, line[:, k]) for k in (0, 1)], 1).astype(np.float32)
