"""Photograph to sketch, differently every time, so that a bad mouse drawing is not something the network never saw.

All functions take and return float32 arrays in [0, 1]; a sketch is (H, W), dark lines (0) on white (1). Lengths in pixels are
given at 256 px and scaled to the picture's size.
"""

from collections.abc import Mapping

import cv2
import numpy as np

from .. import photographs
from ..images import Floats

Rng = np.random.Generator


def sketch_of(
    photo: Floats, rng: Rng, odds: Mapping[str, float], background_share: float, person: Floats | None = None
) -> Floats:
    """A sketch of a photograph by one of TECHNIQUES with random settings.

    Args:
        photo: (H, W, 3).
        rng: decides everything.
        odds: of each technique, by name.
        background_share: of the sketches that show what is behind the person, too.
        person: mask (H, W), 1 on the person; without it a head and shoulders' usual place stands for it.
    """
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    chances = np.array([odds[name] for name in TECHNIQUES])
    technique = list(TECHNIQUES.values())[rng.choice(len(TECHNIQUES), p=chances / chances.sum())]
    sketch = technique(grey, rng)
    if rng.random() > 1 - background_share:
        return sketch
    if person is None:
        return without_background(sketch, rng)
    reach = cv2.dilate((person > 0.5).astype(np.uint8), np.ones((5, 5)))
    return np.where(reach > 0, sketch, 1.0).astype(np.float32)


def xdog(grey: Floats, rng: Rng) -> Floats:
    """Extended difference of Gaussians: soft-thresholded (1 + p) G_s - p G_ks (Winnemoeller et al., 2012)."""
    sigma = rng.uniform(0.7, 2.0) * _unit(grey)
    p, sharpness = rng.uniform(12, 40), rng.uniform(5, 25)
    grey = cv2.GaussianBlur(grey, (0, 0), sigma)
    wide = cv2.GaussianBlur(grey, (0, 0), 1.6 * sigma)
    response = (1 + p) * grey - p * wide
    threshold = rng.uniform(0.4, 0.75) * float(np.median(response))
    return np.clip(1 + np.tanh(sharpness * (response - threshold)), 0, 1).astype(np.float32)


def dodge(grey: Floats, rng: Rng) -> Floats:
    """Pencil by colour dodge, in lines of any width and darkness."""
    return photographs.dodge(grey, rng.uniform(2, 8) * _unit(grey), rng.uniform(1.5, 6))


def canny(grey: Floats, rng: Rng) -> Floats:
    """Canny's edges (Canny, 1986) as one-pixel lines."""
    blurred = cv2.GaussianBlur(grey, (0, 0), rng.uniform(1.0, 2.2) * _unit(grey))
    high = float(np.quantile(np.abs(cv2.Laplacian(blurred, cv2.CV_32F, ksize=3)), 0.9)) * 255 * rng.uniform(3, 9)
    edges = cv2.Canny((blurred * 255).astype(np.uint8), 0.4 * high, high)
    return cv2.GaussianBlur(1 - edges.astype(np.float32) / 255, (0, 0), 0.5)


