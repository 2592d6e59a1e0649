"""Where pictures come from: folders of pairs or photographs (layouts.py), data sets of the Hub, faces that are drawn.

To add a kind of source, write a class with `accepts`, `open`, `load`, `name` and a length, and give it a place in SOURCES.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..images import LINES, Floats, Picture, SketchFormat, fitted, to_array, to_drawn, to_tensor
from ..preprocess import dark_on_light
from .hub import Hub
from .hub_stream import START, HubStream, StreamedRows
from .landmarks import LandmarksFile, by_name, known_by
from .layouts import (
    DEFAULT,
    DataOptions,
    Found,
    Side,
    are_joined,
    find_pairs,
    find_pictures,
    holds_pairs,
    is_data_set,
    print_once,
    same_shape,
)
from .synthetic_faces import draw_face


class Source(Protocol):
    """Where pictures come from: item i is a photo (H, W, 3) uint8 and its sketch, or None where one must be made.

    A sketch is uint8, (H, W), or (H, W, 3) where it is coloured.

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

    def open(self, location: str, options: DataOptions) -> Source:
        """The source there; ValueError, one sentence, where it is none after all."""
        ...


@dataclass(frozen=True)
class Pairs:
    """Folder of pairs in a layout of layouts.py, pixel-registered. `joined` is the sketch's side where a file holds both halves."""

    photos: Sequence[Path]
    sketches: Sequence[Path]
    joined: Side | None = None

    @classmethod
    def accepts(cls, location: str) -> bool:
        folder = Path(location)
        return folder.is_dir() and (holds_pairs(folder) or not is_data_set(folder))

    @classmethod
    def open(cls, location: str | Path, options: DataOptions = DEFAULT) -> "Pairs":
        """Says on stderr what was found, and what was left out and why. Raises ValueError where the folder holds no pairs."""
        found = find_pairs(Path(location), options.sketch_side)
        photos, joined = found.photos.files, options.sketch_side if found.sketches is None else None
        pairs = cls(photos, photos if found.sketches is None else found.sketches, joined)
        _tell(location, f"{len(pairs)} pairs", found.photos, found.layout)
        if joined or options.sketch_side == pairs.sketches[0].parent.name[-1:]:
            pairs.warn_of_colours(location)
        return pairs

    def warn_of_colours(self, location: str | Path) -> None:
        """Says so where the sketches of a few pairs are more colourful than the photographs: the sides may be exchanged."""
        colours = np.zeros(2)
        for index in np.linspace(0, len(self) - 1, min(len(self), 8)).round().astype(int):
            try:
                halves = self._halves(index)
            except ValueError:
                continue
            colours += [float(np.ptp(half.astype(int), axis=2).mean()) for half in halves]
        if colours[1] > colours[0] + 8:
            print_once(
                f"{location}: the sketches have more colour than the photographs: are the sides exchanged (--sketch-side)?"
            )

    def __len__(self) -> int:
        return len(self.photos)

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        photo, sketch = self._halves(index)
        return photo, to_drawn(sketch)

    def _halves(self, index: int) -> tuple[Picture, Picture]:
        """Photograph and sketch, (H, W, 3) each."""
        path = self.photos[index]
        photo = _read(path, "RGB")
        if self.joined is None:
            sketch = _read(self.sketches[index], "RGB")
            if not same_shape(photo.shape, sketch.shape):
                raise ValueError(f"{path}: photograph and sketch differ in shape.")
            return photo, sketch
        if not are_joined(photo.shape[1], photo.shape[0]):
            raise ValueError(f"{path}: it is not twice as wide as high.")
        middle = photo.shape[1] // 2
        left, right = photo[:, :middle], photo[:, -middle:]
        return (right, left) if self.joined == "A" else (left, right)

    def name(self, index: int) -> str | None:
        return self.photos[index].stem


@dataclass(frozen=True)
class Photos:
    """Folder of photographs; their sketches are made."""

    paths: Sequence[Path]

    @classmethod
    def accepts(cls, location: str) -> bool:
        return Path(location).is_dir() and not is_data_set(Path(location))

    @classmethod
    def open(cls, location: str | Path, options: DataOptions = DEFAULT) -> "Photos":
        """Says on stderr what was found. Raises ValueError where the folder holds no pictures, or pairs of them."""
        if holds_pairs(Path(location)):
            raise ValueError(
                f"{location} holds pairs, not photographs alone: give it as pairs, or its photographs' folder."
            )
        found = find_pictures(Path(location))
        _tell(location, f"{len(found.names)} photographs", found)
        return cls(found.files)

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        return _read(self.paths[index], "RGB"), None

    def name(self, index: int) -> str | None:
        return self.paths[index].stem


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
    indices: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indices)

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        return self.source.load(int(self.indices[index]))

    def name(self, index: int) -> str | None:
        return self.source.name(int(self.indices[index]))


