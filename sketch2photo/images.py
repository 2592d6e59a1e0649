"""Pictures in their three forms: files, arrays and tensors; read, cropped, resized and turned from one into another here alone."""

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


def fitted(picture: Picture, size: int) -> Floats:
    """Centre-cropped to a square, resized to `size`, in [0, 1]."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side].astype(np.float32) / np.float32(255)
    if side == size:
        return square
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    return np.clip(cv2.resize(square, (size, size), interpolation=method), 0, 1).astype(np.float32, copy=False)


def resampled(picture: Picture, size: int, offset: NDArray[np.float32] | None, flip: bool, white: bool) -> Floats:
    """As `fitted`, mirrored if `flip`, and then every pixel taken from `offset` (size, size, 2) px away.

    Beyond the border there is white, or the picture mirrored.
    One cubic resampling from the picture itself: two in a row, at the sample's size, would cost a third of its finest detail.
    """
    if offset is None:
        square = fitted(picture, size)
        return np.ascontiguousarray(square[:, ::-1] if flip else square)
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
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


def to_tensor(picture: Floats) -> Tensor:
    """(H, W) or (H, W, 3) in [0, 1] -> (1 or 3, H, W) in [-1, 1]."""
    planes = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes, np.float32) * 2 - 1)


def read(path: Path, mode: str) -> Picture:
    """The picture at `path` as uint8. Raises ValueError where it cannot be read."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert(mode))
    except OSError as error:
        raise ValueError(
            f"{path} is not a picture that can be read: remove it or save it again as PNG or JPEG."
        ) from error


def to_pictures(tensor: Tensor) -> Picture:
    """(N, 3, H, W) or (N, 1, H, W) in [-1, 1] -> uint8 arrays (N, H, W, 3) or (N, H, W)."""
    pictures = (tensor.float() * 127.5 + 127.5).round().clamp(0, 255).byte().cpu()
    return (pictures[:, 0] if pictures.shape[1] == 1 else pictures.permute(0, 2, 3, 1)).numpy()


def to_images(photos: Tensor) -> list[Image.Image]:
    """(N, 3, H, W) in [-1, 1] -> N PIL images. Diffusers' image processor would take seconds to be imported at each start."""
    pixels = (photos.float().cpu() * 127.5 + 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1)
    return [Image.fromarray(photo) for photo in pixels.numpy()]
