"""Programs of this repository as the command line calls them, without the ten seconds in which a new process imports torch: in this
process, or in one that is forked from a process that has imported it all; and environments of their own for those that must not have
what the tests have."""

import atexit
import io
import multiprocessing
import os
import pickle
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import metadata
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from accelerate.state import AcceleratorState
from packaging.requirements import Requirement

from sketch2photo.evaluation.browser import App, answers, free_port
from tests import ROOT

# Arguments of train.py for the cheapest run that has all parts of one: a second, and a seventh of one for each step. Without
# features it would be dearer: discriminators of pictures are large.
LIGHT = [
    "--image-size", "64", "--batch-size", "4", "--precision", "no", "--loss.view-size", "32", "--loss.discriminator-width", "8",
    "--data.held-out", "4",
]  # fmt: skip
SIZES = {"channels": (8, 16), "blocks": (1, 1), "head": 8, "mapping": 8}
# The same for a new model, of these sizes.
TINY = [
    *LIGHT,
    *(text for name, size in SIZES.items() for text in (f"--model.{name}", *str(size).strip("()").split(", "))),
]


def run_program(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs `python PROGRAM ARGUMENTS` in this process.

    Args:
        program: a file at the top, "train.py", or a module, "sketch2photo.evaluation.directions".
        arguments: of its command line.

    Returns:
        its exit code, and what it printed; an exception other than SystemExit is the test's.
    """
    argv, signals = (
        sys.argv,
        {which: signal.getsignal(which) for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)},
    )
    stdout, stderr, code = io.StringIO(), io.StringIO(), 0
    sys.argv = [program, *map(str, arguments)]
    AcceleratorState._reset_state(reset_partial_state=True)  # as accelerate's own tests do: a process has one precision
    try:
        with redirect_stdout(stdout), redirect_stderr(stderr), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
            _run(program)
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = argv
        AcceleratorState._reset_state(reset_partial_state=True)
        for which, handler in signals.items():
            signal.signal(which, handler)
    return subprocess.CompletedProcess(sys.argv, code, stdout.getvalue(), stderr.getvalue())


def start_program(
    program: str,
    *arguments: object,
    printed: Path,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> BaseProcess:
    """Starts `python PROGRAM ARGUMENTS` in a process and a session of its own; it runs when this returns.

    Args:
        program: as above.
        arguments: of its command line.
        printed: the file to which it writes what it prints, after what is there.
        folder: in which it runs.
        environment: variables beside those here; those that are read when something is imported, as the Hub's, have no effect.
        fresh: with nothing imported, as on the command line.
    """
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.preloaded"])
    runs, tells = server.Pipe(False)
    told = (program, [str(argument) for argument in arguments], printed, folder, dict(environment or {}), fresh, tells)
    process = server.Process(target=_become, args=told)
    process.start()
    tells.close()
    runs.recv()
    return process


@contextmanager
def served(program: str, model: Path, *arguments: str) -> Iterator[App]:
    """As run_app of evaluation/browser.py, but in such a process.

    Raises:
        AssertionError: it ended before it answered, or printed a traceback.
    """
    port = free_port()
    with tempfile.NamedTemporaryFile() as file:
        printed = Path(file.name)
        started = time.perf_counter()
        process = start_program(program, "--model", model, "--port", port, *arguments, printed=printed)
        try:
            while not answers(port):
                assert process.is_alive(), printed.read_text()
                time.sleep(0.05)
            yield App(f"http://127.0.0.1:{port}", process, started)
        finally:
            process.terminate()
            process.join(20)
            process.kill()
        assert "Traceback" not in printed.read_text(), printed.read_text()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Stands in for a full disk: no file grows beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _become(
    program: str,
    arguments: list[str],
    printed: Path,
    folder: Path,
    environment: dict[str, str],
    fresh: bool,
    tells: Connection,
) -> None:
    os.setsid()
    multiprocessing.set_start_method(None, force=True)  # of a new process, and not how this one was made
    for which in (signal.SIGTERM, signal.SIGHUP):  # which nohup, or a shell's background, has had the tests ignore
        signal.signal(which, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with printed.open("ab", 0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = [program, *arguments]
    try:
        tells.send(None)
        tells.close()
        if fresh:
            os.execv(sys.executable, [sys.executable, "-u", program, *arguments])
        _run(program)
    except KeyboardInterrupt:  # as Python itself ends then
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out


def _run(program: str) -> None:
    if program.endswith(".py"):
        runpy.run_path(str(ROOT / program), run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


def in_fork(make: Callable[[], Any], seconds: float = 60) -> Any:
    """What a function returns in a forked process, or a failure where that does not end in time."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(False)
    process = fork.Process(target=lambda: sender.send_bytes(pickle.dumps(make())))
    process.start()
    try:
        assert receiver.poll(seconds), "the forked process has not answered"
        return pickle.loads(receiver.recv_bytes())
    finally:
        process.kill()
        process.join()


def new_environment(folder: Path, *install: object, lend: Sequence[str] = ()) -> Path:
    """The Python of a new virtual environment in a folder.

    Args:
        folder: where it is made.
        install: what pip is to install there, "mediapipe==0.10.21" or "-r", "requirements.txt".
        lend: requirements, "torch>=2.13", that pip need not install, with all that they need, where this environment has them.
    """
    venv.create(folder)
    python = folder / "bin" / "python"
    if lend:
        # In a place of its own: pip neither removes nor writes over what is not in the new environment's site-packages, and what
        # it installs there comes first.
        (folder / "lent").mkdir()
        _link(lend, folder / "lent")
        site = next((folder / "lib").glob("python*/site-packages"))
        (site / "lent.pth").write_text(f"{folder / 'lent'}\n")
    # By the pip that is here, which needs no copy of itself there. What is not imported is not compiled.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-compile"]
    subprocess.run([*pip, *map(str, install)], check=True)
    return python


def _link(requirements: Sequence[str], folder: Path) -> None:
    """Links in a folder to what is installed here of these requirements, and of what that requires; other versions are left out."""
    wanted, lent = [Requirement(text) for text in requirements], set()
    while wanted:
        requirement = wanted.pop()
        key = (requirement.name, *requirement.extras)
        try:
            distribution = metadata.distribution(requirement.name)
        except metadata.PackageNotFoundError:
            continue
        if key in lent or distribution.version not in requirement.specifier:
            continue
        lent.add(key)
        needs = [Requirement(text) for text in distribution.requires or []]
        extras = [{"extra": extra} for extra in ("", *requirement.extras)]
        wanted += [need for need in needs if not need.marker or any(map(need.marker.evaluate, extras))]
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            source = Path(str(distribution.locate_file(top)))
            if source.exists() and not (folder / top).exists():
                (folder / top).symlink_to(source)
