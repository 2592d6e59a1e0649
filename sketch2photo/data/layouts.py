"""Pictures as they lie on disks: which files of a folder are pictures, and which two of them are a pair.

A folder of pairs has one of these layouts, or a folder train/ in it has:

| layout | what belongs together |
|---|---|
| photo/ and sketch/, photos/ and sketches/ | files of the same name; suffixes may differ |
| A/ and B/, trainA/ and trainB/ | the same; which of the two is drawn is said by `sketch_side` |
| target/ and source/, images/ and conditioning_images/ | the same, as ControlNet's trainers have them |
| pictures that are twice as wide as high | their halves, A on the left and B on the right, as pix2pix has them |

Folders may be nested. Nothing is decoded, and of many pictures the headers of HEADERS alone are read, so that 100,000 files take about
as long as 1,000. What is wrong with another one is found when it is drawn.
"""

import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, overload

from ..images import MAX_PIXELS, SUFFIXES, PictureError, open_header

Side = Literal["A", "B"]
ORIENTATION = 0x0112  # the EXIF tag; from 5 on width and height are exchanged
SHAPE_TOLERANCE = 0.02  # of the ratio of the sides
HEADERS = 1000  # of a folder's pictures, evenly spread, that are read before training begins
DATA_SET_FILE = re.compile(r"state\.json|dataset_dict\.json|metadata\.(jsonl|csv)|.*\.(parquet|arrow)")
LAYOUTS = (
    "photo/ and sketch/, A/ and B/, trainA/ and trainB/ with the same names, or pictures of both halves side by side"
)


class DataOptions(NamedTuple):
    """How a location is to be understood.

    kind: pairs, or photographs whose sketches are made, or sketches alone; columns: of a data set, of the photographs and of the sketches;
    sketch_side: which half of A and B is the sketch.
    """

    kind: Literal["pairs", "photos", "sketches"] = "pairs"
    columns: Sequence[str] = ()
    sketch_side: Side = "A"


DEFAULT = DataOptions()


class Files(Sequence[Path]):
    """Files by their names below a folder; a Path, which takes six times the memory of its name, is made when it is asked for."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, names

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> "Files": ...
    def __getitem__(self, index: int | slice) -> "Path | Files":
        chosen = self.names[index]
        return Path(self.folder, chosen) if isinstance(chosen, str) else Files(self.folder, chosen)


@dataclass
class Found:
    """Pictures in a folder by their names below it, in order; and those that are left out, by the reason.

    sizes: width and height in px, upright, of those whose headers were read.
    """

    folder: Path
    names: list[str]
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def files(self) -> Files:
        return Files(self.folder, self.names)

    def leave_out(self, reason: str, names: Collection[str]) -> None:
        """Says of files why they are not used."""
        if names:
            self.left_out.setdefault(reason, []).extend(map(os.path.basename, names))
            gone = set(names)
            self.names = [name for name in self.names if name not in gone]
            self.sizes = {name: size for name, size in self.sizes.items() if name not in gone}

    def span(self) -> str:
        """Their sizes in words: "64 x 64 to 500 x 400 px"."""
        ordered = sorted(set(self.sizes.values()), key=lambda size: size[0] * size[1])
        ends = ordered[:1] + ordered[1:][-1:]
        words = " to ".join(f"{width} x {height}" for width, height in ends) + " px"
        return words if len(self.sizes) == len(self.names) else f"{words} in {len(self.sizes)} of them"

    def reasons(self) -> Iterator[str]:
        """A line for each reason."""
        for reason, names in self.left_out.items():
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            yield f"left out {len(names)} {reason}: {shown}"


class FoundPairs(NamedTuple):
    """Photographs, the sketch of each, or None where both are halves of one picture, and the layout in words."""

    photos: Found
    sketches: Files | None
    layout: str


def find_pictures(folder: Path, headers: int = HEADERS) -> Found:
    """All pictures in a folder and below it, of which the headers of so many at least, if there are, are read.

    Raises:
        ValueError: there are none.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}.")
    found = Found(folder, _files(folder))
    found.leave_out("hidden files", [name for name in found.names if os.path.basename(name).startswith(".")])
    others: dict[str, list[str]] = {}
    for name in found.names:
        suffix = os.path.splitext(name)[1]
        if suffix.lower() not in SUFFIXES:
            others.setdefault(suffix, []).append(name)
    for suffix, names in others.items():
        found.leave_out(f"files of another kind ({suffix or 'no suffix'})", names)
    read = found.names[:: max(1, len(found.names) // headers)]
    bad: dict[str, list[str]] = {}
    with ThreadPoolExecutor(8) as pool:  # for disks behind a network
        for name, answer in zip(read, pool.map(partial(_size, folder), read), strict=True):
            if isinstance(answer, str):
                bad.setdefault(answer, []).append(name)
            else:
                found.sizes[name] = answer
    for reason, names in bad.items():
        found.leave_out(reason, names)
    if not found.sizes:
        raise ValueError("; ".join([f"No pictures in {folder}", *found.reasons()]) + ".")
    return found


def _files(folder: Path) -> list[str]:
    """The names below a folder of all files in it, in order; links to folders are followed, once."""
    files, seen = [], set()
    for place, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(place, name)) not in seen
        ]
        below = os.path.relpath(place, folder)
        files += names if below == os.curdir else [os.path.join(below, name) for name in names]
    return sorted(files, key=lambda name: name.split(os.sep))


