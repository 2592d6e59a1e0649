"""What a run leaves of itself: training.json, its recipe and how it came to it. It lies in the checkpoint and beside exported weights.

    {"recipe": {...},                                   the numbers that made these weights, as config.py has them
     "history": [{"from_step": 0, "start_from": ..., "changed": {...}, "data": {...}, "steps": ..., ...}, ...]}

A stage of the history is a stretch of training with one recipe and one set of data. `changed` has what its recipe differs in from that
of the stage before, as [before, after], so every recipe follows from the last one, which stands whole under `recipe`.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .config import Recipe, checked, flat

FILE = "training.json"


@dataclass
class Stage:
    """A stretch of training with one recipe on one set of data."""

    from_step: int  # of its run; 0 begins a run
    start_from: str | None = None  # the weights that its run began with
    changed: dict[str, Any] = field(default_factory=dict)  # {"loss.variety": [before, after], ...}
    data: dict[str, dict[str, float]] = field(default_factory=dict)  # by source: "count" of items, "share" of samples
    held_out: int | None = None  # items that only validation saw
    seed: int | None = None
    steps: int | None = None  # done in this stage
    samples: int | None = None  # seen in it, each through both branches
    seconds: float | None = None  # of training, validation included
    score: float | None = None  # the best validation's, lower is better (validation.py)
    score_step: int | None = None  # of the run, where that was
    validations: list[dict[str, float]] = field(default_factory=list)  # "step" of the run, "score" and its companions
    note: str | None = None  # whatever a person adds


@dataclass(frozen=True)
class Terms:
    """Under which terms the weights go, as a card has them (https://huggingface.co/docs/hub/model-cards), and where they come from."""

    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    license_text: str | None = None  # of the file that license_link names, where it is no address
    base_model: str | None = None  # the Hub id of the model that training began with


@dataclass
class Record:
    """A recipe and the stages that led to it, the last of them under way, and the terms of the weights."""

    recipe: Recipe
    history: list[Stage] = field(default_factory=list)
    terms: Terms = field(default_factory=Terms)

    def begin(self, recipe: Recipe, stage: Stage) -> dict[str, Any]:
        """Opens a stage; what its recipe changes, as [before, after] by name."""
        stage.changed = differences(self.recipe, recipe) if self.history else {}
        self.recipe = recipe
        self.history.append(stage)
        return stage.changed

    def as_dict(self) -> dict[str, Any]:
        """Plain values; a stage has what is known of it."""
        stages = [
            {name: value for name, value in vars(stage).items() if value not in (None, {}, [])}
            for stage in self.history
        ]
        values: dict[str, Any] = json.loads(json.dumps({"recipe": asdict(self.recipe), "history": stages}))
        terms = {name: value for name, value in vars(self.terms).items() if value is not None}
        return values | ({"terms": terms} if terms else {})

    def save(self, folder: Path) -> None:
        """Writes training.json into a folder."""
        (folder / FILE).write_text(json.dumps(self.as_dict(), indent=1) + "\n", encoding="utf-8")


def differences(before: Recipe, after: Recipe) -> dict[str, Any]:
    """[before, after] of each value that differs, by its name on the command line."""
    old, new = flat(before), flat(after)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def from_dict(values: Any) -> Record:
    """The record of as_dict's values; ValueError, one sentence, where they are none."""
    if not isinstance(values, dict) or not isinstance(values.get("recipe"), dict):
        raise ValueError('it has no "recipe".')
    recipe = checked(values["recipe"])
    stages = _validated("history", list[Stage], values.get("history", []))
    return Record(recipe, stages, _validated("terms", Terms, values.get("terms", {})))


def _validated(name: str, kind: Any, values: Any) -> Any:
    """Values as a kind of dataclass, or a list of it; ValueError, one sentence that begins with the name, where they are none."""
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{name}.{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def read(path: Path) -> Record:
    """The record in a training.json. Raises ValueError, one sentence, where it is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): give the training.json of a model folder.") from error
    try:
        return from_dict(values)
    except ValueError as error:
        raise ValueError(f"{path} is no recipe of a run: {error}") from error


def of_model(folder: str) -> Record | None:
    """The record beside the weights of a local model folder, where there is one."""
    path = Path(folder) / FILE
    return read(path) if path.is_file() else None


def label(location: str | None) -> str | None:
    """How a record names weights or data: a Hub id as it is, of a local folder only its last two names, since records are published."""
    if location is None or not Path(location).is_dir():
        return location
    return "/".join(Path(location).resolve().parts[-2:])
