"""Faces drawn in memory, photo and sketch from the same lines: something to train on where no data is at hand.

Every part of a face is painted back to front by one call that fills its colour into the photo and its outline into the
sketch, so the two are registered to the pixel, and what is hidden in one is hidden in the other. Coordinates are shares
of the picture's side, y downwards; the eyes are 1/4.2 of the side apart, as in photographs cropped for training.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]  # points (n, 2), or colours (3,) RGB in 0..255

SKINS = np.array([[255, 226, 204], [240, 194, 160], [205, 150, 110], [150, 100, 70], [92, 58, 44]], np.float64)
HAIRS = np.array(
    [[30, 25, 25], [70, 45, 30], [120, 80, 45], [205, 165, 100], [150, 65, 30], [170, 168, 165]], np.float64
)
IRISES = np.array([[70, 45, 30], [100, 70, 40], [80, 120, 160], [90, 130, 90]], np.float64)
MIRROR, MIDDLE = np.array([-1.0, 1.0]), np.array([0.5, 0.0])


def draw_face(rng: np.random.Generator, size: int) -> tuple[Picture, Picture]:
    """Draw one random face.

    Args:
        rng: decides everything; the same state gives the same pair.
        size: side of both pictures in pixels.

    Returns:
        photo (size, size, 3) uint8 RGB and sketch (size, size) uint8, dark lines on light paper, of the same face.
    """
    page = _Page(rng, 2 * size)  # twice as large: scaling down smooths the edges
    low = rng.integers(len(SKINS) - 1)
    skin = SKINS[low] + (SKINS[low + 1] - SKINS[low]) * rng.random()
    hair = rng.choice(HAIRS) * rng.uniform(0.8, 1.2)
    style = str(rng.choice(["bald", "short", "short", "bob", "long", "curly"]))
    width, top, eyes, mouth = rng.uniform([0.19, 0.12, 0.44, 0.66], [0.225, 0.17, 0.48, 0.70])
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    x, y = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.85, np.sin(t)  # an egg, tapered below the eyes
    x *= width * (1 - rng.uniform(0.12, 0.25) * np.maximum(y, 0) ** 2)
    head = np.stack([0.5 + x, 0.46 + y * np.where(y > 0, rng.uniform(0.32, 0.37), 0.46 - top)], 1)

    if style in ("bob", "long", "curly"):
        _back_hair(page, style, hair, width, top)
    _body(page, skin, width)
    for side in (-1, 1):
        page.fill(_oval(0.5 + side * (width + 0.012), eyes + 0.04, 0.03, 0.06), skin * 0.93)
    page.fill(head, skin)
    if style in ("bald", "short") and rng.random() < 0.4:
        _beard(page, hair, width, mouth, head[:, 1].max())
    _mouth(page, skin, mouth)
    _nose(page, skin, eyes)
    _eyes(page, skin, hair, eyes)
    if style != "bald":
        _front_hair(page, style, hair, width, top)
    return page.photograph(head), page.pencil_drawing()


class _Page:
    """Photo and sketch under construction; every line goes to both."""

    def __init__(self, rng: np.random.Generator, side: int) -> None:
        self.rng, self.side, self.pencil = rng, side, side * rng.uniform(0.004, 0.009)
        corners = (rng.uniform(60, 200) + rng.normal(0, 35, (2, 2, 3))).astype(np.float32)
        background = cv2.resize(corners, (side, side), interpolation=cv2.INTER_LINEAR)
        self.photo = background.clip(0, 255).astype(np.uint8)
        self.sketch = np.full((side, side), 255, np.uint8)

    def fill(self, points: Array, colour: Array, line: float = 0.85, tone: float = 0.0) -> None:
        """A closed shape; `line` and `tone` say how dark its outline and its inside are in the sketch, 0 to 1."""
        pixels = _pixels(points, self.side)
        cv2.fillPoly(self.photo, pixels, _rgb(colour), cv2.LINE_AA, shift=4)
        cv2.fillPoly(self.sketch, pixels, 255 * (1 - tone), cv2.LINE_AA, shift=4)
        self._pencil(pixels, True, line)

    def stroke(self, points: Array, colour: Array, width: float = 0.005, line: float = 0.85) -> None:
        """An open line, `width` thick in the photo and a pencil's width in the sketch."""
        pixels = _pixels(points, self.side)
        cv2.polylines(self.photo, pixels, False, _rgb(colour), max(1, round(width * self.side)), cv2.LINE_AA, shift=4)
        self._pencil(pixels, False, line)

    def strands(self, starts: Array, ends: Array, bend: ArrayLike, hair: Array) -> None:
        """Hairs from starts to ends (n, 2), bent aside in the middle, each a little lighter or darker."""
        t = np.linspace(0, 1, 8)[:, None, None]
        curves = starts * (1 - t) + ends * t + 4 * t * (1 - t) * np.asarray(bend)
        for k, shade in enumerate(self.rng.uniform(0.55, 1.3, len(starts))):
            self.stroke(curves[:, k], hair * shade, line=0.75)

    def _pencil(self, pixels: list[NDArray[np.int32]], closed: bool, line: float) -> None:
        grey = 255 * (1 - line * self.rng.uniform(0.8, 1.1))
        thickness = max(1, round(self.pencil * self.rng.uniform(0.7, 1.3)))
        cv2.polylines(self.sketch, pixels, closed, grey, thickness, cv2.LINE_AA, shift=4)

    def photograph(self, head: Array) -> Picture:
        """The photo at its final size, the head lit from one side."""
        rng, size = self.rng, self.side // 2
        photo = cv2.resize(self.photo, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
        ball = cv2.fillPoly(np.zeros((size, size), np.float32), _pixels(head, size), 1.0, cv2.LINE_AA, shift=4)
        soft = cv2.GaussianBlur(ball, (0, 0), size * 0.07)
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.35)
        slope = np.cos(angle) * cv2.Sobel(soft, -1, 1, 0) + np.sin(angle) * cv2.Sobel(soft, -1, 0, 1)
        light = 1 + ball * (strength * slope / np.abs(slope).max() + 0.25 * (soft - 0.75))
        photo = photo * light[..., None] + rng.standard_normal((size, size, 1), np.float32) * 2
        return photo.clip(0, 255).astype(np.uint8)

    def pencil_drawing(self) -> Picture:
        """The sketch at its final size, with uneven pressure and the grain of paper."""
        rng, size = self.rng, self.side // 2
        dark = 1 - cv2.resize(self.sketch, (size, size), interpolation=cv2.INTER_AREA) / 255
        pressure = cv2.resize(rng.uniform(0.75, 1, (8, 8)), (size, size), interpolation=cv2.INTER_LINEAR)
        grain = rng.standard_normal((size, size), np.float32)
        sketch = (rng.uniform(232, 255) + 2 * grain) * (1 - dark * pressure * (1 + 0.12 * grain))
        return sketch.clip(0, 255).astype(np.uint8)


