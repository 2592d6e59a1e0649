"""The largest memory that something takes, measured in a process of its own."""

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import torch

Answer = TypeVar("Answer")


def peak_memory() -> float:
    """Largest resident size of this process so far, GiB; on a GPU the largest allocation there."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    if sys.platform == "linux":  # where the other number begins with what the process that started this one had
        told = Path("/proc/self/status").read_text()
        return int(told.split("VmHWM:")[1].split()[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30


def in_own_process(function: Callable[..., Answer], *args: object) -> Answer:
    """The answer of a function that runs in a new process, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *args).result()
