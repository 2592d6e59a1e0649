"""Data sets of the Hub, or on disk in a form that `datasets` loads, as sources of pictures."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from ..images import Picture, to_array, to_drawn
from .layouts import DEFAULT, DataOptions, print_once, same_shape

# Columns as their authors and ControlNet's trainers name them; the first that is there is taken.
PHOTO_COLUMNS = ("photo", "image", "target")
MANY = 10**9  # rows that a data set has where it does not say how many, as streams often don't
SKETCH_COLUMNS = ("sketch", "conditioning_image", "conditioning", "source")


@dataclass(frozen=True)
class Hub:
    """A Hub data set (or any folder that `datasets` loads): a column of photographs, and one of sketches where there are pairs.

    Of sketches alone, `photo` is their column.
    """

    rows: Any
    photo: str
    sketch: str | None

    @classmethod
    def accepts(cls, location: str) -> bool:
        return True

    @classmethod
    def open(cls, location: str, options: DataOptions = DEFAULT) -> "Hub":
        """Says on stderr which columns are used. Raises ValueError where the data set cannot be loaded or lacks the columns."""
        return cls.of_rows(rows_of(location), location, options)

    @classmethod
    def of_rows(cls, rows: Any, location: str, options: DataOptions = DEFAULT) -> "Hub":
        """The same of the rows of a data set at `location`."""
        names = list(rows.column_names)
        wanted = {"photographs": options.columns[:1] or PHOTO_COLUMNS}
        if options.kind == "pairs":
            wanted["sketches"] = options.columns[1:2] or SKETCH_COLUMNS
        elif options.kind == "sketches":  # a data set of nothing else may call its column image
            wanted = {"sketches": options.columns[:1] or (*SKETCH_COLUMNS, "image")}
        columns = []
        for what, known in wanted.items():
            column = next((name for name in known if name in names), None)
            if column is None:
                advice = "" if options.kind == "sketches" else " PHOTO SKETCH, or give photographs alone as --photos"
                raise ValueError(
                    f"{location!r} has no column of {what} named {' or '.join(known)}, only {', '.join(names)}: "
                    f"say which with --columns{advice}."
                )
            columns.append(column)
            rows = _undecoded(rows, column, location)
        unused = [name for name in names if name not in columns]
        print_once(
            f"{location}: {_number_of(rows)} {options.kind} from the columns {' and '.join(columns)}"
            + (f"; not used: {', '.join(unused)}" if unused else "")
        )
        return cls(rows, columns[0], columns[1] if len(columns) > 1 else None)

    def __len__(self) -> int:
        return len(self.rows)

    def load(self, index: int) -> tuple[Picture, Picture | None]:
        row = self.rows[index]
        photo = self._array(partial(to_array, mode="RGB"), row[self.photo], index, self.photo)
        sketch = self._array(to_drawn, row[self.sketch], index, self.sketch) if self.sketch else None
        if sketch is not None and not same_shape(photo.shape[:2], sketch.shape[:2]):
            raise ValueError(f"row {index}: photograph and sketch differ in shape")
        return photo, sketch

    def file(self, index: int) -> Any:
        """The picture in the first column as it is stored: an open file, a path, or None where the row has none."""
        return _file(self.rows[index][self.photo])

    def _array(self, read: Callable[[Any], Picture], value: Any, index: int, column: str) -> Picture:
        try:
            return read(_file(value))
        except ValueError as error:
            raise ValueError(f"row {index}, {column}: {error}") from error

    def name(self, index: int) -> str | None:
        return None


def _number_of(rows: Any) -> str:
    """How many there are, in words."""
    return str(len(rows)) if len(rows) < MANY else "an unknown number of"


def _file(value: Any) -> Any:
    """What open_picture takes of a row's picture that was not decoded."""
    content = (value or {}).get("bytes")
    return io.BytesIO(content) if content else (value or {}).get("path")


def rows_of(location: str, streaming: bool = False) -> Any:
    """The rows for training of a data set on the Hub or on disk, a Dataset, or an IterableDataset where it is streamed."""
    if not Path(location).exists():
        _check_id(location)
    try:
        from datasets import load_dataset, load_from_disk

        saved = any((Path(location) / name).is_file() for name in ("state.json", "dataset_dict.json"))
        rows = load_from_disk(location) if saved else load_dataset(location, streaming=streaming)
    except Exception as error:
        reason = shorten(str(error), 300)
        raise ValueError(f"{location!r} is neither a folder nor a data set that can be loaded: {reason}") from error
    if isinstance(rows, dict):
        name = "train" if "train" in rows else next(iter(rows))
        if name != "train" and len(rows) > 1:
            raise ValueError(f"{location!r} has no part named train, only {', '.join(map(str, rows))}.")
        rows = rows[name]
    return rows


def _check_id(location: str) -> None:
    """Raises ValueError for what is meant as a path: without a network the Hub would be asked over and over before that is said."""
    try:
        validate_repo_id(location)
    except HFValidationError as error:
        raise ValueError(
            f"{location!r} is neither a folder nor a data set's id on the Hub, which looks like user/name."
        ) from error
    owner, _, name = location.rpartition("/")
    if owner and Path(owner).is_dir():
        raise ValueError(
            f"{owner}/ holds no {name}: check the name, or where {location} is a data set of the Hub, start elsewhere."
        )


def _undecoded(rows: Any, column: str, location: str) -> Any:
    """The rows with a column's pictures as they are stored, so that they are read as every other picture here is."""
    from datasets import Image as ImageColumn

    if getattr(rows.features[column], "dtype", None) == "string":
        raise ValueError(
            f"The column {column} of {location!r} holds text, not pictures: say which does with --columns."
        )
    try:
        return rows.cast_column(column, ImageColumn(decode=False))
    except Exception as error:
        raise ValueError(
            f"The column {column} of {location!r} holds no pictures: say which does with --columns."
        ) from error
