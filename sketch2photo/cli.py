"""One style of command line for every program here: a function's typed arguments and docstring, read by tyro."""

import errno
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import tyro

LARGEST = 2**63 - 1  # that torch and numpy take for a seed
MOST_WORKERS = 256  # processes; the system would be out of memory before it says that there are too many


def run(main: Callable[..., Any], prog: str) -> None:
    """Calls `main` with what the command line says; bad input gets one sentence on stderr and exit code 2.

    Args:
        main: its arguments are the options, with `tyro.conf` where they are special; the docstring's "Args" are their help.
        prog: the program as it was called, "python -m sketch2photo.training.average" say; its last word begins the sentence.
    """
    with one_sentence(prog):
        tyro.cli(main, prog=prog)


@contextmanager
def one_sentence(prog: str) -> Iterator[None]:
    """Where bad input ends in one sentence on stderr and exit code 2.

    ValueError is bad input, ImportError an optional package that is missing, FloatingPointError a training that diverged, and
    OSError a disk that is full, or has a fault. Anything else is a fault of ours and keeps its traceback.
    """
    try:
        yield
    except (ValueError, ImportError, FloatingPointError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        print(f"{prog.split()[-1]}: {'The disk is full: make room on it.' if full else error}", file=sys.stderr)
        sys.exit(2)


def check_range(least: int, most: int = LARGEST, **numbers: float | None) -> None:
    """Raises ValueError for options, by their arguments' names, that are given and out of range."""
    for name, value in numbers.items():
        if value is not None and not least <= value <= most:
            at_least = most == LARGEST and not value > most
            known = f"of at least {least}" if at_least else f"from {least} to {most:,}"
            raise ValueError(f"{_option(name)} is a number {known}, not {value}.")


def check_above_zero(**numbers: float | None) -> None:
    """The same for those that are above 0, and finite."""
    for name, value in numbers.items():
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"{_option(name)} is a number above 0, not {value}.")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def check_empty(out: Path) -> None:
    """Raises ValueError where a program's --out holds something already, which it would write over, or cannot be written to."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} is not empty: choose another --out, so that nothing in it is written over.")
    check_writable(out)


def check_writable(out: Path) -> None:
    """Raises ValueError where a folder cannot be written to, or made; a program asks before its work. Nothing is made yet."""
    try:
        nearest = next(place for place in (out, *out.absolute().parents) if place.exists())
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise ValueError(f"{out} cannot be written to ({error.strerror}): choose another --out.") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what then takes a file's place; where that fails, of a full disk say, the file is what it was before."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that, where the disk is full, it is what it was before."""
    with replacing(path) as partial:
        partial.write_text(text, "utf-8")
