"""Photographs that are brought in place of drawings: they are noticed, and line drawings are made of them."""

from typing import Any

import cv2
import numpy as np
from PIL import Image

from .images import Floats, fitted
from .preprocess import open_on_white, to_sketch

SIDE = 512  # px, of a line drawing
# A drawing, a photographed one, too, is paper with lines on it, or it has shades of one colour. Of 280 photographs of faces 97 %
# are beyond both numbers, and of 190 drawings none is.
SHADES = 0.09  # of the picture are neither paper nor ink
TINTS = 0.05  # of the picture are of another colour than most of it
OTHER_TINT = 20  # difference of two channels, of 255


def is_photograph(picture: Any) -> bool:
    """Whether a picture, in any form that a drawing may have but a tensor's, is a colour photograph.

    Raises:
        PictureError: it cannot be read, or there is nothing on it.
    """
    rgb = cv2.resize(np.asarray(open_on_white(picture)), (128, 128), interpolation=cv2.INTER_AREA).astype(np.int16)
    tints = np.stack([rgb[..., 0] - rgb[..., 1], rgb[..., 1] - rgb[..., 2]], -1).reshape(-1, 2)
    if (np.abs(tints - np.median(tints, axis=0)).max(1) > OTHER_TINT).mean() <= TINTS:
        return False
    return float((to_sketch(picture).abs() < 0.6).float().mean()) > SHADES


def line_drawing(photo: Any) -> Image.Image:
    """A pencil drawing of a photograph's central square, SIDE px; in any form that a drawing may have but a tensor's."""
    grey = cv2.cvtColor(fitted(np.asarray(open_on_white(photo)), SIDE), cv2.COLOR_RGB2GRAY)
    return Image.fromarray((255 * dodge(grey, sigma=6, power=4)).round().astype(np.uint8))


def dodge(grey: Floats, sigma: float, power: float) -> Floats:
    """Pencil by colour dodge: the picture (H, W) in [0, 1], white = 1, divided by a copy blurred over `sigma` px.

    The larger the power, the darker the lines.
    """
    shaded = np.clip(grey / np.maximum(cv2.GaussianBlur(grey, (0, 0), sigma), 0.02), 0, 1)
    return np.power(shaded, power).astype(np.float32)
