"""One style of command line for every program here: a function's typed arguments and docstring, read by tyro."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import tyro


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

    ValueError is bad input, ImportError an optional package that is missing, and FloatingPointError a training that diverged.
    Anything else is a fault of ours and keeps its traceback.
    """
    try:
        yield
    except (ValueError, ImportError, FloatingPointError) as error:
        print(f"{prog.split()[-1]}: {error}", file=sys.stderr)
        sys.exit(2)


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
