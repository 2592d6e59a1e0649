"""Whatever people bring as a drawing -> the network's input: dark lines on white, square, the whole of it.

The steps are one function each and run in this order: open the picture on white, make it dark on light, turn coloured ink
to grey, take the shadow off a photographed sheet, see that something is drawn, make it square, scale, restore faint lines.
Of sketches that are no lines every colour or grey counts: they are laid on white, made square and scaled, and that is all.
A clean sketch of the training data is left as it is by every one of them. Where a face is in it is calibration's to find.
"""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from .images import LINES, Floats, PictureError, SketchFormat, on_white, open_picture, resize, to_tensor

Grey = npt.NDArray[np.float32]  # (H, W) in [0, 1], white = 1

WORKING_SIDE = 2048  # larger pictures are reduced to this before anything is measured on them
# The numbers below, each with its unit: the page without a server does the same with them in hub/web/drawing.js.
THRESHOLDS_FILE = Path(__file__).with_suffix(".json")
THRESHOLDS = json.loads(
    THRESHOLDS_FILE.read_text("utf-8"),
    object_hook=lambda entry: entry["value"] if "unit" in entry else SimpleNamespace(**entry),
)
INVERTED, PAPER, CLEAN, SHADOW = THRESHOLDS.inverted, THRESHOLDS.paper, THRESHOLDS.clean, THRESHOLDS.shadow
INK, CONTRAST = THRESHOLDS.ink, THRESHOLDS.contrast


def to_sketch(drawing: Any, size: int = 256, form: SketchFormat = LINES) -> Tensor:
    """Turn a drawing into the network's input.

    Args:
        drawing: a PIL image of any mode; an array (H, W) or (H, W, 1|3|4) of uint8, uint16, bool or float in [0, 1];
            a path; the value of a Gradio sketchpad (dict with background, layers, composite); or a tensor (1, 1, H, H)
            or (1, H, H) in [-1, 1] that already is an input, and is only resized.
        size: side of the result in pixels.
        form: of the model's sketches; of coloured ones a tensor is (1, 3, H, H) or (3, H, H).

    Returns:
        (1, form.channels, size, size) float32 in [-1, 1], white = +1; lines are dark on white.

    Raises:
        PictureError: there is nothing drawn, or the picture cannot be read; a ValueError of one sentence for its author.
        ValueError: something that is no drawing at all.
    """
    if isinstance(drawing, Tensor):
        return _resize_tensor(drawing, size, form.channels)
    rgb = _shrink(open_on_white(drawing))
    if not form.lines:
        seen = rgb if form.channels == 3 else cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        return to_tensor(resize(_squared(seen / np.float32(255), 1.0), size))[None]
    grey = _to_grey(dark_on_light(rgb))
    if not _is_clean(grey):
        grey = _flatten_paper(grey)
    _check_drawn(grey)
    sketch = _restore_contrast(resize(_squared(grey, _paper_level(grey)), size))
    return to_tensor(sketch)[None]


def _resize_tensor(sketch: Tensor, size: int, channels: int) -> Tensor:
    """(1, C, H, H) or (C, H, H) in [-1, 1] -> (1, C, size, size); area-averaging where it shrinks."""
    side = sketch.shape[-1] if sketch.ndim in (3, 4) else 0
    if tuple(sketch.shape) not in ((1, channels, side, side), (channels, side, side)):
        c = channels
        raise ValueError(f"A sketch tensor must be (1, {c}, H, H) or ({c}, H, H), not {tuple(sketch.shape)}.")
    if sketch.is_complex():
        raise ValueError("A sketch tensor must hold real numbers.")
    sketch = sketch.detach().float().reshape(1, channels, side, side)
    if sketch.numel() == 0 or not torch.isfinite(sketch).all() or sketch.abs().max() > 1.001:
        raise ValueError("A sketch tensor must hold finite values in [-1, 1], white = +1.")
    if sketch.shape[-1] != size:
        sketch = F.interpolate(sketch, (size, size), mode="bilinear", antialias=True)
    return sketch.clamp(-1, 1)


# ---- opening -------------------------------------------------------------------------------------------------------


def open_on_white(drawing: Any) -> Image.Image:
    """Anything but a tensor -> RGB image, upright, transparent parts white."""
    if drawing is None:
        raise PictureError("empty")
    if isinstance(drawing, dict):
        return _open_sketchpad(drawing)
    return _flat(open_picture(drawing))


def _flat(picture: Image.Image) -> Image.Image:
    _check_shape(*picture.size)
    return on_white(picture).convert("RGB")


def _open_sketchpad(value: dict[str, Any]) -> Image.Image:
    """Gradio's dict: the composite where there is one, else the layers laid over the background."""
    if not {"background", "layers", "composite"} & value.keys():
        raise ValueError("A drawing's dict must be a sketchpad's value, with background, layers and composite.")
    if value.get("composite") is not None:
        return _flat(open_picture(value["composite"]))
    parts = [part for part in (value.get("background"), *(value.get("layers") or [])) if part is not None]
    if not parts:
        raise PictureError("empty")
    sheets = [open_picture(part).convert("RGBA") for part in parts]
    if len({sheet.size for sheet in sheets}) > 1:
        raise ValueError("The sketchpad's layers differ in size: send the composite instead.")
    stack = sheets[0]
    for sheet in sheets[1:]:
        stack = Image.alpha_composite(stack, sheet)
    return _flat(stack)


def _check_shape(width: int, height: int) -> None:
    picture = THRESHOLDS.picture
    if min(width, height) < picture.shortest:
        raise PictureError("too_small", width=width, height=height, least=picture.shortest)
    if max(width, height) > picture.longest * min(width, height):
        raise PictureError("too_thin", width=width, height=height)


