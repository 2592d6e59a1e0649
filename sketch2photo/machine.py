"""What the program runs on: settings that pay there, and how reports name it."""

import ctypes
import os
import platform
import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}  # that models run in


def keep_freed_memory() -> None:
    """Tells glibc to keep freed memory: giving every large tensor back to the system made CPU work 1.3 to 3 times slower."""
    if sys.platform == "linux" and not torch.cuda.is_available():
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(-4, 0)  # M_MMAP_MAX: no mapping of its own for a large block.
            libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD: nothing given back from the top of the heap.


def one_thread_after_fork() -> None:
    """Has forked processes compute in one thread: of several, OpenMP's would wait in them for threads that were not forked."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


def dtype_of(value: Any) -> torch.dtype:
    """A dtype that models run in, or its name in DTYPES; ValueError where it is none."""
    dtype = DTYPES.get(value) if isinstance(value, str) else value
    if not isinstance(dtype, torch.dtype) or dtype not in DTYPES.values():
        raise ValueError(f"A model's dtype is {', '.join(DTYPES)}, not {value}.")
    return dtype


def device_of(value: Any) -> torch.device:
    """A device, or its name or number; ValueError where there is none of it here."""
    try:
        device = torch.device(value)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError, ImportError) as error:
        raise ValueError(
            f'There is no device {value!r} here: "cpu" is everywhere, "cuda" where torch sees a GPU.'
        ) from error
    return device


def has_bf16() -> bool:
    """Whether the hardware computes in bf16, and not only pretends to."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


def description() -> dict[str, str | int]:
    """torch, cpu, threads, gpu where there is one, and the date, for a report."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    found: dict[str, str | int] = {"torch": torch.__version__, "cpu": cpu, "threads": torch.get_num_threads()}
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found | {"date": date.today().isoformat()}
