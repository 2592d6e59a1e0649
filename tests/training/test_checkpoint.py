"""What a run leaves on disk outlives kills, full disks, other runs and bad pictures."""

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
import torch

from sketch2photo import Sketch2Photo
from sketch2photo.data.sources import Pairs, SyntheticFaces, WeightedSource
from sketch2photo.training import checkpoint, history
from sketch2photo.training.checkpoint import alone_in, end_swap, export, read_checkpoint, write_checkpoint
from sketch2photo.training.config import PRESETS, Recipe
from sketch2photo.training.history import Record, Stage
from sketch2photo.training.samples import Stream, packed, unpacked
from sketch2photo.training.trainer import Trainer, _workers
from tests.data.test_sources import write_pairs
from tests.programs import LIGHT, SIZES, files_of_at_most, run_program
from tests.training.test_train import curve, start, train

SMALL = {"image_size": 64, **SIZES}


def record(score: float) -> Record:
    return Record(Recipe(), [Stage(0, score=score)])


def score_in(folder: Path) -> float | None:
    return history.read(folder / "training.json").history[-1].score


@pytest.mark.parametrize("renames", [1, 2])
def test_a_kill_while_best_is_swapped_loses_nothing(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each rename, and a second time while the next best is written."""
    best, model = tmp_path / "best", Sketch2Photo(**SMALL)
    export(model, best, record(2.0))
    rename, left = Path.rename, [renames]

    def killed(self: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            os._exit(9)
        return rename(self, target)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Path, "rename", killed)
        export(model, best, record(1.0))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Sketch2Photo, "save_pretrained", lambda *arguments: os._exit(9))
        export(model, best, record(0.5))
        os._exit(0)
    os.waitpid(child, 0)
    end_swap(best)
    assert score_in(best) == {1: 2.0, 2: 1.0}[renames]
    assert [path.name for path in tmp_path.iterdir()] == ["best"]
    Sketch2Photo.from_pretrained(best)


def test_the_calibrator_beside_the_weights_stays_there(tmp_path: Path) -> None:
    best, published, model = tmp_path / "best", tmp_path / "published", Sketch2Photo(**SMALL, framing="face")
    (published / "calibrator").mkdir(parents=True)
    (published / "calibrator" / "config.json").write_text("published")
    export(model, best, record(2.0))
    assert not (best / "calibrator").exists()
    export(model, best, record(1.0), published)
    export(model, best, record(0.5))  # as after --resume
    assert (best / "calibrator" / "config.json").read_text() == "published"
    (best / "calibrator" / "config.json").write_text("put there since")
    export(model, best, record(0.2), published)
    assert (best / "calibrator" / "config.json").read_text() == "put there since"
    export(Sketch2Photo(**SMALL), best, record(0.1), published)  # of which no drawing is framed as a face
    assert not (best / "calibrator").exists()


def test_a_full_disk_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path, best, model = tmp_path / "checkpoint.pt", tmp_path / "best", Sketch2Photo(**SMALL)
    write_checkpoint({"step": 1}, path)
    export(model, best, record(2.0))
    with files_of_at_most(10_000):
        with pytest.raises(OSError, match=r"File too large|could not be written"):
            write_checkpoint({"weights": torch.rand(100_000)}, path)
        with pytest.raises(OSError, match=r"File too large|could not be written"):
            export(model, best, record(1.0))
    assert read_checkpoint(path) == {"step": 1}
    assert score_in(best) == 2.0
    assert {entry.name for entry in tmp_path.iterdir()} == {"checkpoint.pt", "best"}


def test_the_checkpoint_before_stays_and_a_damaged_one_is_said(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    for step in (1, 2, 3):
        write_checkpoint({"step": step}, path)
    assert read_checkpoint(path) == {"step": 3}
    assert read_checkpoint(tmp_path / "checkpoint.previous.pt") == {"step": 2}
    whole = path.read_bytes()
    for damage in (b"", whole[:100], b"text", whole[:-30]):
        path.unlink()  # the one before may be a link to the same
        path.write_bytes(damage)
        with pytest.raises(ValueError, match=r"rename checkpoint\.previous\.pt") as error:
            read_checkpoint(path)
        assert "\n" not in str(error.value)
    torch.save([1], path)
    with pytest.raises(ValueError, match="no checkpoint of this program"):
        read_checkpoint(path)


def test_a_run_is_neither_written_over_nor_shared(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = train(out, "--steps", "2")
    assert done.returncode == 0, done.stderr
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def refused(*arguments: str, words: str) -> None:
        done = train(out, *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
        assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before

    refused("--steps", "2", words="holds a run already")
    refused("--steps", "3", "--resume", "--model.latent-dim", "3", words="latent_dim of the run to resume is 8, not 3")
    refused("--steps", "3", "--resume", "--image-size", "128", words="image_size of the run to resume is 64, not 128")
    (out / "checkpoint.pt").rename(tmp_path / "elsewhere.pt")
    before.pop(out / "checkpoint.pt")
    refused("--steps", "2", words="holds a run already (best)")
    (tmp_path / "elsewhere.pt").rename(out / "checkpoint.pt")
    with alone_in(out):
        done = train(out, "--steps", "3", "--resume")
    assert done.returncode == 2
    assert "Another run is training in" in done.stderr.splitlines()[-1]
    assert read_checkpoint(out / "checkpoint.pt")["step"] == 2

    done = train(out, "--steps", "2", "--resume")
    assert (done.returncode, "has 2 steps already" in done.stdout) == (0, True)
    # What a checkpoint does not know of: a better best, exported before the kill.
    told = json.loads((out / "best" / "training.json").read_text())
    told["history"][-1]["score"] = 0.001
    (out / "best" / "training.json").write_text(json.dumps(told))
    done = train(out, "--steps", "3", "--resume")
    assert done.returncode == 0, done.stderr
    assert "best 0.00" in done.stderr + done.stdout
    assert score_in(out / "best") == 0.001
    assert read_checkpoint(out / "checkpoint.pt")["plateau"]["best"] == 0.001


def test_scores_of_other_data_do_not_compare_and_another_warmup_is_refused(tmp_path: Path) -> None:
    """A best score that nothing reaches, of drawn faces, and then pairs, twice: best/ is scored anew by what validation is now."""
    out, pairs = tmp_path / "run", write_pairs(tmp_path / "pairs", 12)
    assert train(out, "--steps", "1").returncode == 0
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    state["plateau"] = {"best": 0.001, "num_bad_epochs": 5}
    torch.save(state, out / "checkpoint.pt")
    told = json.loads((out / "best" / "training.json").read_text())
    told["history"][-1]["score"] = 0.001
    (out / "best" / "training.json").write_text(json.dumps(told))
    for steps in ("2", "3"):
        done = train(out, "--steps", steps, "--resume", "--pairs", str(pairs), "--learning-rate", "1e-9")
        assert done.returncode == 0, done.stderr
        assert read_checkpoint(out / "checkpoint.pt")["plateau"]["best"] > 1
        assert ("Validation is another one" in done.stdout) == (steps == "2")
    done = train(out, "--steps", "4", "--resume", "--optimization.warmup", "5")
    assert (done.returncode, "give --optimization.warmup 100." in done.stderr) == (2, True)


def test_weights_to_begin_with_keep_their_sizes(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path / "model")
    start = [*LIGHT, "--out", tmp_path / "run", "--start-from", tmp_path / "model", "--steps", "1"]
    for arguments, words in (
        (["--model.channels", "16", "32"], "is (8, 16), not (16, 32)"),
        (["--image-size", "128"], "is 64, not 128"),
        (["--preset", "classic"], "is of another model, modulated and not classic"),
    ):
        done = run_program("train.py", *start, *arguments)
        assert done.returncode == 2
        assert words in done.stderr.splitlines()[-1]
    done = run_program("train.py", *start)
    assert done.returncode == 0, done.stderr
    assert Sketch2Photo.from_pretrained(tmp_path / "run" / "best").generator.stem.out_channels == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], "--steps is a number of at least 1"),
        (["--minutes", "nan"], "--minutes is a number above 0"),
        (["--minutes", "0"], "--minutes is a number above 0"),
        (["--workers", "-1"], "--workers is"),
        (["--workers", "100000"], "--workers is a number from 0 to 256"),
        (["--seed", "-1"], "--seed is"),
        (["--batch-size", "0"], "optimization.batch_size of the recipe is 0"),
        (["--learning-rate", "-1"], "optimization.learning_rate of the recipe is -1"),
        (["--learning-rate", "0"], "optimization.learning_rate of the recipe is 0"),
        (["--learning-rate", "nan"], "optimization.learning_rate of the recipe is nan"),
        (["--out", "/proc/run", "--steps", "1"], "/proc/run cannot be written to"),
    ],
)
def test_numbers_that_no_run_can_have_are_refused(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = train(tmp_path / "run", *arguments)
    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_a_signal_to_all_processes_of_a_run_saves(tmp_path: Path) -> None:
    """As service managers send it: to the workers, too."""
    process = start(tmp_path / "run", "--save-minutes", "100", "--workers", "2")
    while len(psutil.Process(process.pid).children()) < 2:
        assert process.is_alive()
        time.sleep(0.05)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGTERM)
    process.join(100)
    assert process.exitcode == 0, (tmp_path / "run.txt").read_text()
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] > 0
    assert (tmp_path / "run" / "best" / "model.safetensors").exists()


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_signal_to_end_saves_and_ends_well(
    which: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, sent = Trainer._train_step, []

    def interrupted(self: Trainer, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        assert len(sent) < 2, "it goes on"
        os.kill(os.getpid(), which)
        sent.append(which)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_train_step", interrupted)
    before = signal.signal(which, signal.default_int_handler if which == signal.SIGINT else signal.SIG_DFL)
    try:
        done = train(tmp_path, "--save-minutes", "100")
    finally:
        signal.signal(which, before)
    assert done.returncode == 0, done.stderr
    assert read_checkpoint(tmp_path / "checkpoint.pt")["step"] == 1
    assert (tmp_path / "best" / "model.safetensors").exists()


def test_a_run_that_was_started_with_nohup_outlives_its_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Trainer._train_step

    def left_alone(self: Trainer, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        os.kill(os.getpid(), signal.SIGHUP)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_train_step", left_alone)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = train(tmp_path, "--steps", "3")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert done.returncode == 0, done.stderr
    assert read_checkpoint(tmp_path / "checkpoint.pt")["step"] == 3


def test_a_picture_that_turns_bad_is_passed_over_and_counted(tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs", 12)
    whole = (pairs / "photo" / "05.png").read_bytes()
    (pairs / "photo" / "05.png").write_bytes(whole[: len(whole) // 2])  # its header is good
    done = train(tmp_path / "run", "--pairs", str(pairs), "--steps", "8")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("photo/05.png: The picture '05.png' is damaged") == 1
    assert "could not be read were passed over" in done.stdout


def test_when_all_pictures_are_gone_the_run_saves_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, load, loads = write_pairs(tmp_path / "pairs", 12), Pairs.load, [0]

    def gone(self: Pairs, index: int) -> object:
        loads[0] += 1
        if loads[0] > 40:  # after those that the run begins with
            raise ValueError("the disk is gone")
        return load(self, index)

    monkeypatch.setattr(Pairs, "load", gone)
    done = train(tmp_path / "run", "--pairs", str(pairs), "--steps", "50")
    assert done.returncode == 2
    assert "could not be read. The last: the disk is gone" in done.stderr.splitlines()[-1]
    assert read_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] > 0


def test_a_disk_that_is_full_for_a_while_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save, tries = torch.save, [0]

    def full(*arguments: object) -> None:
        tries[0] += 1
        if tries[0] == 1:
            raise OSError(28, "No space left on device")
        save(*arguments)

    monkeypatch.setattr(checkpoint.torch, "save", full)
    done = train(tmp_path, "--steps", "3", "--save-minutes", "0")
    assert done.returncode == 0, done.stderr
    assert "No space left on device. The run goes on" in done.stderr
    assert read_checkpoint(tmp_path / "checkpoint.pt")["step"] == 3


MEMORY = "for want of memory: give a smaller --batch-size (it is 4)"


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (RuntimeError, "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate", MEMORY),
        (torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate 2.00 GiB.", MEMORY),
        (RuntimeError, "DataLoader worker (pid 7) is killed by signal: Killed. ", MEMORY),
        (
            type("InductorError", (RuntimeError,), {"__module__": "torch._inductor.exc"}),
            "InvalidCxxCompiler: None\n\nSet TORCH",
            "leave out --compile (InvalidCxxCompiler: None).",
        ),
    ],
)
def test_a_machine_that_is_too_small_is_one_sentence_and_costs_no_step(
    kind: type[Exception], text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Trainer._train_step

    def fails(self: Trainer, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if self.step == 2:
            raise kind(text)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_train_step", fails)
    done = train(tmp_path, "--steps", "3")
    assert (done.returncode, words in done.stderr.splitlines()[-1]) == (2, True), done.stderr
    assert read_checkpoint(tmp_path / "checkpoint.pt")["step"] == 2


def test_pictures_go_from_workers_as_bytes() -> None:
    stream = Stream([WeightedSource(SyntheticFaces(64))], PRESETS["default"].data, 0.5, 64, 8, 0)
    samples = [stream[i] for i in range(2)]
    batch = packed(samples)
    assert {batch[name].dtype for name in ("sketch", "photo")} == {torch.uint8}
    for name, values in unpacked(batch).items():
        expected = torch.stack([sample[name] for sample in samples])
        torch.testing.assert_close(values, expected, atol=1 / 255 + 1e-6, rtol=0)


def test_workers_are_as_many_as_shared_memory_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 64 * 2**20}))
    assert _workers(64, 256) == 1
    assert _workers(8, 256) == 12


def test_what_accelerate_launch_was_told_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mixed precision, and a batch in two parts, which learns as the whole one does."""
    pairs = write_pairs(tmp_path / "pairs", 12)
    small = ["--pairs", str(pairs), "--steps", "20", "--loss.prior", "0", "--loss.variety", "0"]

    def losses(name: str, **environment: str) -> dict[int, float]:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        done = train(tmp_path / name, *small)
        assert done.returncode == 0, done.stderr
        return curve(tmp_path / name, "train/gradient")

    whole = losses("whole")
    parts = losses("parts", ACCELERATE_GRADIENT_ACCUMULATION_STEPS="2")
    assert parts[20] == pytest.approx(whole[20], rel=0.3)
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "3")
    done = train(tmp_path / "other", *small)
    assert (done.returncode, "A batch of 4 cannot be shared" in done.stderr) == (2, True)
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "1")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "fp16")
    done = train(tmp_path / "other", *small, "--precision", "bf16")
    assert (done.returncode, "was told fp16, and --precision is bf16" in done.stderr) == (2, True)


def test_a_run_that_diverges_says_what_to_begin_with(tmp_path: Path) -> None:
    done = train(tmp_path, "--steps", "2", "--save-minutes", "0")
    assert done.returncode == 0, done.stderr
    before = [(tmp_path / name).read_bytes() for name in ("checkpoint.pt", "checkpoint.previous.pt")]
    done = train(tmp_path, "--resume", "--steps", "200", "--learning-rate", "1e30")
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert "not finite" in said
    assert f"begin another run with --start-from {tmp_path / 'best'} and a smaller learning rate" in said
    assert [(tmp_path / name).read_bytes() for name in ("checkpoint.pt", "checkpoint.previous.pt")] == before
