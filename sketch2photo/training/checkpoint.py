"""What a run leaves on disk, so that neither a kill at any moment, nor a full disk, nor a second run costs what was there before."""

import copy
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from filelock import FileLock, Timeout
from PIL import Image

from ..files import replacing
from ..hub_download import copy_calibrator
from ..model import Sketch2Photo
from . import card
from .history import Record

CHECKPOINT = "checkpoint.pt"
PREVIOUS = "checkpoint.previous.pt"
STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


def write_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Writes a checkpoint so that it is, at every moment, either the old one or the new one; the old one stays beside it.

    Raises:
        OSError: it cannot be written, and nothing is left of the attempt.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    previous = path.with_name(PREVIOUS)
    try:
        with replacing(path) as partial:
            with partial.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                previous.unlink(missing_ok=True)
                try:
                    previous.hardlink_to(path)
                except OSError:  # a file system without links
                    shutil.copyfile(path, previous)
    except RuntimeError as error:  # torch's word for a disk that is full
        raise OSError(f"{path} could not be written: {str(error).splitlines()[0]}") from error


def read_checkpoint(path: Path, **options: Any) -> dict[str, Any]:
    """The state in a checkpoint; options are torch.load's. Raises ValueError, one sentence, where it is damaged."""
    try:
        state = torch.load(path, weights_only=True, **options)
    except Exception as error:  # what a damaged archive makes torch raise changes with the damage
        other = f"rename {PREVIOUS} beside it, which is the one before, or choose" if _previous(path) else "choose"
        raise ValueError(f"{path} is damaged, or no checkpoint of this program: {other} another --out.") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} is no checkpoint of this program: choose another --out.")
    return state


def _previous(path: Path) -> bool:
    return path.with_name(PREVIOUS).exists()


def export(
    model: Sketch2Photo,
    folder: Path,
    record: Record | None = None,
    calibrators: Path | None = None,
    samples: Image.Image | None = None,
) -> None:
    """Saves a Hub folder in half precision beside `folder` and swaps it in, so that a reader finds a whole one.

    The calibrator that `folder` has stays in it, as long as the model's drawings are framed as faces.

    Args:
        model: is left as it is; without a record, its `beside` goes with the weights.
        folder: where a kill has broken off an earlier swap, that is ended first.
        record: how the weights came about, for its training.json and its card.
        calibrators: folder of a model whose calibrator, if it has one, is for this one, too, as long as `folder` has none.
        samples: pictures that the model made, for its card.

    Raises:
        OSError: it cannot be written, and `folder` is as it was.
    """
    end_swap(folder)
    fresh, old = _beside(folder)
    try:
        saved = copy.deepcopy(model).half()
        if record:
            saved.beside = card.beside(saved, record, samples is not None)
        saved.save_pretrained(fresh)
        if model.framing == "face":
            for beside in filter(None, (calibrators, folder)):
                copy_calibrator(beside, fresh)
        if record:
            record.save(fresh)
        if samples:
            samples.save(fresh / card.SAMPLES, quality=92)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    finally:
        end_swap(folder)


def end_swap(folder: Path) -> None:
    """Ends what a kill between the two renames of `export` has broken off: the new folder takes its place after all."""
    fresh, old = _beside(folder)
    if old.exists() and not folder.exists():  # the old one only goes once the new one is whole
        (fresh if fresh.exists() else old).rename(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")


def check_unused(out: Path) -> None:
    """Raises ValueError where a folder holds a run, which another one would write over."""
    found = [name for name in (CHECKPOINT, "best", "best.old") if (out / name).exists()]
    if found:
        raise ValueError(
            f"{out} holds a run already ({', '.join(found)}): go on with it with --resume, or choose another --out."
        )


class Stop:
    """Whether SIGTERM, Ctrl-C or a closed terminal asks the program to save and end; from its making on they do no more than that."""

    def __init__(self) -> None:
        self.asked = False
        for which in STOPS:
            if signal.getsignal(which) != signal.SIG_IGN:  # as nohup has it, so that a run outlives its terminal
                signal.signal(which, self._ask)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        self.asked = True


def ignore_stops(worker: int) -> None:
    """In a worker: it ends with the run, and not before it when a signal goes to all processes."""
    for which in STOPS:
        signal.signal(which, signal.SIG_IGN)


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Where no other process trains in that folder. Raises ValueError where one does, or where it cannot be written to."""
    lock = FileLock(out / ".lock")
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ValueError(f"Another run is training in {out}: choose another --out, or stop it first.") from error
    except OSError as error:
        raise ValueError(f"{out} cannot be written to ({error.strerror}): choose another --out.") from error
    try:
        yield
    finally:
        lock.release()
