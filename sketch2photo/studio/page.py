"""The page: a sketchpad, photographs of what is drawn on it, and what chooses between them, steers, mixes and keeps them.

The page keeps its state in its own controls (drawing, variations, latents), and each action gets what it needs from there:
the server remembers nothing of a visitor but the paths in the strip of this visit, and its picture files expire. Every action
is a named endpoint for gradio_client, and a tool where the page is an MCP server.
"""

import inspect
import random
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import torch
from PIL import Image
from torch import Tensor

from .. import refine
from ..examples import EXAMPLES
from ..images import to_images
from ..latents import breed_latents, slerp, slerp_loop
from ..pipeline import Sketch2PhotoOutput, Sketch2PhotoPipeline
from ..preprocess import to_sketch
from .controls import CONTROLS, DIRECTIONS, OPTIONS, labels
from .files import store, to_films, to_jpeg, to_zip
from .messages import MESSAGES, MessageError, Text, by_language, say, say_error
from .pad import SIZE, from_value, sketchpad, to_value
from .recipe import MAX_SEED, Recipe, open_photo, read_recipe, to_png, weights_revision

FILES_EXPIRE = (600, 3600)  # every 10 minutes, those older than an hour
LIMIT = 3.0  # of the latents' sliders
MAX_STOPS = 8  # of an animation
REMEMBERED = 24  # pictures in the strip of this visit
MAX_VARIATIONS = 16

I18N = gr.I18n(
    **by_language(
        MESSAGES
        | labels([*CONTROLS, *OPTIONS])
        | {f"direction_{name}": text for name, text in DIRECTIONS.items()}
        | {"latent": Text("Dial", "Ручка")}
    )
)

CSS = """
.main.app { max-width: 1400px !important; }
#title h1 { margin: 0; font-size: 26px; }
#title p, .head p { margin: 2px 0 0; color: var(--body-text-color-subdued); }
#photo { aspect-ratio: 1; border-radius: var(--radius-lg); background: var(--background-fill-secondary); }
#photo img { width: 100%; height: 100%; object-fit: contain; }
#hint { height: 38px; margin-bottom: -8px; display: flex; align-items: center; }
#hint p { font-size: 14px; line-height: 1.3; }
.strip, .strip .grid-wrap { min-height: 0 !important; max-height: none !important; padding: 0 !important; border: 0; }
.strip { background: none; box-shadow: none; }
.strip .grid-container { grid-template-columns: repeat(6, minmax(0, 1fr)) !important; gap: 6px !important; padding: 0 !important;
                         grid-auto-rows: auto !important; grid-template-rows: none !important; }
.strip .thumbnail-item { aspect-ratio: 1; height: auto !important; }
.strip .caption-label, .min_value, .max_value { display: none !important; }
#variations .grid-container { counter-reset: variation; }
#variations .thumbnail-item { counter-increment: variation; }
#variations .thumbnail-item::after { content: counter(variation); position: absolute; left: 3px; bottom: 3px; padding: 0 5px;
                                     font-size: 12px; line-height: 16px; color: white; background: #0009; border-radius: 4px; }
.gradio-container:not(:has(#variations img)) #with-variations { display: none; }
.gradio-container:not(:has(#history img)) #history-head { display: none; }
.strip .empty { display: none !important; }
#dials .block { padding: 4px 8px; }
#dials label { white-space: nowrap; }
#dials input[type=number] { width: 60px; padding: 2px; appearance: textfield; }
#dice, #keep, #keep_all { white-space: nowrap; padding-left: 8px; padding-right: 8px; }
#pad .html-container { padding: 0; }
#examples img { background: white; object-fit: contain; }
#photo [data-testid=status-tracker] { transition: opacity 0s .8s; }
#photo [data-testid=status-tracker].hide { transition: none; opacity: 0; }
#liked, .form:has(> #liked) { padding: 0; border: 0; background: none; box-shadow: none; }
#liked .wrap { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 6px; }
#liked label { padding: 4px 6px; justify-content: center; }
#history .grid-container { grid-template-columns: repeat(auto-fill, minmax(56px, 1fr)) !important; }
@media (max-width: 800px) {
  .main.app { padding: 8px 12px !important; }
  #title h1 { font-size: 22px; }
  #columns { flex-direction: column; }
  #columns > * { min-width: 0 !important; width: 100%; }
  #columns > * { display: contents; }
  #columns > * > * { order: 4; }
  #columns #pad, #columns #result { order: 0; }
  #columns .row:has(#dice), #columns #hint, #columns #with-variations, #columns #film, #columns #files { order: 1; }
  #columns #examples-head, #columns #examples { order: 2; }
  #columns .row:has(#open) { order: 2; }
  #columns #history, #columns #history-head { order: 5; }
  #columns:not(:has(#photo img)) :is(#result, .row:has(#dice)) { display: none; }
  #subtitle { display: none; }
  #result .tab-container { height: 32px; }
  #examples .grid-container { grid-template-columns: repeat(12, 52px) !important; overflow-x: auto; }
  #hint { height: auto; margin: 0; }
  #dice, #keep, #keep_all, #open, #fit { font-size: 14px; padding: 8px 4px; white-space: normal; }
}
"""
THEME = gr.themes.Soft(
    primary_hue="orange",
    neutral_hue="slate",
    font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
).set(
    block_title_background_fill="none",
    block_title_background_fill_dark="none",
    block_title_padding="0",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    block_title_text_weight="500",
)

