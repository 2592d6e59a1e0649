"""The page without a server, as it is built: a mouse draws on it in Chromium, and a file server on loopback is all there is."""

import ast
import base64
import gzip
import io
import itertools
import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageSequence

from sketch2photo import calibration, preprocess
from sketch2photo.calibration import CANVAS
from sketch2photo.evaluation.browser import draw_stroke
from sketch2photo.evaluation.browser import host as serve
from sketch2photo.evaluation.transfer import transferred
from sketch2photo.examples import example_strokes
from sketch2photo.latents import LIMIT as FARTHEST
from sketch2photo.latents import max_norm
from sketch2photo.networks.calibrator import CURVES
from sketch2photo.preprocess import to_sketch
from sketch2photo.studio import pad
from sketch2photo.studio.controls import argument_groups
from sketch2photo.studio.recipe import read_recipe, to_png, weights_revision
from tests import ROOT
from tests.layout import axe_findings, faults
from tests.programs import SIZES
from tests.studio.visitor import BLANK, place_on

pytest.importorskip("onnxscript")

from hub import build_web, export_onnx
from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline

EXAMPLES = ROOT / "sketch2photo" / "examples"
LIMIT = 15e6  # bytes that a first visit may load
WINDOW = {"width": 1440, "height": 1000}


@dataclass
class Host:
    """A static host without a header of its own; it counts what it sends."""

    folder: Path
    late: dict[str, float] = field(default_factory=dict)  # seconds that the ends of addresses have to wait
    sent: list[int] = field(default_factory=list)

    def __enter__(self) -> "Host":
        host = self

        class Handler(SimpleHTTPRequestHandler):
            def copyfile(self, source: Any, outputfile: Any) -> None:
                content = source.read()
                time.sleep(next((wait for end, wait in host.late.items() if self.path.endswith(end)), 0))
                host.sent.append(len(content))
                outputfile.write(content)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(self.folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


# ---- two pages: of the bundled model, and of a small one where it does not matter what a photograph shows --------------


@pytest.fixture(scope="module")
def bundled() -> Sketch2PhotoPipeline:
    return Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))


@pytest.fixture(scope="module")
def pipe(bundled: Sketch2PhotoPipeline) -> Sketch2PhotoPipeline:
    """A generator of 64 px and random weights, with the bundled calibrator and the directions' names and vectors."""
    torch.manual_seed(0)
    model = Sketch2Photo(image_size=64, directions=bundled.model.directions, **SIZES)
    with torch.no_grad():  # so that drawing, latents and strictness all move the picture by more than the tests ask for
        for weight in model.generator.parameters():
            if weight.ndim > 1:
                weight *= 2
    return Sketch2PhotoPipeline(model, bundled.calibrator)


@pytest.fixture(scope="module")
def folder(web_folder: Path, pipe: Sketch2PhotoPipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model's page. It differs in the generator alone: nothing else is built again."""
    folder, onnx = (tmp_path_factory.mktemp(name) for name in ("small", "onnx"))
    shutil.copytree(web_folder, folder, dirs_exist_ok=True)
    generator, config = export_onnx.write(Sketch2PhotoPipeline(pipe.model), onnx, bits=8, names=["generator"])
    (folder / f"{generator.name}.gzip").write_bytes(gzip.compress(generator.read_bytes()))
    change(folder / "config.json", **json.loads(config.read_text()))
    change(folder / "page.json", revision=weights_revision(pipe.model, pipe.calibrator))
    return folder


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[Host]:
    with Host(folder) as running:
        yield running


def change(file: Path, without: str = "", **values: Any) -> None:
    told = json.loads(file.read_text()) | values
    file.write_text(json.dumps({key: value for key, value in told.items() if key != without}))


def new_visitor(browser: Any, **options: str) -> Any:
    """A browser's context in which no example draws itself; `asked` is what pages and service worker ask any host for."""
    context = browser.new_context(viewport=WINDOW, **options)
    context.add_init_script(BLANK)
    context.asked = []
    context.on("request", lambda request: context.asked.append((request.method, request.url)))
    return context


def visit(context: Any, url: str) -> Any:
    """The page, once the model is there."""
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    policy = "Content Security Policy"  # the page asks for nothing that its own forbids
    page.on("console", lambda message: page.errors.append(message.text) if policy in message.text else None)
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    unfold(page)
    return page


def unfold(page: Any) -> None:
    page.evaluate("document.querySelector('#expert').open = true")


@dataclass
class Tab:
    """A page that is loaded once for many tests, which takes seconds, and is for each of them as it was then."""

    browser: Any
    host: Host
    options: dict[str, str] = field(default_factory=dict)
    page: Any = None
    first: int = 0  # bytes that its first visit loaded

    @contextmanager
    def as_loaded(self, request: pytest.FixtureRequest) -> Iterator[Any]:
        """Whatever a visitor does, nothing is sent anywhere, and the page has no error of its own."""
        failed, page, self.page = request.session.testsfailed, self.page, None
        if page is None:
            before = sum(self.host.sent)
            page = visit(new_visitor(self.browser, **self.options), self.host.url)
            self.first = sum(self.host.sent) - before
            assert len(page.context.asked) > 5
        else:
            start_again(page)
        yield page
        if directory := request.config.getoption("--screenshots"):
            page.screenshot(path=Path(directory) / f"{request.node.name}.png", full_page=True)
        asked, errors = list(page.context.asked), list(page.errors)
        page.context.asked.clear()
        page.errors.clear()
        if request.session.testsfailed == failed:
            self.page = page
        else:  # Who knows what the test has left there.
            page.context.close()
        assert {(method, urlsplit(url).hostname) for method, url in asked if url.startswith("http")} <= {
            ("GET", "127.0.0.1")
        }
        assert not errors

    def close(self) -> None:
        if self.page:
            self.page.context.close()
        self.page = None


def start_again(page: Any) -> None:
    """Nothing is drawn, all sliders are where they were at first, and so is the window."""
    page.set_viewport_size(WINDOW)
    page.emulate_media(color_scheme="light")
    page.evaluate(
        """async () => {
            for (const heart of document.querySelectorAll('.heart:checked')) heart.click();
            const undo = document.querySelector('#pad [data-do=undo]');
            while (!undo.disabled) undo.click();
            const {controls} = await (await fetch('page.json')).json();
            for (const {key, default: value} of controls.options) {
                const slider = document.getElementById(key);
                slider.value = value;
                slider.dispatchEvent(new Event('input'));
            }
            document.querySelector('#average').click();
            delete document.body.dataset.film;
            document.querySelector('#share-film').hidden = true;
        }"""
    )
    page.wait_for_selector("body:not([data-busy]):has(#photo[data-empty]):has(#variations:empty)")


@pytest.fixture(scope="module")
def tab(browser: Any, host: Host) -> Iterator[Tab]:
    tab = Tab(browser, host)
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def russian_tab(browser: Any, host: Host) -> Iterator[Tab]:
    tab = Tab(browser, host, {"locale": "ru-RU"})
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def bundled_tab(browser: Any, web_folder: Path) -> Iterator[Tab]:
    with Host(web_folder) as host:
        tab = Tab(browser, host)
        yield tab
        tab.close()


@pytest.fixture
def page(tab: Tab, request: pytest.FixtureRequest) -> Iterator[Any]:
    with tab.as_loaded(request) as page:
        yield page


@pytest.fixture
def russian_page(russian_tab: Tab, request: pytest.FixtureRequest) -> Iterator[Any]:
    with russian_tab.as_loaded(request) as page:
        yield page


@pytest.fixture
def bundled_page(bundled_tab: Tab, request: pytest.FixtureRequest) -> Iterator[Any]:
    with bundled_tab.as_loaded(request) as page:
        yield page


def draw(page: Any, name: str, first: int | None = None) -> None:
    """One of the example drawings by mouse, stroke by stroke, or the first strokes of it."""
    for stroke in example_strokes(name)[:first]:
        draw_stroke(page, stroke, every=8)


def put_example(page: Any, name: str) -> None:
    """The same as a picture: one photograph is made, and not one after each stroke."""
    page.get_by_role("button", name=f"Example drawing: {name}").click()


def canvas(page: Any, where: str, which: int = 0) -> Image.Image:
    data = page.locator(f"{where} canvas, canvas{where}").nth(which).evaluate("canvas => canvas.toDataURL('image/png')")
    return Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB")


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def settle(page: Any) -> None:
    """Until photograph and variations are those of what the page shows."""
    page.wait_for_selector("body:not([data-busy]):has(#variations > :nth-child(6)):has(#speed:not(:empty))")


def has_focus(control: Any) -> bool:
    return control.evaluate("control => control === document.activeElement")


def latents(page: Any) -> list[float]:
    return [float(value) for value in page.locator("#latents input").evaluate_all("all => all.map(one => one.value)")]


def pythons(page: Any, pipe: Sketch2PhotoPipeline, z: list[float] | None = None, **moves: float) -> Image.Image:
    """The photograph of what the page shows on its pad, with its strictness and, unless others are given, its latents."""
    strictness = float(page.locator("#strictness").input_value())
    chosen = torch.tensor([latents(page) if z is None else z])
    return pipe(canvas(page, "#pad"), latents=chosen, strictness=strictness, reframe=False, **moves).images[0]


def slide(page: Any, where: str, value: float) -> None:
    page.locator(where).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); slider.dispatchEvent(new Event('change')); }",
        value,
    )