# ---- parts of a face, back to front; most are given as their left half, from the middle outwards -------------------


def _back_hair(page: _Page, style: str, hair: Array, width: float, top: float) -> None:
    bottom, w = {"bob": 0.74, "long": 1.05, "curly": 0.80}[style], width + (0.11 if style == "curly" else 0.05)
    half = [[0, top - 0.06], [w * 0.75, top - 0.01], [w, 0.36], [w + 0.01, 0.6], [w * 0.9, bottom]]
    page.fill(_smooth(_whole(half), closed=True), hair * 0.8, tone=0.2)
    x = page.rng.uniform(-1, 1, 24)
    ends = np.stack([0.5 + x * w * 0.9, bottom * page.rng.uniform(0.88, 0.98, 24)], 1)
    page.strands(np.stack([0.5 + x * w, np.full(24, 0.42)], 1), ends, page.rng.normal(0, 0.01, (24, 2)), hair * 0.9)


def _body(page: _Page, skin: Array, width: float) -> None:
    neck, collar, slope = page.rng.uniform([width * 0.5, 0.92, 0.91], [width * 0.65, 1.02, 0.95])
    page.fill(_smooth(_whole([[neck, 0.7], [neck, 0.88], [neck * 1.6, 1.1]]), closed=True), skin * 0.85)
    half = [[0, collar], [neck * 1.1, slope - 0.01], [0.28, slope + 0.02], [0.42, 1.0], [0.5, 1.1]]
    page.fill(_smooth(_whole(half), closed=True), page.rng.uniform(20, 235, 3))


