"""The page: what is where on it (Layout), and what leads to what (Wiring).

It keeps its state in its own elements (drawing, variations, latents), and each action gets what it needs from there: the
server remembers nothing of a visitor but the paths in the strip of this visit, and its picture files expire; that it keeps
the last few calibrated drawings of everybody only saves time. Every action is a named endpoint for gradio_client, and a tool
where the page is an MCP server.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware

from .. import machine, refine
from ..examples import EXAMPLES, WITH_PHOTO
from ..model import Sketch2Photo
from ..pipeline import Sketch2PhotoPipeline
from .actions import Actions
from .controls import (
    CONTROLS,
    COUNT,
    DIFFERENCE,
    LOCKED,
    PROMPT,
    SEED,
    SHARE,
    STRENGTH,
    Control,
    Controls,
    labels,
    model_controls,
)
from .endpoints import arguments, endpoint, with_hint
from .files import delete_files
from .films import MOMENTS
from .language import hint
from .limits import RequestLimits
from .messages import MESSAGES, NAMES, Message, by_language
from .pad.component import sketchpad
from .preview import Preview
from .programs import FILE, GALLERY, LATENTS, ProgrammableBlocks, Programs, Result, control_argument, send_each_picture
from .queue import lane, set_up
from .theme import CSS, SCRIPTS, THEME

FILES_EXPIRE = (600, 3600)  # every 10 minutes, those older than an hour
# Why controls cannot be used yet: sentences by their selectors.
NEEDS_DRAWING = ("new_seed", "keep", "keep_all", "pass_on", "average", "borrow", "record", "enlarge", "straighten")
REASONS = {f"#{name}": "draw_first" for name in NEEDS_DRAWING} | {
    "#breed": "tick_some",
    "#travel": "tick_two",
    "#share input": "tick_two",
    "#pad [data-part]": "choose_part",
}
SESSIONS = 300  # that Gradio remembers, the last ones: each takes .26 MB, for a page that was closed and for each call of a program, too


def launch(pipe: Sketch2PhotoPipeline, port: int | None = None, **kwargs: Any) -> gr.Blocks:
    """Serves the page on this computer until interrupted; further arguments are gr.Blocks.launch's.

    Raises:
        OSError: the port is taken.
    """
    page = build(pipe, _refiner())
    page.launch(server_port=port, **_options(pipe), **kwargs)
    return page


def mount(app: FastAPI, pipe: Sketch2PhotoPipeline, path: str, **kwargs: Any) -> FastAPI:
    """Puts the page into a FastAPI app, at a path like "/faces"; further arguments are gr.mount_gradio_app's: auth, root_path.

    With `auth_dependency`, a function of the request that returns a name or None, the app's own login decides.
    """
    return gr.mount_gradio_app(app, build(pipe, _refiner()), path, **_options(pipe), **kwargs)


def _refiner() -> refine.Refiner | None:
    return refine.Refiner() if refine.available() else None


def _options(pipe: Sketch2PhotoPipeline) -> dict[str, Any]:
    """What both ways of serving the page have in common."""
    machine.keep_freed_memory()
    return {
        "theme": THEME,
        "head": f"<style>{CSS}</style>",  # css= would not reach what is around the page's own parts
        "i18n": translations(pipe.model),
        "footer_links": ["api", "settings"],
        "show_error": False,  # what is no sentence for visitors goes to the log alone
        "run_history": False,  # it would keep visitors' pictures in the browser
        "max_file_size": "20mb",
        "app_kwargs": {"middleware": [Middleware(RequestLimits), Middleware(Preview)], "lifespan": _lifespan},
    }


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    """What goes on beside the requests: MCP answers with pictures, and sessions and files expire."""
    page = app.get_blocks()
    page.state_holder.capacity = SESSIONS
    if page.mcp_server_obj:
        send_each_picture(page.mcp_server_obj)
    every, age = FILES_EXPIRE

    async def expire() -> None:
        while True:
            await asyncio.sleep(every)
            await asyncio.to_thread(delete_files, page, age)

    task = asyncio.create_task(expire())
    try:
        yield
    finally:
        task.cancel()
        delete_files(page)


def translations(model: Sketch2Photo) -> gr.I18n:
    """The words of a model's page, for `launch(i18n=)`."""
    controls = [control for group in model_controls(model).values() for control in group]
    return gr.I18n(**by_language(MESSAGES | labels([*CONTROLS, *controls])))


