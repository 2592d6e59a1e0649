"""Pictures as files, PIL images, arrays and tensors: read, cropped, resized and turned from one into another here alone.

Arrays are uint8, or float32 in [0, 1]; tensors are float32 in [-1, 1]; white is the largest value of each.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
Picture = NDArray[np.uint8]  # (H, W, 3), or (H, W) for a sketch
Floats = NDArray[Any]  # the same in [0, 1], float32, white = 1


# Reading


def read(path: Path, mode: str) -> Picture:
    """The picture at `path` as uint8, as `to_array` makes it. Raises ValueError where it cannot be read."""
    try:
        with Image.open(path) as image:
            return to_array(image, mode)
    except OSError as error:
        raise ValueError(
            f"{path} is not a picture that can be read: remove it or save it again as PNG or JPEG."
        ) from error


def to_array(image: Image.Image, mode: str) -> Picture:
    """An image of any mode as uint8, upright: (H, W, 3) for mode "RGB", (H, W) for "L"; what is transparent is white."""
    upright = ImageOps.exif_transpose(image)
    if is_deep(upright):
        values = np.clip(np.nan_to_num(unit_values(upright)), 0, 1)
        upright = Image.fromarray((values * 255).round().astype(np.uint8))
    return np.asarray(on_white(upright).convert(mode))


def is_deep(image: Image.Image) -> bool:
    """Whether its pixels are numbers of 16 or 32 bits, which PIL's own conversions cut off at 255."""
    return image.mode.startswith(("I", "F"))


def unit_values(image: Image.Image) -> NDArray[np.float64]:
    """The values (H, W) of a deep image with white = 1. Only the mode for 16 bits says what its white is: 255 or 65535 is guessed."""
    values = np.asarray(image, np.float64)
    if image.mode.startswith("I;16"):
        return values / 65535
    largest = np.nanmax(values)
    return values if largest <= 1 else values / (255 if largest <= 255 else 65535)


def on_white(image: Image.Image) -> Image.Image:
    """An image without transparency: white shows through where it had some, and one that has none is itself."""
    if not image.has_transparency_data:
        return image
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


# Cropping and resizing


def center_crop(picture: Picture) -> Picture:
    """The square in its middle, (S, S) or (S, S, 3)."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def resize(square: Floats, size: int) -> Floats:
    """A square in [0, 1] at `size` pixels: averaged over areas where it shrinks, cubic where it grows."""
    if square.shape[0] == size:
        return square
    method = cv2.INTER_AREA if square.shape[0] > size else cv2.INTER_CUBIC
    return np.clip(cv2.resize(square, (size, size), interpolation=method), 0, 1).astype(np.float32, copy=False)


def fitted(picture: Picture, size: int) -> Floats:
    """Centre-cropped to a square, resized to `size`, in [0, 1]."""
    return resize(center_crop(picture).astype(np.float32) / np.float32(255), size)


def resampled(picture: Picture, size: int, offset: NDArray[np.float32] | None, flip: bool, white: bool) -> Floats:
    """As `fitted`, mirrored if `flip`, and then every pixel taken from `offset` (size, size, 2) px away.

    Beyond the border there is white, or the picture mirrored.
    One cubic resampling from the picture itself: two in a row, at the sample's size, would cost a third of its finest detail.
    """
    if offset is None:
        square = fitted(picture, size)
        return np.ascontiguousarray(square[:, ::-1] if flip else square)
    square = center_crop(picture)
    side = square.shape[0]
    while side >= 2 * size:  # so that cubic resampling sees all of it
        square = cv2.resize(square, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
        side //= 2
    ramp = np.arange(size, dtype=np.float32)
    x, y = ramp + offset[..., 0], ramp[:, None] + offset[..., 1]
    if flip:
        x = size - 1 - x
    scale = side / size
    border = cv2.BORDER_CONSTANT if white else cv2.BORDER_REFLECT_101
    ground = (255,) * 4
    found = cv2.remap(
        square, (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5, cv2.INTER_CUBIC, borderMode=border, borderValue=ground
    )
    return found.astype(np.float32) / np.float32(255)


# Tensors


def to_tensor(picture: Floats) -> Tensor:
    """(H, W) or (H, W, 3) in [0, 1] -> (1 or 3, H, W) in [-1, 1]."""
    planes = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes, np.float32) * 2 - 1)


def to_pictures(tensor: Tensor) -> Picture:
    """(N, 3, H, W) or (N, 1, H, W) in [-1, 1] -> uint8 arrays (N, H, W, 3) or (N, H, W)."""
    pictures = (tensor.float() * 127.5 + 127.5).round().clamp(0, 255).byte().cpu()
    return (pictures[:, 0] if pictures.shape[1] == 1 else pictures.permute(0, 2, 3, 1)).numpy()


def to_images(tensor: Tensor) -> list[Image.Image]:
    """(N, 3, H, W) or (N, 1, H, W) in [-1, 1] -> N PIL images. Diffusers' image processor would take seconds to import."""
    return [Image.fromarray(picture) for picture in to_pictures(tensor)]