def _beard(page: _Page, hair: Array, width: float, mouth: float, chin: float) -> None:
    half = [
        [0, mouth - 0.045],
        [0.08, mouth - 0.02],
        [width * 0.9, 0.56],
        [width * 0.88, 0.66],
        [width * 0.5, chin],
        [0, chin],
    ]
    page.fill(_smooth(_whole(half), closed=True), hair, line=0.3, tone=0.1)
    x, y = page.rng.uniform([[-1], [0]], [[1], [1]], (2, 60))
    roots = np.stack([0.5 + x * width * (0.7 - 0.35 * y), mouth + 0.02 + y * (chin - mouth - 0.05)], 1)
    page.strands(roots, roots + np.stack([x * 0.01, np.full(60, 0.025)], 1), 0, hair)


def _mouth(page: _Page, skin: Array, y: float) -> None:
    w, smile, lip = page.rng.uniform([0.065, -0.01, 0.012], [0.10, 0.025, 0.03])
    red = skin * [0.85, 0.6, 0.6] + page.rng.uniform(-15, 15, 3)
    middle, corner = [0, y + smile * 0.4], [w, y - smile]
    page.fill(_smooth(_whole([middle, corner, [w * 0.5, y + lip * 0.9], [0, y + lip * 1.3]]), closed=True), red, 0.6)
    page.fill(_smooth(_whole([[0, y - lip * 0.6], [w * 0.25, y - lip], corner, middle]), closed=True), red * 0.9, 0.6)
    page.stroke(_smooth(_whole([middle, [w * 0.5, y], corner])[1:]), red * 0.5)


def _nose(page: _Page, skin: Array, eyes: float) -> None:
    w, tip, side = page.rng.uniform(0.03, 0.055), page.rng.uniform(0.585, 0.615), page.rng.choice([-1, 1])
    bridge = [[side * 0.02, eyes + 0.02], [side * 0.018, eyes + 0.08], [side * w * 0.7, tip - 0.02]]
    page.stroke(_smooth(np.array(bridge) + MIDDLE), skin * 0.7, line=0.5)
    page.stroke(
        _smooth(_whole([[0, tip + 0.012], [w * 0.5, tip], [w, tip + 0.004], [w, tip - 0.025]])[1:]), skin * 0.65
    )
    for sign in (-1, 1):
        page.fill(_oval(0.5 + sign * w * 0.45, tip + 0.001, w * 0.2, 0.005), skin * 0.35, tone=0.7)


