"""The controls that people set numbers with, each declared once.

The page's layout, the endpoints' arguments with their defaults and descriptions, the recipe in a PNG and the static page of
hub/web follow from here. What a model offers is in `model_controls`: an option of the pipeline's call becomes a slider
everywhere as one more entry of OPTIONS, and a direction that lies in a model's config does so by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..calibration import DEFAULT_STRICTNESS
from ..latents import LIMIT
from ..model import Sketch2Photo
from .messages import Text

MAX_VARIATIONS = 16
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Control:
    """A slider, a number field, a checkbox or a text field.

    name: of the argument of endpoints and of the entry in a recipe; label, info: for people; description: for programs;
    low, high, step: of numbers; in_recipe: whether the recipe in a PNG holds it by its name (all latents and directions are
    there, in a list and a dict); prefix: of the key, where names are a model's own.
    """

    name: str
    default: float | bool | str
    label: Text
    description: str
    low: float = 0
    high: float = 1
    step: float = 1
    kind: Literal["slider", "number", "checkbox", "text"] = "slider"
    info: Text | None = None
    in_recipe: bool = False
    prefix: str = ""

    @property
    def key(self) -> str:
        """Of its label among the messages, and with hyphens of its element in the page."""
        return self.prefix + self.name

    @property
    def value_type(self) -> type[float | int | bool | str]:
        number = int if self.step == 1 else float
        return {"slider": number, "number": number, "checkbox": bool, "text": str}[self.kind]


Controls = Mapping[str, Sequence[Control]]  # by the names that arguments of actions have for them

COUNT = Control(
    "count",
    6,
    Text("How many variations", "Сколько вариантов"),
    f"how many variations, at most {MAX_VARIATIONS}",
    low=1,
    high=MAX_VARIATIONS,
)
DIFFERENCE = Control(
    "difference",
    1.0,
    Text("How different", "Насколько разные"),
    "how different the variations are: 0 for all alike, 1 as trained, at most 1.5",
    high=1.5,
    step=0.05,
)
SEED = Control(
    "seed",
    0,
    Text("Seed", "Зерно"),
    "of the variations' random latents",
    high=MAX_SEED,
    kind="number",
    info=Text("The same seed gives the same pictures", "Одно зерно — одни и те же картинки"),
    in_recipe=True,
)
LOCKED = Control(
    "locked",
    False,
    Text("Lock the seed", "Закрепить зерно"),
    "whether the seed stays as it is",
    kind="checkbox",
    info=Text("Then “Other people” brings nobody new", "Тогда «Другие» никого нового не приведут"),
)
SHARE = Control(
    "share",
    0,
    Text("Mix the first two hearts", "Смешать первых двух с сердечком"),
    "0 for the first of the two, 1 for the second",
    step=0.02,
)
PROMPT = Control(
    "prompt",
    "a photograph of a face",
    Text("What the picture should show", "Что должно быть на картинке"),
    "what the picture should show",
    kind="text",
)
STRENGTH = Control(
    "strength",
    0.5,
    Text("How far from the photograph", "Как далеко от фотографии"),
    "how far from the photograph: hardly at all at 0.1, and nothing of it is left at 1",
    low=0.1,
    step=0.05,
)
CONTROLS = (COUNT, DIFFERENCE, SEED, LOCKED, SHARE, PROMPT, STRENGTH)

# What the pipeline's call takes by these names, for each picture that it makes.
OPTIONS = (
    Control(
        "strictness",
        1.0,
        Text("How strictly to follow my lines", "Насколько строго следовать линиям"),
        "1 follows the lines to the pixel, 0 takes them as a hint",
        step=0.05,
        info=Text("0 takes them as a hint", "0 — принять их за намёк"),
        in_recipe=True,
    ),
)

# Labels of the directions that models were found to have, in the order of their sliders: what is the person's comes before
# light and background. Another has its name for a label, and comes last.
DIRECTIONS = {
    "hair": Text("Hair: dark to light", "Волосы: от тёмных к светлым"),
    "skin": Text("Skin: dark to light", "Кожа: от тёмной к светлой"),
    "warmth": Text("Skin: cold to warm", "Кожа: от холодной к тёплой"),
    "lips": Text("Lips: pale to red", "Губы: от бледных к красным"),
    "age": Text("Age: young to old", "Возраст: от юного к старому"),
    "light": Text("Light: left to right", "Свет: слева или справа"),
    "background": Text("Background: dark to light", "Фон: от тёмного к светлому"),
    "backdrop_warmth": Text("Background: cold to warm", "Фон: от холодного к тёплому"),
    "backdrop_tint": Text("Background: green to pink", "Фон: от зелёного к розовому"),
}


def model_controls(model: Sketch2Photo) -> Controls:
    """The sliders of all that steers this model: "options" of the pipeline's call, "latents" and named "directions"."""
    latents = [
        Control(
            f"latent_{number}",
            0,
            Text(f"Dial {number}", f"Ручка {number}"),
            f"a latent, from {-LIMIT:.0f} to {LIMIT:.0f}; 0 is the most usual face",
            low=-LIMIT,
            high=LIMIT,
            step=0.01,
        )
        for number in range(1, model.latent_dim + 1)
    ]
    known = list(DIRECTIONS)
    names = sorted(model.directions, key=lambda name: known.index(name) if name in known else len(known))
    directions = [
        Control(
            name,
            0,
            DIRECTIONS.get(name, Text(*[name.replace("_", " ").capitalize()] * 2)),
            "how far to go in this direction, which the model was found to have; 0 is not at all",
            low=model.directions[name]["range"][0],
            high=model.directions[name]["range"][1],
            step=0.05,
            prefix="direction_",
        )
        for name in names
    ]
    return {"options": OPTIONS, "latents": latents, "directions": directions}


def argument_groups(model: Sketch2Photo, calibrates: bool = False) -> Controls:
    """model_controls, and "recorded": those fixed controls and options that lie in a recipe by their names.

    Where drawings are calibrated, that is what strictness begins with; without, 1 is all that follows the lines.
    """
    groups = model_controls(model)
    begins = {"strictness": DEFAULT_STRICTNESS} if calibrates else {}
    options = [replace(control, default=begins.get(control.name, control.default)) for control in groups["options"]]
    recorded = [control for control in (*CONTROLS, *options) if control.in_recipe]
    return {**groups, "options": options, "recorded": recorded}


def labels(controls: Iterable[Control]) -> dict[str, Text]:
    """What people read of these: {key: label, key_info: the line under it}."""
    texts: dict[str, Text] = {}
    for control in controls:
        texts[control.key] = control.label
        if control.info:
            texts[f"{control.key}_info"] = control.info
    return texts
