"""The page: a sketchpad, photographs of what is drawn on it, and the controls that choose between them.

The page keeps its state in its own controls (drawing, variations, latents), and each action gets what it needs from there:
the server remembers nothing of a visitor, and its picture files expire. Every action is a named endpoint for gradio_client.
"""

import random
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import torch
from PIL import Image

from .drawing import to_sketch
from .pipeline import Sketch2PhotoPipeline
from .sketchpad import SIZE, from_value, sketchpad, to_value

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.png"))
FILES_EXPIRE = (600, 3600)  # every 10 minutes, those older than an hour
MAX_SEED = 2**31 - 1
LIMIT = 3.0  # of the latents' sliders

WELCOME = "Draw a face on the white square, or click one of the little drawings. The photographs follow each line."
TERMS = (
    "The faces are made up by a neural network: none is a real person. "
    "Weights for non-commercial research only; the code is Apache-2.0."
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
.strip .caption-label, #dials .min_value, #dials .max_value { display: none !important; }
.strip .empty { display: none !important; }
#dials .block { padding: 4px 8px; }
#dials label { white-space: nowrap; }
#dials input[type=number] { width: 60px; padding: 2px; appearance: textfield; }
#generate, #upload { white-space: nowrap; padding-left: 8px; padding-right: 8px; }
#pad .html-container { padding: 0; }
#examples img { background: white; object-fit: contain; }
@media (max-width: 800px) {
  .main.app { padding: 8px 12px !important; }
  #title h1 { font-size: 22px; }
  #columns { flex-direction: column; }
  #columns > * { min-width: 0 !important; width: 100%; }
  #hint { height: auto; margin: 0; }
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

P = ParamSpec("P")
R = TypeVar("R")


def launch(pipe: Sketch2PhotoPipeline, port: int | None = None, **kwargs: Any) -> None:
    """Serves the page on this computer until interrupted; further arguments are gr.Blocks.launch's.

    Raises:
        OSError: the port is taken.
    """
    build(pipe).launch(
        server_port=port,
        theme=THEME,
        head=f"<style>{CSS}</style>",  # css= would not reach what is around the page's own parts
        footer_links=["api", "settings"],
        run_history=False,  # it would keep visitors' pictures in the browser
        max_file_size="20mb",
        **kwargs,
    )


def build(pipe: Sketch2PhotoPipeline) -> gr.Blocks:
    """The page of a model, not yet launched."""
    dimensions = pipe.model.latent_dim

    # ---- actions ---------------------------------------------------------------------------------------------------

    def photograph(drawing: str | None, strictness: float, *latents: float) -> Image.Image:
        """One photograph of a drawing (the data URL of a PNG), with the given latents."""
        return pipe(from_value(drawing), latents=torch.tensor([latents]), strictness=strictness).images[0]

    def photographs(
        drawing: str | None, count: int, seed: int, difference: float, strictness: float, *latents: float
    ) -> tuple[str, Image.Image, list[Image.Image], list[list[float]]]:
        """A drawing (the data URL of a PNG) with the given latents, and `count` variations of it with random ones."""
        variations = difference * pipe.random_latents(count, seed)
        out = pipe(from_value(drawing), latents=torch.cat([torch.tensor([latents]), variations]), strictness=strictness)
        hint = "Click a variation, or move the dials: the person changes, your drawing does not."
        return hint, out.images[0], out.images[1:], variations.tolist()

    def other_faces(
        drawing: str | None, count: int, seed: int, difference: float, strictness: float
    ) -> tuple[Any, ...]:
        """The variations of a seed, and the first of them as the current picture: its latents follow."""
        latents = in_reach(difference * pipe.random_latents(1, seed)[0])
        return *photographs(drawing, count, seed, difference, strictness, *latents), *latents

    def pen_up(drawing: str | None, *settings: Any) -> tuple[Any, ...]:
        """As photographs, but a drawing of nothing yet is no error: the sentence about it takes the pictures' place."""
        try:
            return photographs(drawing, *settings)
        except ValueError as error:
            return str(error), None, None, []

    def choose(
        drawing: str | None, strictness: float, variations: list[list[float]], event: gr.SelectData
    ) -> tuple[Any, ...]:
        """The latents of the variation that was clicked, and its photograph."""
        latents = in_reach(torch.tensor(variations[event.index]))
        return photograph(drawing, strictness, *latents), *latents

    def average(drawing: str | None, strictness: float) -> tuple[Any, ...]:
        """All latents zero: the most usual face."""
        return photograph(drawing, strictness, *[0.0] * dimensions), *[0.0] * dimensions

    def open_picture(path: str) -> str:
        """Any picture of a drawing, as dark lines on white for the sketchpad."""
        sketch = to_sketch(path, SIZE)[0, 0]
        return to_value(Image.fromarray(((sketch + 1) * 127.5).round().byte().numpy()))

    def open_example(event: gr.SelectData) -> tuple[str, gr.Gallery]:
        """The example drawing that was clicked, for the sketchpad; it is not left selected, so it can be clicked again."""
        return to_value(Image.open(EXAMPLES[event.index])), gr.Gallery(selected_index=None)

    # ---- layout ----------------------------------------------------------------------------------------------------

    with gr.Blocks(title="Sketch2Photo", analytics_enabled=False, delete_cache=FILES_EXPIRE) as page:
        gr.Markdown("# Sketch2Photo\nDraw a face, get photographs of people who could be it.", elem_id="title")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=3, min_width=320):
                pad = sketchpad(elem_id="pad")
                with gr.Row():
                    generate = gr.Button("Generate", variant="primary", elem_id="generate", min_width=100)
                    upload = gr.UploadButton(
                        "Open a drawing", file_types=["image"], type="filepath", elem_id="upload", min_width=100
                    )
                gr.Markdown("Cannot draw? Start from one of these:", elem_classes="head")
                examples = strip("examples", [(path, path.stem.replace("_", " ")) for path in EXAMPLES])
            with gr.Column(scale=3, min_width=320):
                hint = gr.Markdown(WELCOME, elem_id="hint")
                photo = gr.Image(
                    label="Photograph",
                    show_label=False,
                    elem_id="photo",
                    interactive=False,
                    format="png",
                    buttons=["download", "fullscreen"],
                )
                dice = gr.Button("⚄ Other people", elem_id="dice")
                gr.Markdown("Variations: click one", elem_classes="head")
                gallery = strip("variations")
            with gr.Column(scale=2, min_width=260):
                strictness = gr.Slider(
                    0,
                    1,
                    1.0,
                    step=0.05,
                    label="How strictly to follow my lines",
                    info="0 takes them as a hint",
                    elem_id="strictness",
                    buttons=[],
                )
                with gr.Accordion(f"{dimensions} dials that change the person", elem_id="dials"):
                    dials = []
                    for start in range(0, dimensions, 2):
                        with gr.Row():
                            dials += [dial(number) for number in range(start + 1, min(start + 2, dimensions) + 1)]
                    centre = gr.Button("All to the middle", size="sm", elem_id="centre")
                with gr.Accordion("More settings", open=False):
                    count = gr.Slider(1, 16, 6, step=1, label="How many variations", elem_id="count", buttons=[])
                    difference = gr.Slider(
                        0, 1.5, 1.0, step=0.05, label="How different", elem_id="difference", buttons=[]
                    )
                    seed = gr.Number(
                        0,
                        label="Seed",
                        info="The same seed gives the same pictures",
                        precision=0,
                        minimum=0,
                        maximum=MAX_SEED,
                        elem_id="seed",
                    )
        gr.Markdown(TERMS, elem_classes="head")
        variations = gr.JSON([], label="Latents of the variations", visible=False)

        # ---- what leads to what ------------------------------------------------------------------------------------
        # While one request of a kind is under way, only the newest of those after it is kept; the model serves one at a time.

        latest: dict[str, Any] = {
            "trigger_mode": "always_last",
            "js": "(...values) => values.map(value => value ?? 0)",  # a number that was deleted to type another one
            "show_progress": "hidden",
            "concurrency_limit": 1,
            "concurrency_id": "model",
        }
        settings = [pad, count, seed, difference, strictness]
        pictures = [hint, photo, gallery, variations]

        gr.on(
            [pad.input, count.release, difference.release, strictness.release],
            pen_up,
            [*settings, *dials],
            pictures,
            api_visibility="private",
            **latest,
        )
        generate.click(in_one_sentence(photographs), [*settings, *dials], pictures, api_name="generate", **latest)
        gr.on(
            [*[dial.input for dial in dials], strictness.input],
            in_one_sentence(photograph),
            [pad, strictness, *dials],
            photo,
            api_name="photograph",
            **latest,
        )
        gallery.select(
            in_one_sentence(choose), [pad, strictness, variations], [photo, *dials], api_visibility="private", **latest
        )
        gr.on(  # what the dials make is no longer the variation that was clicked, and that can be clicked again
            [*[dial.release for dial in dials], centre.click],
            lambda: gr.Gallery(selected_index=None),
            None,
            gallery,
            api_visibility="private",
            queue=False,
        )
        centre.click(in_one_sentence(average), [pad, strictness], [photo, *dials], api_name="average", **latest)
        others = latest | {
            "fn": in_one_sentence(other_faces),
            "inputs": settings,
            "outputs": [*pictures, *dials],
            "api_name": "other_faces",
        }
        seed.submit(**others)
        dice.click(lambda: random.randint(0, MAX_SEED), None, seed, api_name="dice", queue=False).then(
            **others | {"api_visibility": "private"}
        )
        for opened in (
            upload.upload(in_one_sentence(open_picture), upload, pad, api_name="open", **latest),
            examples.select(open_example, None, [pad, examples], api_visibility="private", **latest),
        ):
            opened.success(
                in_one_sentence(photographs), [*settings, *dials], pictures, api_visibility="private", **latest
            )
    return page


def strip(name: str, pictures: list[tuple[Path, str]] | None = None) -> gr.Gallery:
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
        format="jpeg",  # PNGs of six photographs would take as long as the photographs themselves
        buttons=[],
    )


def dial(number: int) -> gr.Slider:
    """The slider of a latent, counted from 1."""
    name = f"latent-{number}"
    return gr.Slider(-LIMIT, LIMIT, 0, step=0.01, label=f"Dial {number}", min_width=110, elem_id=name, buttons=[])


def in_reach(latents: torch.Tensor) -> list[float]:
    """Latents (D,) as the sliders can show them."""
    return [round(value, 2) for value in latents.clamp(-LIMIT, LIMIT).tolist()]


def in_one_sentence(action: Callable[P, R]) -> Callable[P, R]:
    """What was wrong with the input is said on the page as the sentence that it is, without a traceback."""

    @wraps(action)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return action(*args, **kwargs)
        except ValueError as error:
            raise gr.Error(str(error), duration=6, print_exception=False) from error

    return wrapped
