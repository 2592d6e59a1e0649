"""What the page does besides drawing: pictures that know how they were made, latents bred and travelled, files to keep."""

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from .drawing import open_on_white
from .model import Sketch2Photo
from .sketchpad import SIZE, from_value

KEY = "sketch2photo"  # of the PNG's text that holds a Recipe as JSON
MAX_NOTES = 500_000  # characters of it; a drawing has about 30,000
MAX_SEED = 2**31 - 1
MAX_LATENT = 10.0
NOT_READABLE = (
    "This picture's notes on how it was made cannot be read: open it as a plain picture, without its metadata."
)
OTHER_MODEL = "This picture was made with a model that has other dials or directions: it cannot be brought back here."
FRAMES = 12  # of an animation from one stop to the next
FPS = 12
MAX_STOPS = 8


@dataclass
class Recipe:
    """All that a picture follows from, but the model, of which it has the revision.

    sketch: the sketchpad's value; seed: of the variations; latents: (D,), before the named directions are added;
    directions: by how much each of them; strictness: in [0, 1]; model: `revision` of it.
    """

    sketch: str
    seed: int
    latents: list[float]
    directions: dict[str, float]
    strictness: float
    model: str


def revision(model: Sketch2Photo) -> str:
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
        raise ValueError(NOT_READABLE) from error
    if len(recipe.latents) != dimensions or set(recipe.directions) != set(directions):
        raise ValueError(OTHER_MODEL)
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


# ---- latents -------------------------------------------------------------------------------------------------------


def breed(parents: Tensor, count: int, seed: int) -> Tensor:
    """(P, D) liked latents -> (count, D): each child takes each number from one of them, and changes it a little."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(parents), (count, parents.shape[1]), generator=generator)
    change = torch.randn(count, parents.shape[1], generator=generator)
    return parents.gather(0, chosen) * math.sqrt(0.9) + change * math.sqrt(0.1)  # of variance 1, if that of parents is


def between(one: Tensor, other: Tensor, share: float) -> Tensor:
    """(D,) latents on the way from one (share 0) to the other (1), along the sphere, where random latents are."""
    lengths = one.norm() * other.norm()
    angle = torch.arccos((one @ other / lengths.clamp(min=1e-6)).clamp(-1, 1))
    if not 1e-3 < angle < math.pi - 1e-3:
        return one + share * (other - one)
    length = (1 - share) * one.norm() + share * other.norm()
    a, b = one / one.norm(), other / other.norm()
    return length * (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)


def journey(stops: Tensor) -> Tensor:
    """(P, D) -> (P x FRAMES, D): from each to the next and back to the first, slowly near each."""
    shares = [0.5 - 0.5 * math.cos(math.pi * frame / FRAMES) for frame in range(FRAMES)]
    return torch.stack(
        [between(one, other, share) for one, other in zip(stops, stops.roll(-1, 0), strict=True) for share in shares]
    )


# ---- files ---------------------------------------------------------------------------------------------------------


def keep(content: bytes, name: str, cache: str) -> str:
    """The path of a file in the page's cache, from where it is served, and where it expires.

    The same content has the same path; it appears there at once, since another visitor may be reading it already.
    """
    folder = Path(cache, hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(content)
    return str(Path(file.name).replace(folder / name))


def to_zip(pngs: Sequence[bytes]) -> bytes:
    """All of them in one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, png in enumerate(pngs, 1):
            archive.writestr(f"sketch2photo-{number:02}.png", png)
    return file.getvalue()


def to_films(frames: list[Image.Image]) -> tuple[bytes, bytes]:
    """A looping GIF and an MP4 of them."""
    # Here, since importing it takes a quarter of the page's start.
    from diffusers.utils import export_to_gif, export_to_video

    with TemporaryDirectory() as folder:
        gif, mp4 = Path(folder, "film.gif"), Path(folder, "film.mp4")
        export_to_gif(frames, str(gif), fps=FPS)
        export_to_video(frames, str(mp4), fps=FPS)
        return gif.read_bytes(), mp4.read_bytes()


def to_jpeg(photo: Image.Image, **kwargs: Any) -> bytes:
    """As it is shown while people draw: a PNG takes longer to write than the picture to make."""
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92, **kwargs)
    return file.getvalue()
