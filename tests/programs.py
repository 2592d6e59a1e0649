"""Programs of this repository as the command line calls them, without the ten seconds that a new process needs to import torch."""

import io
import runpy
import signal
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout

from tests import ROOT


def run_program(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs `python PROGRAM ARGUMENTS` in this process.

    Args:
        program: a file at the top, "train.py", or a module, "sketch2photo.evaluation.directions".
        arguments: of its command line.

    Returns:
        its exit code, and what it printed; an exception other than SystemExit is the test's.
    """
    argv, signals = sys.argv, {which: signal.getsignal(which) for which in (signal.SIGTERM, signal.SIGINT)}
    stdout, stderr, code = io.StringIO(), io.StringIO(), 0
    sys.argv = [program, *map(str, arguments)]
    try:
        with redirect_stdout(stdout), redirect_stderr(stderr), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
            if program.endswith(".py"):
                runpy.run_path(str(ROOT / program), run_name="__main__")
            else:
                runpy.run_module(program, run_name="__main__")
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = argv
        for which, handler in signals.items():
            signal.signal(which, handler)
    return subprocess.CompletedProcess(sys.argv, code, stdout.getvalue(), stderr.getvalue())
