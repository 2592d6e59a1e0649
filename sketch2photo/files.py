"""Files that are written whole or not at all."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, shared: bool = False) -> Iterator[Path]:
    """Where to write what then takes a file's place; where that fails, of a full disk say, the file is what it was before.

    `shared`: several processes or threads may write it at once, each in a place of its own, of which a kill leaves one.
    """
    own = f".{os.getpid()}.{threading.get_ident()}" if shared else ""
    partial = path.with_name(f"{path.name}{own}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that, where the disk is full, it is what it was before."""
    with replacing(path) as partial:
        partial.write_text(text, "utf-8")