# ---- paper and ink -------------------------------------------------------------------------------------------------


def _shrink(rgb: Image.Image) -> npt.NDArray[np.uint8]:
    scale = WORKING_SIDE / max(rgb.size)
    if scale < 1:
        rgb = rgb.resize((max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale))), Image.Resampling.BOX)
    return np.asarray(rgb)


def dark_on_light(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Invert light lines on a dark ground: (H, W, 3), or (H, W), of uint8.

    A dim photograph of paper is dark too, so darkness is not enough: the lines must be lighter than what surrounds them.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
    grey = cv2.resize(grey, (INVERTED.side,) * 2, interpolation=cv2.INTER_AREA)
    edge = INVERTED.border
    border = np.concatenate(
        [grey[:edge].ravel(), grey[-edge:].ravel(), grey[:, :edge].ravel(), grey[:, -edge:].ravel()]
    )
    if max(np.median(grey), np.median(border)) > INVERTED.dark:
        return picture
    relief = grey.astype(np.float32) - cv2.medianBlur(grey, 2 * INVERTED.around + 1)
    lighter, darker = np.square(relief[relief > 0]).sum(), np.square(relief[relief < 0]).sum()
    return 255 - picture if lighter > darker else picture


def _to_grey(rgb: npt.NDArray[np.uint8]) -> Grey:
    """The darkest channel, so that ink of any colour is dark; a tint of the paper goes with its shadow, later."""
    red, green, blue = cv2.split(rgb)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.float32) / np.float32(255)


def _find_paper(grey: Grey) -> tuple[Grey, npt.NDArray[np.bool_]]:
    """A small version and where in it bare paper shows: smooth, and not much darker than its surroundings."""
    small = np.asarray(cv2.resize(grey, (PAPER.side,) * 2, interpolation=cv2.INTER_AREA), np.float32)
    window = (2 * PAPER.around + 1,) * 2
    mean = cv2.blur(small, window)
    deviation = np.sqrt(np.maximum(cv2.blur(small * small, window) - mean * mean, 0))
    lightest = cv2.dilate(small, np.ones((2 * PAPER.neighbourhood + 1,) * 2, np.uint8))
    return small, (deviation < PAPER.deviation) & (small > PAPER.darkness * lightest)


def _is_clean(grey: Grey) -> bool:
    """Whether the paper is evenly light, as in a scan or on a canvas: then nothing needs to be taken off.

    On every sketch of the training data 95 % of the bare paper is lighter than .84; under a shadow far less is.
    """
    small, paper = _find_paper(grey)
    if paper.mean() < CLEAN.paper:
        return True
    return float(np.percentile(small[paper], CLEAN.darkest)) > CLEAN.darkest_level and _paper_level(grey) > CLEAN.level


def _flatten_paper(grey: Grey) -> Grey:
    """Divide by the light that falls on the paper, then stretch so that paper is white and the darkest ink nearly black.

    The light is averaged over bare paper only and continued under the ink, so shaded hair keeps its tone.
    """
    small, paper = _find_paper(grey)
    weight = paper.astype(np.float32)
    light, total = np.zeros_like(small), np.zeros_like(small)
    for sigma, share in zip(SHADOW.sigmas, SHADOW.weights, strict=True):  # the wider ones count where no paper is near
        light += share * cv2.GaussianBlur(small * weight, (0, 0), sigma)
        total += share * cv2.GaussianBlur(weight, (0, 0), sigma)
    everywhere = cv2.resize(light / np.maximum(total, 1e-12), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    flat = grey / np.maximum(everywhere, SHADOW.darkest)
    # A sheet with hardly a line on it must not become noise.
    black = min(float(np.percentile(flat[::2, ::2], SHADOW.ink)), SHADOW.lightest_ink)
    stretched = (flat - black) / (SHADOW.white - black) * (1 - SHADOW.black) + SHADOW.black
    return np.clip(stretched, 0, 1).astype(np.float32)


def _paper_level(grey: Grey) -> float:
    return float(np.percentile(cv2.resize(grey, (PAPER.level_side,) * 2, interpolation=cv2.INTER_AREA), PAPER.level))


def _check_drawn(grey: Grey) -> None:
    """Raises ValueError where nothing is drawn, or nothing but a dot; specks are nothing."""
    ink = (grey < _paper_level(grey) - INK.depth).astype(np.uint8)
    stats = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    areas, boxes = stats[:, cv2.CC_STAT_AREA], stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    if areas.size == 0:
        raise PictureError("empty")
    drawn = areas >= INK.speck * areas.max()
    largest = int(np.argmax(areas))
    filled = areas[largest] / boxes[largest].prod()
    dot = INK.filled_dot if filled > INK.filled else INK.line_dot
    if drawn.sum() == 1 and boxes[largest].max() / max(grey.shape) < dot:
        raise PictureError("dot")


def _squared(picture: Floats, paper: float) -> Floats:
    """The whole picture, (H, W) or (H, W, 3), in the middle of a square of paper."""
    height, width = picture.shape[:2]
    side = max(height, width)
    square = np.full((side, side, *picture.shape[2:]), paper, np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = picture
    return square


def _restore_contrast(grey: Grey) -> Grey:
    """Darken lines that are faint, because they were drawn so or because they were thinner than a pixel after scaling."""
    paper = _paper_level(grey)
    darkness = 1 - grey / max(paper, CONTRAST.darkest_paper)
    ink = darkness[darkness > CONTRAST.ink]
    strength = float(np.percentile(ink, CONTRAST.strength)) if ink.size else 1.0
    if strength >= CONTRAST.faint:  # the faintest sketch of the training data is a little darker
        return grey
    return np.clip(paper * (1 - darkness * (CONTRAST.restored / strength)), 0, 1).astype(np.float32)
