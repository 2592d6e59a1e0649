"""Where pictures come from: folders of pairs or photographs, data sets of the Hub, faces that are drawn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ..images import SUFFIXES, Picture, fitted, read, to_array, to_tensor
from . import photo_to_sketch
from .synthetic_faces import draw_face


class Source(Protocol):
    """Where pictures come from: item i is a photo (H, W, 3) uint8 and its sketch (H, W) uint8, or None where one must be made.

    Its name, where it has one, is what a file of parts (landmarks.py) knows it by.
    """

    def __len__(self) -> int: ...

    def load(self, index: int) -> tuple[Picture, Picture | None]: ...

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

    def load(self, index: int) -> tuple[Picture, Picture | None]:
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

    def load(self, index: int) -> tuple[Picture, Picture | None]:
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

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        row = self.rows[index]
        photo = to_array(row["photo"] if "photo" in row else row["image"], "RGB")
        return photo, to_array(row["sketch"], "L") if "sketch" in row else None

    def name(self, index: int) -> str | None:
        return None


@dataclass(frozen=True)
class SyntheticFaces:
    """Procedural faces made in memory: what training runs on when it is given nothing."""

    size: int
    count: int = 100_000
    first: int = 0

    def __len__(self) -> int:
        return self.count

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        return draw_face(np.random.default_rng(self.first + index), self.size)

    def name(self, index: int) -> str | None:
        return None


@dataclass(frozen=True)
class Subset:
    """Some items of a source."""

    source: Source
    indices: list[int]

    def __len__(self) -> int:
        return len(self.indices)

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        return self.source.load(self.indices[index])

    def name(self, index: int) -> str | None:
        return self.source.name(self.indices[index])


def split(source: Source, held_out: int) -> tuple[Subset, Subset]:
    """The source without `held_out` of its items, and only those, spread evenly."""
    chosen = set(np.linspace(0, len(source) - 1, held_out).round().astype(int).tolist())
    train, held = ([i for i in range(len(source)) if (i in chosen) == inside] for inside in (False, True))
    return Subset(source, train), Subset(source, held)


def hold_out(source: Source, at_most: int) -> tuple[Subset, Subset]:
    """What training draws from, and what only validation sees: `at_most` items, and at most a tenth."""
    return split(source, min(at_most, max(1, len(source) // 10)))


def open_source(location: str, kind: type[Pairs] | type[Photos]) -> Source:
    """The folder at `location` as pairs or photographs, or else the Hub data set of that id."""
    return kind.open(Path(location)) if Path(location).is_dir() else Hub.open(location)


def _pictures(folder: Path) -> dict[str, Path]:
    found = {p.stem: p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES} if folder.is_dir() else {}
    if not found:
        raise ValueError(f"No pictures in {folder}: it must be a folder of {', '.join(sorted(SUFFIXES))} files.")
    return found


def fixed_samples(source: Source, size: int, count: int) -> tuple[Tensor, Tensor]:
    """Sketches (N, 1, S, S) and photographs (N, 3, S, S) of the first `count` items, untouched but for the size."""
    sketches, photos = [], []
    for index in range(min(count, len(source))):
        photo, sketch = source.load(index)
        image = fitted(photo, size)
        drawn = (
            photo_to_sketch.sketch_of(image, np.random.default_rng(index)) if sketch is None else fitted(sketch, size)
        )
        photos.append(to_tensor(image))
        sketches.append(to_tensor(drawn))
    return torch.stack(sketches), torch.stack(photos)