def build(pipe: Sketch2PhotoPipeline, refiner: refine.Refiner | None = None) -> gr.Blocks:
    """The page of a model, not yet served; with a refiner it has a second step, by Stable Diffusion."""
    actions = Actions(pipe, refiner)
    names = NAMES | {"compare": MESSAGES["compare"]}
    why = json.dumps(by_language({key: MESSAGES[key] for key in REASONS.values()}))
    with ProgrammableBlocks(title="Sketch2Photo", analytics_enabled=False) as page:
        Wiring(Layout(actions), actions)
        page.load(None, js=SCRIPTS["keepStream"])
        page.load(None, js=SCRIPTS["keepLanguage"])
        page.load(None, js=SCRIPTS["goToEnds"])
        page.load(None, js=SCRIPTS["backToStill"])
        page.load(None, js=SCRIPTS["leaveSecondClicks"])
        page.load(None, js=f"() => ({SCRIPTS['bottomSheet']})('#sliders', '#settings')")
        page.load(None, js=f"() => ({SCRIPTS['nameParts']})({json.dumps(by_language(names))})")
        functions = ", ".join(SCRIPTS[name] for name in ("sayWhy", "showWrong", "hideWrong"))
        page.load(None, js=f"() => ({SCRIPTS['giveReasons']})({functions}, {json.dumps(REASONS)}, {why})")
    set_up(page._queue)
    return page


# ---- layout --------------------------------------------------------------------------------------------------------


