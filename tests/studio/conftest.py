"""What the tests of the page share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.studio.serve import fast_imports
from tests import ROOT
from tests.programs import served
from tests.studio.visitor import BLANK, OPEN, SIDE, WINDOW, begin_again, watch

with fast_imports():
    import gradio  # noqa: F401  (before the tests import it, which takes twice as long)


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
    """Where `python app.py --mcp` serves that model, but for a button that is for tests alone (app.py)."""
    with served("tests.studio.app", model, "--mcp") as app:
        yield app.url


@dataclass
class Tab:
    """A page that is loaded once for many tests, which takes seconds, and is for each of them as it was then."""

    context: Any
    url: str
    window: dict[str, int]
    page: Any = None

    @contextmanager
    def as_loaded(self, request: pytest.FixtureRequest) -> Iterator[Any]:
        """Whatever a visitor does, the page asks no other host for anything and has no error of its own."""
        failed, page, self.page = request.session.testsfailed, self.page, None
        if page is None:
            page = new_tab(self.context, self.url, BLANK)
            assert len(page.requested) > 10
        else:
            begin_again(page, self.window)
        page.requested.clear()
        yield page
        take_leave(page, request)
        if request.session.testsfailed == failed and page.url.rstrip("/") == self.url:
            self.page = page
        else:  # Who knows what the test has left there, or it has one of Gradio's own pages before it.
            page.close()


def new_tab(context: Any, url: str, *scripts: str, **media: Any) -> Any:
    """The page in a tab of its own, where `scripts` run before its own; what it asks for and its errors are kept."""
    page = context.new_page()
    page.emulate_media(**media)
    page.set_default_timeout(15_000)
    page.requested, page.errors = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    watch(page)
    for script in scripts:
        page.add_init_script(script)
    page.goto(url)
    page.wait_for_selector("#pad canvas[aria-label]")  # Its script has run: a picture can be dropped.
    page.wait_for_selector(OPEN, state="attached")
    return page


def take_leave(page: Any, request: pytest.FixtureRequest) -> None:
    """At the end of a test."""
    if folder := request.config.getoption("--screenshots"):
        page.screenshot(path=Path(folder) / f"{request.node.name}.png", full_page=True)
    page.evaluate("localStorage.clear()")  # what a visitor chose is no other's
    page.context.clear_cookies()
    addresses = [address for address in page.requested if address.startswith(("http", "ws"))]
    errors, page.errors = page.errors, []
    assert {urlsplit(address).hostname for address in addresses} <= {"127.0.0.1"}
    assert not errors


@contextmanager
def tab_in(browser: Any, url: str, **options: Any) -> Iterator[Tab]:
    """A tab in a browser's context of its own with these options; what this keeps of Gradio's scripts is read once."""
    context = browser.new_context(**options)
    yield Tab(context, url, options["viewport"])
    context.close()


@pytest.fixture(scope="session")
def tab(browser: Any, url: str) -> Iterator[Tab]:
    with tab_in(browser, url, viewport=WINDOW) as tab:
        yield tab


@pytest.fixture(scope="session")
def russian_tab(browser: Any, url: str) -> Iterator[Tab]:
    with tab_in(browser, url, viewport=WINDOW, locale="ru-RU") as tab:
        yield tab


@pytest.fixture(scope="session")
def phone_tab(browser: Any, url: str) -> Iterator[Tab]:
    with tab_in(browser, url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as tab:
        yield tab


@pytest.fixture
def page(tab: Tab, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A visitor who has drawn nothing yet."""
    with tab.as_loaded(request) as page:
        yield page


@pytest.fixture
def russian_page(russian_tab: Tab, request: pytest.FixtureRequest) -> Iterator[Any]:
    with russian_tab.as_loaded(request) as page:
        yield page


@pytest.fixture
def phone(phone_tab: Tab, request: pytest.FixtureRequest) -> Iterator[Any]:
    with phone_tab.as_loaded(request) as page:
        yield page


@pytest.fixture
def visit(tab: Tab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """visit(*scripts, **media): another visitor, where it matters how the page begins.

    The example draws itself, unless a script is BLANK; `media` are emulate_media's.
    """
    pages = []

    def visit(*scripts: str, **media: Any) -> Any:
        pages.append(new_tab(tab.context, tab.url, *scripts, **media))
        return pages[-1]

    yield visit
    for page in pages:
        take_leave(page, request)
        page.close()
