"""A run that trains is killed at any moment, over and over, and goes on each time with nothing lost."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from sketch2photo import Sketch2Photo
from sketch2photo.training import history
from sketch2photo.training.checkpoint import STOPS, end_swap, read_checkpoint
from tests.programs import TINY, start_program

from .attack import Random, Try, pick

LONGEST = 5.0  # seconds of a start
PATIENCE = 90  # seconds that it has to end after a signal that it can answer
STEPS = 400  # after which a run is done, and another is begun
# Most moments are in a write.
ALWAYS = ["--save-minutes", "0", "--validate-minutes", "0.01", "--workers", "0", "--resume"]


@contextmanager
def kills(folder: Path) -> Iterator[Try]:
    yield lambda rng: _once(folder, rng)


def _once(folder: Path, rng: Random) -> str:
    run = folder / "run"
    which = signal.Signals(pick(rng, [signal.SIGKILL] * 6 + STOPS))
    before = _state(run)
    child = _start(run)
    if rng.random() < 0.3:  # at any moment of its start
        _wait(child, float(rng.uniform(0.05, LONGEST)))
    else:  # some time after something was written
        _wait(child, PATIENCE, until=run)
        _wait(child, float(rng.exponential(0.3)))
    name = "ended by itself" if not child.is_alive() else which.name
    assert child.pid
    with suppress(ProcessLookupError):
        os.kill(child.pid, which)
    try:
        child.join(PATIENCE)
        code = child.exitcode
    finally:
        child.kill()
    if which != signal.SIGKILL or name != which.name:
        early = code == -which  # before the program listens
        assert code == 0 or early, f"{name}: exit code {code}: {(folder / 'printed').read_text()[-600:]}"
    _check(run, before)
    step, _ = _state(run)
    if step >= STEPS:
        shutil.rmtree(run)
    return f"{name} {'steps later' if step > before[0] else 'no step later'}"


def _start(run: Path) -> BaseProcess:
    run.parent.mkdir(parents=True, exist_ok=True)
    printed = run.parent / "printed"
    printed.write_text("")
    return start_program("train.py", "--out", run, *TINY, *ALWAYS, "--steps", STEPS, printed=printed)


def _wait(child: BaseProcess, seconds: float, until: Path | None = None) -> None:
    """Until the process has ended, so many seconds have passed, or the folder of a run has something new in it."""
    deadline, before = time.monotonic() + seconds, _written(until)
    while time.monotonic() < deadline and child.is_alive() and (until is None or _written(until) == before):
        time.sleep(0.005)


def _written(run: Path | None) -> set[tuple[str, int]]:
    """The entries of a run's folder, and when they were written."""
    found = set()
    for name in ("checkpoint.pt", "best") if run else ():
        try:
            found.add((name, (run / name).stat().st_mtime_ns))
        except OSError:
            continue
    return found


def _state(run: Path) -> tuple[int, float]:
    """The step that is saved, and the score of the best weights; -1 and infinity where there are none."""
    step, score = -1, float("inf")
    if (run / "checkpoint.pt").exists():
        step = read_checkpoint(run / "checkpoint.pt")["step"]
    if (run / "best" / "training.json").exists():
        found = history.read(run / "best" / "training.json").history[-1].score
        score = float("inf") if found is None else found
    return step, score


def _check(run: Path, before: tuple[int, float]) -> None:
    """What was saved is still there, loads, and is no worse."""
    if not run.exists():
        assert before[0] == -1
        return
    end_swap(run / "best")  # what the next start does first
    step, score = _state(run)
    assert step >= before[0], f"step {step} is saved, and {before[0]} was"
    assert score <= before[1], f"the best has the score {score}, and {before[1]} was reached"
    if before[1] < float("inf"):
        Sketch2Photo.from_pretrained(run / "best")
    unfinished = [path for path in run.iterdir() if "partial" in path.name]
    assert len(unfinished) <= 1, f"{unfinished} are left behind"