def test_the_same_drawing_and_latents_give_pythons_picture(bundled_page: Any, bundled: Sketch2PhotoPipeline) -> None:
    page, z = bundled_page, [0.5, -1.25, 2, 0, -0.4, 1.1, -2.2, 0.85]
    draw(page, "quick_sketch")
    for number, value in enumerate(z, 1):
        slide(page, f"#latent-{number}", value)
    for strictness in (1, 0.4):
        slide(page, "#strictness", strictness)
        settle(page)
        expected = pythons(page, bundled, z)
        shown = canvas(page, "#photo")
        assert shown.size == expected.size
        assert np.ptp(pixels(shown)) > 100
        assert np.abs(pixels(shown) - pixels(expected)).mean() < 2


def test_a_named_direction_is_pythons(bundled_page: Any, bundled: Sketch2PhotoPipeline) -> None:
    page, pipe = bundled_page, bundled
    put_example(page, "quick sketch")
    slide(page, "#latent-3", -1.5)
    settle(page)
    before, variation = canvas(page, "#photo"), canvas(page, "#variations", 3)
    assert page.locator("#directions input").count() == len(pipe.model.directions)
    slider = page.get_by_role("slider", name="Background: dark to light")
    low, high = pipe.model.directions["background"]["range"]
    assert (float(slider.get_attribute("min")), float(slider.get_attribute("max"))) == (low, high)
    slide(page, "#direction-background", 2)
    slide(page, "#direction-hair", -1)
    settle(page)
    moves = {"background": 2, "hair": -1}
    expected = pythons(page, pipe, **moves)
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(expected)).mean() < 2
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(before)).mean() > 8

    # It moved, too: by more than counts as the same below. How far depends on the person, who may have this background already.
    assert np.abs(pixels(canvas(page, "#variations", 3)) - pixels(variation)).mean() > 2
    page.get_by_role("button", name="Variation 4").click()
    settle(page)
    expected = pythons(page, pipe, **moves)
    assert np.abs(pixels(canvas(page, "#variations", 3)) - pixels(expected)).mean() < 2

    ends = {name: direction["range"][1] for name, direction in pipe.model.directions.items()}
    for name, end in ends.items():
        slide(page, f"#direction-{name.replace('_', '-')}", end)
    moved = sum(end * torch.tensor(pipe.model.directions[name]["vector"]) for name, end in ends.items())
    most = int(moved.abs().argmax())  # however far the variation's own latents lead back, this one does not
    slide(page, f"#latent-{most + 1}", float(FARTHEST * moved[most].sign()))
    settle(page)
    far = torch.tensor(latents(page)) + moved
    assert far.norm() > max_norm(8)  # further is not gone, by either
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(pythons(page, pipe, **ends))).mean() < 2

    page.get_by_role("button", name="All to the middle").click()
    settle(page)
    expected = pythons(page, pipe, [0.0] * 8)
    assert slider.input_value() == "0"
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(expected)).mean() < 2


def test_what_is_asked_of_the_worker_before_it_listens_is_not_lost(browser: Any, folder: Path) -> None:
    context = browser.new_context(service_workers="block")
    with Host(folder, late={"preprocess.json": 3}) as host:
        page = visit(context, host.url)
        assert page.evaluate("document.body.dataset.ready") == "wasm"
    context.close()


