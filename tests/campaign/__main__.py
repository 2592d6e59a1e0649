"""`python -m tests.campaign`: see the package."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import tyro

from sketch2photo.cli import run
from sketch2photo.evaluation.report import markdown_table

from .attack import Attack, Result, carry_out
from .inputs import inputs
from .kills import kills
from .models import models
from .requests import requests

ATTACKS: dict[str, Attack] = {"kills": kills, "inputs": inputs, "models": models, "requests": requests}


def main(
    minutes: float = 2.0,
    only: Annotated[list[Literal["kills", "inputs", "models", "requests"]], tyro.conf.arg(name="only")] | None = None,
    seed: int | None = None,
    first: int = 0,
    tries: int = 10**9,
) -> None:
    """Attack the project and print how many tries ended how; exit code 1 where one fell.

    Args:
        minutes: for all attacks together, each the same.
        only: these attacks.
        seed: of what is tried; another one each time where none is given.
        first: number of the first try, to try one again that fell.
        tries: of each attack at most.
    """
    if not minutes > 0:
        raise ValueError(f"--minutes is a number above 0, not {minutes}.")
    names = only or list(ATTACKS)
    seed = int.from_bytes(os.urandom(3)) if seed is None else seed
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            results[name] = carry_out(ATTACKS[name], Path(folder) / name, 60 * minutes / len(names), seed, first, tries)
    rows = [
        (
            name,
            f"{result.tries:,}",
            str(len(result.fallen)),
            ", ".join(f"{kind} {count:,}" for kind, count in sorted(result.kinds.items())),
        )
        for name, result in results.items()
    ]
    print(markdown_table(["attack", "tries", "fallen", "ended"], rows))
    for name, result in results.items():
        alike: dict[str, list[int]] = {}
        for number, told in result.fallen.items():
            alike.setdefault(told.splitlines()[-1][:60], []).append(number)
        for first, *others in alike.values():
            print(
                f"\npython -m tests.campaign --only {name} --seed {seed} --first {first} --tries 1   # and {len(others)} alike"
            )
            print(shorten_middle(result.fallen[first]))
    if any(result.fallen for result in results.values()):
        raise SystemExit(1)


def shorten_middle(told: str, most: int = 1500) -> str:
    return told if len(told) <= most else f"{told[: most // 2]} ... {told[-most // 2 :]}"


if __name__ == "__main__":
    run(main, "python -m tests.campaign")