def open_landmarks(path: Path, sources: Iterable[Source]) -> LandmarksFile:
    """What a file of landmarks knows of the sources' photographs.

    Raises:
        ValueError: it cannot be read, or two different photographs have one name that it knows: it cannot tell them apart.
    """
    known = LandmarksFile(path)
    files = (file for source in sources for file in _files(source))
    by_name(file for file in files if known_by(file.stem) in known.row)
    return known


def _files(source: Source) -> Sequence[Path]:
    """Those of a source's photographs, where they have any of their own."""
    match source:
        case Subset():
            return _files(source.source)
        case Pairs():
            return source.photos
        case Photos():
            return source.paths
    return ()


def in_format(sketch: Picture, form: SketchFormat = LINES) -> Picture:
    """A sketch of a source as a model is given it: coloured, or grey, and lines dark on light."""
    if form.channels == 3:
        return np.repeat(sketch[..., None], 3, 2) if sketch.ndim == 2 else sketch
    grey = sketch if sketch.ndim == 2 else to_array(sketch, "L")
    return dark_on_light(grey) if form.lines else grey


def find_channels(sources: Sequence["WeightedSource"], colours: bool = True, inverted: bool = True) -> int:
    """How many channels the sketches of some items need, 1 or 3: says so where they are coloured or light on dark.

    Without `colours` they are taken as grey whatever they are; without `inverted`, light ones on dark are taken as they are.
    """
    channels = 1
    for source, _, label in sources:
        sketches = []
        for index in np.linspace(0, len(source) - 1, min(len(source), 16)).round().astype(int):
            with suppress(ValueError):  # it is passed over when it turns up, too
                sketches.append(source.load(index)[1])
        drawn = [sketch for sketch in sketches if sketch is not None]
        if sum(sketch.ndim == 3 for sketch in drawn) > len(drawn) / 2:
            if colours:
                channels = 3
                print_once(f"{label}: the sketches are coloured, so the model sees them in colour.")
            else:
                print_once(f"{label}: the sketches are coloured, and taken as grey.")
        elif inverted and sum(in_format(sketch).mean() > sketch.mean() + 1 for sketch in drawn) > len(drawn) / 2:
            print_once(f"{label}: the sketches are light on dark, and inverted, as every drawing will be.")
    return channels


def split(source: Source, held_out: int) -> tuple[Subset, Subset]:
    """The source without `held_out` of its items, and only those, spread evenly."""
    held = np.unique(np.linspace(0, len(source) - 1, held_out).round().astype(np.int64))
    return Subset(source, np.delete(np.arange(len(source)), held)), Subset(source, held)


def readable(source: Source) -> Subset:
    """The items of a source that can be read, found by reading all of them; the others are said. ValueError where there are none."""
    kept = []
    for index in range(len(source)):
        try:
            source.load(index)
            kept.append(index)
        except ValueError as error:
            print_once(f"Passed over: {error}")
    if not kept:
        raise ValueError("None of the pictures that are left to validation can be read.")
    return Subset(source, np.array(kept))