def test_a_model_without_directions_and_calibrator_has_no_controls_for_them(
    browser: Any, folder: Path, pipe: Sketch2PhotoPipeline, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    change(tmp_path / "config.json", without="calibrator", directions={})
    (tmp_path / "calibrator.onnx.gzip").unlink()
    told = json.loads((tmp_path / "page.json").read_text())
    change(tmp_path / "page.json", controls=told["controls"] | {"directions": []})
    with Host(tmp_path) as host:
        page = visit(new_visitor(browser), host.url)
        assert not page.locator("#directions").is_visible()
        assert not page.locator("#straighten").is_visible()
        assert not page.locator("#enlarge").is_visible()
        page.get_by_role("button", name="Example drawing: childish").click()
        slide(page, "#strictness", 0.6)
        settle(page)
        assert (
            np.abs(pixels(canvas(page, "#photo")) - pixels(pythons(page, Sketch2PhotoPipeline(pipe.model)))).mean() < 2
        )
        assert np.abs(pixels(canvas(page, "#photo")) - pixels(pythons(page, pipe))).mean() > 2
        assert not page.errors
        page.context.close()


def test_a_hostile_models_words_are_shown_as_text_and_nothing_of_them_runs(
    browser: Any, folder: Path, pipe: Sketch2PhotoPipeline, tmp_path: Path
) -> None:
    """Names of directions, labels, words and examples, as a folder may have them that somebody else has built."""
    name = "<img src=x onerror=alert(1)>"
    model = Sketch2Photo(latent_dim=8)
    model.directions = {name: pipe.model.directions["hair"]}  # no constructor takes it
    told = build_web.page_data(model)
    for key in ("static_subtitle", "latent_1", "strictness_info", "next", "pen"):
        for words in (*told["words"].values(), *told["pad"].values()):
            words[key] = name
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    change(tmp_path / "config.json", directions=model.directions, architecture=name)
    change(tmp_path / "page.json", **told | {"examples": ["childish", name]})
    with Host(tmp_path) as host:
        page = visit(new_visitor(browser), host.url)
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        assert name in page.locator("#directions label").inner_text()
        page.get_by_role("button", name="Example drawing: childish").click()
        settle(page)
        for place in ("header", "#hint", "#options", "#latents"):
            assert name in page.locator(place).inner_text()
        assert page.locator("#pad button").first.get_attribute("aria-label") == name
        assert page.locator("[onerror]").count() == 0
        assert not page.errors
        # Should a name reach the page's HTML after all, nothing of it runs.
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", name)
        page.wait_for_function("() => document.querySelector('[onerror]').complete")
        page.wait_for_timeout(100)
        assert ["inline event handler" in error for error in page.errors] == [True]
        assert not dialogs
        page.context.close()


def test_first_strokes_stay_where_they_were_drawn(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    draw(page, "tiny_corner")
    settle(page)
    shown, strictness = pixels(canvas(page, "#photo")), float(page.locator("#strictness").input_value())
    expected, other = (
        pixels(pipe(canvas(page, "#pad"), latents=torch.zeros(1, 8), strictness=strictness, reframe=reframe).images[0])
        for reframe in (False, True)
    )
    assert np.abs(shown - expected).mean() < 2
    assert np.abs(shown - other).mean() > 8


def pictures(folder: Path) -> dict[str, Path]:
    """Files as people have them: a photograph of paper that is not square, chalk on a board, a transparent PNG, a small corner."""
    face = Image.open(EXAMPLES / "careful_man.png").convert("L").resize((700, 700), Image.Resampling.LANCZOS)
    paper = Image.new("L", (900, 1300), 255)
    paper.paste(face, (90, 300))
    light = np.linspace(0.55, 0.85, 900)[None, :, None] * np.array([1.0, 0.96, 0.88])
    found = {
        "paper.jpg": Image.fromarray((np.asarray(paper)[:, :, None] * light).astype(np.uint8)),
        "chalk.png": Image.fromarray(30 + (255 - np.asarray(face)) // 2).crop((0, 0, 700, 641)),
        "transparent.png": Image.merge("LA", (Image.new("L", face.size, 0), Image.fromarray(255 - np.asarray(face)))),
        "corner.webp": Image.new("L", (1500, 801), 255),
    }
    found["corner.webp"].paste(face.resize((300, 300)), (1100, 60))
    for name, picture in found.items():
        picture.save(folder / name)
    return {name: folder / name for name in found}


DROP = """([kind, name, type, data]) => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0)), transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, {type}));
    document.body.dispatchEvent(kind === 'drop'
        ? new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true})
        : new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true}));
}"""


def framed(pipe: Sketch2PhotoPipeline, drawing: Path | Image.Image) -> np.ndarray:
    """(S, S), white 255: a drawing with its head where faces are."""
    return (pipe.calibrate(drawing, 1.0, size=CANVAS).sketch[0, 0].numpy() + 1) * 127.5


def test_a_picture_is_opened_dropped_or_pasted_as_in_python(
    page: Any, pipe: Sketch2PhotoPipeline, tmp_path: Path
) -> None:
    found = pictures(tmp_path)
    for (name, path), how in zip(found.items(), ("open", "drop", "paste", "drop"), strict=True):
        if how == "open":
            with page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="Open a drawing").click()
            chooser.value.set_files(path)
        else:
            kind = f"image/{path.suffix[1:]}"
            page.evaluate(DROP, [how, name, kind, base64.b64encode(path.read_bytes()).decode()])
        page.wait_for_function("() => document.querySelector('#variations button')")
        settle(page)
        expected = framed(pipe, path)
        shown = pixels(canvas(page, "#pad").convert("L"))
        assert np.abs(shown - expected).mean() < 3, name
        assert (np.abs(shown - expected) > 100).mean() < 0.005, name
        page.get_by_role("button", name="Clear the canvas").click()
        page.get_by_text("The canvas is empty: draw a face first.").wait_for()


def test_the_head_is_enlarged_on_the_pad_and_that_can_be_undone(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    enlarge = page.get_by_role("button", name="Enlarge the head")
    assert enlarge.is_disabled() and enlarge.get_attribute("title") == "Draw a face first."
    head = [(256 + 45 * np.sin(angle), 90 + 55 * np.cos(angle)) for angle in np.linspace(0, 2 * np.pi, 25)]
    face = [[(230, 80), (245, 80)], [(267, 80), (282, 80)], [(256, 85), (254, 102)], [(240, 118), (272, 118)]]
    for stroke in (head, *face, [(256, 145), (256, 340)], [(150, 200), (362, 200)]):
        draw_stroke(page, stroke, every=1)
    settle(page)
    before = canvas(page, "#pad")
    enlarge.click()
    page.wait_for_selector("body[data-busy]")
    settle(page)
    expected, shown = framed(pipe, before), pixels(canvas(page, "#pad").convert("L"))
    assert np.abs(shown - expected).mean() < 1
    assert np.abs(shown - pixels(before.convert("L"))).mean() > 5
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert canvas(page, "#pad") == before
    page.get_by_role("button", name="Clear the canvas").click()
    page.get_by_text("The canvas is empty: draw a face first.").wait_for()
    assert enlarge.is_disabled()


def test_a_file_that_is_no_drawing_gets_one_sentence_and_nothing_is_lost(page: Any, tmp_path: Path) -> None:
    page.get_by_role("button", name="Example drawing: childish").click()
    settle(page)
    before = canvas(page, "#pad"), canvas(page, "#photo")
    (tmp_path / "letter.png").write_text("Dear Sir or Madam")
    Image.new("L", (300, 300), 255).save(tmp_path / "blank.png")
    Image.new("L", (900, 40), 255).save(tmp_path / "long.png")
    for name, sentence in (
        ("letter.png", "letter.png is not a picture that can be read"),
        ("blank.png", "Nothing is drawn on that picture"),
        ("long.png", "too long and thin for a face"),
    ):
        page.locator("#file").set_input_files(tmp_path / name)
        page.get_by_text(sentence).wait_for()
        assert (canvas(page, "#pad"), canvas(page, "#photo")) == before


def hatched() -> Image.Image:
    """So much even shading that it is taken for a shadow on paper, and taken off."""
    page = Image.new("L", (512, 512), 255)
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 60, 450, 300), fill=190)
    pen.ellipse((130, 90, 380, 430), outline=0, width=5)
    return page


def drawings() -> dict[str, Image.Image]:
    """512 px, as on the pad: large, small and aside, faint, shaded, and out of the middle at the edge."""
    found = {path.stem: Image.open(path).convert("L") for path in sorted(EXAMPLES.glob("*.png"))}
    for side in (300, 170, 90):
        found[f"{side} px in the corner"] = Image.new("L", (512, 512), 255)
        found[f"{side} px in the corner"].paste(found["outline"].resize((side, side), Image.Resampling.BOX), (5, 31))
    found["faint"] = found["careful_man"].point(lambda value: 200 + value * 55 // 255)
    found["hatched"] = hatched()
    found |= {path.stem: Image.open(path).convert("L") for path in sorted((ROOT / "tests" / "drawings").glob("*.png"))}
    return found


# Float32Arrays come back as bytes in base64: an array of numbers takes playwright a second and a half.
PREPARE = """async png => {
    const {toSketch} = await import('./drawing.js');
    const picture = Object.assign(new Image(), {src: png});
    await picture.decode();
    const context = new OffscreenCanvas(512, 512).getContext('2d');
    context.drawImage(picture, 0, 0);
    const values = Float32Array.from(toSketch(context.getImageData(0, 0, 512, 512), 256));
    const url = await new Promise(done => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(new Blob([values]));
    });
    return url.split(',')[1];
}"""


def test_drawings_are_prepared_as_in_python(page: Any) -> None:
    for name, drawing in drawings().items():
        encoded = page.evaluate(PREPARE, pad.to_value(drawing.convert("RGB")))
        prepared = np.frombuffer(base64.b64decode(encoded), np.float32).reshape(256, 256)
        difference = np.abs(prepared - to_sketch(drawing, 256)[0, 0].numpy())
        assert difference.mean() < 0.002, (name, difference.mean(), difference.max())
        assert difference.max() < 0.03, (name, difference.mean(), difference.max())


CALIBRATE = """async cases => {
    const {calibrate} = await import('./model.js');
    const found = [];
    for (const {png, strictness, size, reframe} of cases) {
        const picture = Object.assign(new Image(), {src: png});
        await picture.decode();
        const bitmap = await createImageBitmap(picture);
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const drawing = context.getImageData(0, 0, bitmap.width, bitmap.height);
        const {sketch, added, trusted, followed, points, certainty, distance} = await calibrate(drawing, strictness, size, reframe);
        const url = await new Promise(done => {
            const reader = new FileReader();
            reader.onload = () => done(reader.result);
            reader.readAsDataURL(new Blob([sketch, added]));
        });
        found.push({pictures: url.split(',')[1], trusted: [...trusted], followed, points, certainty, distance});
    }
    return found;
}"""


def test_drawings_are_calibrated_as_in_python(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    """Each of the 24 in one of five ways. Rounding moves points by a thousandth of a pixel: of one in 1,000 pixels that may be seen."""
    paths = sorted((ROOT / "tests" / "drawings").glob("*.[pj]*g"))
    ways = [(0.5, 256, True), (0.0, 256, False), (0.2, 512, False), (1.0, 512, True), (0.0, 256, True)]
    cases = [(path, *how) for path, how in zip(paths, itertools.cycle(ways), strict=False)]
    given = [
        {
            "png": pad.to_value(Image.open(path).convert("RGB")),
            "strictness": strictness,
            "size": size,
            "reframe": reframe,
        }
        for path, strictness, size, reframe in cases
    ]
    assert len(paths) > 20
    for (path, strictness, size, reframe), found in zip(cases, page.evaluate(CALIBRATE, given), strict=True):
        case = (path.name, strictness, size, reframe)
        expected = pipe.calibrate(path, strictness, reframe, size)
        assert found["certainty"] == pytest.approx(expected.certainty, abs=1e-4), case
        assert found["distance"] == pytest.approx(expected.distance, abs=1e-4), case
        assert np.abs(np.array(found["points"]) - expected.points).max() < 0.02, case
        assert found["followed"] == pytest.approx(expected.followed, abs=1e-4), case
        assert np.abs(np.array(found["trusted"]) - expected.trusted.numpy().ravel()).max() < 0.005, case
        ours = np.frombuffer(base64.b64decode(found["pictures"]), np.float32).reshape(2, size, size)
        theirs = torch.cat([expected.sketch, expected.added])[:, 0].numpy()
        assert (127.5 * np.abs(ours - theirs) > 2).mean((1, 2)).max() < 0.001, case


def overlay(page: Any) -> np.ndarray:
    """RGBA of the lines that lie over the drawing."""
    url = page.locator("#pad img.calibrated:not([hidden])").get_attribute("src")
    return np.asarray(pad.from_value(url).convert("RGBA")).astype(int)


def test_strictness_shows_its_lines_over_the_drawing_and_a_click_makes_them_the_drawing(
    bundled_page: Any, bundled: Sketch2PhotoPipeline
) -> None:
    page, pipe = bundled_page, bundled
    put_example(page, "quick sketch")
    settle(page)
    before, lines = canvas(page, "#pad"), page.locator("#pad img.calibrated")
    assert not lines.is_visible()
    assert page.locator("#pad .guide .face").get_attribute("d").count("M") == len(CURVES) - 2
    slide(page, "#strictness", 1)
    settle(page)
    assert not lines.is_visible()
    page.get_by_role("button", name="Straighten it").click()
    page.get_by_text("Every line is followed as it is").wait_for()

    slide(page, "#strictness", 0.2)
    settle(page)
    expected = pipe.calibrate(before, 0.2, reframe=False)
    shown, ink = overlay(page), 127.5 * (1 - expected.sketch[0, 0].numpy())
    assert canvas(page, "#pad") == before
    assert (np.abs(shown[..., 3] - ink) > 2).mean() < 0.001
    isnt_authors = expected.added[0, 0].numpy() < -0.9
    assert isnt_authors.sum() > 50
    assert np.abs(shown[isnt_authors][:, :3] - pad.ADDED).max() < 40

    page.get_by_role("button", name="Straighten it").click()
    page.wait_for_selector("body[data-busy]")
    settle(page)
    assert not lines.is_visible()
    expected = 127.5 * (pipe.calibrate(before, 0.2, reframe=False, size=CANVAS).sketch[0, 0].numpy() + 1)
    assert (np.abs(pixels(canvas(page, "#pad").convert("L")) - expected) > 2).mean() < 0.001
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert canvas(page, "#pad") == before


def test_a_crooked_face_gets_a_quiet_offer_to_straighten_it(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    page.locator("#file").set_input_files(ROOT / "tests" / "drawings" / "anime_eyes.png")
    settle(page)
    asked, lines = page.get_by_role("button", name="Straighten it?"), page.locator("#pad img.calibrated")
    assert not asked.is_visible()
    asked.wait_for()
    assert lines.is_visible()
    before = canvas(page, "#pad")
    asked.click()
    page.wait_for_selector("body[data-busy]")
    settle(page)
    expected = pipe.calibrate(before, float(page.locator("#strictness").input_value()), reframe=False, size=CANVAS)
    assert expected.is_crooked
    shown = pixels(canvas(page, "#pad").convert("L"))
    assert (np.abs(shown - 127.5 * (expected.sketch[0, 0].numpy() + 1)) > 2).mean() < 0.001
    assert not lines.is_visible() and not asked.is_visible()
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert canvas(page, "#pad") == before


def test_what_is_no_face_is_said_and_drawn_as_it_is(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    for y in range(60, 480, 45):  # a page of text, written without lifting the pen within a line
        draw_stroke(page, [(x, y + (x * y) % 17) for x in range(40, 470, 24)], every=1)
    page.get_by_text("No face was found in the drawing").wait_for()
    settle(page)
    assert pipe.calibrate(canvas(page, "#pad"), 0.0).certainty < 0.5
    assert not page.locator("#pad .guide .face").get_attribute("d")
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(pythons(page, pipe))).mean() < 2


def numbers_of(path: Path) -> set[float]:
    """Those that functions of a file hold, but for small whole ones; a file's constants are not in functions."""
    if path.suffix == ".py":
        functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        nodes = [node for function in functions for node in ast.walk(function)]
        found = {float(n.value) for n in nodes if isinstance(n, ast.Constant) and type(n.value) in (int, float)}
    else:
        code = re.sub(r"//.*|(?s:/\*.*?\*/)|'[^']*'", "", path.read_text())
        found = {float(number) for number in re.findall(r"(?<![\w.])\d*\.?\d+(?:e-?\d+)?", code)}
    return {value for value in found if value % 1 or value > 10}


def test_numbers_of_calibration_are_the_same_in_python_and_javascript(pipe: Sketch2PhotoPipeline) -> None:
    """The named ones come in config.json; those within functions stand in both files."""
    script = build_web.SOURCE / "calibration.js"
    python, javascript = numbers_of(Path(calibration.__file__)), numbers_of(script)
    assert len(python) > 10
    assert python - javascript == set()
    assert javascript - python == {0.25, 180.0}  # NumPy's linspace and deg2rad
    told = export_onnx.calibrator_facts(pipe.calibrator)["numbers"]
    (names,) = re.findall(r"const {([^}]*)} =\s+calibrator.numbers", script.read_text())
    used = re.findall(r"\w+", names)
    assert len(used) > 5
    assert set(used) <= told.keys()


def megabytes_told(browser: Any, folder: Path) -> float:
    """What the page says that it loads, as long as the model is on its way."""
    with Host(folder) as host:
        page = browser.new_context(service_workers="block").new_page()
        page.route("**/generator.onnx.gzip", lambda route: None)
        page.goto(host.url)
        hint = page.get_by_text(re.compile(r"Loading the model, \d+ MB")).inner_text()
        page.context.close()
    return float(re.findall(r"\d+", hint)[0])


def test_numbers_that_python_and_javascript_share_are_written_once() -> None:
    entries = [
        entry for group in json.loads(preprocess.THRESHOLDS_FILE.read_text()).values() for entry in group.values()
    ]
    assert all(entry["unit"] for entry in entries)
    values = {value for entry in entries for value in np.atleast_1d(entry["value"]).tolist()}
    telling = {value for value in values if value % 1 or value > 10} - {256}  # which is to_sketch's default, too
    assert len(telling) > 20
    nodes = ast.walk(ast.parse(Path(preprocess.__file__).read_text()))
    python = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, int | float)}
    steps, _, _ = (build_web.SOURCE / "drawing.js").read_text().partition("// ---- what NumPy and OpenCV do")
    javascript = {float(number) for number in re.findall(r"(?<![\w.])\d*\.?\d+(?:e-?\d+)?", steps)}
    assert not telling & python
    assert not telling & javascript


def test_a_first_visit_is_small_and_the_page_then_needs_no_connection(
    browser: Any, web_folder: Path, bundled_tab: Tab, bundled_page: Any
) -> None:
    page, host = bundled_page, bundled_tab.host
    assert 1e6 < bundled_tab.first < LIMIT
    assert megabytes_told(browser, web_folder) == pytest.approx(bundled_tab.first / 1e6, rel=0.15)
    assert page.evaluate("crossOriginIsolated")  # without which there are no threads
    assert page.locator("body").get_attribute("data-ready") == "wasm"
    put_example(page, "careful woman")
    settle(page)
    there = canvas(page, "#photo")
    loaded = len(host.sent)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    unfold(page)
    put_example(page, "careful woman")
    settle(page)
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(there)).max() <= 1
    assert len(host.sent) == loaded


def test_little_is_transferred_before_the_first_stroke_is_possible(browser: Any, web_folder: Path) -> None:
    with serve(web_folder) as url:
        sizes = transferred(browser, url)
    assert {"/", "/main.js", "/pad.js", "/page.json"} < sizes.keys()
    assert sum(sizes.values()) < 150e3


def test_other_people_and_variations(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    put_example(page, "childish")
    settle(page)
    assert latents(page) == [0] * 8
    middle = canvas(page, "#photo")
    page.get_by_role("button", name="Other people").click()
    settle(page)
    first = canvas(page, "#photo")
    assert latents(page) != [0] * 8
    assert first != middle
    assert np.abs(pixels(first) - pixels(canvas(page, "#variations"))).max() <= 1
    page.get_by_role("button", name="Variation 4").press("Enter")
    settle(page)
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(canvas(page, "#variations", 3))).max() <= 1
    assert page.get_by_role("button", name="Variation 4").get_attribute("aria-pressed") == "true"
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(pythons(page, pipe))).mean() < 2
    page.get_by_role("slider", name="Dial 2").press("ArrowRight")
    settle(page)
    assert page.get_by_role("button", name="Variation 4").get_attribute("aria-pressed") == "false"
    page.get_by_role("button", name="All to the middle").click()
    settle(page)
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(middle)).max() <= 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Save", exact=True).click()
    saved = Image.open(download.value.path()).convert("RGB")
    assert saved.size == (512, 512)
    assert np.abs(pixels(saved.reduce(512 // pipe.model.image_size)) - pixels(canvas(page, "#photo"))).mean() < 3


def test_sliders_show_what_their_ends_lead_to_while_nobody_draws_and_a_click_goes_there(page: Any) -> None:
    put_example(page, "careful woman")
    settle(page)
    before, high = canvas(page, "#photo"), page.locator("#directions .ends:has(#direction-background) > .max_value")
    box = page.locator("#pad canvas").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.wait_for_timeout(1500)
    assert page.locator(".ends").count() == 0
    page.mouse.up()
    settle(page)
    page.get_by_role("button", name="Undo").click()
    high.wait_for()
    shown = "element => ['--strip', '--place'].map(name => getComputedStyle(element).getPropertyValue(name))"
    strip, place = high.evaluate(shown)
    picture = Image.open(io.BytesIO(base64.b64decode(strip.partition(",")[2].rpartition('"')[0]))).convert("RGB")
    side, sliders = picture.height, page.locator("#directions input").count()
    assert picture.width == 2 * side * sliders and page.locator(".ends").count() == sliders
    high.click()
    settle(page)
    assert page.locator("#direction-background").input_value() == "2.5"
    left = side * (2 * int(place) + 1)
    end = pixels(picture.crop((left, 0, left + side, side)))
    there, far = (np.abs(pixels(photo.resize((side, side))) - end).mean() for photo in (canvas(page, "#photo"), before))
    assert there < 8 and far > 2 * there  # a JPEG of pictures as noisy as random weights make them
    page.wait_for_function(
        f"before => ({shown})(document.querySelector('.ends > .max_value'))[0] !== before", arg=strip
    )
    page.get_by_role("button", name="Clear the canvas").click()
    high.wait_for(state="hidden")


def share_film(page: Any) -> Image.Image:
    """The film that a page has made, as it is downloaded, and then passed on as phones do."""
    page.wait_for_selector("#film")
    film, photo = (page.locator(where).bounding_box() for where in ("#film", "#photo"))
    assert film == photo and 0 < film["y"] <= page.viewport_size["height"] - film["height"] + 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Share the film").click()
    page.evaluate(
        """() => {
            const {matchMedia} = window;
            window.matchMedia = () => ({matches: true});
            navigator.canShare = () => true;
            window.shared = new Promise(done => {
                navigator.share = async ({files}) => {
                    window.matchMedia = matchMedia;
                    done([files[0].name, files[0].type, files[0].size]);
                };
            });
        }"""
    )
    page.get_by_role("button", name="Share the film").click()
    name, kind, size = page.evaluate("window.shared")
    path = download.value.path()
    assert (name, kind, size) == (download.value.suggested_filename, "image/gif", path.stat().st_size)
    return Image.open(path)


def test_a_film_through_liked_variations_can_be_cancelled_and_passed_on(page: Any) -> None:
    put_example(page, "childish")
    settle(page)
    start, cancel = (page.get_by_role("button", name=name, exact=True) for name in ("Animate", "Cancel"))
    start.press("Enter")
    page.get_by_text("The animation is being made").wait_for()
    assert not start.is_visible() and has_focus(cancel)
    cancel.dblclick()
    assert start.is_visible() and not page.locator("#film").is_visible()
    box = page.locator("#breed").bounding_box()
    page.mouse.click(box["x"] + 9, box["y"] + 9)
    sentence = page.locator("#hint").inner_text()
    assert (
        sentence == "Give the variations that you like a heart first." == page.locator("#breed").get_attribute("title")
    )
    for number, enabled in ((2, False), (5, True)):
        page.locator(".heart").nth(number - 1).click()
        assert start.is_enabled() == enabled
    start.dblclick()
    film = share_film(page)
    assert (film.n_frames, film.info["loop"], film.size) == (24, 0, (64, 64))
    for frame, number in ((0, 2), (12, 5)):
        film.seek(frame)
        there = pixels(canvas(page, "#variations", number - 1))
        assert np.abs(pixels(film.convert("RGB")) - there).mean() < 6
    page.get_by_role("button", name="To the photo").press("Enter")
    assert not page.locator("#film").is_visible()
    page.keyboard.press("Tab")
    assert has_focus(page.locator("#other-people"))


def test_a_film_of_the_drawing_shows_its_lines_and_the_photograph_that_follows(page: Any) -> None:
    record = page.get_by_role("button", name="Film of the drawing")
    for y in (150, 300):
        draw_stroke(page, [(100 + 20 * step, y) for step in range(16)])
    settle(page)
    page.wait_for_selector("#variations canvas")
    record.press("Enter")
    assert has_focus(page.get_by_role("button", name="Cancel", exact=True))
    page.wait_for_selector("#film")
    assert has_focus(record)
    film = share_film(page)
    frames = [pixels(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]
    assert frames[0].shape == (64, 128, 3) and len(frames) > 12
    ink = [(255 - frame[:, :64]).sum() for frame in frames]
    assert 0 < ink[0] < 0.2 * ink[-1]
    assert np.abs(frames[-1][:, 64:] - pixels(canvas(page, "#photo"))).mean() < 6
    draw_stroke(page, [(200, 400), (300, 400)])
    page.locator("#film").wait_for(state="hidden")
    put_example(page, "childish")
    settle(page)
    record.click()
    page.get_by_text("this drawing was opened as a picture").wait_for()


def test_of_two_drawings_that_are_opened_the_last_stays_however_late_the_first_comes(page: Any) -> None:
    put_example(page, "childish")
    settle(page)
    expected = canvas(page, "#pad")
    page.get_by_role("button", name="Clear the canvas").click()
    page.evaluate(
        """() => {
            const now = window.fetch;
            window.fetch = async (...given) => {
                await new Promise(done => setTimeout(done, 500));
                return now(...given);
            };
            document.querySelector('#examples button').click();
            window.fetch = now;
        }"""
    )
    put_example(page, "childish")
    settle(page)
    assert canvas(page, "#pad") == expected


def test_an_empty_canvas_gets_a_hint(page: Any) -> None:
    page.mouse.click(*place_on(page.get_by_role("button", name="Other people")))
    assert page.locator("#hint").inner_text() == "Draw a face first."
    page.get_by_role("button", name="Example drawing: childish").press("Enter")
    settle(page)
    page.get_by_role("button", name="Clear the canvas").click()
    page.get_by_text("The canvas is empty: draw a face first.").wait_for()
    assert page.locator("#variations button").count() == 0
    # The drawing comes back while a photograph of the empty canvas, which a slider asks for, has not failed yet.
    page.evaluate(
        """() => {
            document.querySelector('#latent-3').dispatchEvent(new Event('input'));
            document.querySelector('#pad [data-do=undo]').click();
        }"""
    )
    settle(page)
    assert np.ptp(pixels(canvas(page, "#photo"))) > 100


def test_why_a_control_cannot_be_used_stays_to_be_read_while_pictures_come(page: Any) -> None:
    put_example(page, "childish")
    settle(page)
    reason, later, seconds = page.evaluate(
        """async () => {
            const [hint, start] = [document.querySelector('#hint'), performance.now()];
            document.querySelector('#direction-hair').dispatchEvent(new Event('input'));
            document.querySelector('#breed').dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
            const reason = hint.textContent;
            while ('busy' in document.body.dataset) await new Promise(done => setTimeout(done, 10));
            return [reason, hint.textContent, (performance.now() - start) / 1000];
        }"""
    )
    assert reason == page.locator("#breed").get_attribute("title")
    assert later == reason or seconds > 6
    page.locator("#direction-hair").press("ArrowRight")
    page.get_by_text("Click a variation, or move a slider").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_either_scheme_has_its_ground_and_axe_finds_nothing_serious(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("button", name="Example drawing: curly hair").click()
    settle(page)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in ground[4:-1].split(",")) > 384) == (scheme == "light")
    assert axe_findings(page) == []


@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
def test_nothing_is_cut_and_nothing_lies_over_another_at_any_width(request: pytest.FixtureRequest, locale: str) -> None:
    page = request.getfixturevalue({"en-US": "page", "ru-RU": "russian_page"}[locale])
    page.locator("#examples button").first.click()
    settle(page)
    assert faults(page, "#photo") == {}


def test_on_a_phone_the_sliders_lie_in_a_sheet_under_the_photograph(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    handle, slider = page.get_by_role("button", name="Sliders", exact=True), page.locator("#direction-hair")
    assert not handle.is_visible()  # nothing is drawn yet
    put_example(page, "childish")
    settle(page)
    before = canvas(page, "#photo")
    handle.press("Enter")
    assert handle.get_attribute("aria-expanded") == "true"
    slider.press("End")
    settle(page)
    assert canvas(page, "#photo") != before
    photo, sheet = page.locator("#photo").bounding_box(), handle.bounding_box()
    assert photo["y"] >= 0 and photo["y"] + photo["height"] <= sheet["y"] < slider.bounding_box()["y"]
    assert axe_findings(page) == []
    page.keyboard.press("Escape")
    assert not slider.is_visible()
    assert handle.evaluate("button => button === document.activeElement")


def test_every_control_has_a_name(page: Any) -> None:
    page.get_by_role("button", name="Example drawing: childish").click()
    settle(page)
    nameless = page.locator("button, input, canvas[role=img]").evaluate_all(
        """all => all.filter(one => !(one.ariaLabel || one.innerText || one.labels?.length || one.querySelector('img[alt]')
            || one.hasAttribute('aria-labelledby'))).length"""
    )
    assert page.locator("button, input").count() > 25
    assert nameless == 0


def test_a_russian_browser_gets_a_russian_page(russian_page: Any) -> None:
    page = russian_page
    page.get_by_role("button", name="Пример рисунка: детский").click()
    settle(page)
    page.get_by_text("Щёлкните вариант или двигайте ползунки").wait_for()
    page.get_by_text("Последняя фотография заняла").wait_for()
    words = page.locator("body").inner_text() + "".join(
        page.locator("[aria-label], [title]").evaluate_all("all => all.map(one => `${one.ariaLabel} ${one.title}`)")
    )
    pressed = page.evaluate(
        """async () => {
            const [{card}, photo] = [await import('./card.js'), document.querySelector('#photo').toDataURL()];
            const [{prototype}, pressed] = [CanvasRenderingContext2D, []];
            const {fillText} = prototype;
            prototype.fillText = function (text, x, y, most) {
                if (this.measureText(text).width > most) pressed.push(text);
            };
            await card(photo, photo);
            Object.assign(prototype, {fillText});
            return pressed;
        }"""
    )
    assert pressed == []
    names = "Sketch2Photo|Apache-2.0|Ctrl|null"
    assert not re.findall(r"[A-Za-z]{2,}", re.sub(names, "", words))
    page.get_by_role("button", name="Очистить холст").click()
    page.get_by_text("Холст пуст: сначала нарисуйте лицо.").wait_for()


def test_a_folder_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="something else"):
        build_web.main(out=tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_page_that_cannot_be_built_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "web"
    out.mkdir()
    (out / "version.js").write_text("the one before")
    (tmp_path / "web.new").write_text("of somebody else")
    monkeypatch.setattr(export_onnx, "write", lambda *_, **__: pytest.fail("There is no exporter."))
    with pytest.raises(pytest.fail.Exception, match="no exporter"):
        build_web.main(out=out)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["version.js", "web", "web.new"]


# ---- a visit ---------------------------------------------------------------------------------------------------------


def past(page: Any) -> list[str]:
    return page.locator("#history img").evaluate_all("pictures => pictures.map(({src}) => src)")


def ink(page: Any) -> int:
    return int((pixels(canvas(page, "#pad").convert("L")) < 128).sum())


def test_an_example_draws_itself_until_somebody_draws_and_a_reload_loses_nothing(browser: Any, host: Host) -> None:
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    page.goto(host.url)
    page.wait_for_selector("#pad [data-example]")
    page.wait_for_selector("#photo:not([data-empty])")
    page.wait_for_function("() => [...document.querySelectorAll('#variations canvas')].length === 6")
    draw_stroke(page, [(150, 200), (350, 210)])
    assert 100 < ink(page) < 2000
    draw(page, "childish", first=8)
    page.wait_for_timeout(600)  # the pen rests
    settle(page)
    first = canvas(page, "#photo")
    for slider, value in (("#latent-2", 1.5), ("#direction-hair", 1)):
        slide(page, slider, value)
        settle(page)
    visit = past(page)
    assert len(visit) - 3 in (0, 1)  # of all strokes and of each slider, and the example, if it was finished
    lines, photo, variation = canvas(page, "#pad"), canvas(page, "#photo"), canvas(page, "#variations", 2)
    for number in (1, 4):
        page.locator(".heart").nth(number).click()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    settle(page)
    hearts = page.locator(".heart").evaluate_all("hearts => hearts.map(heart => heart.checked)")
    assert hearts == [False, True, False, False, True, False] and page.locator("#breed").is_enabled()
    assert np.abs(pixels(canvas(page, "#pad")) - pixels(lines)).mean() < 0.5
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(photo)).mean() < 1
    assert np.abs(pixels(canvas(page, "#variations", 2)) - pixels(variation)).mean() < 1
    assert latents(page)[1] == 1.5
    assert past(page) == visit
    page.get_by_role("button", name="Clear the canvas").click()
    page.get_by_text("The canvas is empty: draw a face first.").wait_for()
    unfold(page)
    page.get_by_role("button", name="Picture 3 of this visit").click()
    settle(page)
    assert latents(page)[1] == float(page.locator("#direction-hair").input_value()) == 0
    assert canvas(page, "#pad") == lines
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(first)).mean() < 1
    assert sorted(past(page)) == sorted(visit)  # it is in front now
    assert past(page)[0] == visit[2]
    context.close()


def test_a_drawing_has_one_picture_of_this_visit_as_it_grows_and_another_after_what_is_no_stroke(page: Any) -> None:
    def stroke(y: float) -> list[str]:
        draw_stroke(page, [(150, y), (250, y + 10), (350, y)])
        page.wait_for_timeout(600)  # the pen rests
        settle(page)
        return past(page)

    first, grown = stroke(200), stroke(300)
    assert grown[0] != first[0] and grown[1:] == first[1:]
    page.get_by_role("button", name="Undo").click()
    other = stroke(400)
    assert other[:2] == [other[0], grown[0]] and other[0] != grown[0]
    page.get_by_role("button", name="Variation 2").click()
    assert stroke(450)[1] == other[0]


def test_a_service_worker_that_does_not_come_keeps_nobody_waiting(browser: Any, folder: Path) -> None:
    """Not for longer than the page's patience, of which a tenth is enough here."""
    patience = "const PATIENCE = 4000;"
    script = (build_web.SOURCE / "offline.js").read_text()
    assert patience in script
    with Host(folder, late={"sw.js": 120}) as host:  # longer than `visit` waits
        context = new_visitor(browser)
        context.route(
            "**/offline.js",
            lambda route: route.fulfill(
                content_type="text/javascript", body=script.replace(patience, "const PATIENCE = 400;")
            ),
        )
        page = visit(context, host.url)
        assert page.locator("body").get_attribute("data-ready") == "wasm"
        page.context.close()


def test_a_slow_first_visit_is_not_loaded_again_once_somebody_draws(browser: Any, folder: Path) -> None:
    with Host(folder, late={"sw.js": 1.5}) as host:
        page = new_visitor(browser).new_page()
        page.goto(host.url)
        page.wait_for_selector("#pad [data-do=undo]:disabled")
        page.evaluate("window.stays = true")
        draw_stroke(page, [(150, 200), (350, 210)])
        page.wait_for_selector("body[data-ready]")
        assert page.evaluate("window.stays")
        page.context.close()


def test_the_download_shows_how_far_it_is(browser: Any, folder: Path) -> None:
    with Host(folder) as host:
        page = browser.new_context(service_workers="block").new_page()
        held = []
        page.route("**/generator.onnx.gzip", lambda route: held.append(route))
        page.goto(host.url)
        share = page.wait_for_function("() => document.querySelector('#progress').value || null").json_value()
        assert 0 < share < 0.5
        wait = time.monotonic() + 10
        while not held and time.monotonic() < wait:
            page.wait_for_timeout(50)
        held[0].continue_()
        page.wait_for_selector("body[data-ready]")
        assert not page.locator("#progress").is_visible()
        page.route("**/generator.onnx.gzip", lambda route: route.abort())
        page.reload()
        page.get_by_text("generator.onnx cannot be loaded").wait_for()
        assert not page.locator("#progress").is_visible()
        page.context.close()


@pytest.mark.parametrize(
    ("locale", "sentence", "again"),
    [
        ("en-GB", "The page could not be loaded.", "Try again"),
        ("ru-RU", "Страница не загрузилась.", "Попробовать ещё раз"),
    ],
)
def test_a_page_whose_words_do_not_come_says_so_and_is_tried_again(
    browser: Any, host: Host, locale: str, sentence: str, again: str
) -> None:
    page = browser.new_context(locale=locale, service_workers="block").new_page()
    page.route("**/page.json", lambda route: route.fulfill(status=503, body="busy"))
    page.goto(host.url)
    link = page.get_by_role("link", name=again)
    link.wait_for()
    assert page.locator("body").inner_text().split("\n")[-1] == f"{sentence} {again}"
    assert page.get_by_role("button").count() == 0
    page.unroute("**/page.json")
    link.click()
    page.wait_for_selector("#pad canvas")
    assert not page.locator("#not-come").is_visible()
    page.context.close()


def test_the_two_pages_open_each_others_pictures(page: Any, pipe: Sketch2PhotoPipeline, tmp_path: Path) -> None:
    controls = argument_groups(pipe.model, calibrates=True)
    draw(page, "childish")
    slide(page, "#latent-3", 1.25)
    slide(page, "#direction-hair", -1)
    slide(page, "#strictness", 0.4)
    settle(page)
    lines, photo = canvas(page, "#pad"), canvas(page, "#photo")
    with page.expect_download() as download:  # of what the page still shows, as its drawing and sliders go on
        page.evaluate(
            """() => {
                const slider = document.querySelector('#latent-3');
                slider.value = 2;
                slider.dispatchEvent(new Event('input'));
                document.querySelector('#pad [data-do=undo]').click();
                document.querySelector('#save').click();
                document.querySelector('#pad [data-do=redo]').click();
            }"""
        )
    download.value.save_as(tmp_path / "theirs.png")
    recipe = read_recipe(str(tmp_path / "theirs.png"), controls)
    assert (recipe.latents[2], recipe.directions["hair"], recipe.strictness) == (1.25, -1, 0.4)
    assert recipe.model == weights_revision(pipe.model, pipe.calibrator)
    assert pad.from_value(recipe.sketch).convert("RGB") == lines
    recipe.latents[5] = -2.0
    (tmp_path / "ours.png").write_bytes(to_png(photo, recipe))
    page.get_by_role("button", name="Clear the canvas").click()
    page.get_by_text("The canvas is empty: draw a face first.").wait_for()
    page.get_by_role("button", name="All to the middle").click()
    page.locator("#file").set_input_files(tmp_path / "ours.png")
    settle(page)
    assert canvas(page, "#pad") == lines
    assert latents(page) == recipe.latents
    assert float(page.locator("#strictness").input_value()) == 0.4
    (tmp_path / "broken.png").write_bytes((tmp_path / "ours.png").read_bytes().replace(b'"latents":[', b'"latents":[x'))
    page.locator("#file").set_input_files(tmp_path / "broken.png")
    page.get_by_text("notes on how it was made cannot be read").wait_for()


def test_hearts_breed_and_mix(page: Any) -> None:
    put_example(page, "childish")
    settle(page)
    breed, mix = page.get_by_role("button", name="More like these"), page.get_by_role("slider", name="Mix")
    assert breed.is_disabled() and mix.is_disabled()
    page.get_by_role("checkbox", name="I like variation 2").check()
    page.get_by_role("checkbox", name="I like variation 5").check()
    settle(page)
    two, five = canvas(page, "#variations", 1), canvas(page, "#variations", 4)
    for share, expected in ((0, two), (1, five)):
        slide(page, "#mix", share)
        settle(page)
        assert np.abs(pixels(canvas(page, "#photo")) - pixels(expected)).mean() < 1.5
    # Twice, and then one of the variations that are still there.
    page.evaluate(
        """() => {
            const breed = document.querySelector('#breed');
            breed.click();
            breed.click();
            document.querySelector('#variations > :nth-child(5) button').click();
        }"""
    )
    settle(page)
    assert np.abs(pixels(canvas(page, "#photo")) - pixels(five)).mean() < 1.5
    assert canvas(page, "#variations", 1) != two
    assert page.locator("#variations [aria-pressed=true]").count() == 0
    assert page.get_by_role("checkbox", checked=True).count() == 0
    assert breed.is_disabled() and mix.input_value() == "0"
