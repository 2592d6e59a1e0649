"""The page while some of its visitors draw and others send it anything: no error of the server, and to each visitor their own picture."""

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image

from sketch2photo import Sketch2Photo
from sketch2photo.evaluation.load_test import Visitor, data_url
from sketch2photo.examples import EXAMPLES
from tests.programs import SIZES, served

from .attack import MOST_GROWTH, Random, Try, pick, sentence
from .models import VALUES, changed

VISITORS = 4
ADDRESSES = (
    "/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/api/photograph", "/gradio_api/queue/data", "/gradio_api/reset",
    "/gradio_api/cancel",
)  # fmt: skip
PATHS = (
    "/etc/passwd", "../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "app.py", "hub/model/config.json", "/proc/self/environ",
)  # fmt: skip
ROUTES = ("/gradio_api/file=", "/file=", "/gradio_api/file/", "/static/", "/assets/", "/theme.css/")
LONGEST = 30.0  # seconds that an answer may take on a busy machine


@contextmanager
def requests(folder: Path) -> Iterator[Try]:
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(folder / "model")
    with (
        served("sketch2photo.studio", folder / "model") as app,
        httpx.Client(base_url=app.url, timeout=LONGEST) as client,
    ):
        facts = client.get("/gradio_api/info").json()["named_endpoints"]
        names = list(facts)
        stop, fallen, drawn = threading.Event(), [], [0]

        def visit(number: int) -> None:
            """Draws the same face again and again, and looks whether the picture is still that of it."""
            drawing = data_url(EXAMPLES[number])
            try:
                visitor, first = Visitor(app.url), None
                while not stop.is_set():
                    photo = client.get(f"/gradio_api/file={visitor.photograph(drawing)}").content
                    first = first or photo
                    if photo != first:
                        fallen.append(f"visitor {number} got another picture")
                    drawn[0] += 1
                    time.sleep(0.05)
            except Exception as error:
                fallen.append(f"visitor {number}: {error!r}")

        def once(rng: Random) -> str:
            send = pick(rng, [_call, _call, _call, _body, _upload, _path])
            answer = send(client, rng, facts, names)
            # Gradio answers what an endpoint refuses with 500 and the sentence, where it is not asked through the queue.
            told = answer.status_code == 500 and sentence(ValueError(answer.json()["error"]))
            assert answer.status_code < 500 or told, (
                f"{answer.request.method} {answer.request.url}: {answer.status_code}"
            )
            assert not fallen, fallen.pop()
            return f"{send.__name__.strip('_')} {answer.status_code}"

        server = psutil.Process(app.process.pid)
        with ThreadPoolExecutor(VISITORS) as pool:
            for number in range(VISITORS):
                pool.submit(visit, number)
            before = server.memory_info().rss
            try:
                yield once
            finally:
                stop.set()
        growth = server.memory_info().rss - before
        assert drawn[0], f"no visitor drew: {fallen}"
        assert growth < MOST_GROWTH, f"the server holds {growth / 2**20:.0f} MiB more"


def _value(rng: Random) -> Any:
    """Anything that JSON holds, and some drawings."""
    kind = rng.random()
    if kind < 0.3:
        stream = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (int(rng.integers(1, 90)), int(rng.integers(1, 90))), np.uint8)).save(
            stream, "PNG"
        )
        content = stream.getvalue() if rng.random() < 0.5 else changed(stream.getvalue(), rng)
        return "data:image/png;base64," + base64.b64encode(content).decode()
    if kind < 0.5:
        return {"path": str(pick(rng, ["/etc/passwd", "../../etc/passwd", "", "x" * 3000, "/dev/zero", "http://127.0.0.1:1/"])),
                "meta": {"_type": "gradio.FileData"}}  # fmt: skip
    value = pick(rng, VALUES)
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _call(client: httpx.Client, rng: Random, facts: dict[str, Any], names: list[str]) -> httpx.Response:
    """An endpoint, with as many arguments as it has, most of them wrong."""
    name = str(pick(rng, names))
    takes = facts[name]["parameters"]
    values = [
        each["parameter_default"] if each.get("parameter_has_default") and rng.random() < 0.7 else _value(rng)
        for each in takes
    ]
    if rng.random() < 0.1:
        values = values[: int(rng.integers(len(values) + 1))]
    started = client.post(f"/gradio_api/call{name}", json={"data": values})
    if started.status_code != 200:
        return started
    told, deadline = "", time.monotonic() + LONGEST
    with client.stream("GET", f"/gradio_api/call{name}/{started.json()['event_id']}") as answer:
        for line in answer.iter_lines():  # with a heartbeat now and then
            told += line
            assert time.monotonic() < deadline, f"{name} has not ended: {values!r:.300} -> {told[-300:]}"
    assert "event: complete" in told or "event: error" in told, told[:300]
    return answer


def _body(client: httpx.Client, rng: Random, facts: dict[str, Any], names: list[str]) -> httpx.Response:
    """A request that no client sends."""
    addresses = [*ADDRESSES, f"/gradio_api/call{pick(rng, names)}"]
    address = pick(rng, addresses)
    body = {"data": [_value(rng) for _ in range(int(rng.integers(6)))], "fn_index": pick(rng, [*range(-2, 60), None, "x"]),
            "session_hash": pick(rng, ["a", None, 3, "x" * 1000]), "event_data": _value(rng)}  # fmt: skip
    for key in list(body):
        if rng.random() < 0.2:
            del body[key]
    content = json.dumps(body).encode()
    content = changed(content, rng) if rng.random() < 0.5 else content
    return client.post(address, content=content, headers={"content-type": "application/json"})


def _upload(client: httpx.Client, rng: Random, facts: dict[str, Any], names: list[str]) -> httpx.Response:
    """A file of any name and content."""
    name = str(pick(rng, ["a.png", "../../a.png", "", "x" * 300, "a\0.png", "<b>.html", ".htaccess"]))
    return client.post("/gradio_api/upload", files={"files": (name, rng.bytes(int(rng.integers(2000))))})


def _path(client: httpx.Client, rng: Random, facts: dict[str, Any], names: list[str]) -> httpx.Response:
    """A file of the server's that is nobody's."""
    path, route = str(pick(rng, PATHS)), str(pick(rng, ROUTES))
    answer = client.get(route + path)
    assert answer.status_code != 200 or "html" in answer.headers.get("content-type", ""), f"{route}{path} is served"
    return answer
