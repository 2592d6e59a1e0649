"""Bad input on a command line: one sentence and exit code 2."""

import sys
from pathlib import Path

import pytest

from sketch2photo import cli
from tests.programs import run_program


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


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("sketch2photo.draw", ["tests/drawings"]),
        ("sketch2photo.evaluation.evaluate", ["--model", "none", "--drawings", "tests/drawings"]),
        ("sketch2photo.evaluation.growth", ["--model", "none"]),
        ("sketch2photo.evaluation.persons", ["--model", "none", "--photos", "none", "--parts", "none"]),
        ("sketch2photo.training.widen", ["none", "--head", "16"]),
        ("sketch2photo.training.train_calibrator", ["--photos", "none", "--parts", "none"]),
        ("hub.export_onnx", ["--model", "none"]),
        ("hub.build_web", ["--model", "none"]),
    ],
)
def test_where_nothing_can_be_written_is_said_before_the_work(
    program: str, arguments: list[str], tmp_path: Path
) -> None:
    """Of models that are not there: nothing has looked for one yet."""
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "out", Path("/proc/out")):
        done = run_program(program, *arguments, "--out", out)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert f"{out} cannot be written to" in done.stderr


@pytest.mark.parametrize(
    ("program", "on"), [("sketch2photo.evaluation.evaluate", "--pairs"), ("hub.export_onnx", "--check")]
)
def test_no_pairs_are_nothing_to_measure_on(program: str, on: str) -> None:
    done = run_program(program, "--model", "none", on, "none", "--limit", 0)
    assert (done.returncode, "--limit is a number of at least 1, not 0." in done.stderr) == (2, True)
