"""How much the pages transfer before the first stroke is possible: `python -m sketch2photo.evaluation.transfer --model DIR`.

With `--page build/web`, which hub.build_web made, of the page without a server, too.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .. import machine
from ..cli import run
from .browser import host, open_chromium, run_app
from .report import markdown_table

# In the page: when the sketchpad has come to life, in milliseconds since 1970.
WATCH = """new MutationObserver((_, observer) => {
    if (!document.querySelector('#pad canvas[aria-label]')) return;
    window.possible = performance.timeOrigin + performance.now();
    observer.disconnect();
}).observe(document, {attributeFilter: ['aria-label'], childList: true, subtree: true});"""


def transferred(browser: Any, url: str) -> dict[str, int]:
    """Bytes, with headers, of all that a first visit to a page has asked for when the first stroke is possible, by their paths."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    finished: list[Any] = []

    def keep(request: Any) -> None:
        finished.append(request)

    context.on("requestfinished", keep)
    page = context.new_page()
    page.goto(url)
    possible = page.wait_for_function("() => window.possible").json_value()
    page.wait_for_load_state()
    page.wait_for_timeout(1000)  # what was asked for before has come
    found = {}
    for request in finished:
        if request.timing["startTime"] < possible and request.url.startswith("http"):
            sizes = request.sizes()
            found[urlsplit(request.url).path] = sizes["responseHeadersSize"] + max(sizes["responseBodySize"], 0)
    context.close()
    return found


def main(model: str, page: Path | None = None) -> None:
    """Weigh the pages and print a Markdown table.

    Args:
        model: model folder or Hub id.
        page: the folder that hub.build_web made: weigh that page as well.

    Raises:
        ValueError: no such page, no Chromium, or no playwright.
    """
    if page and not (page / "version.js").exists():
        raise ValueError(f"There is no page in {page} to weigh: python -m hub.build_web --out {page}")
    found = {}
    with open_chromium() as browser:
        with run_app(model) as app:
            found["the app's page"] = transferred(browser, app.url)
        if page:
            with host(page) as url:
                found["the page without a server"] = transferred(browser, url)
    print(", ".join(f"{key} {value}" for key, value in machine.description().items()) + "\n")
    rows = []
    for name, sizes in found.items():
        largest = sorted(sizes, key=lambda path: -sizes[path])[:5]
        told = ", ".join(f"{path} {sizes[path] / 1000:.0f}" for path in largest)
        rows.append([name, f"{sum(sizes.values()) / 1000:.0f} kB", str(len(sizes)), told])
    print(markdown_table(["before the first stroke is possible", "transferred", "requests", "the largest, kB"], rows))


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.transfer")