# What was made to be kept goes to the visitor's downloads by itself.
DOWNLOAD = """(files) => {
    for (const {url, orig_name} of [files].flat()) {
        const link = document.createElement('a');
        [link.href, link.download] = [url, orig_name];
        link.click();
    }
}"""

SHOW_FILM = """() => document.querySelector('#film').scrollIntoView({behavior: 'smooth', block: 'end'})"""

# What programs are told of the arguments of the named endpoints.
ARGUMENTS = {
    "drawing": "the data URL of a PNG, dark lines on white, at best 512 x 512 pixels with the face as on the page",
    "count": f"how many variations, at most {MAX_VARIATIONS}",
    "seed": "of the variations' random latents",
    "difference": "how different the variations are: 0 for all alike, 1 as trained, at most 1.5",
    "strictness": "1 follows the lines to the pixel, 0 takes them as a hint",
    "liked": 'which variations, by their numbers from "1" on',
    "variations": "the latents of each variation, as generate gives them",
    "share": "0 for the first of the two, 1 for the second",
    "path": "a picture file",
    "prompt": "what the picture should show",
    "strength": "how far from the photograph: hardly at all at 0.1, and nothing of it is left at 1",
    "locked": "whether the seed stays as it is",
}
A_LATENT = f"a latent, from {-LIMIT:.0f} to {LIMIT:.0f}; 0 is the most usual face"
A_DIRECTION = "how far to go in this direction, which the model was found to have; 0 is not at all"

P = ParamSpec("P")
R = TypeVar("R")


def launch(pipe: Sketch2PhotoPipeline, port: int | None = None, **kwargs: Any) -> None:
    """Serves the page on this computer until interrupted; further arguments are gr.Blocks.launch's.

    Raises:
        OSError: the port is taken.
    """
    refiner = refine.Refiner() if refine.available() else None
    build(pipe, refiner).launch(
        server_port=port,
        theme=THEME,
        head=f"<style>{CSS}</style>",  # css= would not reach what is around the page's own parts
        i18n=I18N,
        footer_links=["api", "settings"],
        run_history=False,  # it would keep visitors' pictures in the browser
        max_file_size="20mb",
        **kwargs,
    )


