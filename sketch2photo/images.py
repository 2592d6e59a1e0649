"""Pictures as files, PIL images, arrays and tensors: read, cropped, resized and turned from one into another here alone.

Arrays are uint8, or float32 in [0, 1]; tensors are float32 in [-1, 1]; white is the largest value of each.
"""

from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

Picture = NDArray[np.uint8]  # (H, W, 3), or (H, W) for a sketch
Floats = NDArray[Any]  # the same in [0, 1], float32, white = 1

Polarity = Literal["dark_on_light", "as_drawn"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)


class SketchFormat(NamedTuple):
    """How a model is given its sketches.

    channels: 1, or 3 where their colours count.
    polarity: "dark_on_light": lines, of which only the darkness counts, light ones on a dark ground inverted; "as_drawn": grey
        values that mean something (depths, masks), left as they are. Colours are as drawn in either case.
    """

    channels: int = 1
    polarity: Polarity = "dark_on_light"

    @property
    def lines(self) -> bool:
        """Whether sketches are dark lines on light paper, so that shadows and colours of a drawing are no part of them."""
        return self.channels == 1 and self.polarity == "dark_on_light"


LINES = SketchFormat()


# Reading

MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")  # no format that starts another program
SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"}

# What can be wrong with a picture, for its author. The page says the same in other languages by the key.
SENTENCES = {
    "empty": "The canvas is empty: draw a face first.",
    "dot": "There is only a dot on the canvas: draw a face first.",
    "unreadable": "{name} is not a picture that can be read: send a PNG or JPEG.",
    "damaged": "The picture {name} is damaged: save it again as PNG or JPEG.",
    "damaged_nameless": "The picture is damaged: save it again as PNG or JPEG.",
    "too_large": "{name} is too large: send at most {megapixels} megapixels.",
    "too_many_pixels": "The picture has {width} x {height} pixels, which is too many: send at most {megapixels} megapixels.",
    "too_small": "The picture is {width} x {height} pixels: each side needs at least {least}.",
    "too_thin": "The picture is {width} x {height} pixels, too long and thin for a face: crop it first.",
}


class PictureError(ValueError):
    """A picture that nothing can be made of: the sentence of SENTENCES with its parameters filled in."""

    def __init__(self, key: str, **parameters: object) -> None:
        super().__init__(SENTENCES[key].format(**parameters))
        self.key, self.parameters = key, parameters

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(PictureError, self.key, **self.parameters), ()  # on its way between processes


def to_array(picture: Any, mode: str) -> Picture:
    """Whatever `open_picture` takes as uint8: (H, W, 3) for mode "RGB", (H, W) for "L"; what is transparent is white."""
    return np.asarray(on_white(open_picture(picture)).convert(mode))


