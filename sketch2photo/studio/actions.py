"""What the page does: one method for each endpoint, without anything of where its inputs and outputs stand on the page.

A drawing is the data URL of a PNG (pad). `options`, `latents` and `directions` are the model's controls by name, `recorded`
those fixed controls and options that lie in a recipe (controls.py); `variations` are the latents of each, `liked` the numbers
of those that are ticked, from "1" on. What the methods return is in the order of the outputs that page.py gives them.
"""

import base64
import json
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import gradio as gr
import torch
from PIL import Image
from torch import Tensor

from ..calibration import CANVAS, Calibrated, Located
from ..examples import EXAMPLES
from ..images import PictureError, to_images
from ..latents import FRAMES, LIMIT, breed_latents, slerp, slerp_loop, spread_latents
from ..photographs import is_photograph, line_drawing
from ..pipeline import Sketch2PhotoOutput, Sketch2PhotoPipeline
from ..preprocess import open_on_white, to_sketch
from ..refine import Refiner
from .controls import MAX_SEED, MAX_VARIATIONS, argument_groups
from .files import store, to_jpeg, to_zip
from .films import LAST, MAX_STOPS, MOMENTS, to_films
from .messages import Message, MessageError, as_message
from .pad import from_value, is_of_photo, to_value
from .pad.component import laid_over
from .recipe import SAVED, read_recipe, recipe_type, to_png, weights_revision

Numbers = dict[str, float]  # by the names of controls
Variations = list[list[float]]  # (N, D)
Past = dict[str, str]  # paths of the pictures of a visit, the newest first, each by what it is the picture of
PictureFile = Path | str | BinaryIO
T = TypeVar("T")

REMEMBERED = 24  # pictures in the strip of this visit
END_SIDE = 64  # px of a picture of a slider's end
CALIBRATED = 16  # drawings that are not looked at or calibrated again: for other strictness, for variations, for a file