def contours(grey: Floats, rng: Rng) -> Floats:
    """Few, sure, smooth lines, as a hurried hand draws them: edges of a heavily simplified picture, short ones dropped."""
    unit = _unit(grey)
    simple = cv2.medianBlur((grey * 255).astype(np.uint8), int(rng.choice([5, 7, 9])) if unit > 0.6 else 3)
    simple = cv2.GaussianBlur(simple, (0, 0), rng.uniform(1.0, 2.0) * unit)
    high = rng.uniform(40, 110)
    edges = cv2.Canny(simple, 0.4 * high, high)
    lines, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    shortest, tolerance = rng.uniform(10, 40) * unit, rng.uniform(0.3, 2.0) * unit
    kept = [cv2.approxPolyDP(line, tolerance, False) for line in lines if len(line) > shortest]
    canvas = np.full(grey.shape, 255, np.uint8)
    cv2.polylines(canvas, kept, False, 0, max(1, round(rng.uniform(0.8, 2.5) * unit)), cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


TECHNIQUES = {"xdog": xdog, "dodge": dodge, "canny": canny, "contours": contours}


def without_background(sketch: Floats, rng: Rng) -> Floats:
    """Lines outside of a head and shoulders' usual place left out."""
    side = sketch.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    x, across, up = np.abs(x - 0.5), rng.uniform(0.28, 0.4), rng.uniform(0.38, 0.5)
    head = np.square(x / across) + np.square((y - 0.47) / up) < 1
    shoulders = (y > 0.75) & (x < 0.2 + 1.2 * (y - 0.75))
    return np.where(head | shoulders, sketch, 1.0).astype(np.float32)


def by_hand(sketch: Floats, rng: Rng, strictness: float) -> Floats:
    """The sketch as an unsteady hand might have drawn it.

    Pressure, line width, gaps and paper vary at any strictness. Where lines are varies with 1 - strictness: at 1 they stay to
    the pixel; at 0 a smooth random field displaces them by some 12 px at 256, details are lost and lines are thick.
    """
    unit, loose = _unit(sketch), 1 - strictness
    if loose > 0:
        sketch = displaced(sketch, rng, 12 * loose * rng.uniform(0.3, 1.2), rng.uniform(12, 45))
    if rng.random() < 0.3 + 0.5 * loose:
        sketch = hardened(sketch, rng)
    if rng.random() < 0.3 + 0.5 * loose:
        width = 1 + round(rng.uniform(0.5, 1.5 + 2 * loose) * unit)
        sketch = cv2.erode(sketch, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    if rng.random() < 0.3 + 0.4 * loose:
        sketch = broken(sketch, rng, rng.uniform(0.03, 0.15 + 0.15 * loose))
    if rng.random() < 0.15:
        sketch = on_paper(sketch, rng)
    ink = rng.uniform(0.0, 0.35) if rng.random() < 0.4 else 0.0
    return np.clip(ink + (1 - ink) * sketch, 0, 1).astype(np.float32)


def displaced(picture: Floats, rng: Rng, distance: float, scale: float) -> Floats:
    """Moved by a smooth random field of about `distance` px (rms, at 256) that varies over some `scale` px."""
    unit = _unit(picture)
    side = picture.shape[0]
    cells = max(3, round(256 / scale))
    field = cv2.resize(
        rng.standard_normal((cells, cells, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    return warped(picture, field * (distance * unit / max(float(field.std()), 1e-6) / 2**0.5), white=True)


def warped(picture: Floats, offset: Floats, white: bool) -> Floats:
    """Every pixel taken from `offset` (H, W, 2) px away; white or mirrored beyond the border."""
    side = picture.shape[0]
    x, y = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
    border = cv2.BORDER_CONSTANT if white else cv2.BORDER_REFLECT_101
    return cv2.remap(
        picture, x + offset[..., 0], y + offset[..., 1], cv2.INTER_LINEAR, borderMode=border, borderValue=1.0
    )


def hardened(sketch: Floats, rng: Rng) -> Floats:
    """Shading dropped: only the clearly dark stays, as full lines."""
    threshold = rng.uniform(0.45, 0.85)
    return np.clip((sketch - threshold) * rng.uniform(4, 15) + 0.5, 0, 1).astype(np.float32)


def broken(sketch: Floats, rng: Rng, share: float) -> Floats:
    """Gaps where the pen left the paper: `share` of the lines erased in blobs of some 4 to 16 px."""
    side = sketch.shape[0]
    cells = max(4, round(256 / rng.uniform(4, 16)))
    noise = cv2.resize(rng.random((cells, cells)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.where(noise < np.quantile(noise, share), 1.0, sketch).astype(np.float32)


def on_paper(sketch: Floats, rng: Rng) -> Floats:
    """Photographed on grey or dirty paper: uneven light and grain."""
    side = sketch.shape[0]
    light = cv2.resize(rng.uniform(0.75, 1.0, (3, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    grain = 0.03 * rng.standard_normal((side, side)).astype(np.float32)
    return np.clip(sketch * light + grain, 0, 1)


def _unit(picture: Floats) -> float:
    """One pixel at 256 px, in pixels of this picture."""
    return picture.shape[0] / 256