def build(pipe: Sketch2PhotoPipeline, refiner: refine.Refiner | None = None) -> gr.Blocks:
    """The page of a model, not yet launched; with a refiner it has a second step, by Stable Diffusion."""
    dimensions = pipe.model.latent_dim
    directions = pipe.model.directions
    revision = weights_revision(pipe.model)
    cache = gr.Image().GRADIO_CACHE

    # ---- actions ---------------------------------------------------------------------------------------------------
    # A drawing is the data URL of a PNG; `numbers` are the latents, and then by how much to go in each named direction.

    def draft(
        drawing: str | None, latents: Tensor, strictness: float, amounts: tuple[float, ...]
    ) -> Sketch2PhotoOutput:
        sketch = to_sketch(from_value(drawing), pipe.model.image_size, reframe=False)
        moves: dict[str, Any] = dict(zip(directions, amounts, strict=True))
        return pipe(sketch, latents=latents, strictness=strictness, **moves)

    def make(drawing: str | None, latents: Tensor, strictness: float, amounts: tuple[float, ...]) -> list[Image.Image]:
        return draft(drawing, latents, strictness, amounts).images

    def show(picture: Image.Image) -> str:
        # Not left to Gradio, which writes the same picture anew while another request is served it.
        return store(to_jpeg(picture), "photo.jpg", cache)

    def photograph(drawing: str | None, strictness: float, *numbers: float) -> str:
        """One photograph of a drawing, with the given latents and named directions."""
        latents = torch.tensor([numbers[:dimensions]])
        return show(make(drawing, latents, strictness, numbers[dimensions:])[0])

    def follow(drawing: str | None, strictness: float, *numbers: float) -> tuple[str, str | None]:
        """As photograph, but a drawing of nothing yet is no error: the sentence about it becomes the hint."""
        try:
            return say("next"), photograph(drawing, strictness, *numbers)
        except ValueError as error:
            return say_error(error), None

    def vary(drawing: str | None, variations: Tensor, strictness: float, numbers: tuple[float, ...]) -> tuple[Any, ...]:
        ticks = gr.CheckboxGroup(choices=[str(number + 1) for number in range(len(variations))], value=[])
        photos = map(show, make(drawing, variations, strictness, numbers[dimensions:]))
        return numbered(photos), variations.tolist(), ticks

    def generate(
        drawing: str | None, count: int, seed: int, difference: float, strictness: float, *numbers: float
    ) -> tuple[Any, ...]:
        """The photograph of a drawing with the given latents, and `count` variations of it with random ones.

        What comes back: a sentence, the photograph, the variations, their latents, and their numbers, none of them ticked.
        """
        photo = photograph(drawing, strictness, *numbers)
        return say("next"), photo, *vary(drawing, difference * pipe.random_latents(count, seed), strictness, numbers)

    def anew(
        drawing: str | None, count: int, seed: int, difference: float, strictness: float, *numbers: float
    ) -> tuple[Any, ...]:
        """Variations with random latents; none of a drawing of nothing yet."""
        try:
            return vary(drawing, difference * pipe.random_latents(count, seed), strictness, numbers)
        except ValueError:
            return None, [], gr.CheckboxGroup(choices=[], value=[])

    def rested(
        drawing: str | None,
        count: int,
        seed: int,
        difference: float,
        strictness: float,
        variations: list[list[float]],
        *numbers: float,
    ) -> tuple[Any, ...]:
        """The same variations, ticked as they are, once the pen or a slider rests."""
        try:
            photos = map(show, make(drawing, stacked(variations), strictness, numbers[dimensions:]))
            return numbered(photos), gr.skip(), gr.skip()
        except ValueError:  # there are none yet, or there is no drawing any more
            return anew(drawing, count, seed, difference, strictness, *numbers)

    def other_faces(
        drawing: str | None, count: int, seed: int, difference: float, strictness: float, *amounts: float
    ) -> tuple[Any, ...]:
        """The variations of a seed, and the first of them as the photograph.

        What comes back is as generate has it, and then the latents of the photograph.
        """
        latents = in_reach(difference * pipe.random_latents(1, seed)[0])
        return *generate(drawing, count, seed, difference, strictness, *latents, *amounts), *latents

    def breed(
        drawing: str | None,
        count: int,
        strictness: float,
        liked: list[str],
        variations: list[list[float]],
        *numbers: float,
    ) -> tuple[Any, ...]:
        """A new generation of variations, bred from the latents of those that were ticked: pictures, latents, numbers."""
        parents = ticked(liked, variations, 1, "tick_some")
        return vary(drawing, breed_latents(parents, count, random.randint(0, MAX_SEED)), strictness, numbers)

    def choose(
        drawing: str | None, strictness: float, variations: list[list[float]], event: gr.SelectData, *amounts: float
    ) -> tuple[Any, ...]:
        """The latents of the variation that was clicked, and its photograph."""
        latents = in_reach(stacked(variations)[event.index])
        return photograph(drawing, strictness, *latents, *amounts), *latents

    def mix(
        drawing: str | None,
        strictness: float,
        share: float,
        liked: list[str],
        variations: list[list[float]],
        *amounts: float,
    ) -> tuple[Any, ...]:
        """A photograph between two variations, and its latents: between the first two that are ticked, or that there are."""
        everyone = [str(number + 1) for number in range(len(variations))]
        one, other = ticked([*liked, *everyone], variations, 2, "no_variations")[:2]
        latents = in_reach(slerp(one, other, share))
        return photograph(drawing, strictness, *latents, *amounts), *latents

    def travel(
        drawing: str | None, strictness: float, liked: list[str], variations: list[list[float]], *amounts: float
    ) -> tuple[str, list[str]]:
        """A looped animation through the ticked variations (through the first eight where none are).

        What comes back: the GIF to look at, and both files, GIF and MP4.
        """
        everyone = [str(number + 1) for number in range(len(variations))]
        sentence = "tick_two" if liked else "no_variations"
        stops = ticked(liked or everyone, variations, 2, sentence)[:MAX_STOPS]
        frames = [frame for part in slerp_loop(stops).split(12) for frame in make(drawing, part, strictness, amounts)]
        gif, mp4 = to_films(frames)
        film = store(gif, "sketch2photo.gif", cache)
        return film, [film, store(mp4, "sketch2photo.mp4", cache)]

    def borrow(path: str, drawing: str | None, strictness: float, *amounts: float) -> tuple[Any, ...]:
        """The photograph of a drawing in the colours and mood of another photograph, a file, and the latents that this has."""
        latents = in_reach(pipe.encode(open_photo(path))[0])
        return photograph(drawing, strictness, *latents, *amounts), *latents

    def average(drawing: str | None, strictness: float) -> tuple[Any, ...]:
        """The most usual face: a photograph with all latents and named directions zero, and these."""
        numbers = [0.0] * (dimensions + len(directions))
        return photograph(drawing, strictness, *numbers), *numbers

    def png(drawing: str, seed: int, latents: list[float], strictness: float, amounts: tuple[float, ...]) -> bytes:
        recipe = Recipe(drawing, seed, latents, dict(zip(directions, amounts, strict=True)), strictness, revision)
        return to_png(make(drawing, torch.tensor([latents]), strictness, amounts)[0], recipe)

    def keep(drawing: str, seed: int, strictness: float, *numbers: float) -> str:
        """The current picture as a PNG that can be opened on the page again, with the drawing and every slider."""
        latents = list(numbers[:dimensions])
        content = png(drawing, seed, latents, strictness, numbers[dimensions:])
        return store(content, "sketch2photo.png", cache)

    def keep_all(drawing: str, seed: int, strictness: float, variations: list[list[float]], *numbers: float) -> str:
        """The current picture and the variations, in one zip of PNGs."""
        latents = [list(numbers[:dimensions]), *(stacked(variations).tolist() if variations else [])]
        pngs = [png(drawing, seed, z, strictness, numbers[dimensions:]) for z in latents]
        return store(to_zip(pngs), "sketch2photo.zip", cache)

    def remember(past: list[str], drawing: str, seed: int, strictness: float, *numbers: float) -> tuple[Any, ...]:
        try:
            path = keep(drawing, seed, strictness, *numbers)
        except ValueError:  # nothing is drawn
            return past, numbered(past)
        past = [path, *[other for other in past or [] if other != path and Path(other).exists()]][:REMEMBERED]
        return past, numbered(past)

    def open_picture(path: str) -> tuple[Any, ...]:
        """A picture file as a drawing. One that was kept here brings back its drawing, seed, strictness, latents and directions."""
        recipe = read_recipe(path, dimensions, list(directions))
        if recipe:
            amounts = [recipe.directions[name] for name in directions]
            return recipe.sketch, recipe.seed, recipe.strictness, *recipe.latents, *amounts
        return to_value(framed(path)), *[gr.skip()] * (2 + dimensions + len(directions))

    def enlarge(drawing: str | None) -> str:
        """The drawing with its head as large and where faces are: whoever draws neck and shoulders draws it too small."""
        return to_value(framed(from_value(drawing)))

    def sharpen(
        drawing: str | None, prompt: str, strength: float, seed: int, strictness: float, *numbers: float
    ) -> str:
        """The photograph of a drawing with the given latents and named directions, made sharp by Stable Diffusion."""
        assert refiner is not None
        photo = draft(drawing, torch.tensor([numbers[:dimensions]]), strictness, numbers[dimensions:])
        return show(refiner(photo, prompt, strength=strength, seed=seed)[0])

    def throw(locked: bool, seed: int) -> int:
        """Another seed, unless it is locked."""
        return seed if locked else random.randint(0, MAX_SEED)

    def open_past(past: list[str], event: gr.SelectData) -> tuple[Any, ...]:
        """The picture of this visit that was clicked, with its drawing and sliders."""
        return gr.Gallery(selected_index=None), *open_picture(past[event.index])

    def open_example(event: gr.SelectData) -> tuple[str, gr.Gallery]:
        """The example drawing that was clicked, for the sketchpad; it is not left selected, so it can be clicked again."""
        return to_value(framed(str(EXAMPLES[event.index]))), gr.Gallery(selected_index=None)

    # ---- layout ----------------------------------------------------------------------------------------------------

    with gr.Blocks(title="Sketch2Photo", analytics_enabled=False, delete_cache=FILES_EXPIRE) as page:
        gr.Markdown("# Sketch2Photo", elem_id="title")
        gr.Markdown(I18N("subtitle"), elem_id="subtitle", elem_classes="head")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320):
                pad = sketchpad(elem_id="pad", file_input="input:has(+ #open)")
                with gr.Row():
                    upload = file_button("open")
                    fit = gr.Button(I18N("enlarge"), elem_id="fit", min_width=100)
                gr.Markdown(I18N("examples"), elem_classes="head", elem_id="examples-head")
                examples = strip("examples", [(framed(str(path)), path.stem.replace("_", " ")) for path in EXAMPLES])
                gr.Markdown(I18N("history"), elem_classes="head", elem_id="history-head")
                history = strip("history")
            with gr.Column(scale=3, min_width=320):
                hint = gr.Markdown(I18N("welcome"), elem_id="hint")
                with gr.Tabs(elem_id="result"):
                    with gr.Tab(I18N("photo")):
                        photo = gr.Image(
                            label=I18N("photo"),
                            show_label=False,
                            alt_text="Photograph",
                            elem_id="photo",
                            interactive=False,
                            buttons=["fullscreen"],
                        )
                    with gr.Tab(I18N("compare")):
                        compare = gr.ImageSlider(show_label=False, elem_id="compare", interactive=False, buttons=[])
                with gr.Row():
                    dice = gr.Button(I18N("new_seed"), variant="primary", elem_id="dice", min_width=100)
                    save = gr.Button(I18N("keep"), elem_id="keep", min_width=60)
                    save_all = gr.Button(I18N("keep_all"), elem_id="keep_all", min_width=80)
                with gr.Column(elem_id="with-variations"):
                    gr.Markdown(I18N("variations"), elem_classes="head")
                    gallery = strip("variations")
                    liked = gr.CheckboxGroup([], label=I18N("liked"), elem_id="liked")
                    with gr.Row():
                        more = gr.Button(I18N("breed"), elem_id="breed", size="sm", min_width=100)
                        animate = gr.Button(I18N("travel"), elem_id="travel", size="sm", min_width=100)
                    share = gr.Slider(0, 1, 0, step=0.02, label=I18N("share"), elem_id="mix", buttons=[])
                film = gr.Image(label=I18N("film"), elem_id="film", interactive=False, visible="hidden", buttons=[])
                files = gr.File(label=I18N("files"), elem_id="files", interactive=False, visible="hidden")
            with gr.Column(scale=2, min_width=260):
                strictness = gr.Slider(
                    0,
                    1,
                    1.0,
                    step=0.05,
                    label=I18N("strictness"),
                    info=I18N("strictness_info"),
                    elem_id="strictness",
                    buttons=[],
                )
                amounts = [direction(name, *each["range"]) for name, each in directions.items()]
                with gr.Accordion(I18N("latents"), elem_id="dials", open=True):
                    dials = []
                    for start in range(0, dimensions, 2):
                        with gr.Row():
                            dials += [dial(number) for number in range(start + 1, min(start + 2, dimensions) + 1)]
                centre = gr.Button(I18N("average"), size="sm", elem_id="centre")
                photo_file = file_button("borrow", size="sm")
                with gr.Accordion(I18N("more"), open=False, elem_id="more"):
                    count = gr.Slider(1, MAX_VARIATIONS, 6, step=1, label=I18N("count"), elem_id="count", buttons=[])
                    difference = gr.Slider(
                        0, 1.5, 1.0, step=0.05, label=I18N("difference"), elem_id="difference", buttons=[]
                    )
                    seed = gr.Number(
                        0,
                        label=I18N("seed"),
                        info=I18N("seed_info"),
                        precision=0,
                        minimum=0,
                        maximum=MAX_SEED,
                        elem_id="seed",
                    )
                    lock = gr.Checkbox(False, label=I18N("locked"), elem_id="lock")
                if refiner:
                    with gr.Accordion(I18N("refine"), elem_id="refine"):
                        prompt = gr.Textbox(
                            "a photograph of a face", label=I18N("prompt"), elem_id="prompt", max_lines=3
                        )
                        strength = gr.Slider(
                            0.1, 1, 0.5, step=0.05, label=I18N("strength"), elem_id="strength", buttons=[]
                        )
                        sharp = gr.Button(I18N("sharpen"), elem_id="sharpen")
                        sharpened = gr.Image(
                            label=I18N("sharpened"),
                            elem_id="sharpened",
                            interactive=False,
                            visible="hidden",
                            buttons=["download", "fullscreen"],
                        )
        gr.Markdown(I18N("terms"), elem_classes="head")
        variations = gr.JSON([], label="Latents of the variations", visible=False)
        past = gr.State([], time_to_live=FILES_EXPIRE[1])

        # ---- what leads to what ------------------------------------------------------------------------------------
        # While one request of a kind is under way, only the newest of those after it is kept; the model serves one at a time.
        # Who waits for others sees the place in the queue over the photograph.

        latest: dict[str, Any] = {
            "trigger_mode": "always_last",
            "js": "(...values) => values.map(value => value ?? 0)",  # a number that was deleted to type another one
            "show_progress": "minimal",
            "show_progress_on": photo,
            "concurrency_limit": 1,
            "concurrency_id": "model",
        }
        private = latest | {"api_visibility": "private"}
        numbers = [*dials, *amounts]
        settings = [pad, count, seed, difference, strictness]
        pictures = [gallery, variations, liked]
        recipe = [pad, seed, strictness, *numbers]

        def action(function: Callable[P, R]) -> Callable[P, R]:
            latents = [f"latent_{number}" for number in range(1, dimensions + 1)]
            return documented(in_one_sentence(function), latents, list(directions))

        def remembered(event: Any) -> None:
            event.success(remember, [past, *recipe], [past, history], **private | {"show_progress": "hidden"})

        pad.input(follow, [pad, strictness, *numbers], [hint, photo], **private)
        remembered(
            gr.on(
                [pad.pause, strictness.release, *[each.release for each in amounts]],
                rested,
                [*settings, variations, *numbers],
                pictures,
                **private,
            )
        )
        gr.on([count.release, difference.release], anew, [*settings, *numbers], pictures, **private)
        gr.on(
            [each.input for each in [*numbers, strictness]],
            action(photograph),
            [pad, strictness, *numbers],
            photo,
            api_name="photograph",
            **latest,
        )
        remembered(
            gallery.select(in_one_sentence(choose), [pad, strictness, variations, *amounts], [photo, *dials], **private)
        )
        gr.on(  # what the dials make is no longer the variation that was clicked, and that can be clicked again
            [*[each.release for each in [*numbers, share]], centre.click],
            lambda: gr.Gallery(selected_index=None),
            None,
            gallery,
            api_visibility="private",
            queue=False,
        )
        centre.click(action(average), [pad, strictness], [photo, *numbers], api_name="average", **latest)
        others: dict[str, Any] = latest | {
            "fn": action(other_faces),
            "inputs": [*settings, *amounts],
            "outputs": [hint, photo, *pictures, *dials],
        }
        remembered(seed.submit(**others, api_name="other_faces"))
        thrown = dice.click(action(throw), [lock, seed], seed, api_name="dice", queue=False)
        remembered(thrown.then(**others, api_visibility="private"))
        chosen = [liked, variations]
        more.click(action(breed), [pad, count, strictness, *chosen, *numbers], pictures, api_name="breed", **latest)
        share.input(action(mix), [pad, strictness, share, *chosen, *amounts], [photo, *dials], api_name="mix", **latest)
        remembered(
            photo_file.upload(
                action(borrow), [photo_file, pad, strictness, *amounts], [photo, *dials], api_name="borrow", **latest
            )
        )
        for button, made, inputs, outputs, name in (
            (save, keep, recipe, files, "keep"),
            (save_all, keep_all, [pad, seed, strictness, variations, *numbers], files, "keep_all"),
            (animate, travel, [pad, strictness, *chosen, *amounts], [film, files], "travel"),
        ):
            done = button.click(
                action(made), inputs, outputs, api_name=name, **latest | {"concurrency_id": "files"}
            ).success(
                lambda film=made is travel: (gr.Image(visible=film or "hidden"), gr.File(visible=True)),
                None,
                [film, files],
                api_visibility="private",
                queue=False,
            )
            done.success(None, files, None, js=SHOW_FILM if made is travel else DOWNLOAD)
        if refiner:
            sharp.click(lambda: gr.Image(visible=True), None, sharpened, api_visibility="private", queue=False).then(
                action(sharpen),
                [pad, prompt, strength, seed, strictness, *numbers],
                sharpened,
                api_name="sharpen",
                **latest | {"show_progress": "full", "show_progress_on": sharpened, "concurrency_id": "diffusion"},
            )
        restored = [pad, seed, strictness, *numbers]
        for opened, endpoint in (
            (examples.select(open_example, None, [pad, examples], **private), latest | {"api_name": "generate"}),
            (fit.click(action(enlarge), pad, pad, api_name="enlarge", **latest), private),
            (upload.upload(action(open_picture), upload, restored, api_name="open", **latest), private),
            (history.select(in_one_sentence(open_past), past, [history, *restored], **private), private),
        ):
            remembered(opened.success(action(generate), [*settings, *numbers], [hint, photo, *pictures], **endpoint))
        # Before and after needs nothing from the server: both pictures are on the page.
        gr.on(
            [photo.change],
            None,
            [pad, photo],
            compare,
            js="(drawing, photo) => [photo && [{url: drawing, path: 'drawing.png'}, photo]]",
        )
    return page


