"""The recipe: what is in it, where it comes from, and files that hold none."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from sketch2photo.training import history
from sketch2photo.training.config import PRESETS, LossConfig, Recipe, checked, flat
from sketch2photo.training.history import Record, Stage
from sketch2photo.training.losses import TERMS
from tests import ROOT


def test_every_term_has_a_weight_in_the_recipe() -> None:
    weights = {term.weight or name for name, term in TERMS.items() if term.weight is not None}
    assert weights <= {field.name for field in fields(LossConfig)}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_record_comes_back_from_its_file(preset: str, tmp_path: Path) -> None:
    record = Record(PRESETS["default"])
    record.begin(PRESETS["default"], Stage(0, data={"photos a": {"count": 3, "share": 1.0}}))
    record.begin(PRESETS[preset], Stage(7, score=3.25, score_step=9))
    record.save(tmp_path)
    read = history.read(tmp_path / history.FILE)
    assert read.recipe == PRESETS[preset]
    assert read.as_dict() == record.as_dict()
    assert read.history[0] == record.history[0]
    # A recipe before follows from the changes.
    before = flat(read.recipe) | {name: old for name, (old, _) in record.history[1].changed.items()}
    assert before == flat(PRESETS["default"])


def test_the_published_record_says_how_the_weights_came_about() -> None:
    record = history.read(ROOT / "hub/model/training.json")
    config = json.loads((ROOT / "hub/model/config.json").read_text())
    model = {name: value for name, value in record.as_dict()["recipe"]["model"].items() if value is not None}
    assert model == {name: value for name, value in config.items() if name in model}
    assert record.history
    now = flat(record.recipe)
    for stage in reversed(record.history):  # each change leads to what follows
        for name, (old, new) in stage.changed.items():
            assert new == pytest.approx(now[name])
            now[name] = old


def broken(**changes: object) -> dict[str, object]:
    return {"recipe": asdict(Recipe()) | changes}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", 'has no "recipe"'),
        ("{}", 'has no "recipe"'),
        (json.dumps({"recipe": {"loss": {"beauty": 1}}}), "loss.beauty"),
        (json.dumps({"recipe": {"loss": {"pixel": "much"}}}), "loss.pixel of the recipe is 'much'"),
        (json.dumps({"recipe": {"loss": {"pixel": float("nan")}}}), "loss.pixel"),
        (json.dumps({"recipe": {"optimization": {"betas": [0.5]}}}), "optimization.betas"),
        (
            json.dumps({"recipe": {"loss": {"hints_cell": 86}}}),
            "loss.hints_cell of the recipe is 86, and at most a third",
        ),
        (
            json.dumps({"recipe": {"loss": {"discriminator_width": 10**21}}}),
            "loss.discriminator_width of the recipe is",
        ),
        (json.dumps({"recipe": {"optimization": {"batch_size": 10**21}}}), "optimization.batch_size of the recipe is"),
        (json.dumps({"recipe": {}, "history": [{"steps": 1}]}), "history.0.from_step"),
    ],
)
def test_a_file_that_is_no_recipe_gets_one_sentence(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "training.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"training\.json") as error:
        history.read(path)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"training\.json cannot be read: No such file"):
        history.read(tmp_path / "training.json")


def test_shares_of_the_same_samples_add_up_to_one_at_most() -> None:
    data = replace(Recipe().data, strict_share=0.7, hint_share=0.4)
    with pytest.raises(ValueError, match="together at most 1"):
        checked(asdict(replace(Recipe(), data=data)))


def test_records_name_folders_without_the_way_to_them(tmp_path: Path) -> None:
    (tmp_path / "mine" / "best").mkdir(parents=True)
    assert history.label(str(tmp_path / "mine" / "best")) == "mine/best"
    assert history.label("user/model") == "user/model"
    assert history.label(None) is None
