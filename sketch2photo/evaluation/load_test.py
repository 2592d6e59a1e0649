"""How fast the page is under load: `python -m sketch2photo.evaluation.load_test --model DIR`.

One visitor draws with a mouse in Chromium, then twenty draw at once through its API. The app runs in a process of its own,
and shares the machine with them.
"""

import base64
import json
import statistics
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from .. import machine
from ..cli import check_range, run
from ..examples import EXAMPLES, EXAMPLES_FOLDER, example_strokes
from .browser import App, check_chromium, draw_stroke, open_chromium, run_app
from .report import markdown_table

STROKES = 20
PATIENCE = 300  # seconds that a visitor waits for a picture
HURRIED_STROKES = 10  # strokes without a pause
PAUSE_SECONDS = 1.5  # between two strokes, in which the variations come as well

# From the pen's last pointerup to the frame in which a new photograph has been decoded and laid out: window.shown are those
# times, in milliseconds since the last pen-up.
WATCH = """() => {
    window.shown = []; window.up = 0;
    addEventListener('pointerup', () => { window.up = performance.now(); }, true);
    document.addEventListener('load', event => {
        if (event.target.closest?.('#photo')) requestAnimationFrame(() => window.shown.push(performance.now() - window.up));
    }, true);
}"""


@dataclass
class PenTimes:
    """Seconds from pen-up to the photograph: of strokes with a pause after each, and of the last of ten without; pictures of those."""

    waits: list[float]
    hurried: float
    hurried_pictures: int
    last_shown: bool


def time_pen(url: str) -> PenTimes:
    """A mouse draws the drawing `careful_man` in Chromium."""
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(url)
        page.wait_for_selector("#pad canvas")
        page.evaluate(WATCH)
        strokes, waits = example_strokes("careful_man"), []
        for stroke in strokes[: STROKES + 1]:
            page.evaluate("() => { window.shown = []; }")
            draw_stroke(page, stroke)
            waits.append(page.wait_for_function("() => window.shown[0]").json_value() / 1000)
            page.wait_for_timeout(1000 * PAUSE_SECONDS)
        page.evaluate("() => { window.shown = []; }")
        for stroke in strokes[STROKES + 1 : STROKES + 1 + HURRIED_STROKES]:
            draw_stroke(page, stroke)
        page.wait_for_timeout(3000)
        shown = page.evaluate("window.shown")
        drawing = page.evaluate("document.querySelector('#pad canvas').toDataURL('image/png')")
        source = page.locator("#photo img").get_attribute("src")
        expected = Visitor(url).photograph(drawing)
    # The same picture has the same path.
    return PenTimes(waits[1:], shown[-1] / 1000, len(shown), Path(expected).parent.name == Path(source).parent.name)


class Visitor:
    """A program that draws over plain HTTP: gradio_client looks for its answer every 50 ms, and takes the machine's time for that.

    It asks for one photograph after the other: of two at once Gradio gives both answers to whoever listens first.
    """

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/gradio_api", timeout=PATIENCE)
        parameters = self.http.get("/info").json()["named_endpoints"]["/photograph"]["parameters"]
        strictness = parameters[1]["parameter_default"]  # the page's own, where nobody moved the slider
        self.rest = [strictness, *[0] * (len(parameters) - 2)]
        self.session = uuid.uuid4().hex

    def photograph(self, drawing: str) -> str:
        """The path, on the server, of the photograph of a drawing (a data URL). Raises RuntimeError where none comes."""
        body = {"data": [drawing, *self.rest], "session_hash": self.session}
        asked = self.http.post("/call/photograph", json=body).raise_for_status()
        event = ""
        with self.http.stream("GET", f"/call/photograph/{asked.json()['event_id']}") as answer:
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "complete":
                    path: str = json.loads(value)[0]["path"]
                    return path
                elif name == "data" and event == "error":
                    raise RuntimeError(value)
        raise RuntimeError("The server said nothing.")


@dataclass
class VisitorTimes:
    """Seconds of each request, seconds of all together, the errors, and the app's memory before and after each tenth, bytes."""

    waits: list[float]
    seconds: float
    errors: list[str]
    memory: list[int]


def time_visitors(app: App, visitors: int, pictures: int) -> VisitorTimes:
    """So many visitors, each of whom asks for the next picture when the last one has come."""
    drawings = [data_url(path) for path in EXAMPLES]
    with ThreadPoolExecutor(visitors) as pool:
        clients = list(pool.map(Visitor, [app.url] * visitors))
        clients[0].photograph(drawings[0])
        server = psutil.Process(app.process.pid)
        memory = [server.memory_info().rss]
        tenths = {pictures * tenth // 10 - 1 for tenth in range(1, 11)}
        together = threading.Barrier(visitors)

        def draw(number: int) -> tuple[list[float], list[str]]:
            waits, errors = [], []
            together.wait()
            for turn in range(number, pictures, visitors):
                started = time.perf_counter()
                try:
                    clients[number].photograph(drawings[turn % len(drawings)])
                except Exception as error:
                    errors.append(str(error))
                waits.append(time.perf_counter() - started)
                if turn in tenths:
                    memory.append(server.memory_info().rss)
            return waits, errors

        started = time.perf_counter()
        answers = list(pool.map(draw, range(visitors)))
        seconds = time.perf_counter() - started
    return VisitorTimes(
        [wait for waits, _ in answers for wait in waits],
        seconds,
        [error for _, errors in answers for error in errors],
        memory,
    )


def main(model: str, visitors: int = 20, pictures: int = 1000) -> None:
    """Time the page on this machine and print it as a Markdown table.

    Args:
        model: model folder or Hub id.
        visitors: at once, at most 1,000, through the API.
        pictures: that they ask for in all.
    """
    check_range(1, 1000, visitors=visitors)
    check_range(2, pictures=pictures)  # of one there is no 95th percentile
    check_chromium()
    with run_app(model) as app:
        Visitor(app.url).photograph(data_url(EXAMPLES_FOLDER / "outline.png"))
        start = time.perf_counter() - app.started
        pen = time_pen(app.url)
    with run_app(model) as app:
        load = time_visitors(app, visitors, pictures)
    right = "the last one right" if pen.last_shown else "THE LAST ONE WRONG"
    memory = ", ".join(f"{size / 2**20:.0f}" for size in load.memory)
    rows = {
        "start to the first picture": f"{start:.1f} s",
        f"pen-up to the picture in Chromium, of {STROKES} strokes with a pause after each": median_and_p95(pen.waits),
        f"{HURRIED_STROKES} strokes without a pause: from the last pen-up to its picture": (
            f"{1000 * pen.hurried:.0f} ms; {pen.hurried_pictures} pictures, {right}"
        ),
        f"{visitors} visitors at once, {pictures} pictures in all": f"{pictures / load.seconds:.1f} pictures/s",
        "one visitor's wait for a picture then": median_and_p95(load.waits),
        "errors then": f"{len(load.errors)}{(load.errors and f', the first: {load.errors[0]}') or ''}",
        "memory of the app before them and after each tenth of them": f"{memory} MiB",
    }
    print(", ".join(f"{key} {value}" for key, value in machine.description().items()) + "\n")
    print(markdown_table(["", ""], rows.items()))


def median_and_p95(waits: list[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    return f"{1000 * statistics.median(waits):.0f} ms, p95 {1000 * p95(waits):.0f} ms"


def p95(waits: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(waits, n=20)[-1]


def data_url(path: Path) -> str:
    """A drawing from a PNG, as the endpoints take it."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.load_test")
