"""What somebody does on the page, and what it then shows; how a program visits it."""

import base64
import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio_client
import numpy as np
from PIL import Image

from sketch2photo.evaluation.browser import draw_stroke
from sketch2photo.examples import example_strokes

# Has been here before and drawn nothing: no example draws itself.
BLANK = "try { sessionStorage['/#drawing'] ??= '[]' } catch {}"
WINDOW = {"width": 1440, "height": 1000}
SIDE = 64  # px of the photographs, in conftest.py's model
OPEN, BORROW = "input:has(+ #open)", "input:has(+ #borrow)"
# What of a page is in the browser alone: how it was when it was loaded.
BEGIN = """() => {
    document.body.classList.remove('dark');
    delete document.body.dataset.wrong;
    document.activeElement.blur();
    scrollTo(0, 0);
    const left = ['.toast-close', '#result [role=tab]:first-of-type[aria-selected=false]', '#sliders[aria-expanded=true]'];
    for (const button of document.querySelectorAll(left)) button.click();
    for (const button of document.querySelectorAll('#pad [aria-pressed]')) {
        const isFirst = button.matches('[data-tool=pen], [data-width="3"], [data-do=guide]');
        if (String(isFirst) !== button.ariaPressed && (isFirst || button.dataset.do)) button.click();
    }
    document.querySelector('#beginning').click();
}"""
FORGET = """() => {
    sessionStorage.clear();
    sessionStorage['/#drawing'] = '[]';
}"""
# Counts what the page has set for later, within half a second or a little more, as the pad does (PAUSE in pad.js).
TIMERS = """{
    const [set, clear, pending] = [setTimeout, clearTimeout, new Set()];
    window.setTimeout = (call, time, ...given) => {
        const timer = set(() => { pending.delete(timer); call(...given); }, time);
        if (!(time > 600)) pending.add(timer);
        return timer;
    };
    window.clearTimeout = timer => { pending.delete(timer); clear(timer); };
    window.isDone = () => new Promise(done => {
        const look = () => pending.size ? set(look, 10) : requestIdleCallback(() => pending.size ? look() : done());
        look();
    });
}"""
# The pictures that were shown, by their addresses, which the server makes of what is in them.
SEEN: dict[str, np.ndarray] = {}


def draw(page: Any, name: str) -> None:
    """One of the example drawings by mouse, stroke by stroke."""
    for stroke in example_strokes(name):
        draw_stroke(page, stroke)


def drawing(page: Any) -> np.ndarray:
    """(512, 512) uint8: the canvas."""
    data = page.evaluate("document.querySelector('#pad canvas').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("L"))


def pictures(page: Any, where: str) -> list[np.ndarray]:
    """The (SIDE, SIDE, 3) uint8 pictures that a part of the page shows: '#photo' or '#variations'."""
    sources = page.locator(f"{where} img").evaluate_all("images => images.map(image => image.src)")
    for source in sources:
        if source not in SEEN:
            SEEN[source] = np.asarray(Image.open(io.BytesIO(page.request.get(source).body())).convert("RGB"))
    return [SEEN[source] for source in sources]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def close(one: list[np.ndarray], other: list[np.ndarray], tolerance: float = 0.5) -> bool:
    """The same but for rounding, which depends on how many pictures were made at once."""
    return len(one) == len(other) and all(
        np.abs(a.astype(int) - b).mean() < tolerance for a, b in zip(one, other, strict=True)
    )


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.05)


def watch(page: Any) -> None:
    """Keeps what a new page asks of its server and of itself, for `rest`; heartbeat and results come through streams that stay open."""
    page.asked, page.unanswered = 0, set()
    page.add_init_script(TIMERS)

    def ask(request: Any) -> None:
        if "/gradio_api/" in request.url and not re.search("/heartbeat/|/queue/data", request.url):
            page.asked += 1
            page.unanswered.add(request)

    page.on("request", ask)
    page.on("requestfinished", lambda request: page.unanswered.discard(request))
    page.on("requestfailed", lambda request: page.unanswered.discard(request))


def rest(page: Any) -> None:
    """Until what was done has had its effect everywhere: the server owes nothing, and the page asks for nothing more.

    No matter how slow the machine is: it is done once no timer is left that the page has set for soon, and it has nothing
    else to do.
    """

    def rests() -> bool:
        before = page.asked
        if page.unanswered or page.evaluate("owes()"):
            page.wait_for_timeout(20)
            return False
        page.evaluate("isDone()")
        return page.asked == before

    try:
        wait_for(rests, "rest", 120)
    except AssertionError as error:
        raise AssertionError(f"{error}: it still waits for {[owed.url for owed in page.unanswered]}") from error


def begin_again(page: Any, window: dict[str, int]) -> None:
    """Brings a page that was used to what it was when it was loaded; whatever was done, nothing is left that a photograph waits for."""
    rest(page)
    assert not page.evaluate("window.turns?.coming")
    page.set_viewport_size(window)
    page.emulate_media(color_scheme="light")
    page.mouse.move(0, 0)
    page.evaluate(BEGIN)
    rest(page)
    page.evaluate(FORGET)


def settled(page: Any, where: str = "#photo", different_from: list[np.ndarray] | None = None) -> list[np.ndarray]:
    """The pictures there once there are some (other ones), and nothing is under way that could still change them."""
    before = different_from or []
    wait_for(lambda: bool(now := pictures(page, where)) and not same(now, before), f"new picture in {where}")
    rest(page)
    return pictures(page, where)


def open_expert(page: Any) -> None:
    """Unfolds the latents' sliders, which Gradio does not make before."""
    if not page.locator("#latent-1").is_visible():
        page.locator("#latents > button").click()
        page.locator("#latent-1 input[type=range]").wait_for()


def latents(page: Any) -> list[float]:
    open_expert(page)
    return [float(page.locator(f"#latent-{number} input[type=number]").input_value()) for number in range(1, 9)]


def open_example(page: Any, name: str) -> list[np.ndarray]:
    page.locator(f"#examples button:has(img[alt='{name}'])").click()
    return settled(page)


def slide(page: Any, where: str, share: float) -> None:
    """A click on a slider's track, at this share of its length."""
    page.mouse.click(*place_on(page.locator(f"{where} input[type=range]"), share))


def place_on(control: Any, share: float = 0.5) -> tuple[float, float]:
    """Where in the window a control is, at this share of its length.

    It is brought to the middle, where nothing lies over it, as the photograph does that stays in sight on a phone.
    """
    control.evaluate("control => control.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = control.bounding_box()
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def like(page: Any, *numbers: int) -> None:
    """Gives these variations a heart."""
    for number in numbers:
        page.locator("#liked input").nth(number - 1).click()
    wait_for(lambda: page.locator("#liked input:checked").count() == len(numbers), "hearts")


def download(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as event:
        page.locator(button).click()
    path = folder / event.value.suggested_filename
    event.value.save_as(path)
    return path


def client_of(url: str, **options: Any) -> gradio_client.Client:
    """A program that visits the page. It reads no certificates, which it would for each request, in 70 ms."""
    return gradio_client.Client(url, verbose=False, ssl_verify=False, **options)
