"""Where pictures come from: folders of pairs or photographs, data sets of the Hub, faces that are drawn.

To add a kind of source, write a class with `accepts`, `open`, `load`, `name` and a length, and give it a place in SOURCES.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from ..images import SUFFIXES, Floats, Picture, fitted, to_array, to_tensor
from .synthetic_faces import draw_face


class Source(Protocol):
    """Where pictures come from: item i is a photo (H, W, 3) uint8 and its sketch (H, W) uint8, or None where one must be made.

    Its name, where it has one, is what a file of landmarks (landmarks.py) knows it by.
    """

    def __len__(self) -> int: ...

    def load(self, index: int) -> tuple[Picture, Picture | None]: ...

    def name(self, index: int) -> str | None: ...


class Opener(Protocol):
    """What opens a source: a class in SOURCES."""

    def accepts(self, location: str) -> bool:
        """Whether a location on the command line is one of this kind."""
        ...

    def open(self, location: str) -> Source:
        """The source there; ValueError, one sentence, where it is none after all."""
        ...


@dataclass(frozen=True)
class Pairs:
    """Folder with photo/ and sketch/ that hold the same names (suffixes may differ), pixel-registered."""

    photos: list[Path]
    sketches: list[Path]

    @classmethod
    def accepts(cls, location: str) -> bool:
        return Path(location).is_dir()

    @classmethod
    def open(cls, location: str | Path) -> "Pairs":
        """Raises ValueError where the folder holds no pairs or names without a partner."""
        folder = Path(location)
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
        return _read(self.photos[index], "RGB"), _read(self.sketches[index], "L")

    def name(self, index: int) -> str | None:
        return self.photos[index].stem


@dataclass(frozen=True)
class Photos:
    """Folder of photographs; their sketches are made."""

    paths: list[Path]

    @classmethod
    def accepts(cls, location: str) -> bool:
        return Path(location).is_dir()

    @classmethod
    def open(cls, location: str | Path) -> "Photos":
        """Raises ValueError where the folder holds no pictures."""
        return cls(sorted(_pictures(Path(location)).values()))

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        return _read(self.paths[index], "RGB"), None

    def name(self, index: int) -> str | None:
        return self.paths[index].stem


@dataclass(frozen=True)
class Hub:
    """A Hub dataset (or any folder that `datasets` loads): column photo or image, and sketch where there are pairs."""

    rows: Any

    @classmethod
    def accepts(cls, location: str) -> bool:
        return True

    @classmethod
    def open(cls, location: str) -> "Hub":
        """Raises ValueError where the data set cannot be loaded or has no column of photographs."""
        try:
            from datasets import load_dataset

            rows = load_dataset(location, split="train")
        except Exception as error:
            raise ValueError(f"{location!r} is neither a folder nor a data set that can be loaded: {error}") from error
        if not {"photo", "image"} & set(rows.column_names):
            raise ValueError(f"{location!r} has no column named photo or image, only {rows.column_names}.")
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


# What --pairs and --photos take: the first that accepts a location opens it.
SOURCES: dict[Literal["pairs", "photos"], list[Opener]] = {"pairs": [Pairs, Hub], "photos": [Photos, Hub]}


def open_source(location: str, kind: Literal["pairs", "photos"]) -> Source:
    """What lies at `location`, of pairs or of photographs. Raises ValueError, one sentence, where nothing does."""
    return next(opener for opener in SOURCES[kind] if opener.accepts(location)).open(location)


class WeightedSource(NamedTuple):
    """A source that training draws a share of its samples from, and how a run's record names it."""

    source: Source
    share: float = 1.0
    label: str = "pictures"


def open_training_data(
    pairs: Sequence[str], photos: Sequence[str], photos_share: float, held_out: int, size: int
) -> tuple[list[WeightedSource], Source]:
    """What training draws from, and what only validation sees.

    Args:
        pairs, photos: locations, each with a weight among its kind after "=" where that isn't 1: "DIR=2".
        photos_share: of the samples that are photographs, where there are pairs, too.
        held_out: items of the first source that are left to validation, at most a tenth of it.
        size: of the faces that are drawn where both are empty, px.

    Raises:
        ValueError: one sentence about a location or its weight.
    """
    if not pairs and not photos:
        return [WeightedSource(SyntheticFaces(size), 1.0, "synthetic faces")], SyntheticFaces(size, 64, first=10**6)
    share = {"pairs": 1 - photos_share, "photos": photos_share} if pairs and photos else {"pairs": 1.0, "photos": 1.0}
    opened = [*_opened(pairs, "pairs", share["pairs"]), *_opened(photos, "photos", share["photos"])]
    first = opened[0]
    rest, validation = hold_out(first.source, held_out)
    return [source for source in (first._replace(source=rest), *opened[1:]) if source.share], validation


def _opened(texts: Sequence[str], kind: Literal["pairs", "photos"], share: float) -> list[WeightedSource]:
    """Sources of one kind that share `share` of the samples by their weights."""
    found = []
    for text in texts:
        location, _, weight = text.partition("=")
        source = open_source(location, kind)
        try:
            number = float(weight or 1)
            if not 0 < number < float("inf"):
                raise ValueError
        except ValueError as error:
            raise ValueError(f"The weight in {text!r} is not a number above 0: write DIR=2.") from error
        # A local path is nobody else's business: records are published.
        name = Path(location).resolve().name if Path(location).is_dir() else location
        found.append(WeightedSource(source, number, f"{kind} {name}"))
    total = sum(source.share for source in found)
    return [source._replace(share=share * source.share / total) for source in found]


def _read(path: Path, mode: str) -> Picture:
    try:
        return to_array(path, mode)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _pictures(folder: Path) -> dict[str, Path]:
    found = {p.stem: p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES} if folder.is_dir() else {}
    if not found:
        raise ValueError(f"No pictures in {folder}: it must be a folder of {', '.join(sorted(SUFFIXES))} files.")
    return found


def fixed_samples(
    source: Source,
    size: int,
    count: int,
    sketch_of: Callable[[Floats, np.random.Generator], Floats] | None = None,
) -> tuple[Tensor, Tensor]:
    """Sketches (N, 1, S, S) and photographs (N, 3, S, S) of the first `count` items, untouched but for the size.

    `sketch_of` makes the sketch of a photograph that has none; ValueError where that is wanted and is None.
    """
    sketches, photos = [], []
    for index in range(min(count, len(source))):
        photo, sketch = source.load(index)
        image = fitted(photo, size)
        if sketch is not None:
            drawn = fitted(sketch, size)
        elif sketch_of is not None:
            drawn = sketch_of(image, np.random.default_rng(index))
        else:
            raise ValueError("These are photographs without sketches: give pairs, with photo/ and sketch/ inside.")
        photos.append(to_tensor(image))
        sketches.append(to_tensor(drawn))
    return torch.stack(sketches), torch.stack(photos)