class Layout:
    """The elements of the page, in the order in which they stand there.

    `inputs` are those that arguments of actions come from, by the arguments' names: one each, or a group of controls.
    """

    def __init__(self, actions: Actions) -> None:
        controls = actions.controls
        self.inputs: dict[str, list[Any]] = {}
        self.sharpened: gr.Image | None = None
        with gr.Row(elem_id="head"):
            gr.Markdown("# Sketch2Photo", elem_id="title")
            gr.Markdown(_text("subtitle"), elem_id="subtitle", elem_classes="head")
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="drawing"):
                self._lay_drawing(actions)
            with gr.Column(elem_id="pictures"):
                self._lay_pictures()
            with gr.Column(elem_id="settings"):
                self._lay_settings(controls)
                if actions.refiner:
                    self._lay_refinement()
        gr.Markdown(_text("terms"), elem_classes="head")
        self.variations = gr.JSON([], label="Latents of the variations", visible=False)
        self.past = gr.State({}, time_to_live=FILES_EXPIRE[1])
        self.begun = gr.JSON(label="When the drawing was begun", visible=False)
        self.kept = gr.JSON([], label="Pictures of this visit", visible=False)
        self.lost = gr.JSON([], label="Those of them that the server may have lost", visible=False)
        self.moments = gr.JSON([], label="The drawing as it came about", visible=False)
        elements = {
            "drawing": self.pad,
            "picture": self.open,
            "photo": self.borrow,
            "liked": self.liked,
            "variations": self.variations,
            "past": self.past,
            "begun": self.begun,
            "kept": self.kept,
            "lost": self.lost,
            "moments": self.moments,
        }
        self.inputs |= {name: [element] for name, element in elements.items()}
        self.inputs["recorded"] = [self.inputs[control.name][0] for control in controls["recorded"]]

    def _lay_drawing(self, actions: Actions) -> None:
        self.pad = sketchpad(elem_id="pad", file_input="input:has(+ #open)")
        gr.Markdown(_text("examples"), elem_classes="head", elem_id="examples-head")
        self.examples = _strip(
            "examples", [(str(WITH_PHOTO / f"{path.stem}.jpg"), path.stem.replace("_", " ")) for path in EXAMPLES]
        )
        with gr.Row(elem_id="lines", equal_height=True):
            self.options = self.inputs["options"] = [self._control(control) for control in actions.controls["options"]]
            if actions.pipe.calibrator:
                self.straighten = gr.Button(
                    _text("straighten"), elem_id="straighten", min_width=140, scale=0, interactive=False
                )
        with gr.Row():
            self.open = _file_button("open")
            if actions.pipe.calibrator:
                self.enlarge = gr.Button(_text("enlarge"), elem_id="enlarge", min_width=100, interactive=False)
        gr.Markdown(_text("history"), elem_classes="head", elem_id="history-head")
        self.history = _strip("history")

    def _lay_pictures(self) -> None:
        with gr.Column(elem_id="shown"):  # on phones it stays in sight
            with gr.Tabs(elem_id="result"):
                with gr.Tab(_text("photo")), gr.Column(elem_id="frame"):
                    self.photo = gr.Image(
                        label=_text("photo"),
                        show_label=False,
                        alt_text="Photograph",
                        elem_id="photo",
                        interactive=False,
                        buttons=["fullscreen"],
                    )
                    self.film = gr.Image(
                        label=_text("film"), show_label=False, elem_id="film", interactive=False, buttons=[]
                    )
                    gr.Button(_text("still"), elem_id="still", size="sm")
                with gr.Tab(_text("compare")):
                    self.compare = gr.ImageSlider(show_label=False, elem_id="compare", interactive=False, buttons=[])
            with gr.Column(elem_id="hint", min_width=0):
                self.hint = gr.Markdown(_text("welcome"))
                self.wrong = gr.Markdown(elem_id="wrong")  # in place of the hint, until something else is done
            gr.Button(_text("sliders"), elem_id="sliders", size="sm")  # of phones, where they lie in a sheet
        with gr.Row():
            self.new_seed = gr.Button(
                _text("new_seed"), variant="primary", elem_id="new_seed", min_width=100, interactive=False
            )
            self.keep = gr.Button(_text("keep"), elem_id="keep", min_width=60, interactive=False)
            self.keep_all = gr.Button(_text("keep_all"), elem_id="keep_all", min_width=80, interactive=False)
            self.pass_on = gr.Button(_text("pass_on"), elem_id="pass_on", min_width=80, interactive=False)
        with gr.Column(elem_id="with-variations"):
            gr.Markdown(_text("variations"), elem_classes="head")
            with gr.Column(elem_id="hearts"):
                self.gallery = _strip("variations")
                self.liked = gr.CheckboxGroup([], label=_text("liked"), elem_id="liked", container=False)
            with gr.Row():
                self.breed = gr.Button(_text("breed"), elem_id="breed", size="sm", min_width=100, interactive=False)
                self.travel = gr.Button(_text("travel"), elem_id="travel", size="sm", min_width=100)
                self.record = gr.Button(_text("record"), elem_id="record", size="sm", min_width=100, interactive=False)
                self.cancel = gr.Button(_text("cancel"), elem_id="cancel", size="sm", min_width=100, visible="hidden")
                self.share_film = gr.Button(_text("share_film"), elem_id="share-film", size="sm", visible="hidden")
            self.share = self._control(SHARE, interactive=False)
        self.files = gr.File(label=_text("files"), elem_id="files", interactive=False, visible="hidden")
        self.tell_why = gr.Button(elem_id="tell-why", visible="hidden")
        self.ask_photo = gr.Button(elem_id="ask-photo", visible="hidden")
        self.ask_preview = gr.Button(elem_id="ask-preview", visible="hidden")
        self.ask_variations = gr.Button(elem_id="ask-variations", visible="hidden")

    def _lay_settings(self, controls: Controls) -> None:
        self.directions = self.inputs["directions"] = [_widget(control) for control in controls["directions"]]
        self.ask_ends = gr.Button(elem_id="ask-ends", visible="hidden")
        self.ends = gr.Image(elem_id="ends", interactive=False, visible="hidden")
        self.average = gr.Button(_text("average"), size="sm", elem_id="average", interactive=False)
        self.borrow = _file_button("borrow", size="sm", interactive=False)
        with gr.Accordion(_text("latents"), elem_id="latents", open=False):
            self.latents = self.inputs["latents"] = []
            for start in range(0, len(controls["latents"]), 2):
                with gr.Row():
                    pair = controls["latents"][start : start + 2]
                    self.latents += [_widget(control, min_width=110) for control in pair]
        with gr.Accordion(_text("more"), open=False, elem_id="more"):
            self.count, self.difference = self._control(COUNT), self._control(DIFFERENCE)
            self.seed = self._control(SEED)
            self._control(LOCKED)

    def _lay_refinement(self) -> None:
        with gr.Accordion(_text("refine"), elem_id="refine"):
            self._control(PROMPT, max_lines=3)
            self._control(STRENGTH)
            self.sharpen = gr.Button(_text("sharpen"), elem_id="sharpen")
            self.sharpened = gr.Image(
                label=_text("sharpened"),
                elem_id="sharpened",
                interactive=False,
                visible="hidden",
                buttons=["download", "fullscreen"],
            )

    def _control(self, control: Control, **kwargs: Any) -> Any:
        """A control that is an argument of its own."""
        element = _widget(control, **kwargs)
        self.inputs[control.name] = [element]
        return element


