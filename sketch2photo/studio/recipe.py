"""Pictures that know how they were made: a PNG carries the recipe that it follows from."""

import hashlib
import io
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model
from torch import nn

from ..calibration import CANVAS
from .controls import Control, Controls
from .messages import MessageError
from .pad import from_value

KEY = "sketch2photo"  # of the PNG's text that holds a Recipe as JSON
MAX_CHARACTERS = 500_000  # of it; a drawing has about 30,000
MAX_LATENT = 10.0
SAVED = 512  # px a side, at least, of a picture that is saved


def _drawing(value: str) -> str:
    """A sketchpad's value, of the sketchpad's size and whole."""
    drawing = from_value(value)
    if drawing is None or drawing.size != (CANVAS, CANVAS):
        raise ValueError
    drawing.load()
    return value


Amount = Annotated[float, Field(ge=-MAX_LATENT, le=MAX_LATENT)]


class Recipe(BaseModel):
    """All that a picture follows from, but the model, of which it has the revision.

    sketch: the sketchpad's value; latents: (D,), before the named directions are added; directions: by how much each of them;
    model: `weights_revision` of it and its calibrator. `recipe_type` adds the recorded controls: seed, strictness.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    sketch: Annotated[str, AfterValidator(_drawing)]
    latents: list[Amount]
    directions: dict[str, Amount]
    model: str


def recipe_type(controls: Controls) -> type[Recipe]:
    """Recipe with a field for each recorded control, by its name and within its range.

    A recipe from before there was such a control has its default.
    """
    fields: dict[str, Any] = {}
    for control in controls["recorded"]:
        bounds = Field(ge=control.low, le=control.high) if control.value_type in (int, float) else Field()
        fields[control.name] = (Annotated[control.value_type, bounds], control.default)
    return create_model("Recipe", __base__=Recipe, **fields)


def weights_revision(*networks: nn.Module) -> str:
    """12 hexadecimal digits of the weights, the same in float32 and bfloat16."""
    digest = hashlib.sha256()
    for parameter in chain.from_iterable(network.parameters() for network in networks):
        digest.update(parameter.detach().cpu().bfloat16().contiguous().view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:12]


def to_png(photo: Image.Image, recipe: Recipe, least: int = SAVED) -> bytes:
    """A PNG of at least so many pixels a side, with its recipe in the metadata."""
    if photo.width < least:
        photo = photo.resize((least, least), Image.Resampling.LANCZOS)
    notes = PngInfo()
    notes.add_text(KEY, recipe.model_dump_json())
    file = io.BytesIO()
    photo.save(file, "PNG", pnginfo=notes)
    return file.getvalue()


def read_recipe(file: Path | str | BinaryIO, controls: Controls) -> Recipe | None:
    """What to_png wrote into a file, for a model with these controls; None where there is nothing.

    Raises:
        MessageError: there is something else under its name. Whoever made the file, nothing of it is used unchecked, and no
            number is beyond its slider.
    """
    try:
        with Image.open(file, formats=["PNG"]) as picture:
            notes = picture.info.get(KEY)
    except Exception:  # broken files make decoders raise nearly anything; whether it is a picture is asked elsewhere
        return None
    if notes is None:
        return None
    try:
        recipe = recipe_type(controls).model_validate_json(notes[:MAX_CHARACTERS])
    except Exception as error:  # pydantic's, and whatever a hostile drawing makes its decoder raise
        raise MessageError("unreadable_recipe") from error
    directions = {control.name: control for control in controls["directions"]}
    if len(recipe.latents) != len(controls["latents"]) or recipe.directions.keys() != directions.keys():
        raise MessageError("other_model")
    recipe.latents = [_within(*pair) for pair in zip(controls["latents"], recipe.latents, strict=True)]
    recipe.directions = {name: _within(directions[name], amount) for name, amount in recipe.directions.items()}
    return recipe


def _within(control: Control, value: float) -> float:
    """Brought to where its slider reaches."""
    return min(max(value, control.low), control.high)