class Actions:
    """The actions on a model; with a refiner its photographs can be made sharp by Stable Diffusion.

    Every method raises ValueError, of one sentence for the visitor, where the input is not what it should be.
    """

    def __init__(self, pipe: Sketch2PhotoPipeline, refiner: Refiner | None = None) -> None:
        self.pipe, self.refiner = pipe, refiner
        self.controls = argument_groups(pipe.model, pipe.calibrator is not None)
        self.revision = weights_revision(*filter(None, (pipe.model, pipe.calibrator)))
        self.recipe_type = recipe_type(self.controls)
        self._located = lru_cache(CALIBRATED)(partial(located, pipe))
        self._calibrated = lru_cache(CALIBRATED)(self._calibrate)
        self._waiting, self._lock = 0, threading.Lock()  # photographs that somebody waits for

    # ---- photographs -----------------------------------------------------------------------------------------------

    def photograph(self, drawing: str | None, options: Numbers, latents: Numbers, directions: Numbers) -> str:
        """One photograph of a drawing, with the given latents and named directions."""
        with self._lock:
            self._waiting += 1
        try:
            return _shown(self._draw(drawing, _row(latents), options, directions).images[0])
        finally:
            with self._lock:
                self._waiting -= 1

    def follow(self, drawing: str | None, options: Numbers, latents: Numbers, directions: Numbers) -> tuple[Any, ...]:
        """As photograph, but a drawing of nothing yet is no error: the sentence about it becomes the hint.

        What comes back: the hint, the photograph, and what lies over the drawing: the guide, where the face is.
        """
        return self._follow(drawing, options, latents, directions, lines=False)

    def preview(self, drawing: str | None, options: Numbers, latents: Numbers, directions: Numbers) -> tuple[Any, ...]:
        """As follow, with the calibrated lines over the drawing where strictness leaves any to calibrate."""
        return self._follow(drawing, options, latents, directions, lines=options["strictness"] < 1)

    def ends(self, drawing: str | None, options: Numbers, latents: Numbers, directions: Numbers) -> str:
        """What the named directions' sliders lead to: a strip of small pictures, with each at its low and at its high end.

        Photographs that somebody waits for come before each of them.
        """
        controls = self.controls["directions"]
        moved = [directions | {control.name: end} for control in controls for end in (control.low, control.high)]
        strip = Image.new("RGB", (END_SIDE * len(moved), END_SIDE))
        for place, moves in enumerate(moved):
            while self._waiting:
                time.sleep(0.01)
            photo = self._draw(drawing, _row(latents), options, moves).images[0]
            strip.paste(photo.resize((END_SIDE, END_SIDE), Image.Resampling.BOX), (END_SIDE * place, 0))
        return store(to_jpeg(strip), "ends.jpg")

    def average(self, drawing: str | None, options: Numbers) -> tuple[Any, ...]:
        """The most usual face: a photograph with all latents and named directions zero, and these."""
        latents, directions = ({control.name: 0.0 for control in self.controls[k]} for k in ("latents", "directions"))
        photo = self.photograph(drawing, options, latents, directions)
        return photo, *latents.values(), *directions.values()

    def borrow(self, photo: PictureFile, drawing: str | None, options: Numbers, directions: Numbers) -> tuple[Any, ...]:
        """The photograph of a drawing in the colours and mood of another photograph, a file, and the latents that this has."""
        return self._with_latents(drawing, options, self.pipe.encode(open_on_white(photo))[0], directions)

    def sharpen(
        self,
        drawing: str | None,
        prompt: str,
        strength: float,
        seed: int,
        options: Numbers,
        latents: Numbers,
        directions: Numbers,
    ) -> str:
        """The photograph of a drawing with the given latents and named directions, made sharp by Stable Diffusion."""
        assert self.refiner is not None
        draft = self._draw(drawing, _row(latents), options, directions)
        return _shown(self.refiner(draft, prompt, strength=strength, seed=seed)[0])

    # ---- variations ------------------------------------------------------------------------------------------------

    def generate(
        self,
        drawing: str | None,
        count: int,
        seed: int,
        difference: float,
        options: Numbers,
        latents: Numbers,
        directions: Numbers,
    ) -> tuple[Any, ...]:
        """The photograph of a drawing with the given latents, and `count` variations of it with random ones.

        What comes back: a sentence, the photograph, the variations, their latents, and their numbers, none of them ticked.
        """
        photo = self.photograph(drawing, options, latents, directions)
        variations = self._people(count, seed, difference)
        return self._hint(drawing, options), photo, *self._vary(drawing, variations, options, directions)

    def new_variations(
        self, drawing: str | None, count: int, seed: int, difference: float, options: Numbers, directions: Numbers
    ) -> tuple[Any, ...]:
        """Variations with random latents; none of a drawing of nothing yet."""
        try:
            return self._vary(drawing, self._people(count, seed, difference), options, directions)
        except ValueError:
            return None, [], gr.CheckboxGroup(choices=[], value=[])

    def refresh_variations(
        self,
        drawing: str | None,
        count: int,
        seed: int,
        difference: float,
        options: Numbers,
        variations: Variations,
        directions: Numbers,
    ) -> tuple[Any, ...]:
        """The same variations, ticked as they are, once the pen or a slider rests.

        On a canvas that was cleared they stay for what is drawn next.
        """
        if not variations:
            return self.new_variations(drawing, count, seed, difference, options, directions)
        people = stacked(variations)
        try:
            photos = self._draw(drawing, people, options, directions).images
            return numbered(map(_shown, photos)), variations, gr.CheckboxGroup(everyone(variations))
        except ValueError:  # there is no drawing any more
            return None, variations, gr.skip()

    def other_faces(
        self, drawing: str | None, count: int, seed: int, difference: float, options: Numbers, directions: Numbers
    ) -> tuple[Any, ...]:
        """The variations of a seed, and the first of them as the photograph.

        What comes back is as generate has it, and then the latents of the photograph.
        """
        variations = self._people(count, seed, difference)
        photo, *latents = self._with_latents(drawing, options, variations[0], directions)
        return self._hint(drawing, options), photo, *self._vary(drawing, variations, options, directions), *latents

    def new_seed(self, locked: bool, seed: int) -> int:
        """Another seed than this, unless it is locked."""
        if locked:
            raise MessageError("seed_locked")
        return random.randint(0, MAX_SEED)

    def breed(
        self,
        drawing: str | None,
        count: int,
        options: Numbers,
        liked: list[str],
        variations: Variations,
        latents: Numbers,
        directions: Numbers,
    ) -> tuple[Any, ...]:
        """A new generation of variations, bred from the latents of those that were ticked: pictures, latents, numbers.

        The photograph's own latents, which programs may send as for the other actions, do not count.
        """
        parents = ticked(liked, variations, 1, "tick_some")
        children = breed_latents(parents, count, random.randint(0, MAX_SEED))
        return self._vary(drawing, children, options, directions)

    def choose(
        self,
        drawing: str | None,
        options: Numbers,
        variations: Variations,
        event: gr.EventData,
        directions: Numbers,
    ) -> tuple[Any, ...]:
        """The photograph of the variation that was clicked, and its latents."""
        return self._with_latents(drawing, options, picked(stacked(variations).unbind(), event), directions)

    def mix(
        self,
        drawing: str | None,
        options: Numbers,
        share: float,
        liked: list[str],
        variations: Variations,
        directions: Numbers,
    ) -> tuple[Any, ...]:
        """A photograph between two variations, and its latents: between the first two that are ticked, or that there are."""
        one, other = ticked([*liked, *everyone(variations)], variations, 2, "no_variations")[:2]
        return self._with_latents(drawing, options, slerp(one, other, share), directions)

    def travel(
        self, drawing: str | None, options: Numbers, liked: list[str], variations: Variations, directions: Numbers
    ) -> tuple[str, list[str]]:
        """A looped animation through the ticked variations (through the first eight where none are).

        What comes back: the GIF to look at, and both files, GIF and MP4.
        """
        *_, made = self.animate(drawing, options, liked, variations, directions)
        return made

    def animate(
        self, drawing: str | None, options: Numbers, liked: list[str], variations: Variations, directions: Numbers
    ) -> Iterator[Any]:
        """What travel makes, after Messages of how far it is, between which it can be cancelled."""
        missing = "tick_two" if liked else "no_variations"
        stops = ticked(liked or everyone(variations), variations, 2, missing)[:MAX_STOPS]
        parts, frames = slerp_loop(stops).split(FRAMES), []
        for number, z in enumerate(parts):
            yield Message("animating", {"percent": 100 * number // len(parts)})
            frames += self._draw(drawing, z, options, directions).images
        yield _films(frames)

    def record(self, moments: list[str], options: Numbers, latents: Numbers, directions: Numbers) -> Iterator[Any]:
        """A film of a drawing as it came about, of which these are moments, with the photograph of every second one beside it.

        What comes is as of animate: Messages of how far it is, and then the GIF to look at, and both files.
        """
        moments, side = drawings(moments)[:MOMENTS], self.pipe.model.image_size
        if not moments:
            raise MessageError("no_lines")
        photo, frames = Image.new("RGB", (side, side), "white"), []
        for number, moment in enumerate(moments, 1):
            if number % 2 == 0 or number == len(moments):
                yield Message("animating", {"percent": 100 * number // (len(moments) + 1)})
                with suppress(ValueError):  # there is too little for one yet
                    photo = self._draw(moment, _row(latents), options, directions).images[0]
            frames.append(_beside(from_value(moment), photo))
        yield _films(frames + frames[-1:] * LAST)

    # ---- drawings and files ----------------------------------------------------------------------------------------

    def enlarge(self, drawing: str | None) -> str:
        """The drawing with its head as large and where faces are: whoever draws neck and shoulders draws it too small."""
        return self._framed(from_value(drawing))

    def straighten(self, drawing: str | None, options: Numbers) -> str:
        """The drawing with its lines moved towards a believable face, and with what it lacked of one: as much as strictness is below 1."""
        if options["strictness"] == 1:
            raise MessageError("strict")
        found = self.pipe.calibrate(from_value(drawing), options["strictness"], reframe=False, size=CANVAS)
        if not found.is_face:
            raise MessageError("no_face")
        return to_value(to_images(found.sketch)[0])

    def locate(self, drawing: str | None, options: Numbers) -> dict[str, Any]:
        """What lies over a drawing that was opened, or on which the pen rests: the guide, where the face is.

        Where the face is far from a believable one the calibrated lines are offered.
        """
        try:
            found = self._calibrated(drawing, options["strictness"])
        except ValueError:  # nothing is drawn
            return laid_over(None)
        offers = found is not None and found.is_crooked and options["strictness"] < 1
        return laid_over(found if found and found.is_face else None, lines=offers, offers=offers)

    def open(self, picture: PictureFile) -> tuple[Any, ...]:
        """A picture file as a drawing, a photograph as a line drawing of it.

        One that was kept here brings back its drawing, seed, strictness, latents and directions.
        """
        recipe = read_recipe(picture, self.controls)
        if recipe:
            directions = [recipe.directions[control.name] for control in self.controls["directions"]]
            recorded = [getattr(recipe, control.name) for control in self.controls["recorded"]]
            return recipe.sketch, *recorded, *recipe.latents, *directions
        kept = sum(len(self.controls[group]) for group in ("recorded", "latents", "directions"))
        # Sketches that are no lines may well look like a photograph.
        of_photo = self.pipe.model.sketch_format.lines and is_photograph(picture)
        try:
            drawing = self._framed(line_drawing(picture) if of_photo else picture, of_photo)
        except PictureError as error:
            if error.key not in ("empty", "dot"):
                raise
            raise MessageError("nothing_drawn") from error  # the canvas is not
        return drawing, *[gr.skip()] * kept

    def open_example(self, event: gr.EventData) -> tuple[str, gr.Gallery]:
        """The example drawing that was clicked, for the sketchpad; it is not left selected, so it can be clicked again."""
        return self._framed(picked(EXAMPLES, event)), gr.Gallery(selected_index=None)

    def open_past(self, past: Past, lost: list[str], event: gr.EventData) -> tuple[Any, ...]:
        """The picture of this visit that was clicked, with its drawing and sliders."""
        past = _stored(lost) or past
        return (
            past,
            gr.Gallery(numbered(past.values()), selected_index=None),
            *self.open(picked([*past.values()], event)),
        )

    def keep(self, drawing: str | None, recorded: Numbers, latents: Numbers, directions: Numbers) -> str:
        """The current picture as a PNG that can be opened on the page again, with the drawing and every slider."""
        return store(self._png(drawing, recorded, list(latents.values()), directions), "sketch2photo.png")

    def keep_all(
        self,
        drawing: str | None,
        recorded: Numbers,
        variations: Variations,
        latents: Numbers,
        directions: Numbers,
    ) -> str:
        """The current picture and the variations, in one zip of PNGs."""
        pictures = [list(latents.values()), *(stacked(variations).tolist() if variations else [])]
        pngs = [self._png(drawing, recorded, z, directions) for z in pictures]
        return store(to_zip(pngs), "sketch2photo.zip")

    def remember(
        self,
        past: Past,
        lost: list[str],
        begun: float | None,
        drawing: str | None,
        recorded: Numbers,
        latents: Numbers,
        directions: Numbers,
    ) -> tuple[Any, ...]:
        """The pictures of this visit with the current one in front: their paths, and the strip of them.

        There is one of a drawing, which has a time at which it was `begun` for a name, with the same sliders: the newest.
        """
        past = _stored(lost, REMEMBERED - 1) or past
        place = json.dumps([begun, recorded, latents, directions])
        try:
            path = store(self._png(drawing, recorded, list(latents.values()), directions, least=0), "sketch2photo.png")
        except ValueError:  # nothing is drawn
            return past, numbered(past.values())
        others = [
            (key, other) for key, other in past.items() if key != place and other != path and Path(other).exists()
        ]
        past = dict([(place, path), *others][:REMEMBERED])
        return past, numbered(past.values())

    def bring_back(self, kept: list[str]) -> tuple[Any, ...]:
        """The pictures of this visit, which the browser had kept as data URLs of PNGs."""
        past = _stored(kept)
        return past, numbered(past.values())

    # ---- their parts -----------------------------------------------------------------------------------------------

    def _follow(
        self, drawing: str | None, options: Numbers, latents: Numbers, directions: Numbers, lines: bool
    ) -> tuple[Any, ...]:
        try:
            photo = self.photograph(drawing, options, latents, directions)
            return self._hint(drawing, options), photo, self._laid_over(drawing, options, lines)
        except ValueError as error:
            return as_message(error), None, laid_over(None)

    def _calibrate(self, drawing: str | None, strictness: float) -> Calibrated | None:
        """What the generator sees of a drawing as it lies on the canvas; None with a model that has no calibrator."""
        return self.pipe.calibrate(self._located(drawing), strictness) if self.pipe.calibrator else None

    def _hint(self, drawing: str | None, options: Numbers) -> Message:
        """What to do next; whether the drawing is one of a photograph, and of one that was calibrated whether there is no face in it."""
        if is_of_photo(drawing):
            return Message("from_photo")
        found = self._calibrated(drawing, options["strictness"])
        return Message("next" if found is None or found.is_face else "no_face")

    def _laid_over(self, drawing: str | None, options: Numbers, lines: bool) -> dict[str, Any]:
        found = self._calibrated(drawing, options["strictness"])
        return laid_over(found if found and found.is_face else None, lines)

    def _framed(self, drawing: Image.Image | PictureFile | None, of_photo: bool = False) -> str:
        """A drawing, or a file of one, as it lies on the sketchpad: its face where faces are, if there is something to find it with."""
        found = self.pipe.calibrate(drawing, 1.0, size=CANVAS) if self.pipe.calibrator else None
        sketch = found.sketch if found else to_sketch(drawing, CANVAS, self.pipe.model.sketch_format)
        return to_value(to_images(sketch)[0], of_photo)

    def _draw(self, drawing: str | None, z: Tensor, options: Numbers, directions: Numbers) -> Sketch2PhotoOutput:
        """Pictures of a drawing as it lies on the canvas, with latents z (N, D)."""
        sketch = self._calibrated(drawing, options["strictness"]) or from_value(drawing)
        moves: dict[str, Any] = options | directions
        return self.pipe(sketch, latents=z, reframe=False, **moves)

    def _with_latents(self, drawing: str | None, options: Numbers, z: Tensor, directions: Numbers) -> tuple[Any, ...]:
        """The photograph with latents z (D,) as sliders have them, and these."""
        (values,) = _as_sliders(z[None])
        return _shown(self._draw(drawing, torch.tensor([values]), options, directions).images[0]), *values

    def _vary(self, drawing: str | None, z: Tensor, options: Numbers, directions: Numbers) -> tuple[Any, ...]:
        """Variations with latents z (N, D) as sliders have them: pictures, latents and numbers, none of them ticked."""
        values = _as_sliders(z)
        photos = self._draw(drawing, torch.tensor(values), options, directions).images
        ticks = gr.CheckboxGroup(choices=[str(number) for number in range(1, len(z) + 1)], value=[])
        return numbered(map(_shown, photos)), values, ticks

    def _people(self, count: int, seed: int, difference: float) -> Tensor:
        """(N, D): latents of people that differ; the same of a seed, and the first of more are those of fewer."""
        return difference * spread_latents(count, self.pipe.model.latent_dim, seed)

    def _png(
        self, drawing: str | None, recorded: Numbers, z: list[float], directions: Numbers, least: int = SAVED
    ) -> bytes:
        """The picture with latents z (D,), and its recipe in it."""
        options = {control.name: recorded[control.name] for control in self.controls["options"]}
        photo = self._draw(drawing, torch.tensor([z]), options, directions).images[0]
        parts: Any = {"sketch": drawing, "latents": z, "directions": directions, "model": self.revision}
        return to_png(photo, self.recipe_type.model_construct(**(parts | recorded)), least)


def _as_sliders(z: Tensor) -> list[list[float]]:
    """Latents (N, D) within the sliders' reach, in their two decimals: so a variation that is clicked is the photograph that it was."""
    return [[round(value, 2) for value in one] for one in z.clamp(-LIMIT, LIMIT).tolist()]


def _row(latents: Numbers) -> Tensor:
    """(1, D)"""
    return torch.tensor([list(latents.values())], dtype=torch.float32)


def _stored(pictures: list[str], most: int = REMEMBERED) -> Past:
    """Pictures of a visit as the browser keeps them (data URLs of PNGs), by their paths: whatever else was known of them may be lost.

    All of them are to be handed out, for what is not never expires.
    """
    paths = []
    for value in drawings(pictures)[:most]:
        from_value(value)
        paths.append(store(base64.b64decode(value.partition(",")[2]), "sketch2photo.png"))
    return {path: path for path in paths}


def _shown(photo: Image.Image) -> str:
    # Not left to Gradio, which would write the same picture once more while another request is served it.
    return store(to_jpeg(photo), "photo.jpg")


def _beside(drawing: Image.Image | None, photo: Image.Image) -> Image.Image:
    """Both in one picture, as high as the photograph."""
    frame = Image.new("RGB", (2 * photo.width, photo.height), "white")
    if drawing:
        frame.paste(drawing.convert("RGB").resize(photo.size, Image.Resampling.LANCZOS), (0, 0))
    frame.paste(photo, (photo.width, 0))
    return frame


def _films(frames: list[Image.Image]) -> tuple[str, list[str]]:
    """The GIF to look at, and both files, GIF and MP4."""
    gif, mp4 = to_films(frames)
    film = store(gif, "sketch2photo.gif")
    return film, [film, store(mp4, "sketch2photo.mp4")]


def located(pipe: Sketch2PhotoPipeline, drawing: str | None) -> Located:
    """Where the face is in a drawing as it lies on the canvas."""
    return pipe.locate(from_value(drawing), reframe=False)


def everyone(variations: Variations | None) -> list[str]:
    """The numbers of all variations, from "1" on."""
    return [str(number) for number in range(1, len(stacked(variations)) + 1)] if variations else []


def picked(pictures: Sequence[T], event: gr.EventData) -> T:
    """The one that was clicked; programs send whatever number, or none."""
    try:
        index = event.index
    except (AttributeError, TypeError):
        index = None
    if type(index) is not int or not 0 <= index < len(pictures):
        raise MessageError("no_such_picture")
    return pictures[index]


def stacked(variations: Variations | None) -> Tensor:
    """(N, D): the latents of the variations; ValueError where there are none, too many, or where they are no such."""
    if not variations:
        raise MessageError("no_variations")
    bad = MessageError("bad_variations", most=MAX_VARIATIONS)
    if not isinstance(variations, list) or len(variations) > MAX_VARIATIONS:
        raise bad
    try:
        found = torch.tensor(variations, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise bad from error
    if found.ndim != 2:
        raise bad
    return found


def drawings(values: list[str] | None) -> list[str]:
    """The values of a sketchpad that the page has sent together, as JSON; ValueError where they are no such."""
    found = values or []
    if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
        raise MessageError("not_taken")
    return found


def ticked(liked: list[str] | None, variations: Variations | None, least: int, missing: str) -> Tensor:
    """(P, D): the latents of the variations with these numbers, each once; where there are too few, the error of the key `missing`."""
    known = everyone(variations)
    chosen = dict.fromkeys(liked or [])
    if chosen and known and (strange := chosen.keys() - set(known)):
        raise MessageError("no_such_variation", number=min(strange))
    if len(chosen) < least:
        raise MessageError(missing)
    return stacked(variations)[[int(number) - 1 for number in chosen]]


def numbered(pictures: Iterable[Any] | None) -> list[tuple[Any, str]]:
    """For a strip: each with its number, which is its name for who does not see it."""
    return [(picture, str(number)) for number, picture in enumerate(pictures or [], 1)]
