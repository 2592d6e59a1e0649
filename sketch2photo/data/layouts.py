"""Pictures as they lie on disks: which files of a folder are pictures, and which two of them are a pair.

A folder of pairs has one of these layouts, or a folder train/ in it has:

| layout | what belongs together |
|---|---|
| photo/ and sketch/, photos/ and sketches/ | files of the same name; suffixes may differ |
| A/ and B/, trainA/ and trainB/ | the same; which of the two is drawn is said by `sketch_side` |
| target/ and source/, images/ and conditioning_images/ | the same, as ControlNet's trainers have them |
| pictures that are twice as wide as high | their halves, A on the left and B on the right, as pix2pix has them |

Folders may be nested. Headers are read and nothing is decoded, so 10,000 files take seconds.
"""

import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from ..images import MAX_PIXELS, SUFFIXES, PictureError, open_header

Side = Literal["A", "B"]
ORIENTATION = 0x0112  # the EXIF tag; from 5 on width and height are exchanged
SHAPE_TOLERANCE = 0.02  # of the ratio of the sides
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


@dataclass
class Found:
    """Pictures in a folder, with width and height in px, upright; and those that are left out, by the reason."""

    sizes: dict[Path, tuple[int, int]] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, reason: str, *paths: Path) -> None:
        """Says of files why they are not used."""
        self.left_out.setdefault(reason, []).extend(path.name for path in paths)
        for path in paths:
            self.sizes.pop(path, None)

    def span(self) -> str:
        """Their sizes in words: "64 x 64 to 500 x 400 px"."""
        ordered = sorted(set(self.sizes.values()), key=lambda size: size[0] * size[1])
        ends = [ordered[0], ordered[-1]][: len(ordered)]
        return " to ".join(f"{width} x {height}" for width, height in ends) + " px"

    def reasons(self) -> Iterator[str]:
        """A line for each reason."""
        for reason, names in self.left_out.items():
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            yield f"left out {len(names)} {reason}: {shown}"


@dataclass
class FoundPairs(Found):
    """Pairs: `photos` and `sketches` are of the same length, and the same files where both halves are joined in one."""

    photos: list[Path] = field(default_factory=list)
    sketches: list[Path] = field(default_factory=list)
    joined: bool = False
    layout: str = ""


def find_pictures(folder: Path) -> Found:
    """All pictures in a folder and below it. Raises ValueError where there are none."""
    found, paths = Found(), []
    for path in _files(folder):
        if path.name.startswith("."):
            found.leave_out("hidden files", path)
        elif path.suffix.lower() not in SUFFIXES:
            found.leave_out(f"files of another kind ({path.suffix or 'no suffix'})", path)
        else:
            paths.append(path)
    with ThreadPoolExecutor(8) as pool:  # for disks behind a network
        for path, answer in zip(paths, pool.map(_size, paths), strict=True):
            if isinstance(answer, str):
                found.leave_out(answer, path)
            else:
                found.sizes[path] = answer
    if not found.sizes:
        raise ValueError("; ".join([f"No pictures in {folder}", *found.reasons()]) + ".")
    return found


def _files(folder: Path) -> list[Path]:
    """All files below a folder, in order; links to folders are followed, once."""
    files, seen = [], set()
    for place, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(place, name)) not in seen
        ]
        files += [Path(place, name) for name in names]
    return sorted(files)


def _size(path: Path) -> tuple[int, int] | str:
    """Width and height, upright, or why it cannot be used."""
    try:
        with open_header(path) as picture:
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
        inside = folder / "train" if (folder / "train").is_dir() else folder
        pairs = FoundPairs(**vars(find_pictures(inside)), joined=True)
        for path, (width, height) in list(pairs.sizes.items()):
            if abs(width - 2 * height) > SHAPE_TOLERANCE * width:
                pairs.leave_out("that are not twice as wide as high", path)
        pairs.photos = pairs.sketches = list(pairs.sizes)
        pairs.layout = f"halves side by side, {sketch_side} the sketch"
        if not pairs.photos:
            raise ValueError(f"No pairs in {folder}: it has neither {LAYOUTS}.")
        return pairs

    photos, sketches = (find_pictures(half) for half in halves)
    photo_place, sketch_place = (half.relative_to(folder).as_posix() for half in halves)
    layout = f"photographs in {photo_place}/, sketches in {sketch_place}/"
    pairs = FoundPairs(photos.sizes, photos.left_out, layout=layout)
    for reason, names in sketches.left_out.items():
        pairs.left_out.setdefault(reason, []).extend(names)
    ours, theirs = (_by_name(half, found, pairs) for half, found in zip(halves, (photos, sketches), strict=True))
    for name in sorted(ours.keys() | theirs.keys()):
        photo, sketch = ours.get(name), theirs.get(name)
        if photo is None or sketch is None:
            pairs.leave_out("without a partner of the same name", *(path for path in (photo, sketch) if path))
            continue
        if not same_shape(photos.sizes[photo], sketches.sizes[sketch]):
            pairs.leave_out("whose photograph and sketch differ in shape", photo)
            continue
        pairs.photos.append(photo)
        pairs.sketches.append(sketch)
    if not pairs.photos:
        raise ValueError("; ".join([f"No pairs in {folder}", *pairs.reasons()]) + ".")
    return pairs


def _by_name(half: Path, found: Found, pairs: FoundPairs) -> dict[str, Path]:
    """Pictures by their names below `half` without suffix, an accent being the same letter however it is written."""
    names = {
        path: unicodedata.normalize("NFC", path.relative_to(half).with_suffix("").as_posix()) for path in found.sizes
    }
    counts = Counter(names.values())
    for path, name in names.items():
        if counts[name] > 1:
            pairs.leave_out("that share their name with another", path)
    return {name: path for path, name in names.items() if counts[name] == 1}


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
    patterns = ("state.json", "dataset_dict.json", "*.parquet", "*.arrow", "metadata.jsonl", "metadata.csv")
    return any(next(folder.glob(place + pattern), None) for pattern in patterns for place in ("", "*/"))


def same_shape(ours: Sequence[int], theirs: Sequence[int]) -> bool:
    """Whether two sizes are of the same picture, larger and smaller: others would be cropped apart."""
    return abs(ours[0] * theirs[1] - theirs[0] * ours[1]) <= SHAPE_TOLERANCE * ours[0] * theirs[1]


def print_once(text: str) -> None:
    """Prints on stderr, in one of the processes that train together."""
    if os.environ.get("RANK", "0") == "0":
        print(text, file=sys.stderr, flush=True)
