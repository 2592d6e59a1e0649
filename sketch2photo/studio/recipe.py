"""Pictures that know how they were made: a PNG carries the recipe that it follows from."""

import hashlib
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..model import Sketch2Photo
from ..preprocess import open_on_white
from .messages import MessageError
from .pad import SIZE, from_value

KEY = "sketch2photo"  # of the PNG's text that holds a Recipe as JSON
MAX_NOTES = 500_000  # characters of it; a drawing has about 30,000
MAX_SEED = 2**31 - 1
MAX_LATENT = 10.0


@dataclass
class Recipe:
    """All that a picture follows from, but the model, of which it has the revision.

    sketch: the sketchpad's value; seed: of the variations; latents: (D,), before the named directions are added;
    directions: by how much each of them; strictness: in [0, 1]; model: `weights_revision` of it.
    """

    sketch: str
    seed: int
    latents: list[float]
    directions: dict[str, float]
    strictness: float
    model: str


def weights_revision(model: Sketch2Photo) -> str:
    """12 hexadecimal digits of the weights, the same in float32 and bfloat16."""
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(parameter.detach().cpu().bfloat16().contiguous().view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:12]


def to_png(photo: Image.Image, recipe: Recipe) -> bytes:
    """A PNG with its recipe in the metadata."""
    notes = PngInfo()
    notes.add_text(KEY, json.dumps(asdict(recipe)))
    file = io.BytesIO()
    photo.save(file, "PNG", pnginfo=notes)
    return file.getvalue()


def read_recipe(path: str, dimensions: int, directions: Sequence[str]) -> Recipe | None:
    """What to_png wrote into a file, for a model of so many latents and these directions; None where there is nothing.

    Raises:
        ValueError: there is something else under its name. Whoever made the file, nothing of it is used unchecked.
    """
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            notes = picture.info.get(KEY)
    except Exception:  # broken files make decoders raise nearly anything; whether it is a picture is asked elsewhere
        return None
    if notes is None:
        return None
    try:
        recipe = _checked(notes)
    except Exception as error:  # hostile notes make their readers raise nearly anything
        raise MessageError("unreadable_recipe") from error
    if len(recipe.latents) != dimensions or set(recipe.directions) != set(directions):
        raise MessageError("other_model")
    return recipe


def _checked(notes: Any) -> Recipe:
    recipe = Recipe(**json.loads(notes[:MAX_NOTES]))
    numbers = [*recipe.latents, *recipe.directions.values(), recipe.strictness, recipe.seed]
    sketch = from_value(recipe.sketch)
    if (
        not all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
        or max(map(abs, recipe.latents), default=0) > MAX_LATENT
        or max(map(abs, recipe.directions.values()), default=0) > MAX_LATENT
        or not 0 <= recipe.strictness <= 1
        or not (type(recipe.seed) is int and 0 <= recipe.seed <= MAX_SEED)
        or sketch is None
        or sketch.size != (SIZE, SIZE)
    ):
        raise ValueError
    sketch.load()
    return recipe


def open_photo(path: str) -> Image.Image:
    """A photograph from a file, RGB, checked as drawings are."""
    return open_on_white(path)
