"""Whatever people may give the pipeline: each call gives pictures, or one sentence about what was wrong with it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.data.synthetic_faces import draw_face
from sketch2photo.hub_download import CALIBRATOR, load_network
from sketch2photo.images import MAX_PIXELS
from sketch2photo.networks.calibrator import Calibrator
from sketch2photo.pipeline import Sketch2PhotoOutput
from tests import ROOT
from tests.programs import SIZES

from .attack import Random, Try, bounded_memory, pick, sentence
from .models import changed

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
MODES = (
    "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16",
)  # fmt: skip
DTYPES = ("uint8", "int8", "uint16", "int64", "float16", "float32", "float64", "bool", "complex64")
MOST_NUMBERS = 10**6  # of an array
SLOW_DTYPES = ("object", "U3", "datetime64[s]")  # for small arrays: numpy makes a million texts in a minute
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 1.5, -0.0, 10**9, 10**30, float("nan"), float("inf"), 1 + 2j,
    "", "4", "none.png", "\0", "a" * 5000, b"", b"PNG", Path("/"), Path("/dev/zero"),
    [], [None], [[]], (), {}, {"composite": None}, {"background": None, "layers": [], "composite": 3}, set(),
    object(), Ellipsis, print, np.int64(2), np.float32(0.5), np.array(3), np.zeros(0), torch.tensor(1), torch.zeros(0), torch.float16,
]  # fmt: skip
ARGUMENTS = (
    "num_images", "seed", "strictness", "latents", "style", "reframe", "generator", "output_type", "return_dict", "light", "unknown",
)  # fmt: skip


@contextmanager
def inputs(folder: Path) -> Iterator[Try]:
    directions = {"light": {"vector": [1.0] + [0.0] * 7, "range": [-2.0, 2.0]}}
    model = Sketch2Photo(image_size=64, **SIZES, directions=directions)
    bundled = load_network(Calibrator, ROOT / "hub" / "model" / CALIBRATOR)
    pipes = [Sketch2PhotoPipeline(model, bundled), Sketch2PhotoPipeline(model)]
    folder.mkdir(parents=True, exist_ok=True)

    def once(rng: Random) -> str:
        make = pick(rng, [_array, _array, _image, _file, _file, _tensor, _sketchpad, _several, _odd])
        drawing = make(rng, folder)
        arguments = _arguments(rng, folder)
        kind = make.__name__.strip("_")
        pipe: Any = pick(rng, pipes)
        try:
            out = pipe(drawing, **arguments)
        except Exception as error:
            return f"{kind} {sentence(error)}"
        _check(out, arguments)
        return f"{kind} drawn"

    with bounded_memory():
        yield once


def _check(out: Any, arguments: dict[str, Any]) -> None:
    """Pictures of the form that was asked for, and as many as latents."""
    images, latents = out[0], out[1]
    assert isinstance(out, Sketch2PhotoOutput) == bool(arguments.get("return_dict", True))
    assert len(images) == len(latents) >= 1
    assert latents.isfinite().all()
    for image in images:
        values = np.asarray(image, np.float32)
        assert np.isfinite(values).all() and values.size == 3 * 64 * 64


def _arguments(rng: Random, folder: Path) -> dict[str, Any]:
    """None or a few, right ones and wrong ones."""
    right = {
        "num_images": lambda: int(rng.integers(1, 5)),
        "seed": lambda: int(rng.integers(2**63 - 1)),
        "strictness": lambda: float(rng.random()),
        "latents": lambda: torch.randn(int(rng.integers(1, 4)), int(pick(rng, [8, 8, 8, 7]))),
        "style": lambda: _image(rng, folder),
        "reframe": lambda: bool(rng.integers(2)),
        "generator": lambda: torch.Generator().manual_seed(1),
        "output_type": lambda: str(rng.choice(["pil", "np", "pt"])),
        "return_dict": lambda: bool(rng.integers(2)),
        "light": lambda: float(rng.normal()),
    }
    arguments: dict[str, Any] = {}
    for name in rng.choice(ARGUMENTS, int(rng.integers(4)), replace=False):
        wrong = name not in right or rng.random() < 0.5
        arguments[str(name)] = pick(rng, ODD) if wrong else right[str(name)]()
    return arguments


def _face(rng: Random) -> np.ndarray:
    return draw_face(np.random.default_rng(int(rng.integers(20))), int(rng.integers(16, 200)))[1]


def _array(rng: Random, folder: Path) -> Any:
    """Of any shape and kind of numbers."""
    if rng.random() < 0.3:
        return _face(rng)
    shape = [int(pick(rng, [0, 1, 2, 3, 4, 16, 17, 64, 300])) for _ in range(int(rng.integers(5)))]
    if rng.random() < 0.5:
        shape = [int(rng.integers(1, 400)), int(rng.integers(1, 400)), *shape[:1]]
    shape = _bounded(shape)
    dtype = str(rng.choice(DTYPES if np.prod(shape) > 10**4 else DTYPES + SLOW_DTYPES))
    values = rng.normal(0.5, 0.5, shape) * float(pick(rng, [1, 1, 0.2, 255, 1e9, 0]))
    if rng.random() < 0.1 and values.size:
        values = np.where(rng.random(shape) < 0.1, pick(rng, [np.nan, np.inf, -1.0]), values)
    with np.errstate(all="ignore"):
        try:
            return values.astype(dtype)
        except (TypeError, ValueError):
            return values


def _bounded(shape: list[int]) -> list[int]:
    return shape if np.prod(shape) <= MOST_NUMBERS else _bounded(shape[:-1])


def _image(rng: Random, folder: Path) -> Any:
    """Of any mode."""
    image, mode = Image.fromarray(_face(rng)), str(rng.choice(MODES))
    try:
        return image.convert(mode)
    except ValueError:
        return Image.new(mode, image.size, 1)


def _file(rng: Random, folder: Path) -> Any:
    """A file that a scanner, a phone or somebody else has written, whole or damaged; as a path, a text or opened."""
    stream = io.BytesIO()
    kind = str(rng.choice(FORMATS))
    Image.fromarray(_face(rng)).convert(str(rng.choice(["L", "RGB", "1"]))).save(stream, kind)
    content = changed(stream.getvalue(), rng) if rng.random() < 0.7 else stream.getvalue()
    if rng.random() < 0.3:
        return io.BytesIO(content)
    path = folder / f"drawing.{str(rng.choice(FORMATS)).lower()}"
    path.write_bytes(content)
    return path if rng.random() < 0.5 else str(path)


def _tensor(rng: Random, folder: Path) -> Any:
    """Of a shape and values that may or may not be a sketch's."""
    shape = [int(pick(rng, [0, 1, 2, 3, 16, 64, 65, 256])) for _ in range(int(rng.integers(1, 5)))]
    if rng.random() < 0.5:
        shape = [int(rng.integers(1, 4)), 1, int(rng.integers(1, 300)), int(rng.integers(1, 300))]
    x = torch.rand(_bounded(shape)) * 2 - 1
    if rng.random() < 0.2:
        x = x * float(pick(rng, [float("nan"), float("inf"), 100.0]))
    return x.to(pick(rng, [torch.float32] * 4 + [torch.float16, torch.int64, torch.bool, torch.complex64]))


def _sketchpad(rng: Random, folder: Path) -> Any:
    """The value of a gr.Sketchpad, with layers as they come."""
    parts = {name: pick(rng, [_image(rng, folder), _array(rng, folder), None]) for name in ("background", "composite")}
    layers = [pick(rng, [_image(rng, folder), _array(rng, folder), None, 3]) for _ in range(int(rng.integers(3)))]
    value = {**parts, "layers": layers}
    if rng.random() < 0.3:
        del value[str(rng.choice(list(value)))]
    return value


def _several(rng: Random, folder: Path) -> Any:
    """A list, or a batch."""
    makers = [_array, _image, _file, _odd]
    found = [pick(rng, makers)(rng, folder) for _ in range(int(rng.integers(4)))]
    return found if rng.random() < 0.7 else tuple(found)


def _odd(rng: Random, folder: Path) -> Any:
    """Nothing that is a drawing, or far too much of one."""
    if rng.random() < 0.1:
        return np.broadcast_to(np.uint8(255), (MAX_PIXELS // 1000 + 1, 1001))
    return pick(rng, ODD)