def has_colours(picture: Picture) -> bool:
    """Whether (H, W, 3) shows colours beside that of its paper: 1 of 100 pixels differs from it by 40 of 255 between channels."""
    step = max(1, min(picture.shape[:2]) // 128)
    some = picture[::step, ::step].astype(np.int16)
    tints = np.stack([some[..., 0] - some[..., 1], some[..., 1] - some[..., 2]], -1).reshape(-1, 2)
    return bool((np.abs(tints - np.median(tints, axis=0)).max(1) > 40).mean() > 0.01)


def to_drawn(picture: Any) -> Picture:
    """A sketch as `to_array` gives it: (H, W, 3) where its colours show, and (H, W) elsewhere."""
    rgb = to_array(picture, "RGB")
    return rgb if has_colours(rgb) else to_array(rgb, "L")


def open_picture(picture: Any) -> Image.Image:
    """A picture from anywhere, decoded, upright and of 8 bits: the one reader of drawings, training data and photographs.

    Args:
        picture: a PIL image of any mode; an array (H, W) or (H, W, 1|3|4) of uint8, uint16, bool or float in [0, 1]; a path; or
            an open file.

    Raises:
        PictureError: a file that is none or damaged, or too many pixels, which are counted before anything is decoded.
        ValueError: something that is no picture at all.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    if isinstance(picture, Image.Image):
        return _decode(picture)
    if isinstance(picture, str | Path):
        path = Path(picture)
        if path.parts[:1] in (("http:",), ("https:",)):
            raise ValueError("A picture's address is no path: download it first.")
        with open_header(path) as opened:
            return _decode(opened, repr(path.name))
    if hasattr(picture, "read"):
        with open_header(picture) as opened:
            return _decode(opened)
    kind = type(picture).__name__
    raise ValueError(f"A drawing or photograph is a PIL image, an array, a path or a sketchpad's value, not {kind}.")


def open_header(file: Any) -> Image.Image:
    """The picture in a file or at a path, with its format and size, not decoded yet. Raises as `open_picture` does."""
    name = repr(file.name) if isinstance(file, Path) else "This"
    try:
        if isinstance(file, Path) and file.exists() and not file.is_file():  # a pipe would be waited for
            raise PictureError("unreadable", name=name)
    except OSError as error:  # a name that is too long for the system
        raise ValueError(f"There is no file {name[:80]}….") from error
    try:
        picture = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("too_large", name=name, megapixels=MAX_PIXELS // 10**6) from error
    except FileNotFoundError as error:
        raise ValueError(f"There is no file {name}.") from error
    except Exception as error:  # broken files make decoders raise nearly anything
        raise PictureError("unreadable", name=name) from error
    _check_pixels(*picture.size)
    return picture


def _decode(picture: Image.Image, name: str | None = None) -> Image.Image:
    """Upright, and 16-bit, 32-bit and float pictures brought down to 8 bits."""
    _check_pixels(*picture.size)
    try:
        upright = ImageOps.exif_transpose(picture)
    except Exception as error:  # as above
        raise (PictureError("damaged", name=name) if name else PictureError("damaged_nameless")) from error
    if upright.mode.startswith("I;16"):
        return _from_array(np.asarray(upright, np.uint16))
    if is_deep(upright):
        return _from_array(unit_values(upright))
    if upright.mode in ("LAB", "La"):  # Pillow turns them into nothing that has a screen's colours
        raise PictureError("unreadable", name=name or "This")
    return upright


def _from_array(array: NDArray[Any]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ValueError(f"A picture's array must be (H, W) or (H, W, 1, 3 or 4), not {array.shape}.")
    height, width = array.shape[:2]
    _check_pixels(width, height)
    if not array.size:
        raise PictureError("too_small", width=width, height=height, least=16)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype == np.uint16:
        array = ((array + np.uint32(128)) // 257).astype(np.uint8)  # rounded
    elif np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all():
            raise ValueError("The picture holds values that are not numbers (NaN or infinity).")
        if array.min() < 0 or array.max() > 1:
            raise ValueError("A picture's float array must lie in [0, 1]: scale it, or convert it to uint8.")
        array = (array * 255).round().astype(np.uint8)
    elif array.dtype != np.uint8:
        raise ValueError(f"A picture's array must be uint8, uint16, bool or float in [0, 1], not {array.dtype}.")
    return Image.fromarray(np.ascontiguousarray(array))


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureError("too_many_pixels", width=width, height=height, megapixels=MAX_PIXELS // 10**6)


def is_deep(image: Image.Image) -> bool:
    """Whether its pixels are numbers of 16 or 32 bits, which PIL's own conversions cut off at 255."""
    return image.mode.startswith(("I", "F"))


def unit_values(image: Image.Image) -> NDArray[np.float32]:
    """The values (H, W) of an image of 32 bits with white = 1; what its white is nothing says: 1, 255 or 65535 is guessed."""
    values = np.asarray(image, np.float32)
    largest = np.nanmax(values)
    return values if largest <= 1 else values / np.float32(255 if largest <= 255 else 65535)


def on_white(image: Image.Image) -> Image.Image:
    """An image without transparency: white shows through where it had some, and one that has none is itself.

    Light strokes, which would be lost on white, are laid on black.
    """
    if not image.has_transparency_data:
        return image
    rgba = image.convert("RGBA")
    ground = "black" if _are_light_strokes(np.asarray(rgba)) else "white"
    return Image.alpha_composite(Image.new("RGBA", rgba.size, ground), rgba).convert("RGB")


def _are_light_strokes(rgba: NDArray[np.uint8]) -> bool:
    """Whether a picture (H, W, 4) is transparent but for something that is nearly white, without anything darker in it."""
    seen = rgba[..., 3] > 127
    if not 0 < seen.mean() < 0.5:
        return False
    return float(np.percentile(rgba[seen][:, :3].min(-1), 2)) > 200


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


def sharpness(pictures: Picture) -> Floats:
    """Variance of the Laplacian (Pech-Pacheco et al., 2000) of each picture, grey and at 256 px: (N, H, W, 3) -> (N,).

    It depends on what is in a picture, too: medians over many of the same kind are to be compared.
    """
    greys = [cv2.cvtColor(fitted(picture, 256), cv2.COLOR_RGB2GRAY) for picture in pictures]
    return np.array([cv2.Laplacian(grey, cv2.CV_32F).var() for grey in greys])


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
