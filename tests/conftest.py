"""Options of the tests, what many of them share, and how they are spread over pytest-xdist's workers.

What imports torch is imported where it is used: pytest-xdist's own process needs none of it.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT

LONGEST = (
    "test_readme",
    "hub/test_web",
    "studio/",
    "training/test_train",
    "campaign/",
    "hub/",
    "training/test_checkpoint",
    "data/test_line_drawing",
    "data/test_layouts",
    "test_onnx",
    "evaluation/",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="DIR", help="keep what each test of the page saw at its end in DIR")
    parser.addoption(
        "--no-skips", action="store_true", help="fail if a test was skipped, for want of a browser perhaps"
    )


def pytest_configure(config: pytest.Config) -> None:
    """One folder for what the exporter to ONNX makes, empty at first: for all workers, and for the programs that tests start."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory()
        os.environ["HF_ASSETS_CACHE"] = folder.name
        config.add_cleanup(folder.cleanup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first, so that no worker begins one when the others have nothing left.

    With `-n 2 --dist loadfile --no-loadscope-reorder` a file's tests stay in one worker, which makes what they share once.
    """

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((place for place, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))

    items.sort(key=place)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; a test opens a page or a context of its own in it. While it runs, its thread can run no asyncio loop."""
    from sketch2photo.evaluation.browser import chromium_path, open_chromium

    pytest.importorskip("playwright")
    if chromium_path() is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with open_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def web_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page without a server, built of the bundled weights."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm: apt-get install npm")
    from hub import build_web

    out = tmp_path_factory.mktemp("web")
    build_web.main(out=out)
    return out
