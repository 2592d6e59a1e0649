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

    ValueError is bad input, ImportError an optional package that is missing, FloatingPointError a training that diverged,
    OSError a disk that is full, or has a fault, and memory can be too small. Anything else is a fault of ours and keeps its traceback.
    """
    try:
        yield
    except (ValueError, ImportError, FloatingPointError, OSError, MemoryError, RuntimeError) as error:
        said = str(error)
        if is_out_of_memory(error):
            said = "There is not enough memory for this: ask for less at a time, or end other programs."
        elif isinstance(error, RuntimeError):
            raise
        elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = "The disk is full: make room on it."
        print(f"{prog.split()[-1]}: {said}", file=sys.stderr)
        sys.exit(2)


def is_out_of_memory(error: Exception) -> bool:
    """Whether there was not enough memory, in the words of Python, or of torch for the CPU, a GPU or a loader's workers."""
    words = ("can't allocate memory", "out of memory", "killed by signal: Killed", "out of shared memory")
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(word in str(error) for word in words)
    )


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


def check_writable(out: Path, option: str = "--out") -> None:
    """Raises ValueError where a folder cannot be written to, or made; a program asks before its work. Nothing is made yet."""
    try:
        nearest = next(place for place in (out, *out.absolute().parents) if place.exists())
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise ValueError(f"{out} cannot be written to ({error.strerror}): choose another {option}.") from error


def check_model(folder: Path) -> None:
    """Raises ValueError where a program's --model, which it is to write into, is no folder of a model, or cannot be written to."""
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} is not the folder of a model: it has no config.json.")
    check_writable(folder, "--model")