def stacked(variations: list[list[float]] | None) -> Tensor:
    """(N, D): the latents of the variations; ValueError where there are none, or where they are no such."""
    if not variations:
        raise MessageError("no_variations")
    try:
        return torch.tensor(variations, dtype=torch.float32)
    except (TypeError, ValueError) as error:
        raise MessageError("bad_variations") from error


def ticked(liked: list[str] | None, variations: list[list[float]] | None, least: int, sentence: str) -> Tensor:
    """(P, D): the latents of the variations with these numbers, each once; ValueError with the sentence where there are too few."""
    chosen = dict.fromkeys(
        number for number in liked or [] if number.isdigit() and 0 < int(number) <= len(variations or [])
    )
    if len(chosen) < least:
        raise MessageError(sentence)
    return stacked(variations)[[int(number) - 1 for number in chosen]]


def numbered(pictures: Iterable[Any] | None) -> list[tuple[Any, str]]:
    """For a strip: each with its number, which is its name for who does not see it."""
    return [(picture, str(number)) for number, picture in enumerate(pictures or [], 1)]


def framed(drawing: str | Image.Image | None) -> Image.Image:
    """A drawing, or a file of one, as it lies on the sketchpad with its head where faces are."""
    return to_images(to_sketch(drawing, SIZE))[0]


