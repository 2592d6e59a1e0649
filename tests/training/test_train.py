"""`python train.py` as people run it: processes that are started, killed, resumed and doubled."""

import importlib.util
import re
import shutil
import subprocess
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from PIL import Image, ImageDraw, ImageFilter
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.data.sources import Pairs, WeightedSource, find_channels, fixed_samples
from sketch2photo.evaluation.browser import free_port
from sketch2photo.evaluation.plots import CELL, LABEL, STEPS, main
from sketch2photo.images import SketchFormat
from sketch2photo.networks.calibrator import Calibrator
from sketch2photo.preprocess import to_sketch
from sketch2photo.training import history
from sketch2photo.training.average import SHARES
from sketch2photo.training.config import PRESETS, Recipe
from sketch2photo.training.samples import Stream
from tests import ROOT
from tests.data.test_sources import write_pairs
from tests.hub.hub_server import Hub, client_of
from tests.programs import LIGHT, SIZES, TINY, run_program, start_program


def train(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_program("train.py", "--out", out, *TINY, *arguments)


def start(out: Path, *arguments: str, **environment: str) -> BaseProcess:
    out.mkdir(exist_ok=True)
    printed = out.parent / f"{out.name}.txt"
    return start_program("train.py", "--out", out, *TINY, *arguments, printed=printed, environment=environment)


def curve(out: Path, name: str = "train/loss") -> dict[int, float]:
    values: dict[int, float] = {}
    for file in sorted(out.rglob("events.out.tfevents.*"), key=lambda path: path.stat().st_mtime):
        events = EventAccumulator(str(file))
        events.Reload()
        if name in events.Tags()["scalars"]:
            values |= {event.step: event.value for event in events.Scalars(name)}
    return values


# So much that the loss falls in forty steps.
QUICKLY = ("--optimization.warmup", "0", "--learning-rate", "1e-3")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run: a folder, and what was printed."""
    out = tmp_path_factory.mktemp("finished")
    done = train(out, *QUICKLY, "--data.held-out", "16", "--steps", "40")
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_without_data_it_trains_on_drawn_faces_and_names_the_next_command(finished: tuple[Path, str]) -> None:
    out, printed = finished
    model = Sketch2Photo.from_pretrained(out / "best")
    assert model.image_size == 64
    assert model(torch.ones(1, 1, 64, 64), torch.zeros(1, 8)).shape == (1, 3, 64, 64)
    assert "python train.py --pairs" in printed
    losses = curve(out)
    assert losses[40] < losses[20]
    assert curve(out, "validation/score")
    assert curve(out, "validation/kernel_distance")
    [grid] = (out / "samples").iterdir()
    assert Image.open(grid).width >= 6 * 64


def test_killed_and_resumed_it_goes_on_as_if_nothing_had_been(finished: tuple[Path, str], tmp_path: Path) -> None:
    """SIGKILL as soon as a checkpoint is there; the resumed run's losses are those of the run that was left alone."""
    process = start(tmp_path, *QUICKLY, "--save-minutes", "0.005")
    checkpoint, deadline = tmp_path / "checkpoint.pt", time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    step = torch.load(checkpoint, weights_only=True)["step"]
    assert 0 < step < 40
    resumed = train(tmp_path, *QUICKLY, "--resume", "--steps", "40")
    assert resumed.returncode == 0, resumed.stderr
    assert curve(tmp_path)[40] == pytest.approx(curve(finished[0])[40], rel=2e-3)


def test_a_half_written_checkpoint_is_never_in_the_place_of_a_whole_one(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "checkpoint.pt").write_bytes((finished[0] / "checkpoint.pt").read_bytes())
    (tmp_path / "checkpoint.pt.partial").write_bytes(b"half")
    done = train(tmp_path, "--resume", "--steps", "41")
    assert done.returncode == 0, done.stderr
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 41


def test_two_processes_have_the_loss_and_the_gradients_of_one(tmp_path: Path) -> None:
    """Of twenty steps that change nothing, since rounding would grow from step to step: with a beta1 of 0 the last gradients are
    Adam's first moments."""
    still = (*TINY, "--steps", "20", "--learning-rate", "1e-30")
    # What torch's launcher tells each; accelerate launch --cpu starts one process, whatever --num_processes says.
    told = {
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "ACCELERATE_USE_CPU": "true",
    }
    processes = [start(tmp_path / "apart", *still, **told, RANK=rank, LOCAL_RANK=rank) for rank in "01"]
    alone = run_program("train.py", "--out", tmp_path / "together", *still)
    assert alone.returncode == 0, alone.stderr
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0], (tmp_path / "apart.txt").read_text()
    one, two = (curve(tmp_path / name) for name in ("together", "apart"))
    assert list(two) == list(one) == [20]
    assert two[20] == pytest.approx(one[20], rel=1e-3)
    moments = [
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["optimizer"]["state"]
        for name in ("together", "apart")
    ]
    assert moments[0]
    for k, state in moments[0].items():
        assert (moments[1][k]["exp_avg"] - state["exp_avg"]).norm() <= 1e-4 * state["exp_avg"].norm()


