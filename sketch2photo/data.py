"""Training samples: pairs, photographs with made sketches, or procedural faces, each a pure function of (seed, index).

Because a sample, with every random number that the training step will use on it, depends on nothing but its index, a run resumes in
the same data order from its step count alone, and gives the same losses on one process as on several.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from . import sketching
from .augment import VIEW_NUMBERS, WHOLE
from .config import TrainConfig
from .faces import draw_face
from .linework import line_drawing
from .parts import Parts, PartsFile

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
Sample = dict[str, Tensor]
Photo = NDArray[np.uint8]


class Source(Protocol):
    """Where pictures come from: item i is a photo (H, W, 3) uint8 and its sketch (H, W) uint8, or None where one must be made.

    Its name, where it has one, is what a file of parts (parts.py) knows it by.
    """

    def __len__(self) -> int: ...

    def load(self, index: int) -> tuple[Photo, Photo | None]: ...

    def name(self, index: int) -> str | None: ...


@dataclass(frozen=True)
class Pairs:
    """Folder with photo/ and sketch/ that hold the same names (suffixes may differ), pixel-registered."""

    photos: list[Path]
    sketches: list[Path]

    @classmethod
    def open(cls, folder: Path) -> "Pairs":
        """Raises ValueError where the folder holds no pairs or names without a partner."""
        photos, sketches = _pictures(folder / "photo"), _pictures(folder / "sketch")
        alone = sorted(set(photos) ^ set(sketches))
        if alone:
            raise ValueError(
                f"{len(alone)} pictures in {folder} are only in one of photo/ and sketch/, {alone[0]!r} for one: "
                "give both halves of a pair the same name."
            )
        names = sorted(photos)
        return cls([photos[name] for name in names], [sketches[name] for name in names])

    def __len__(self) -> int:
        return len(self.photos)

    def load(self, index: int) -> tuple[Photo, Photo | None]:
        return read(self.photos[index], "RGB"), read(self.sketches[index], "L")

    def name(self, index: int) -> str | None:
        return self.photos[index].stem


@dataclass(frozen=True)
class Photos:
    """Folder of photographs; their sketches are made."""

    paths: list[Path]

    @classmethod
    def open(cls, folder: Path) -> "Photos":
        """Raises ValueError where the folder holds no pictures."""
        return cls(sorted(_pictures(folder).values()))

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, index: int) -> tuple[Photo, Photo | None]:
        return read(self.paths[index], "RGB"), None

    def name(self, index: int) -> str | None:
        return self.paths[index].stem


@dataclass(frozen=True)
class Hub:
    """A Hub dataset (or any folder that `datasets` loads): column photo or image, and sketch where there are pairs."""

    rows: Any

    @classmethod
    def open(cls, dataset_id: str) -> "Hub":
        """Raises ValueError where the data set cannot be loaded or has no column of photographs."""
        try:
            from datasets import load_dataset

            rows = load_dataset(dataset_id, split="train")
        except Exception as error:
            raise ValueError(
                f"{dataset_id!r} is neither a folder nor a data set that can be loaded: {error}"
            ) from error
        if not {"photo", "image"} & set(rows.column_names):
            raise ValueError(f"{dataset_id!r} has no column named photo or image, only {rows.column_names}.")
        return cls(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def load(self, index: int) -> tuple[Photo, Photo | None]:
        row = self.rows[index]
        photo = np.asarray((row["photo"] if "photo" in row else row["image"]).convert("RGB"))
        return photo, np.asarray(row["sketch"].convert("L")) if "sketch" in row else None

    def name(self, index: int) -> str | None:
        return None


@dataclass(frozen=True)
class Drawn:
    """Procedural faces made in memory: what training runs on when it is given nothing."""

    size: int
    count: int = 100_000
    first: int = 0

    def __len__(self) -> int:
        return self.count

    def load(self, index: int) -> tuple[Photo, Photo | None]:
        return draw_face(np.random.default_rng(self.first + index), self.size)

    def name(self, index: int) -> str | None:
        return None


@dataclass(frozen=True)
class Part:
    """Some items of a source."""

    source: Source
    indices: list[int]

    def __len__(self) -> int:
        return len(self.indices)

    def load(self, index: int) -> tuple[Photo, Photo | None]:
        return self.source.load(self.indices[index])

    def name(self, index: int) -> str | None:
        return self.source.name(self.indices[index])


def split(source: Source, held_out: int) -> tuple[Part, Part]:
    """The source without `held_out` of its items, and only those, spread evenly."""
    chosen = set(np.linspace(0, len(source) - 1, held_out).round().astype(int).tolist())
    train, held = ([i for i in range(len(source)) if (i in chosen) == inside] for inside in (False, True))
    return Part(source, train), Part(source, held)


def hold_out(source: Source, at_most: int) -> tuple[Part, Part]:
    """What training draws from, and what only validation sees: `at_most` items, and at most a tenth."""
    return split(source, min(at_most, max(1, len(source) // 10)))


def open_source(location: str, kind: type[Pairs] | type[Photos]) -> Source:
    """The folder at `location` as pairs or photographs, or else the Hub data set of that id."""
    return kind.open(Path(location)) if Path(location).is_dir() else Hub.open(location)


class Stream(Dataset[Sample]):
    """Endless samples from weighted sources.

    A sample holds sketch (1, S, S) and photo (3, S, S) in [-1, 1], strictness (), and the step's random numbers: z and eps (D,) from
    N(0, 1), view (VIEW_NUMBERS,) from U(0, 1).
    """

    def __init__(
        self,
        sources: Sequence[tuple[Source, float]],
        config: TrainConfig,
        size: int,
        latent_dim: int,
        seed: int,
        parts: PartsFile | None = None,
    ):
        self.sources = [source for source, _ in sources]
        weights = np.array([weight for _, weight in sources])
        self.shares = weights / weights.sum()
        self.config, self.size, self.latent_dim, self.seed = config, size, latent_dim, seed
        self.parts = parts

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        source = self.sources[rng.choice(len(self.sources), p=self.shares)]
        item = int(rng.integers(len(source)))
        picture, drawn = source.load(item)
        if drawn is not None and rng.random() < self.config.made_share:
            drawn = None
        parts = self.parts.of(source.name(item), self.size) if self.parts and drawn is None else None
        photo, sketch, parts = self._registered(picture, drawn, parts, rng)
        strictness = 1.0
        if self.config.hand:
            # A third to the pixel, a sixth as a mere hint, the rest evenly between: both ends are what people choose.
            strictness = float(rng.choice([1.0, 0.0, rng.random()], p=[1 / 3, 1 / 6, 1 / 2]))
        # Who draws well may want a hint to be taken of it, too: a third of the sketches are better than strictness says.
        steadiness = strictness if rng.random() < 0.65 else float(rng.uniform(strictness, 1))
        if sketch is None and parts and rng.random() < self.config.line_share:
            sketch = line_drawing(photo, parts, rng, steadiness)
        elif sketch is None:
            sketch = sketching.sketch_of(photo, rng, parts.mask if parts else None)
        if self.config.hand:
            sketch = sketching.by_hand(sketch, rng, steadiness)
        view = rng.random(VIEW_NUMBERS, dtype=np.float32)
        if min(picture.shape[:2]) < self.size:  # Enlarged, it has no detail of full resolution to show: it is seen as a whole.
            view[0] *= WHOLE
        return {
            "sketch": to_tensor(sketch),
            "photo": to_tensor(photo),
            "strictness": torch.tensor(strictness, dtype=torch.float32),
            "z": torch.from_numpy(rng.standard_normal(self.latent_dim, dtype=np.float32)),
            "eps": torch.from_numpy(rng.standard_normal(self.latent_dim, dtype=np.float32)),
            "view": torch.from_numpy(view),
        }

    def _registered(
        self, picture: Photo, drawn: Photo | None, parts: Parts | None, rng: np.random.Generator
    ) -> tuple[sketching.Image, sketching.Image | None, Parts | None]:
        """All that belongs to a photograph resized, flipped, turned, zoomed and warped by the same map, in one resampling each."""
        flip = rng.random() < 0.5
        parts = parts and parts.mirrored() if flip else parts
        offset = None
        if self.config.warp:
            side, unit = self.size, self.size / 256
            # Photographs without sketches are framed a little wider than pairs are, and drawings of people's own wider still.
            zoom = rng.uniform(0.98, 1.08) if drawn is not None else rng.uniform(0.86, 1.12)
            turn = np.deg2rad(rng.uniform(-6, 6))
            cos, sin = np.cos(turn) / zoom - 1, np.sin(turn) / zoom
            ramp = np.linspace(-side / 2, side / 2, side, dtype=np.float32)
            x, y = np.meshgrid(ramp, ramp)
            shift = rng.uniform(-6, 6, 2) * unit
            affine = np.stack([cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]], -1)
            smooth = cv2.resize(
                rng.standard_normal((4, 4, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
            )
            offset = (affine + self.config.warp * unit * smooth).astype(np.float32)
            parts = parts and parts.warped(offset)
        photo = resampled(picture, self.size, offset, flip, white=False)
        sketch = None if drawn is None else resampled(drawn, self.size, offset, flip, white=True)
        return photo, sketch, parts


class Indices(Sampler[int]):
    """The stream's indices in order, from `start`: what a resumed run continues with."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __len__(self) -> int:
        return self.stop - self.start