def file_button(name: str, **kwargs: Any) -> gr.UploadButton:
    return gr.UploadButton(
        I18N(name),  # type: ignore[arg-type]
        file_types=["image"],
        type="filepath",
        elem_id=name,
        min_width=100,
        **kwargs,
    )


def direction(name: str, low: float, high: float) -> gr.Slider:
    """The slider of what a model was found to have, by its name there where the page has no word for it."""
    key = f"direction_{name}"
    label = I18N(key) if name in DIRECTIONS else name.replace("_", " ").capitalize()
    return gr.Slider(low, high, 0, step=0.05, label=label, elem_id=f"direction-{name}", buttons=[])


def strip(name: str, pictures: list[tuple[Image.Image, str]] | None = None) -> gr.Gallery:
    """A gallery of small pictures, six in a row, that can be clicked."""
    return gr.Gallery(
        pictures,
        label=name,
        show_label=False,
        elem_id=name,
        elem_classes="strip",
        columns=6,
        height="auto",
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
    )


def dial(number: int) -> gr.Slider:
    """The slider of a latent, counted from 1."""
    name = f"latent-{number}"
    return gr.Slider(
        -LIMIT, LIMIT, 0, step=0.01, label=I18N("latent") + f" {number}", min_width=110, elem_id=name, buttons=[]
    )