def _eyes(page: _Page, skin: Array, hair: Array, y: float) -> None:
    w, h, tilt, lift, thick = page.rng.uniform(
        [0.045, 0.015, -0.008, 0.055, 0.006], [0.058, 0.025, 0.008, 0.075, 0.014]
    )
    gaze, iris, glasses = page.rng.normal(0, 0.006), page.rng.choice(IRISES), page.rng.random() < 0.2
    for side in (-1, 1):
        at = np.array([0.5 + side / 8.4, y])
        outer, inner = [side * w, -tilt], [-side * w, tilt]
        upper = _smooth(at + np.array([outer, [side * w * 0.4, -h], [-side * w * 0.3, -h], inner]))[::-side]
        lower = _smooth(at + np.array([outer, [side * w * 0.4, h * 0.8], [-side * w * 0.3, h * 0.7], inner]))[::-side]
        page.fill(np.concatenate([upper, lower[::-1]]), np.array([245.0, 240, 236]), line=0.5)
        for radius, colour, tone in ((h * 1.05, iris, 0.5), (h * 0.5, iris * 0.1, 0.95)):
            ball = _oval(at[0] + gaze, y - h * 0.1, radius, radius)
            ball[:, 1] = ball[:, 1].clip(np.interp(ball[:, 0], *upper.T), np.interp(ball[:, 0], *lower.T))
            page.fill(ball, colour, tone=tone)
        page.stroke(upper, hair * 0.4, 0.007)
        page.stroke(upper - [0, 0.012], skin * 0.75, line=0.4)
        arch = at - np.array([[side * w * 1.1, lift - 0.01], [0, lift + 0.008], [-side * w * 1.2, lift - 0.008]])
        page.fill(np.concatenate([_smooth(arch), (_smooth(arch) + np.array([0, thick]))[::-1]]), hair * 0.75, tone=0.6)
        if glasses:
            page.stroke(_oval(at[0], y + 0.012, 0.08, 0.06)[np.r_[:24, 0]], hair * 0.3, 0.007)
            page.stroke(np.array([[0.5 + side * 0.039, y], [0.5, y - 0.006]]), hair * 0.3, 0.007)


def _front_hair(page: _Page, style: str, hair: Array, width: float, top: float) -> None:
    """From the outline of the hair down to the hairline: parted, swept aside or a fringe, with strands between the two."""
    puff = {"short": 0.02, "bob": 0.05, "long": 0.045, "curly": 0.10}[style]
    part, line, ends = page.rng.uniform([-0.6, 0.24, 0.36 if style == "short" else 0.5], [0.6, 0.36, 0.58])
    t = np.linspace(-1, 1, 25)
    outline = np.stack([0.5 + (width + puff) * np.sin(t * 1.75), ends - (ends - top + puff) * np.cos(t * np.pi / 2)], 1)
    height = line - 0.08 * np.exp(-(((t - part) / 0.35) ** 2)) + (ends - line) * np.abs(t) ** 4
    hairline = np.stack([0.5 + (width - 0.012) * np.sin(t * np.pi / 2), height], 1)
    if style == "curly":
        outline += 0.012 * np.stack([np.sin(np.arange(25) * 2.4), np.cos(np.arange(25) * 2.4)], 1)
    page.fill(np.concatenate([_smooth(outline), _smooth(hairline)[::-1]]), hair, tone=0.15)
    k, inward = page.rng.integers(0, 25, 50), page.rng.uniform(0.1, 0.9, (50, 1))
    tips = hairline[k] * inward + outline[k] * (1 - inward)
    roots = tips * 0.4 + np.array([0.5 + part * width * 0.5, top - puff * 0.5]) * 0.6
    page.strands(roots + page.rng.normal(0, 0.008, (50, 2)), tips, (tips - 0.5) * 0.08, hair)


# ---- lines ---------------------------------------------------------------------------------------------------------


def _oval(x: float, y: float, rx: float, ry: float) -> Array:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], 1)


def _whole(half: list[list[float]]) -> Array:
    """One half, x counted from the middle -> the line from its last point through the first to the last one's mirror."""
    side = np.array(half)
    return np.concatenate([side[::-1] * MIRROR, side]) + MIDDLE


def _smooth(points: Array, closed: bool = False) -> Array:
    """Round the corners off by cutting them three times (Chaikin, 1974); an open line keeps its ends."""
    for _ in range(3):
        a, b = (points, np.roll(points, -1, 0)) if closed else (points[:-1], points[1:])
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], 1).reshape(-1, 2)
        points = cut if closed else np.concatenate([points[:1], cut, points[-1:]])
    return points


def _pixels(points: Array, side: int) -> list[NDArray[np.int32]]:
    return [np.round(points * side * 16).astype(np.int32)]  # in sixteenths, for OpenCV's shift=4


def _rgb(colour: Array) -> tuple[float, ...]:
    return tuple(colour.clip(0, 255).tolist())
