"""How fast the page without a server is: Chromium on what hub.build_web made."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..calibration import CANVAS
from .browser import draw_stroke, host, open_chromium

# In the page: the median milliseconds of so many runs; and window.taken, from each pen-up to the photograph.
TIME_PHOTOGRAPHS = """async ([count, rounds]) => {
    const {photographs} = await import('./model.js'), times = [];
    const {latent_dim} = await (await fetch('config.json')).json();
    for (let turn = 0; turn <= rounds; turn++) {
        const latents = Array.from({length: count}, () => Array.from({length: latent_dim}, Math.random));
        const started = performance.now();
        await photographs(undefined, latents, {strictness: 1});
        if (turn) times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[rounds >> 1];
}"""
WATCH_PEN = """() => {
    addEventListener('pointerup', event => { window.up = event.timeStamp; }, true);
    new MutationObserver(() => { window.taken = performance.now() - window.up; })
        .observe(document.querySelector('#speed'), {attributes: true});
}"""


class PageTimes(NamedTuple):
    """Median seconds that photographs take by their number, and from pen-up to the photograph shown."""

    photographs: dict[int, float]
    pen_up: float


def time_page(folder: Path, counts: Sequence[int], rounds: int) -> PageTimes:
    """Times Chromium, in WebAssembly, on the page in a folder.

    Raises:
        ValueError: no such page, no Chromium, or no playwright.
    """
    if not (folder / "version.js").exists():
        raise ValueError(f"There is no page in {folder} to time: python -m hub.build_web --out {folder}")
    with host(folder) as url, open_chromium() as browser:
        page = browser.new_page()
        page.goto(f"{url}?engine=wasm")
        page.wait_for_selector("body[data-ready]")
        page.locator("#examples button").first.click()
        page.wait_for_selector("#variations button")
        taken = {count: page.evaluate(TIME_PHOTOGRAPHS, [count, rounds]) / 1000 for count in counts}
        page.evaluate(WATCH_PEN)
        waits = []
        for turn in range(rounds + 1):  # The first is the warm-up.
            y = CANVAS * (0.2 + 0.6 * turn / (rounds + 1))
            draw_stroke(page, [(CANVAS * x / 20, y) for x in range(2, 7)], every=1)
            waits.append(page.wait_for_function("() => window.taken").json_value() / 1000)
            page.evaluate("window.taken = 0")
            page.wait_for_timeout(1000)  # until the variations are there, too
    return PageTimes(taken, statistics.median(waits[1:]))


def page_size(folder: Path) -> int:
    """Bytes that a visitor without WebGPU loads, as hub.build_web counted them."""
    return int(json.loads((folder / "page.json").read_text("utf-8"))["bytes"])