def _size(folder: Path, name: str) -> tuple[int, int] | str:
    """Width and height, upright, or why it cannot be used."""
    try:
        with open_header(folder / name) as picture:
            width, height = picture.size
            # Pillow looks for a PNG's tag behind all of its pixels, where it isn't before them.
            tags = picture.getexif() if picture.format != "PNG" or "exif" in picture.info else {}
            return (height, width) if tags.get(ORIENTATION, 1) >= 5 else (width, height)
    except PictureError as error:
        large = f"of more than {MAX_PIXELS // 10**6} megapixels"
        return "that cannot be read" if error.key == "unreadable" else large
    except Exception:  # a link to nowhere, no permission, or tags that are none
        return "that cannot be read"


def find_pairs(folder: Path, sketch_side: Side = "A") -> FoundPairs:
    """The pairs in a folder of any of the layouts above. Raises ValueError where there are none."""
    halves = _halves(folder, sketch_side)
    if halves is None:
        pairs = find_pictures(folder / "train" if (folder / "train").is_dir() else folder)
        narrow = [name for name, size in pairs.sizes.items() if not are_joined(*size)]
        pairs.leave_out("that are not twice as wide as high", narrow)
        if not pairs.sizes:
            raise ValueError(f"No pairs in {folder}: it has neither {LAYOUTS}.")
        return FoundPairs(pairs, None, f"halves side by side, {sketch_side} the sketch")

    pairs, sketches = (find_pictures(half) for half in halves)
    photo_place, sketch_place = (half.relative_to(folder).as_posix() for half in halves)
    ours, theirs = _by_name(pairs), _by_name(sketches)
    for reason, names in sketches.left_out.items():
        pairs.left_out.setdefault(reason, []).extend(names)
    alone = sorted(ours.keys() ^ theirs.keys())
    partners = {ours[name]: theirs[name] for name in sorted(ours.keys() & theirs.keys())}
    pairs.names = list(partners)
    pairs.leave_out("without a partner of the same name", [ours.get(name) or theirs[name] for name in alone])
    pairs.sizes = {name: size for name, size in pairs.sizes.items() if name in partners}
    others = [
        name
        for name, size in pairs.sizes.items()
        if partners[name] in sketches.sizes and not same_shape(size, sketches.sizes[partners[name]])
    ]
    pairs.leave_out("whose photograph and sketch differ in shape", others)
    if not pairs.names:
        raise ValueError("; ".join([f"No pairs in {folder}", *pairs.reasons()]) + ".")
    chosen = Files(halves[1], [partners[name] for name in pairs.names])
    return FoundPairs(pairs, chosen, f"photographs in {photo_place}/, sketches in {sketch_place}/")


def _by_name(found: Found) -> dict[str, str]:
    """Pictures by their names without suffix, an accent being the same letter however it is written."""
    names = {name: unicodedata.normalize("NFC", os.path.splitext(name)[0].replace(os.sep, "/")) for name in found.names}
    counts = Counter(names.values())
    found.leave_out("that share their name with another", [name for name, key in names.items() if counts[key] > 1])
    return {names[name]: name for name in found.names}


def _halves(folder: Path, sketch_side: Side) -> tuple[Path, Path] | None:
    """The folders of photographs and of sketches, where there are such."""
    photo_side = "B" if sketch_side == "A" else "A"
    for photo, sketch in (
        ("photo", "sketch"),
        ("photos", "sketches"),
        ("target", "source"),
        ("images", "conditioning_images"),
        (photo_side, sketch_side),
        (f"train{photo_side}", f"train{sketch_side}"),
    ):
        halves = folder / photo, folder / sketch
        if all(half.is_dir() for half in halves):
            inside = halves[0] / "train", halves[1] / "train"
            return inside if all(half.is_dir() for half in inside) else halves
    return _halves(folder / "train", sketch_side) if (folder / "train").is_dir() else None


def holds_pairs(folder: Path) -> bool:
    """Whether a folder has the two halves of pairs inside."""
    return _halves(folder, "A") is not None


def is_data_set(folder: Path) -> bool:
    """Whether a folder is one that `datasets` loads: of save_to_disk, of Parquet or Arrow, or of pictures with metadata."""
    inside = [entry.path for entry in os.scandir(folder) if entry.is_dir()]
    return any(DATA_SET_FILE.fullmatch(name) for place in (folder, *inside) for name in os.listdir(place))


def same_shape(ours: Sequence[int], theirs: Sequence[int]) -> bool:
    """Whether two sizes are of the same picture, larger and smaller: others would be cropped apart."""
    return abs(ours[0] * theirs[1] - theirs[0] * ours[1]) <= SHAPE_TOLERANCE * ours[0] * theirs[1]


def are_joined(width: int, height: int) -> bool:
    """Whether a picture is twice as wide as high, as the halves of a pair are side by side."""
    return abs(width - 2 * height) <= SHAPE_TOLERANCE * width


def print_once(text: str) -> None:
    """Prints on stderr, in one of the processes that train together."""
    if os.environ.get("RANK", "0") == "0":
        print(text, file=sys.stderr, flush=True)