def test_a_run_that_no_longer_gets_better_learns_slower_and_stops_itself(tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs", 12)
    arguments = [
        "--pairs", str(pairs), "--validate-minutes", "0", "--optimization.warmup", "0", "--optimization.patience",
        "2", "--optimization.halvings", "2",
    ]  # fmt: skip
    done = train(tmp_path, *arguments, "--steps", "100", "--learning-rate", "1e-30")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("No better score in 2 validations: the learning rate is halved.") == 3
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["step"], state["halved"]) == (1 + 3 * 2, 3)
    assert [group["lr"] for group in state["optimizer"]["param_groups"]] == pytest.approx([1e-30 / 8, 0.7e-30 / 8])
    assert list(curve(tmp_path, "validation/score")) == list(range(1, 8))

    # What it learnt goes on with another recipe, whose learning rate is whole again.
    done = train(tmp_path, *arguments, "--preset", "finish", "--resume", "--steps", "8")
    assert done.returncode == 0, done.stderr
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["step"], state["halved"]) == (8, 0)
    assert [group["lr"] for group in state["optimizer"]["param_groups"]] == pytest.approx([5e-5, 4e-4])


def test_classic_trains_on_pairs_and_loads(tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs", 12)
    small = [*LIGHT, "--model.channels", "8", "16", "16", "--out", tmp_path / "run", "--pairs", pairs]
    done = run_program("train.py", *small, "--preset", "classic", "--steps", "2")
    assert done.returncode == 0, done.stderr
    model = Sketch2Photo.from_pretrained(tmp_path / "run" / "best")
    assert model(torch.ones(1, 1, 64, 64), torch.zeros(2, 8)).shape == (2, 3, 64, 64)
    other = run_program("train.py", *small, "--preset", "default", "--resume", "--steps", "3")
    assert other.returncode == 2
    assert "of another model" in other.stderr


def test_a_recipe_from_a_file_is_changed_kept_and_carried_on(tmp_path: Path) -> None:
    """hub/model's, with one number from the command line; resumed with other ones, and then what another run starts from."""
    pairs = write_pairs(tmp_path / "pairs", 20)
    data, out = ["--pairs", str(pairs), "--validate-minutes", "100"], tmp_path / "run"
    published = ROOT / "hub/model/training.json"

    def reduced(recipe: Recipe) -> Recipe:
        return replace(
            recipe,
            model=replace(
                recipe.model, image_size=64, **SIZES, sketch_channels=1, polarity="dark_on_light", framing="whole"
            ),
            data=replace(recipe.data, held_out=4),
            loss=replace(recipe.loss, view_size=32, discriminator_width=8),
            optimization=replace(recipe.optimization, batch_size=4),
        )

    def trained(out: Path, *arguments: str) -> str:
        done = train(out, *data, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    trained(out, "--recipe", str(published), "--loss.variety", "1.25", "--steps", "4")
    wanted = reduced(history.read(published).recipe)
    wanted = replace(wanted, loss=replace(wanted.loss, variety=1.25))
    kept = torch.load(out / "checkpoint.pt", weights_only=True)["record"]
    for record in (history.from_dict(kept), *(history.read(out / name / "training.json") for name in ("best", "last"))):
        assert record.recipe == wanted
        [stage] = record.history
        assert stage.data == {"pairs pairs": {"count": 18, "share": 1}}
        assert (stage.from_step, stage.steps, stage.samples, stage.held_out) == (0, 4, 16, 2)
        assert stage.seconds > 0
        assert stage.score is not None

    # Resumed without a recipe it has its own; with another number it says so, and records it.
    assert "other numbers" not in trained(out, "--resume", "--steps", "5")
    said = trained(out, "--resume", "--steps", "6", "--data.warp", "2", "--optimization.betas", "0.5", "0.9")
    assert (
        "From step 5 on with other numbers: data.warp 2.0 (was 3.0), optimization.betas (0.5, 0.9) (was (0.0, 0.99))."
        in said
    )
    record = history.read(out / "last" / "training.json")
    assert [(stage.from_step, stage.steps) for stage in record.history] == [(0, 5), (5, 1)]
    assert record.history[1].changed == {"data.warp": [3.0, 2.0], "optimization.betas": [[0.0, 0.99], [0.5, 0.9]]}
    assert (record.recipe.data.warp, record.recipe.loss.variety) == (2.0, 1.25)
    groups = torch.load(out / "checkpoint.pt", weights_only=True)["optimizer"]["param_groups"]
    assert all(tuple(group["betas"]) == (0.5, 0.9) for group in groups)

    trained(tmp_path / "next", "--start-from", str(out / "best"), "--steps", "1")
    carried = history.read(tmp_path / "next" / "best" / "training.json")
    earlier = history.read(out / "best" / "training.json")
    assert carried.history[:-1] == earlier.history
    assert carried.history[-1].start_from == "run/best"
    assert carried.history[-1].changed["loss.variety"] == [1.25, 0.25]
    assert carried.recipe == reduced(PRESETS["default"])


def test_pairs_and_photos_mix_and_a_published_model_is_a_start(finished: tuple[Path, str], tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs", 12)
    published, best = shutil.copytree(finished[0] / "best", tmp_path / "published"), tmp_path / "run" / "best"
    Sketch2PhotoPipeline(Sketch2Photo.from_pretrained(published), Calibrator()).save_pretrained(published)
    done = train(
        tmp_path / "run", "--pairs", str(pairs), "--photos", f"{pairs / 'photo'}=2", "--steps", "2",
        "--start-from", str(published),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    start, now = (Sketch2PhotoPipeline.from_pretrained(str(folder)) for folder in (published, best))
    for before, after in zip(start.model.parameters(), now.model.parameters(), strict=True):
        torch.testing.assert_close(after, before, atol=2e-3, rtol=0)
    assert start.calibrator and now.calibrator
    for before, after in zip(start.calibrator.parameters(), now.calibrator.parameters(), strict=True):
        assert torch.equal(after, before)
    shoes = ("--pairs", pairs, "--steps", "1", "--model.framing")
    done = train(tmp_path / "shoes", *shoes, "whole", "--start-from", published)
    assert done.returncode == 0, done.stderr
    assert Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "shoes" / "best")).calibrator is None
    for start in ((), ("--start-from", finished[0] / "best")):
        refused = train(tmp_path / "faces", *shoes, "face", *start)
        assert (refused.returncode, "framed as faces" in refused.stderr or "framing of" in refused.stderr) == (2, True)


def test_without_the_feature_network_one_line_says_so_and_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packages are hidden from the search for them, as where they were never installed."""
    find = importlib.util.find_spec
    hidden = lambda name, *rest: None if name.startswith("efficientnet") else find(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    done = train(tmp_path / "run", "--steps", "2")
    assert done.returncode == 0, done.stderr
    assert sum("EfficientNet-Lite0 is not installed" in line for line in done.stdout.splitlines()) == 1
    assert Sketch2Photo.from_pretrained(tmp_path / "run" / "best").image_size == 64


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pairs", "/nowhere/at/all"], "neither a folder nor a data set"),
        (["--photos", str(ROOT / ".ci") + "=many"], "No pictures in"),
        (["--preset", "third"], "preset"),
        (["--loss.variety", "-1"], "loss.variety of the recipe is -1"),
        (["--recipe", str(ROOT / "README.md")], "README.md is not JSON"),
        (["--recipe", str(ROOT / "hub/model/training.json"), "--preset", "finish"], "give one of them"),
    ],
)
def test_bad_arguments_get_one_sentence_and_exit_code_2(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = train(tmp_path, *arguments, "--steps", "1")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_card_gets_pictures_of_the_latents_and_of_the_run(
    finished: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, drawings = tmp_path / "model", ROOT / "sketch2photo" / "examples"
    shutil.copytree(finished[0] / "best", model)
    main(model, drawings, (finished[0],), count=2)
    assert re.search(r"\d+ of 32 pictures at the sliders' ends show a face", capsys.readouterr().out)
    sweeps = np.asarray(Image.open(model / "sweeps.jpg")).astype(float)
    assert sweeps.shape == (8 * CELL, LABEL + 2 * (STEPS * CELL + 8), 3)
    first, last = (sweeps[:CELL, LABEL + i * CELL : LABEL + (i + 1) * CELL] for i in (0, STEPS - 1))
    assert np.abs(first - last).mean() > 1
    assert Image.open(model / "curves.png").width > 800
    with pytest.raises(ValueError, match="no validations in its logs"):
        main(model, drawings, (tmp_path,))


def test_the_best_mean_of_two_models_is_kept(finished: tuple[Path, str], tmp_path: Path) -> None:
    """At each share the score is printed, and what is saved is the mean at the best: no weight of it is elsewhere."""
    pairs, (done, _) = write_pairs(tmp_path / "pairs", 12), finished
    torch.manual_seed(1)
    other = tmp_path / "other"
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(other)

    def soup(first: Path, second: Path, sharp: str = "photo", out: str = "none") -> subprocess.CompletedProcess[str]:
        program = "sketch2photo.training.average"
        return run_program(program, first, second, "--pairs", pairs, "--sharp", pairs / sharp, "--out", tmp_path / out)

    made = soup(done / "best", other, out="mean")
    assert made.returncode == 0, made.stderr
    scores = {float(share): float(score) for share, score in re.findall(r"share (\S+) .* score (\S+)", made.stdout)}
    assert list(scores) == list(SHARES)
    record = history.read(tmp_path / "mean" / "training.json")
    assert record.history[:-1] == history.read(done / "best" / "training.json").history
    share = float(re.match(r"mean of (\S+) ", str(record.history[-1].note))[1])
    assert scores[share] == min(scores.values())  # as printed: others may be as good to two digits
    first, second, mean = (Sketch2Photo.from_pretrained(folder) for folder in (done / "best", other, tmp_path / "mean"))
    for a, b, m in zip(first.parameters(), second.parameters(), mean.parameters(), strict=True):
        torch.testing.assert_close(m, share * a + (1 - share) * b, atol=2e-3, rtol=2e-3)
    (tmp_path / "ab").mkdir()
    for side, kind in (("A", "photo"), ("B", "sketch")):
        (tmp_path / "ab" / side).symlink_to(pairs / kind)
    ours = (done / "best", other, "--sharp", pairs / "photo", "--out", tmp_path / "same")
    same = run_program("sketch2photo.training.average", *ours, "--pairs", tmp_path / "ab", "--sketch-side", "B")
    assert same.stdout.splitlines()[:-1] == made.stdout.splitlines()[:-1], same.stderr
    Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1)).save_pretrained(tmp_path / "smaller")
    refused = soup(done / "best", tmp_path / "smaller")
    assert refused.returncode == 2
    assert "give two of one architecture" in refused.stderr.splitlines()[-1]
    assert soup(done / "best", other, sharp="none").returncode == 2
    refused = soup(done / "best", other, out="pairs")  # a run's folder, say, whose other files would be gone
    assert refused.returncode == 2 and "is not empty" in refused.stderr
    assert len(list((pairs / "photo").iterdir())) == 12


def write_houses(folder: Path, dark: bool = False) -> None:
    """Pairs of houses and their coloured label maps, as pix2pix joins them; or of their outlines, which are light on dark."""
    (folder / "train").mkdir(parents=True)
    for number in range(12):
        rng = np.random.default_rng(number)
        house, photo = Image.new("RGB", (64, 64), (0, 0, 170)), Image.new("RGB", (64, 64), (150, 190, 230))
        left, top, right = (int(rng.integers(*span)) for span in ((4, 20), (16, 40), (40, 60)))
        for page, wall, roof in ((house, (0, 170, 255), (255, 85, 0)), (photo, (180, 150, 120), (120, 40, 30))):
            pen = ImageDraw.Draw(page)
            pen.rectangle((left, top, right, 63), fill=wall)
            pen.polygon([(left, top), (right, top), ((left + right) // 2, top - 14)], fill=roof)
        if dark:
            house = (
                house.convert("L").filter(ImageFilter.FIND_EDGES).point(lambda grey: 255 * (grey > 30)).convert("RGB")
            )
        both = Image.new("RGB", (128, 64))
        both.paste(house, (0, 0))
        both.paste(photo, (64, 0))
        both.save(folder / "train" / f"{number}.png")


def test_houses_go_from_joined_pairs_to_the_hub_and_back_by_commands_alone(tmp_path: Path) -> None:
    write_houses(tmp_path / "houses")
    done = train(tmp_path / "run", "--steps", "3", "--pairs", tmp_path / "houses")
    assert done.returncode == 0, done.stderr
    assert "pairs houses: the sketches are coloured, so the model sees them in colour." in done.stderr
    best = tmp_path / "run" / "best"
    assert history.read(best / "training.json").recipe.model.sketch_channels == 3
    pipe = Sketch2PhotoPipeline.from_pretrained(str(best))
    labels = tmp_path / "labels"
    labels.mkdir()
    for path in (tmp_path / "houses" / "train").iterdir():
        with Image.open(path) as both:
            both.crop((0, 0, 64, 64)).save(labels / path.name)
    out = pipe(labels / "0.png", num_images=2, seed=0)
    assert (len(out.images), out.sketch.shape) == (2, (1, 3, 64, 64))
    assert set(((out.sketch[0, :, 5, 5] + 1) * 127.5).round().int().tolist()) == {0, 170}
    drawn = run_program("sketch2photo.draw", labels, "--out", tmp_path / "photos", "--model", best, "--num-images", "2")
    assert (drawn.returncode, len(list((tmp_path / "photos").iterdir()))) == (0, 24), drawn.stderr
    measured = run_program(
        "sketch2photo.evaluation.evaluate",
        "--model",
        best,
        "--pairs",
        tmp_path / "houses",
        "--out",
        tmp_path / "figures",
    )
    assert measured.returncode == 0, measured.stderr
    assert "| run/best | 64 | 1 |" in measured.stdout
    again = train(tmp_path / "run", "--steps", "4", "--pairs", tmp_path / "houses", "--resume")
    assert again.returncode == 0, again.stderr
    assert "faces" not in ModelCard.load(tmp_path / "run" / "best" / "README.md").data.tags
    with Hub().serving() as hub, client_of(hub.environment(tmp_path / "home", "hf_ada")):
        pushed = run_program("hub.push", "model", "ada/houses", "--weights", tmp_path / "run" / "best")
        assert pushed.returncode == 0, pushed.stderr
        pulled = Sketch2PhotoPipeline.from_pretrained("ada/houses")
    here = Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "run" / "best"))
    draw = {"num_images": 2, "seed": 0, "output_type": "pt"}
    assert torch.equal(pulled(labels / "0.png", **draw).images, here(labels / "0.png", **draw).images)
    grey = train(tmp_path / "grey", "--steps", "1", "--pairs", tmp_path / "houses", "--model.sketch-channels", "1")
    assert grey.returncode == 0, grey.stderr
    assert Sketch2Photo.from_pretrained(tmp_path / "grey" / "best").sketch_channels == 1


def test_sketches_made_of_photographs_have_no_colours(tmp_path: Path) -> None:
    write_houses(tmp_path / "houses")
    write_pairs(tmp_path / "pairs", 12)
    mixed = ("--steps", "1", "--pairs", tmp_path / "houses", "--photos", tmp_path / "pairs" / "photo")
    done = train(tmp_path / "run", *mixed)
    assert done.returncode == 0, done.stderr
    assert "the sketches are coloured, and taken as grey" in done.stderr
    refused = train(tmp_path / "other", *mixed, "--model.sketch-channels", "3")
    assert (refused.returncode, "without colours: leave out --photos" in refused.stderr) == (2, True)


def test_light_lines_on_dark_are_trained_on_as_they_are_drawn_with(tmp_path: Path) -> None:
    """What the model saw is what the pipeline makes of the same picture."""
    write_houses(tmp_path, dark=True)
    pairs = Pairs.open(tmp_path)
    sketch = fixed_samples(pairs, 64, 1)[0]
    assert sketch.mean() > 0.5
    shown = to_sketch(pairs.load(0)[1], 64)
    assert (sketch - shown).abs().mean() < 0.05
    assert find_channels([WeightedSource(pairs, 1.0, "pairs houses")]) == 1
    data = replace(PRESETS["classic"].data, warp=0)
    flat = Stream([WeightedSource(pairs)], data, 0.5, 64, 8, 0)
    assert flat[0]["sketch"].mean() > 0.5
    as_drawn = SketchFormat(polarity="as_drawn")
    assert Stream([WeightedSource(pairs)], data, 0.5, 64, 8, 0, form=as_drawn)[0]["sketch"].mean() < -0.5
    assert (
        fixed_samples(pairs, 64, 1, form=as_drawn)[0] - to_sketch(pairs.load(0)[1], 64, as_drawn)
    ).abs().mean() < 0.01
    done = train(tmp_path / "depths", "--pairs", tmp_path, "--model.polarity", "as_drawn", "--steps", "1")
    assert (done.returncode, "inverted" in done.stderr) == (0, False)
    assert Sketch2Photo.from_pretrained(tmp_path / "depths" / "best").sketch_format == as_drawn
    refused = train(tmp_path / "other", "--photos", tmp_path / "train", "--model.polarity", "as_drawn", "--steps", "1")
    assert (refused.returncode, "made of photographs are dark lines" in refused.stderr) == (2, True)
