"""Data sets that outgrow a disk: read from the Hub as they come, by `datasets`' streaming, and never kept as a whole.

`--photos stream:owner/name` reads one. Of its files each process of a training, and each of its workers, has a share; they are read in
random order, over and over, and a sample takes one of the last HELD rows that came. So samples are others than those of the same
data set downloaded, whose rows are all at hand:

- with one process and no workers they are the same in each run with the same seed; with several, or with workers, each has its own
  rows, and so the batches hold other photographs, while every other random number of a step stays the same;
- a run that is resumed begins with other files in another order: nothing is read again to come to where it stopped.
"""

import os
from collections.abc import Iterator
from itertools import count, islice
from textwrap import shorten
from typing import Any

from torch.utils.data import get_worker_info

from .hub import MANY, Hub, rows_of
from .layouts import DEFAULT, DataOptions

START = "stream:"
HELD = 256  # rows, in memory as they are stored: some tens of MB


class HubStream:
    """Opens a data set of the Hub, or a folder of Parquet files, as a stream."""

    @classmethod
    def accepts(cls, location: str) -> bool:
        return location.startswith(START)

    @classmethod
    def open(cls, location: str, options: DataOptions = DEFAULT) -> Hub:
        """As Hub.open; only as much is downloaded as tells which columns there are."""
        rows = rows_of(location.removeprefix(START), streaming=True)
        return Hub.of_rows(StreamedRows(rows._resolve_features()), location, options)


class StreamedRows:
    """The rows of an IterableDataset, by any number: each gives one of the last that came, in whose place then comes another."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.features = rows.features
        self.column_names = list(rows.features)
        self._process: int | None = None  # whose the rows are: connections are not shared with those that are forked
        self._coming: Iterator[dict[str, Any]] = iter(())
        self._held: list[dict[str, Any]] = []

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_process": None, "_coming": iter(()), "_held": []}

    def cast_column(self, column: str, feature: Any) -> "StreamedRows":
        """As Dataset.cast_column."""
        return StreamedRows(self.rows.cast_column(column, feature))

    def __len__(self) -> int:
        """How many rows there are, or MANY where that is not known."""
        known = (self.rows.info.splits or {}).get(str(self.rows.split))
        return (known and known.num_examples) or MANY

    def __getitem__(self, index: int) -> dict[str, Any]:
        """A row. The first index of a process says in which order files are read. Raises ValueError where none can be had."""
        try:
            if self._process != os.getpid():
                self._coming = self._read(seed=index)
                self._held = list(islice(self._coming, HELD))
                self._process = os.getpid()
            place = index % len(self._held)
            row, self._held[place] = self._held[place], next(self._coming)
        except Exception as error:
            self._process = None
            raise ValueError(f"The data set could not be read on: {shorten(str(error), 300)}") from error
        return row

    def _read(self, seed: int) -> Iterator[dict[str, Any]]:
        """This process's rows without end, each time with the files in another order."""
        part, parts = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        if worker := get_worker_info():
            part, parts = part * worker.num_workers + worker.id, parts * worker.num_workers
        if parts > self.rows.num_shards:
            raise ValueError(
                f"it comes in {self.rows.num_shards} files, which {parts} processes and workers cannot share"
            )
        mine = self.rows.shard(parts, part)
        for turn in count():
            empty = True
            # By `iter`, as datasets shares out what its plain iterator gives among a loader's workers itself.
            for batch in mine.shuffle(seed=seed + turn, buffer_size=1).iter(1):
                empty = False
                yield {name: values[0] for name, values in batch.items()}
            if empty:
                raise ValueError("it has no rows")