def _widget(control: Control, **kwargs: Any) -> Any:
    """Gradio's element for a control."""
    info = _text(f"{control.key}_info") if control.info else None
    default: Any = control.default
    how: dict[str, Any] = {
        "label": _text(control.key),
        "info": info,
        "elem_id": control.key.replace("_", "-"),
        **kwargs,
    }
    if control.kind == "checkbox":
        return gr.Checkbox(default, **how)
    if control.kind == "text":
        return gr.Textbox(default, **how)
    if control.kind == "number":
        return gr.Number(default, precision=0, minimum=control.low, maximum=control.high, **how)
    return gr.Slider(control.low, control.high, default, step=control.step, buttons=[], **how)


def _text(key: str) -> Any:
    """A message or label in the language of the visitor's browser, which looks it up by the key."""
    return gr.I18n()(key)


def _file_button(name: str, **kwargs: Any) -> gr.UploadButton:
    return gr.UploadButton(_text(name), file_types=["image"], type="filepath", elem_id=name, min_width=100, **kwargs)


def _strip(name: str, pictures: list[tuple[str, str]] | None = None) -> gr.Gallery:
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


# ---- what leads to what --------------------------------------------------------------------------------------------


class Wiring:
    """Joins the elements of a page to the actions, within its Blocks: the inputs of each are those that its arguments name."""

    def __init__(self, layout: Layout, actions: Actions) -> None:
        self.layout, self.actions = layout, actions
        self.programs, self.results = Programs(actions.controls), results(layout, actions.controls)
        # While one request of a kind is under way, only the newest of those after it is kept.
        # Who waits for others sees the place in the queue over the photograph.
        self.latest: dict[str, Any] = {
            "trigger_mode": "always_last",
            "show_progress": "minimal",
            "show_progress_on": layout.photo,
        }
        self.steering = [*layout.options, *layout.directions]  # these change the variations, too
        self.pictures = [layout.gallery, layout.variations, layout.liked]
        self.with_latents = [layout.photo, *layout.latents]
        self._wire_drawing_and_sliders()
        if layout.directions:
            self._wire_ends()
        self._wire_variations()
        self._wire_opening()
        self._wire_files()
        self._wire_visit()
        if actions.refiner:
            self._wire_refinement()
        hints = json.dumps({key: hint(Message(key)) for key in [*REASONS.values(), "lost"]})
        why = f"() => [({hints})[window.why]]"
        layout.tell_why.click(None, None, layout.wrong, js=why, trigger_mode="multiple")
        needing = [getattr(layout, name) for name in NEEDS_DRAWING if hasattr(layout, name)]
        layout.photo.change(None, layout.photo, needing, js=f"photo => ({SCRIPTS['enable']})(photo, {len(needing)})")
        # Before and after needs nothing from the server: both pictures are on the page.
        layout.photo.change(None, [layout.pad, layout.photo], layout.compare, js=SCRIPTS["compare"])

    def _wire_drawing_and_sliders(self) -> None:
        layout, actions = self.layout, self.actions
        followed = [layout.hint, layout.photo, layout.pad]
        moves = (each.input for each in [*layout.latents, *layout.directions])
        self._ask(any_of(layout.pad.input, *moves), layout.ask_photo)
        self._connect(layout.ask_photo.click, actions.follow, followed, fails=False)
        self._ask(any_of(*(each.input for each in layout.options)), layout.ask_preview)
        self._connect(layout.ask_preview.click, actions.preview, followed, fails=False)
        self._publish("photograph", actions.photograph, layout.photo, "model")
        self._ask(any_of(layout.pad.pause, *(each.release for each in self.steering)), layout.ask_variations)
        refreshed = self._connect(layout.ask_variations.click, actions.refresh_variations, self.pictures, fails=False)
        self._remember(refreshed.success)
        if actions.pipe.calibrator:
            self._connect(layout.pad.pause, actions.locate, layout.pad, fails=False, show_progress="hidden")
        outputs = [*self.with_latents, *layout.directions]
        self._remember(any_of(*(each.release for each in layout.latents)))
        averaged = self._bring(layout.average.click, actions.average, outputs, "average")
        self._remember(averaged.success)
        self._ask(averaged.success, layout.ask_variations)
        borrowed = self._bring(layout.borrow.upload, actions.borrow, self.with_latents, "borrow")
        self._unmark(borrowed.success)
        self._remember(borrowed.success)

    def _wire_ends(self) -> None:
        """Once the photograph has rested the sliders show what they lead to."""
        layout = self.layout
        layout.photo.change(None, [layout.photo, layout.pad, *layout.latents], None, js=SCRIPTS["askForEnds"])
        made = {"fails": False, "show_progress": "hidden", "kind": "ends"}
        self._connect(layout.ask_ends.click, self.actions.ends, layout.ends, **made)
        layout.ends.change(None, layout.ends, None, js=SCRIPTS["showEnds"])

    def _wire_variations(self) -> None:
        layout, actions = self.layout, self.actions
        changes = any_of(layout.count.release, layout.difference.release)
        self._unmark(self._bring(changes, actions.new_variations, self.pictures, fails=False).success)
        self._remember(self._bring(layout.gallery.select, actions.choose, self.with_latents).success)
        away = [*layout.latents, *layout.directions, layout.share]
        self._unmark(any_of(*(each.release for each in away), layout.average.click))
        outputs = [layout.hint, layout.photo, *self.pictures, *layout.latents]
        typed = any_of(layout.seed.input, layout.seed.submit)
        seeded = self._bring(layout.new_seed.click, actions.new_seed, layout.seed, "new_seed")
        for trigger, name in ((typed, "other_faces"), (seeded.success, None)):
            others = self._bring(trigger, actions.other_faces, outputs, name)
            self._unmark(others.success)
            self._remember(others.success)
        bred = self._bring(layout.breed.click, actions.breed, self.pictures, "breed", trigger_mode="once")
        self._unmark(bred.success)
        self._bring(layout.share.input, actions.mix, self.with_latents, "mix")
        self._remember(self._bring(layout.share.release, actions.mix, self.with_latents).success)
        any_of(layout.gallery.change, layout.liked.change)(
            None,
            [layout.gallery, layout.liked],
            [layout.breed, layout.travel, layout.share],
            js=SCRIPTS["enableChoices"],
        )

    def _wire_opening(self) -> None:
        """What is opened, and then drawn."""
        layout, actions, bring = self.layout, self.actions, self._bring
        restored = [layout.pad, *layout.inputs["recorded"], *layout.latents, *layout.directions]
        opening = [
            (bring(layout.examples.select, actions.open_example, [layout.pad, layout.examples]), "generate"),
            (bring(layout.open.upload, actions.open, restored, "open"), None),
            (bring(layout.history.select, actions.open_past, [layout.past, layout.history, *restored]), None),
        ]
        if actions.pipe.calibrator:
            opening.append((bring(layout.enlarge.click, actions.enlarge, layout.pad, "enlarge"), None))
            accepts = any_of(layout.straighten.click, layout.pad.apply)  # the latter is tapped where it was offered
            opening.append((bring(accepts, actions.straighten, layout.pad, "straighten"), None))
        for opened, name in opening:
            drawn = [layout.hint, layout.photo, *self.pictures]
            generated = bring(opened.success, actions.generate, drawn, name)
            self._unmark(generated.success)
            self._remember(generated.success)
            if actions.pipe.calibrator:
                self._connect(generated.success, actions.locate, layout.pad, fails=False, show_progress="hidden")

    def _wire_files(self) -> None:
        layout, actions = self.layout, self.actions
        for button, action, name in (
            (layout.keep, actions.keep, "keep"),
            (layout.keep_all, actions.keep_all, "keep_all"),
        ):
            kept = self._connect(button.click, action, layout.files, name, kind="files")
            shown = kept.success(None, None, layout.files, js=SCRIPTS["show"])
            shown.success(None, layout.files, None, js=SCRIPTS["download"])
        self._publish("travel", actions.travel, [layout.film, layout.files], "films")
        self._wire_films()
        card = f"async (...given) => ({SCRIPTS['passOn']})(await ({SCRIPTS['card']})(...given))"
        layout.pass_on.click(None, [layout.pad, layout.photo], None, js=card)

    def _wire_films(self) -> None:
        """While one is made there is the button to cancel it in place of those that start one: no second run is queued."""
        layout, actions = self.layout, self.actions
        swap: dict[str, Any] = {"fn": None, "inputs": None, "outputs": [layout.travel, layout.record, layout.cancel]}
        film = [layout.film, layout.files]
        moments = f"() => ({SCRIPTS['moments']})({MOMENTS})"
        drawn = layout.record.click(None, None, layout.moments, js=moments)
        made = []
        for start, action in ((layout.travel.click, actions.animate), (drawn.then, actions.record)):
            started = start(**swap, js=SCRIPTS["begin"])
            made.append(self._connect(started.then, action, film, kind="films", show_progress="hidden"))
            for over in (made[-1].success, made[-1].failure):  # no `then` follows a failure
                over(**swap, js=SCRIPTS["end"])
            told = made[-1].success(None, None, [layout.files, layout.share_film], js=SCRIPTS["showBoth"])
            fetched = told.success(None, layout.files, None, js=SCRIPTS["fetchFilm"])
            fetched.success(None, layout.photo, None, js=f"photo => photo && ({SCRIPTS['showFilm']})()")
        layout.photo.change(None, None, None, js=SCRIPTS["showStill"])
        layout.share_film.click(None, None, None, js=f"() => ({SCRIPTS['passOn']})(window.film)")
        cancelled = layout.cancel.click(**swap, cancels=made, js=SCRIPTS["end"]).then(
            lambda: hint(Message("next")), None, layout.hint, api_visibility="private", queue=False
        )
        cancelled.then(None, None, None, js=SCRIPTS["hideWrong"])  # now and then it fails as it is cancelled

    def _wire_visit(self) -> None:
        """What there was before the page was loaded again, for whatever reason, is there again."""
        layout, actions = self.layout, self.actions
        settings = [*layout.options, *layout.directions, *layout.latents, layout.count, layout.difference, layout.seed]
        settings += [*layout.inputs["locked"], layout.variations, layout.liked]
        changes = any_of(layout.photo.change, layout.gallery.change, layout.liked.input)
        changes(None, settings, None, js=SCRIPTS["keepSettings"])
        layout.history.change(None, layout.history, None, js=SCRIPTS["keepHistory"])
        loaded = layout.pad.retry(None, settings, settings, js=SCRIPTS["keptSettings"])
        followed = self._connect(loaded.then, actions.follow, [layout.hint, layout.photo, layout.pad], fails=False)
        varied = self._connect(followed.then, actions.refresh_variations, self.pictures, fails=False)
        asked = varied.then(None, None, layout.kept, js=SCRIPTS["keptHistory"])
        strip = [layout.past, layout.history]
        self._connect(asked.then, actions.bring_back, strip, fails=False, show_progress="hidden")

    def _wire_refinement(self) -> None:
        sharpened = self.layout.sharpened
        shown = self.layout.sharpen.click(
            lambda: gr.Image(visible=True), None, sharpened, api_visibility="private", queue=False
        )
        how = {"show_progress": "full", "show_progress_on": sharpened, "kind": "diffusion"}
        self._connect(shown.then, self.actions.sharpen, sharpened, "sharpen", **how)

    def _connect(
        self,
        trigger: Callable[..., Any],
        action: Callable[..., Any],
        outputs: Any,
        name: str | None = None,
        fails: bool = True,
        kind: str = "model",
        first: str = "",
        **kwargs: Any,
    ) -> Any:
        """The action upon a trigger, after `first`, JavaScript; with a name it is an endpoint for programs, too.

        Where it fails it is said why, in place of the hint.
        """
        how = self.latest | lane(kind) | {"api_visibility": "private"} | kwargs
        if name:  # first, or Gradio gives the name to what the trigger calls
            self._publish(name, action, outputs, kind)
        shown = outputs if isinstance(outputs, list) else [outputs]
        called = endpoint(action, self.actions.controls)
        if fails:
            hints = shown[0] is self.layout.hint
            shown = [*(shown if hints else [self.layout.hint, *shown]), self.layout.wrong]
            called = with_hint(action, self.actions.controls, len(shown) - 2, hints)
            first += f"; ({SCRIPTS['hideWrong']})()"
        inputs = self._inputs(action)
        if self.layout.lost in inputs:
            every, age = FILES_EXPIRE
            lost = f"({SCRIPTS['lostHistory']})({age - every})"
            first += f"; values[{inputs.index(self.layout.lost)}] = {lost}"
        # Gradio refuses a number beyond a slider's ends, which can be typed.
        ranges = [(each.minimum, each.maximum) if isinstance(each, gr.Slider | gr.Number) else None for each in inputs]
        js = f"(...values) => {{ {first}; return ({SCRIPTS['filled']})({json.dumps(ranges)}, ...values) }}"
        connected = trigger(called, inputs, shown, js=js, **how)
        if fails:
            connected.failure(None, None, None, js=SCRIPTS["showWrong"])
        return connected

    def _bring(self, *args: Any, **kwargs: Any) -> Any:
        """_connect, of an action that brings other people or another drawing: `_ask` waits for them."""
        brought = self._connect(*args, first=_take_turns(1), **kwargs)
        for over in (brought.success, brought.failure):
            over(None, None, None, js=f"() => {_take_turns(-1)}")
        return brought

    def _ask(self, trigger: Callable[..., Any], button: gr.Button) -> None:
        """Clicks a button that nobody sees, which makes pictures of what is on the page, once nothing else is on its way to it.

        Pictures that were asked for before, of those who then were there, would come after those who are on their way, and stay.
        """
        trigger(None, None, None, js=f"() => {_take_turns(0, button)}")

    def _unmark(self, trigger: Callable[..., Any]) -> None:
        """What there is upon a trigger is not the variation that was clicked."""
        trigger(None, None, self.layout.gallery, js=SCRIPTS["unmark"])

    def _publish(self, name: str, action: Callable[..., Any], outputs: Any, kind: str) -> None:
        shown = outputs if isinstance(outputs, list) else [outputs]
        told = [self.results.get(element._id) for element in shown]
        self.programs.publish(name, action, told, **lane(kind))

    def _inputs(self, action: Callable[..., Any]) -> list[Any]:
        return [element for argument in arguments(action) for element in self.layout.inputs[argument]]

    def _remember(self, trigger: Callable[..., Any]) -> None:
        """What there is upon a trigger is a picture of this visit."""
        shown = [self.layout.past, self.layout.history]
        begun = trigger(None, None, self.layout.begun, js=SCRIPTS["begun"])
        self._connect(begun.then, self.actions.remember, shown, fails=False, show_progress="hidden")


