"""The pages as they are met: served on loopback, Chromium, and a mouse that draws. For benchmarks and tests."""

import gzip
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..calibration import CANVAS
from ..examples import Stroke

START_SECONDS = 120
TEXT = (".html", ".css", ".js", ".mjs", ".json", ".svg")
# The first is the one without windows, which loads a page in half the time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@dataclass
class App:
    """A running app: where it is served, its process and when (time.perf_counter) that was started."""

    url: str
    process: "subprocess.Popen[str]"
    started: float


@contextmanager
def run_app(model: str | Path, *arguments: str, module: str = "sketch2photo.studio") -> Iterator[App]:
    """`python -m sketch2photo.studio`, or another module with its arguments, on a free port until the block ends.

    Raises:
        ValueError: it ended before it answered; the message is what it printed.
        AssertionError: it printed a traceback while it ran.
    """
    port = free_port()
    command = [sys.executable, "-m", module, "--model", str(model), "--port", str(port), *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                process.kill()
                raise ValueError(f"The page did not start: {process.communicate()[0].strip()}")
            time.sleep(0.05)
        yield App(f"http://127.0.0.1:{port}", process, started)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert "Traceback" not in output, output


@contextmanager
def host(folder: Path) -> Iterator[str]:
    """The address of a folder on loopback until the block ends, served as static hosts do it: text is compressed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not (path.suffix in TEXT and path.is_file()):
            super().do_GET()
            return
        content = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def free_port() -> int:
    """A port of this computer at which nothing is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether something is served on a port of this computer."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def chromium_path() -> str | None:
    """Where the system's Chromium is, if there is one on the PATH."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def check_chromium() -> str:
    """Where the system's Chromium is.

    Raises:
        ValueError: there is none on the PATH, or no playwright.
    """
    if find_spec("playwright") is None:
        raise ValueError("A browser is driven by playwright: pip install playwright")
    path = chromium_path()
    if path is None:
        raise ValueError("There is no Chromium on the PATH: apt-get install chromium, for example.")
    return path


@contextmanager
def open_chromium() -> Iterator[Any]:
    """The system's Chromium, driven by Playwright, which finds no host but this one; raises as check_chromium does."""
    path = check_chromium()
    from playwright.sync_api import sync_playwright

    quiet = ("background-networking", "component-update", "sync", "gpu")
    flags = ["--no-sandbox", "--no-first-run", *(f"--disable-{part}" for part in quiet)]
    flags.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def draw_stroke(page: Any, stroke: Stroke, every: int = 4) -> None:
    """A stroke on the page's sketchpad by mouse, through every so many of its points."""
    box = page.locator("#pad canvas").bounding_box()
    points = [(box["x"] + x * box["width"] / CANVAS, box["y"] + y * box["height"] / CANVAS) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in [*points[1:-1:every], points[-1]]:
        page.mouse.move(*point)
    page.mouse.up()
