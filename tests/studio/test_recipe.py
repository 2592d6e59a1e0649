"""The recipe in a PNG: what was written is read, and nothing else is believed."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sketch2photo import Sketch2Photo
from sketch2photo.evaluation.load_test import data_url
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.studio.controls import Controls, argument_groups
from sketch2photo.studio.pad import to_value
from sketch2photo.studio.recipe import read_recipe, recipe_type, to_png, weights_revision

FACE = data_url(EXAMPLES_FOLDER / "outline.png")
DIRECTIONS = {"beard": {"vector": [1.0, *[0.0] * 7], "range": [-1.0, 2.0]}}


@pytest.fixture(scope="module")
def controls() -> Controls:
    return argument_groups(Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1), directions=DIRECTIONS))


def recipe(**other: Any) -> dict[str, Any]:
    """As pictures have it that were kept before today."""
    plain = {
        "sketch": FACE,
        "seed": 7,
        "latents": [0.5, *[0] * 7],
        "directions": {"beard": 1.25},
        "strictness": 1,
        "model": "0123456789ab",
    }
    return plain | other


def with_notes(path: Path, notes: str) -> str:
    info = PngInfo()
    info.add_text("sketch2photo", notes)
    Image.open(EXAMPLES_FOLDER / "outline.png").save(path, pnginfo=info)
    return str(path)


def test_what_is_written_is_read(controls: Controls, tmp_path: Path) -> None:
    made = recipe_type(controls)(**recipe(latents=[1.23, *[0.0] * 7]))
    (tmp_path / "kept.png").write_bytes(to_png(Image.new("RGB", (64, 64)), made))
    read = read_recipe(str(tmp_path / "kept.png"), controls)
    assert read is not None
    assert read.model_dump() == made.model_dump() == recipe(latents=[1.23, *[0.0] * 7])


def test_a_picture_of_before_a_control_was_there_has_its_default(controls: Controls, tmp_path: Path) -> None:
    before = {key: value for key, value in recipe().items() if key != "strictness"}
    read = read_recipe(with_notes(tmp_path / "kept.png", json.dumps(before)), controls)
    assert read is not None
    assert read.model_dump() == recipe(strictness=1.0)


@pytest.mark.parametrize(
    "notes",
    [
        "}{",
        "null",
        "[" * 600_000,
        '{"sketch": "x", "seed": 0, "latents": [NaN], "directions": {}, "strictness": 1, "model": ""}',
        '{"sketch": 5, "seed": [], "latents": "abc", "directions": [], "strictness": {}, "model": 1}',
        json.dumps(recipe()) + "x",
        json.dumps(recipe(more=1)),
        *(
            json.dumps(recipe(**{key: value}))
            for key, values in {
                "sketch": [None, "", FACE[:200], FACE.replace("png", "jpeg"), to_value(Image.new("L", (64, 64)))],
                "seed": [-1, 2**31, 0.5, True, None, "7"],
                "strictness": [-0.1, 1.1, True, "1", float("inf"), None],
                "latents": [[True] * 8, ["0"] * 8, [10.5, *[0] * 7], [float("nan")] * 8, {"0": 1}, None],
                "directions": [{"beard": 11}, {"beard": True}, {"beard": float("-inf")}, {"beard": None}, [1.0], None],
                "model": [None, 5],
            }.items()
            for value in values
        ),
    ],
)
def test_hostile_notes_are_refused(controls: Controls, tmp_path: Path, notes: str) -> None:
    with pytest.raises(ValueError, match="notes on how it was made cannot be read: open it as a plain picture"):
        read_recipe(with_notes(tmp_path / "hostile.png", notes), controls)


def test_no_number_of_hostile_notes_is_beyond_its_slider(controls: Controls, tmp_path: Path) -> None:
    notes = recipe(latents=[9.5, -10, *[0] * 6], directions={"beard": -7})
    read = read_recipe(with_notes(tmp_path / "far.png", json.dumps(notes)), controls)
    assert read is not None
    assert (read.latents, read.directions) == ([3, -3, *[0] * 6], {"beard": -1})


@pytest.mark.parametrize(
    "other", [{"latents": [0.0] * 7}, {"latents": []}, {"directions": {}}, {"directions": {"hat": 1.0}}]
)
def test_a_picture_of_another_model_is_refused(controls: Controls, tmp_path: Path, other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="made with a model that has other dials or directions"):
        read_recipe(with_notes(tmp_path / "other.png", json.dumps(recipe(**other))), controls)


def test_what_holds_no_recipe_is_a_plain_picture(controls: Controls, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"%PDF-1.7 and nothing more")
    assert read_recipe(str(EXAMPLES_FOLDER / "outline.png"), controls) is None
    assert read_recipe(str(tmp_path / "broken.png"), controls) is None


def test_weights_have_one_revision_in_both_precisions() -> None:
    torch.manual_seed(0)
    models = [Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1)) for _ in range(2)]
    revision = weights_revision(models[0])
    assert weights_revision(models[0].to(torch.bfloat16)) == revision != weights_revision(models[1])
