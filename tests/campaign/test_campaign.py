"""Half a minute of each attack, with the same numbers each time: what turns red has come with a change. The command tries others."""

from pathlib import Path

import pytest

from .__main__ import ATTACKS
from .attack import carry_out

SECONDS, SEED = 30, 0


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_falls(name: str, tmp_path: Path) -> None:
    result = carry_out(ATTACKS[name], tmp_path, SECONDS, SEED)
    assert result.tries > 1
    assert not result.fallen, f"python -m tests.campaign --only {name} --seed {SEED}: {result.fallen}"