def fixed_samples(source: Source, size: int, count: int) -> tuple[Tensor, Tensor]:
    """Sketches (N, 1, S, S) and photographs (N, 3, S, S) of the first `count` items, untouched but for the size."""
    sketches, photos = [], []
    for index in range(min(count, len(source))):
        photo, sketch = source.load(index)
        image = fitted(photo, size)
        drawn = sketching.sketch_of(image, np.random.default_rng(index)) if sketch is None else fitted(sketch, size)
        photos.append(to_tensor(image))
        sketches.append(to_tensor(drawn))
    return torch.stack(sketches), torch.stack(photos)


def fitted(picture: Photo, size: int) -> sketching.Image:
    """Centre-cropped to a square, resized to `size`, in [0, 1]."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side].astype(np.float32) / np.float32(255)
    if side == size:
        return square
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    return np.clip(cv2.resize(square, (size, size), interpolation=method), 0, 1).astype(np.float32, copy=False)


def resampled(
    picture: Photo, size: int, offset: NDArray[np.float32] | None, flip: bool, white: bool
) -> sketching.Image:
    """As `fitted`, mirrored if `flip`, and every pixel then taken from `offset` (size, size, 2) px away, white or mirrored beyond the border.

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


def to_tensor(picture: sketching.Image) -> Tensor:
    """(H, W) or (H, W, 3) in [0, 1] -> (1 or 3, H, W) in [-1, 1]."""
    planes = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes, np.float32) * 2 - 1)


def read(path: Path, mode: str) -> Photo:
    """The picture at `path` as uint8. Raises ValueError where it cannot be read."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert(mode))
    except OSError as error:
        raise ValueError(
            f"{path} is not a picture that can be read: remove it or save it again as PNG or JPEG."
        ) from error


def _pictures(folder: Path) -> dict[str, Path]:
    found = {p.stem: p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES} if folder.is_dir() else {}
    if not found:
        raise ValueError(f"No pictures in {folder}: it must be a folder of {', '.join(sorted(SUFFIXES))} files.")
    return found
