"""What the tests of the page share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.evaluation.browser import run_app
from tests import ROOT
from tests.studio.visitor import BLANK, SIDE, watch


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the bundled weights, calibrator and directions, but for pictures of 64 px, which cost a sixteenth."""
    folder = tmp_path_factory.mktemp("model")
    bundled = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))
    small = Sketch2Photo.from_pretrained(ROOT / "hub" / "model", image_size=SIDE)
    Sketch2PhotoPipeline(small, bundled.calibrator).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def url(model: Path) -> Iterator[str]:
    """Where `python app.py --mcp` serves that model."""
    with run_app(model, "--mcp") as app:
        yield app.url


@pytest.fixture(scope="session")
def context(browser: Any) -> Iterator[Any]:
    """Where visits are: each has a tab of its own, and what a browser keeps of Gradio's scripts is read once."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.add_init_script(BLANK)
    yield context
    context.close()


@pytest.fixture
def page(context: Any, url: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A new visitor; whatever the page does, it asks no other host for anything and has no error of its own."""
    page = context.new_page()
    page.set_default_timeout(15_000)
    requested, errors = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    watch(page)
    page.goto(url)
    page.wait_for_selector("#pad [data-do=undo]:disabled")  # Its script has run: a picture can be dropped.
    page.wait_for_selector("input:has(+ #open)", state="attached")
    yield page
    if folder := request.config.getoption("--screenshots"):
        page.screenshot(path=Path(folder) / f"{request.node.name}.png", full_page=True)
    page.evaluate("localStorage.clear()")  # what a visitor chose is no other's
    page.close()
    context.clear_cookies()
    assert len(requested) > 10
    assert {urlsplit(address).hostname for address in requested if address.startswith(("http", "ws"))} == {"127.0.0.1"}
    assert not errors