def in_reach(latents: torch.Tensor) -> list[float]:
    """Latents (D,) as the sliders can show them."""
    return [round(value, 2) for value in latents.clamp(-LIMIT, LIMIT).tolist()]


def documented(action: Callable[P, R], latents: Sequence[str], directions: Sequence[str]) -> Callable[P, R]:
    """The action, with a name for each of its *numbers or *amounts and its arguments described, as programs are told."""
    parameters: list[inspect.Parameter] = []
    for each in inspect.signature(action).parameters.values():
        if each.kind is each.VAR_POSITIONAL:
            names = [*latents, *directions] if each.name == "numbers" else directions
            parameters += [inspect.Parameter(name, each.POSITIONAL_OR_KEYWORD) for name in names]
        else:
            parameters.append(each)
    sentences = dict.fromkeys(latents, A_LATENT) | dict.fromkeys(directions, A_DIRECTION) | ARGUMENTS
    described = [f"    {each.name}: {sentences[each.name]}" for each in parameters]
    action.__doc__ = "\n".join([inspect.getdoc(action) or "", "Args:", *described])
    action.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return action


def in_one_sentence(action: Callable[P, R]) -> Callable[P, R]:
    """What was wrong with the input is said on the page as the sentence that it is, without a traceback."""

    @wraps(action)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return action(*args, **kwargs)
        except ValueError as error:
            raise gr.Error(say_error(error), duration=6, print_exception=False) from error

    return wrapped