def results(layout: Layout, controls: Controls) -> dict[int, Result]:
    """What programs get in place of what the page shows in an element, by its id."""
    told = {
        layout.hint: Result("What to do next", {"type": "string"}),
        layout.photo: Result("Photograph", FILE, files=True),
        layout.pad: Result("Drawing as a data URL", {"type": "string"}),
        layout.gallery: Result("Variations", GALLERY, files=True),
        layout.variations: Result("Latents of the variations", LATENTS),
        layout.film: Result("Animation", FILE, files=True),
        layout.files: Result("Files", {"anyOf": [FILE, {"type": "array", "items": FILE}]}, files=True),
    }
    if layout.sharpened:
        told[layout.sharpened] = Result("Sharp photograph", FILE, files=True)
    found = {element._id: result for element, result in told.items()}
    groups = {**controls, **{control.name: [control] for control in CONTROLS}}
    for name, group in groups.items():
        for element, control in zip(layout.inputs.get(name, []), group, strict=False):
            argument = control_argument(control)
            found[element._id] = Result(argument.label, argument.schema)
    return found


def _take_turns(change: int, button: gr.Button | None = None) -> str:
    """JavaScript: a call of takeTurns (page.js)."""
    return f"({SCRIPTS['takeTurns']})({change}, {json.dumps(button and f'#{button.elem_id}')})"


def any_of(*triggers: Callable[..., Any]) -> Callable[..., Any]:
    """One trigger of several events of elements, called as each of them is."""
    return partial(gr.on, list(triggers))
