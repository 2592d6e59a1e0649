"""Options of the tests, what many of them share, and how they are spread over pytest-xdist's workers.

What imports torch is imported where it is used: pytest-xdist's own process needs none of it.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from tests import ROOT

LONGEST = (
    "test_readme",
    "hub/test_web",
    "studio/",
    "training/test_train",
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
def each_network_is_exported_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For the exporter to ONNX takes some ten seconds: files, for all of pytest-xdist's workers.

    Networks are the same here where weights and their layout in memory are, and the shapes of what they are exported with.
    """
    import onnx
    import torch

    export, folder = torch.onnx.export, tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def once(network: torch.nn.Module, sample: tuple[torch.Tensor, ...], **options: Any) -> Any:
        key = hashlib.sha256(repr((network, [tensor.shape for tensor in sample], options)).encode())
        for name, weight in network.state_dict().items():
            key.update(repr((name, weight.stride())).encode() + weight.contiguous().numpy().tobytes())
        file = folder / f"{key.hexdigest()}.onnx"
        if not file.exists():
            whole = file.with_suffix(f".{os.getpid()}")
            whole.write_bytes(export(network, sample, **options).model_proto.SerializeToString())
            whole.rename(file)
        return SimpleNamespace(model_proto=onnx.load(file))

    with mock.patch.object(torch.onnx, "export", once):
        yield


@pytest.fixture(scope="session")
def web_folder(tmp_path_factory: pytest.TempPathFactory, each_network_is_exported_once: None) -> Path:
    """The page without a server, built of the bundled weights."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm: apt-get install npm")
    from hub import build_web

    out = tmp_path_factory.mktemp("web")
    build_web.main(out=out)
    return out