def hold_out(source: Source, at_most: int) -> tuple[Subset, Subset]:
    """What training draws from, and what only validation sees: `at_most` items, and at most a tenth.

    Raises:
        ValueError: there are fewer than two, one for each.
    """
    if len(source) < 2:
        raise ValueError("Of the first source one picture is held out for validation: give at least two in it.")
    return split(source, min(at_most, max(1, len(source) // 10)))


# What --pairs and --photos take: the first that accepts a location opens it.
SOURCES: dict[str, list[Opener]] = {"pairs": [Pairs, HubStream, Hub], "photos": [Photos, HubStream, Hub]}


def open_source(location: str, options: DataOptions) -> Source:
    """What lies at `location`, of pairs or of photographs. Raises ValueError, one sentence, where nothing does."""
    return next(opener for opener in SOURCES[options.kind] if opener.accepts(location)).open(location, options)


class WeightedSource(NamedTuple):
    """A source that training draws a share of its samples from, and how a run's record names it."""

    source: Source
    share: float = 1.0
    label: str = "pictures"


def open_training_data(
    pairs: Sequence[str],
    photos: Sequence[str],
    photos_share: float,
    held_out: int,
    size: int,
    options: DataOptions = DEFAULT,
) -> tuple[list[WeightedSource], Source]:
    """What training draws from, and what only validation sees.

    Args:
        pairs, photos: locations, each with a weight among its kind after "=" where that isn't 1: "DIR=2".
        photos_share: of the samples that are photographs, where there are pairs, too.
        held_out: items of the first source that are left to validation, at most a tenth of it; of drawn faces at most 64.
        size: of the faces that are drawn where both are empty, px.
        options: columns and side of the sketch, for all locations.

    Raises:
        ValueError: one sentence about a location or its weight.
    """
    if not pairs and not photos:
        return [WeightedSource(SyntheticFaces(size), 1.0, "synthetic faces")], SyntheticFaces(
            size, min(64, held_out), first=10**6
        )
    share = {"pairs": 1 - photos_share, "photos": photos_share} if pairs and photos else {"pairs": 1.0, "photos": 1.0}
    opened = [
        *_opened(pairs, options._replace(kind="pairs"), share["pairs"]),
        *_opened(photos, options._replace(kind="photos"), share["photos"]),
    ]
    if options.columns and not any(isinstance(each.source, Hub) for each in opened):
        raise ValueError("--columns are those of data sets, and these are folders of pictures.")
    first = opened[0]
    if isinstance(first.source, Hub) and isinstance(first.source.rows, StreamedRows):
        raise ValueError(
            f"{first.label}: of a stream nothing can be held out for validation: give before it pairs, or photographs where there "
            "are none, that are not streamed."
        )
    rest, validation = hold_out(first.source, held_out)
    return [source for source in (first._replace(source=rest), *opened[1:]) if source.share], readable(validation)


def _opened(texts: Sequence[str], options: DataOptions, share: float) -> list[WeightedSource]:
    """Sources of one kind that share `share` of the samples by their weights."""
    found = []
    for text in texts:
        location, equals, weight = text.rpartition("=")
        if Path(text).exists() or not equals:
            location, weight = text, "1"
        source = open_source(location, options)
        try:
            number = float(weight)
            if not 0 < number < float("inf"):
                raise ValueError
        except ValueError as error:
            raise ValueError(f"The weight in {text!r} is not a number above 0: write DIR=2.") from error
        # A local path is nobody else's business: records are published.
        place = Path(location.removeprefix(START))
        name = place.resolve().name if place.is_dir() else location
        found.append(WeightedSource(source, number, f"{options.kind} {name}"))
    total = sum(source.share for source in found)
    return [source._replace(share=share * source.share / total) for source in found]


def _tell(location: str | Path, count: str, found: Found, layout: str = "") -> None:
    """What was found at a location, and a line for each reason to leave something out."""
    print_once(f"{location}: {count}, " + (f"{layout}, " if layout else "") + found.span())
    for reason in found.reasons():
        print_once(f"{location}: {reason}")


def _read(path: Path, mode: str) -> Picture:
    try:
        return to_array(path, mode)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def fixed_samples(
    source: Source,
    size: int,
    count: int,
    sketch_of: Callable[[Floats, np.random.Generator], Floats] | None = None,
    form: SketchFormat = LINES,
) -> tuple[Tensor, Tensor]:
    """Sketches (N, C, S, S) and photographs (N, 3, S, S) of the first `count` items, untouched but for the size.

    `sketch_of` makes the sketch of a photograph that has none; ValueError where that is wanted and is None.
    """
    sketches, photos = [], []
    for index in range(min(count, len(source))):
        photo, sketch = source.load(index)
        image = fitted(photo, size)
        if sketch is not None:
            drawn = fitted(in_format(sketch, form), size)
        elif sketch_of is not None:
            drawn = sketch_of(image, np.random.default_rng(index))
        else:
            raise ValueError("These are photographs without sketches: give pairs, with photo/ and sketch/ inside.")
        photos.append(to_tensor(image))
        sketches.append(to_tensor(drawn).expand(form.channels, -1, -1))
    return torch.stack(sketches), torch.stack(photos)
