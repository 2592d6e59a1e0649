"""A run's own model has a card that is true: its usage runs, its terms are those that it began with, and the Hub takes it."""

import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, constants
from PIL import Image

from sketch2photo import Sketch2Photo
from sketch2photo.examples import EXAMPLES, EXAMPLES_FOLDER
from sketch2photo.training import average, widen
from sketch2photo.training.card import chosen, inherited
from sketch2photo.training.history import Terms
from tests import ROOT
from tests.data.test_sources import write_pairs
from tests.hub.hub_server import Hub
from tests.programs import LIGHT, SIZES, TINY, run_program

OWN = Terms("other", "my-terms-1.0", "LICENSE.md", "Ask me first.", "ada/first")
CARD = """---
license: other
license_name: my-terms-1.0
license_link: LICENSE.md
base_model: ada/first
---
# A model of mine, with a score of 3.14
"""


def check_by_hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub's own validation, which asks the Hub."""
    with Hub().serving() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        ModelCard.load(folder / "README.md").validate()
        assert hub.log == ["POST /api/validate-yaml 200"]


def test_the_card_of_a_run_is_true_and_its_usage_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_program("train.py", *TINY, "--steps", 2, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    best = tmp_path / "run" / "best"
    card = ModelCard.load(best / "README.md")
    assert (card.data.license, card.data.base_model) == ("unknown", None)
    assert "Nobody has said under which terms" in card.text
    shown = re.search(r"!\[.*\]\((.*)\)", card.text)[1]
    assert Image.open(best / shown).height == 64 * len(EXAMPLES)  # of drawings, and of no sketch of the training data
    told = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert f"at step 2, is {told['score']:.2f} on 4 items that training did not see" in card.text
    assert "| 1 | synthetic faces | 100,000 | 1.00 | 8 |" in card.text
    check_by_hub(best, monkeypatch)

    usage = re.search(r"```python\n(.*?)```", card.text, re.DOTALL)[1]
    shutil.copy(EXAMPLES_FOLDER / "bun.png", best / "drawing.png")
    monkeypatch.chdir(best)
    exec(usage, {})
    assert Image.open(best / "photo.png").size == (64, 64)


def test_the_terms_of_what_a_run_begins_with_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start, out = tmp_path / "start", tmp_path / "run"
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(start)
    (start / "README.md").write_text(CARD)
    (start / "LICENSE.md").write_text("Ask me first.")
    begin = ("train.py", *LIGHT, "--start-from", start, "--steps", 1, "--out", out)
    other = run_program(*begin, "--license", "mit")
    assert other.returncode == 2
    assert "are under my-terms-1.0, and so are those that come of them" in other.stderr
    assert run_program(*begin).returncode == 0
    for steps in (1, 2):
        if steps == 2:
            assert run_program("train.py", *LIGHT, "--resume", "--steps", steps, "--out", out).returncode == 0
        card = ModelCard.load(out / "last" / "README.md")
        assert (card.data.license, card.data.license_name, card.data.license_link, card.data.base_model) == (
            ("other", "my-terms-1.0", "LICENSE.md", "ada/first")
        )
        assert "3.14" not in card.text
        assert (out / "last" / "LICENSE.md").read_text() == "Ask me first."
    check_by_hub(out / "last", monkeypatch)


def test_terms_of_a_hub_id_are_its_cards_and_it_is_the_base_model() -> None:
    beside = {"README.md": CARD.encode(), "LICENSE.md": b"Ask me first."}
    assert inherited("eve/second", beside) == Terms(**vars(OWN) | {"base_model": "eve/second"})
    assert inherited("eve/second", {"README.md": b"No front matter."}) == Terms(base_model="eve/second")
    assert inherited("eve/second", {}) == Terms(base_model="eve/second")


def test_terms_go_on_through_a_mean_and_a_wider_model(tmp_path: Path) -> None:
    first, pairs = tmp_path / "first", tmp_path / "pairs"
    Sketch2Photo(image_size=64, **SIZES | {"channels": (16, 32), "head": 16}).save_pretrained(first)
    (first / "README.md").write_text(CARD)
    (first / "LICENSE.md").write_text("Ask me first.")
    write_pairs(pairs, 6)
    average.main(str(first), str(first), pairs, tmp_path / "mean")
    widen.main(str(first), tmp_path / "wide", (16, 48), 16)
    for folder in ("mean", "wide"):
        data = ModelCard.load(tmp_path / folder / "README.md").data
        assert (data.license, data.license_name, data.base_model) == ("other", "my-terms-1.0", "ada/first")
        assert (tmp_path / folder / "LICENSE.md").read_text() == "Ask me first."
    assert "3.14" not in (tmp_path / "mean" / "README.md").read_text()


def test_terms_are_chosen_where_none_are_inherited(tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("Be kind.")
    assert chosen("mit", None, None, Terms(base_model="ada/first")) == Terms("mit", base_model="ada/first")
    assert chosen("other", "kind-1.0", "https://kind.example", Terms()) == Terms(
        "other", "kind-1.0", "https://kind.example"
    )
    assert chosen("other", "kind-1.0", str(tmp_path / "terms.txt"), Terms()) == Terms(
        "other", "kind-1.0", "LICENSE", "Be kind."
    )
    assert chosen("other", "my-terms-1.0", None, OWN) == chosen(None, None, None, OWN) == OWN


@pytest.mark.parametrize(
    ("license", "name", "link", "words"),
    [
        ("other", None, None, "needs its --license-name and --license-link"),
        ("other", "My Terms", "https://kind.example", "small letters"),
        ("other", "kind-1.0", "/nowhere", "an address, https://..., or a text file"),
        ("MIT License", None, None, "an id as apache-2.0"),
        ("mit", "kind-1.0", None, "belong to --license other"),
        (None, "kind-1.0", None, "belong to --license other"),
    ],
)
def test_terms_that_the_hub_does_not_take_are_refused(
    license: str | None, name: str | None, link: str | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        chosen(license, name, link, Terms())


def test_the_bundled_and_the_plain_card_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_by_hub(ROOT / "hub" / "model", monkeypatch)
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(tmp_path)
    check_by_hub(tmp_path, monkeypatch)
