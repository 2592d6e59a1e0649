"""Half a minute of kills and of models, with other numbers each time. Inputs and requests still fall now and then: by the command."""

import os
from pathlib import Path

import pytest

from .__main__ import ATTACKS
from .attack import carry_out

SECONDS = 30


@pytest.mark.parametrize("name", ["kills", "models"])
def test_nothing_falls(name: str, tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(3))
    result = carry_out(ATTACKS[name], tmp_path, SECONDS, seed)
    assert result.tries > 1
    assert not result.fallen, f"python -m tests.campaign --only {name} --seed {seed}: {result.fallen}"
