"""Bad input on a command line: one sentence and exit code 2."""

import sys

import pytest

from sketch2photo import cli


@pytest.mark.parametrize("error", [ValueError, ImportError, FloatingPointError])
def test_bad_input_is_one_sentence_and_exit_code_2(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(count: int) -> None:
        raise error(f"Not {count}.")

    monkeypatch.setattr(sys, "argv", ["program", "--count", "3"])
    with pytest.raises(SystemExit) as exit_:
        cli.run(main, "python -m package.program")
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "package.program: Not 3.\n"


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def main() -> None:
        raise KeyError("ours")

    monkeypatch.setattr(sys, "argv", ["program"])
    with pytest.raises(KeyError):
        cli.run(main, "program")
