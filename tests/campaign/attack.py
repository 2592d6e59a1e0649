"""What all attacks are: something that is tried again and again with other random numbers, and what came of it."""

import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

Random = np.random.Generator
Try = Callable[[Random], str]  # -> what was tried and how it ended, in a word or two; raises where something fell
Attack = Callable[[Path], AbstractContextManager[Try]]  # of a folder that is its own

MOST_SENTENCE = 700  # letters
MOST_GROWTH = 600 * 2**20  # bytes of memory that tries may leave behind


@dataclass
class Result:
    """How many tries ended how, and the numbers of those in which something fell, with why."""

    kinds: Counter[str] = field(default_factory=Counter)
    fallen: dict[int, str] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        return self.kinds.total() + len(self.fallen)


def carry_out(attack: Attack, folder: Path, seconds: float, seed: int, first: int = 0, most: int = 10**9) -> Result:
    """Tries for so many seconds, and once at least; from number `first` on, and `most` of them."""
    result = Result()
    with attack(folder) as attempt:
        started = time.monotonic()
        for number in range(first, first + most):
            try:
                result.kinds[attempt(np.random.default_rng([seed, number]))] += 1
            except Exception as error:
                result.fallen[number] = "".join(traceback.format_exception(error, limit=-4)).strip()
            if time.monotonic() - started > seconds:
                break
    return result


def sentence(error: Exception) -> str:
    """What bad input ended in, checked to be one sentence that people can read."""
    told = str(error)
    assert isinstance(error, ValueError), f"{type(error).__name__} in place of a ValueError: {told[:300]}"
    assert told and "\n" not in told.strip() and len(told) <= MOST_SENTENCE, f"no sentence: {told[:300]!r}"
    assert not re.search(r"Traceback|object at 0x", told), f"no sentence for people: {told[:300]!r}"
    return "refused"


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Fails where much more memory is held after the block than before it."""
    process = psutil.Process()
    before = process.memory_info().rss
    yield
    growth = process.memory_info().rss - before
    assert growth < MOST_GROWTH, f"{growth / 2**20:.0f} MiB more memory than before"


def pick(rng: Random, choices: Sequence[Any]) -> Any:
    """One of a list, whatever is in it: numpy would make an array of it."""
    return choices[int(rng.integers(len(choices)))]
