"""Named directions, found in the bundled model on pictures that it made itself."""

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.data.sources import Source
from sketch2photo.evaluation import directions
from sketch2photo.evaluation.directions import responses, vectors
from sketch2photo.evaluation.metrics import border_colour
from sketch2photo.examples import EXAMPLES
from sketch2photo.preprocess import to_sketch
from tests import ROOT
from tests.programs import run_program


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example drawings and a picture of each."""
    folder = tmp_path_factory.mktemp("pairs")
    pipe = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))
    for kind in ("photo", "sketch"):
        (folder / kind).mkdir()
    for path in EXAMPLES:
        sketch = to_sketch(path, 256)
        pipe(sketch, num_images=1, seed=1).images[0].save(folder / "photo" / f"{path.stem}.png")
        grey = ((sketch[0, 0] + 1) * 127.5).round().byte().numpy()
        Image.fromarray(grey).save(folder / "sketch" / f"{path.stem}.png")
    return folder


def find(model: Path, pairs: Path) -> subprocess.CompletedProcess[str]:
    return run_program("sketch2photo.evaluation.directions", "--model", model, "--pairs", pairs, "--count", 8)


def test_it_names_directions_that_do_what_they_say(pairs: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(ROOT / "hub" / "model", model)
    config = json.loads((model / "config.json").read_text()) | {"directions": None}
    (model / "config.json").write_text(json.dumps(config))
    done = find(model, pairs)
    assert done.returncode == 0, done.stderr
    pipe = Sketch2PhotoPipeline.from_pretrained(str(model))
    assert len(pipe.model.directions) >= 3  # which of them stand out depends on the few sketches here
    for name, found in pipe.model.directions.items():
        others = [abs(effect) for other, effect in found["effect"].items() if other != name]
        assert found["effect"][name] > max(others), name
        assert np.linalg.norm(found["vector"]) == pytest.approx(1, abs=1e-3)


def test_a_bundled_direction_moves_its_attribute() -> None:
    pipe = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))
    sketch = to_sketch(EXAMPLES[1], 256)
    dark, light = (
        np.stack([np.asarray(x) for x in pipe(sketch, latents=torch.zeros(1, 8), background=b).images]) for b in (-2, 2)
    )
    assert border_colour(light).mean() > border_colour(dark).mean() + 30


def test_bundled_directions_move_nothing_else_by_a_third_of_what_they_move() -> None:
    directions = json.loads((ROOT / "hub" / "model" / "config.json").read_text())["directions"]
    for name, found in directions.items():
        others = {other: abs(effect) for other, effect in found["effect"].items() if other != name}
        if name == "hair":  # grey hair is read as age, and the card says so
            others.pop("age")
        assert max(others.values()) < found["effect"][name] / 3, name


def test_pairs_may_have_any_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "hub" / "model" / "config.json", tmp_path)
    for side, grey in (("A", 200), ("B", 100)):
        (tmp_path / side).mkdir()
        Image.new("RGB", (64, 64), (grey, grey, grey)).save(tmp_path / side / "1.png")
    given: list[Source] = []
    monkeypatch.setattr(directions.Sketch2Photo, "from_pretrained", lambda folder: None)
    monkeypatch.setattr(directions, "find", lambda model, pairs, count, seed: given.append(pairs) or {})
    for side in ("A", "B"):
        directions.main(tmp_path, tmp_path, sketch_side=side)
    assert [source.load(0)[1].max() for source in given] == [200, 100]


def test_what_no_photograph_has_is_left_out_and_the_rest_is_found() -> None:
    """Of faces in which nobody's age is seen, as in drawn ones."""
    rng = np.random.default_rng(0)
    pictures, landmarks = rng.integers(0, 255, (3, 256, 256, 3), np.uint8), rng.uniform(90, 160, (68, 2))
    landmarks[36:42], landmarks[42:48] = (98, 115), (158, 115)
    reader = SimpleNamespace(finder=lambda picture: landmarks, apparent=lambda picture: None)
    unit = directions.photographs(pictures, reader)
    assert (unit > 0).tolist() == [True] * 8 + [False] * 2

    class Model:
        def __call__(self, sketch: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
            return torch.rand(len(z), 3, 256, 256) * 2 - 1

    names, _, moved = directions.measure(Model(), torch.ones(2, 1, 256, 256), reader, torch.zeros(2, 4, 8), unit > 0)
    assert len(names) == moved.shape[2] == 8 and "age" not in names and np.isfinite(moved).all()


def test_vectors_move_one_attribute_each() -> None:
    response = np.random.default_rng(0).normal(size=(4, 8)) + 0.5  # all attributes move together by something
    moved = response @ vectors(response).T
    assert (np.diag(moved) > 3 * np.abs(moved - np.diag(np.diag(moved))).max(0)).all()


def test_no_model_or_no_faces_is_one_sentence(pairs: Path, tmp_path: Path) -> None:
    done = find(tmp_path, pairs)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"sketch2photo.evaluation.directions: {tmp_path} is not the folder of a model: it has no config.json."
    )
    for kind in ("photo", "sketch"):
        (tmp_path / "blank" / kind).mkdir(parents=True)
        for i in range(4):
            Image.new("RGB", (256, 256), "white").save(tmp_path / "blank" / kind / f"{i}.png")
    done = find(ROOT / "hub" / "model", tmp_path / "blank")
    assert done.returncode == 2
    assert "No faces were found" in done.stderr.splitlines()[-1]


def test_pictures_without_a_face_do_not_take_part() -> None:
    rng = np.random.default_rng(0)
    latents, slope = rng.normal(size=(5, 24, 8)), rng.normal(size=(3, 8))
    moved = latents @ slope.T
    moved[0, :4, 2] = moved[3, 20:, 1] = np.nan
    moved -= np.nanmean(moved, 1, keepdims=True)
    assert responses(latents, moved) == pytest.approx(slope)
