"""Bad input on a command line: one sentence and exit code 2."""

import errno
import os
import sys
from pathlib import Path

import pytest

from sketch2photo import Sketch2Photo, cli, files
from tests.programs import SIZES, files_of_at_most, run_program


@pytest.mark.parametrize("error", [ValueError, ImportError, FloatingPointError, OSError])
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


def test_a_full_disk_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_, cli.one_sentence("program"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert (exit_.value.code, capsys.readouterr().err) == (2, "program: The disk is full: make room on it.\n")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_too_little_memory_is_one_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_, cli.one_sentence("program"):
        raise error
    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("program: There is not enough memory for this")


def test_what_a_full_disk_would_cut_short_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("before")
    with files_of_at_most(100), pytest.raises(OSError, match="File too large"):
        files.write_whole(path, "x" * 1000)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {path.name: "before"}


@pytest.mark.parametrize("error", [KeyError("ours"), RuntimeError("ours")])
def test_a_fault_of_ours_keeps_its_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def main() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["program"])
    with pytest.raises(type(error)):
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


EVALUATION = "sketch2photo.evaluation."
ANY = ("--model", "none", "--pairs", "none")


@pytest.mark.parametrize(
    ("program", "arguments", "sentence"),
    [
        (EVALUATION + "evaluate", [*ANY, "--limit", 0], "--limit is a number of at least 1, not 0."),
        (EVALUATION + "evaluate", [*ANY, "--seed", -1], "--seed is a number of at least 0, not -1."),
        (EVALUATION + "directions", [*ANY, "--count", 1], "--count is a number of at least 2, not 1."),
        (EVALUATION + "directions", [*ANY, "--seed", 2**63], "--seed is a number from 0 to 9,223,372,036,854,775,807"),
        (
            EVALUATION + "plots",
            ["--model", "none", "--drawings", "none", "--count", 0],
            "--count is a number from 1 to",
        ),
        ("sketch2photo.training.widen", ["none", "--out", "none", "--head", 0], "--head is a number of at least 1"),
        ("hub.export_onnx", ["--model", "none", "--check", "none", "--limit", 0], "--limit is a number of at least 1"),
        ("app.py", ["--model", "none", "--port", 0], "--port is a number from 1 to 65,535, not 0."),
        ("train.py", ["--save-minutes", "inf"], "--save-minutes is a number from 0 to"),
        ("train.py", ["--seed", 2**64], "--seed is a number from 0 to"),
    ],
)
def test_a_number_out_of_range_is_one_sentence(program: str, arguments: list[object], sentence: str) -> None:
    """Of a model that is not there: nothing has looked for it yet."""
    done = run_program(program, *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("program", "arguments", "sentence"),
    [
        ("plots", ["--drawings", "tests/drawings", "--runs", "none"], "none has no validations in its logs"),
        ("plots", ["--drawings", "tests/drawings", "--model", "user/name"], "user/name is not the folder of a model"),
        ("benchmark", ["--browser", "none"], "There is no page in none to time"),
    ],
)
def test_what_is_missing_is_said_before_the_work(
    program: str, arguments: list[object], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(tmp_path)
    monkeypatch.delattr(Sketch2Photo, "forward")
    done = run_program(EVALUATION + program, "--model", tmp_path, *arguments)
    assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr
