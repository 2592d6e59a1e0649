"""The page as programs and many visitors at once meet it, and how it is started."""

import base64
import io
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.evaluation.load_test import Visitor, data_url
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.latents import spread_latents
from sketch2photo.studio.files import to_jpeg
from tests.programs import run_program
from tests.studio.visitor import (
    client_of,
    close,
    open_example,
    slide,
)

gradio_client = pytest.importorskip("gradio_client")

# Keeps each text that has been over the photograph.
WATCH_PLACES = """() => {
    window.places = [];
    const photo = document.querySelector('#photo');
    const keep = () => places.push(photo.innerText);
    new MutationObserver(keep).observe(photo, {subtree: true, childList: true, characterData: true});
}"""


def test_programs_call_the_endpoints(url: str, model: Path) -> None:
    client = client_of(url)
    face = data_url(EXAMPLES_FOLDER / "outline.png")
    pipe = Sketch2PhotoPipeline.from_pretrained(str(model))
    none = [0] * len(pipe.model.directions)
    _, _, gallery, variations = client.predict(face, 3, 7, 1, 1, *[0] * 8, *none, api_name="/generate")
    z = spread_latents(3, pipe.model.latent_dim, seed=7)
    expected = pipe(EXAMPLES_FOLDER / "outline.png", latents=z, strictness=1, reframe=False)
    assert np.array(variations) == pytest.approx(z.numpy(), abs=0.0051)  # in the sliders' two decimals
    shown = np.asarray(Image.open(gallery[2]["image"]).convert("RGB"))
    sent = np.asarray(Image.open(io.BytesIO(to_jpeg(expected.images[2]))))
    assert close([shown], [sent], tolerance=3)  # perhaps of bf16
    chosen = client.predict(face, 1, *variations[2], *none, api_name="/photograph")
    assert close([np.asarray(Image.open(chosen).convert("RGB"))], [shown], tolerance=2)
    kept = client.predict(face, 7, 1, *variations[2], *none, api_name="/keep")
    back = client.predict(gradio_client.handle_file(kept), api_name="/open")
    assert back[:3] == (face, 7, 1)
    assert list(back[3:11]) == pytest.approx(variations[2])
    opened = client.predict(gradio_client.handle_file(EXAMPLES_FOLDER / "bun.png"), api_name="/open")
    assert opened[0].startswith("data:image/png")
    for bad, sentence in (
        (data_url(EXAMPLES_FOLDER / "outline.png")[:200], "does not hold a PNG|damaged"),
        ("file:///etc/passwd", "A picture is sent as a file"),
        (None, "The canvas is empty"),
    ):
        with pytest.raises(Exception, match=sentence):
            client.predict(bad, 3, 7, 1, 1, *[0] * 8, *none, api_name="/generate")


def with_notes(path: Path, notes: str) -> None:
    info = PngInfo()
    info.add_text("sketch2photo", notes)
    Image.open(EXAMPLES_FOLDER / "outline.png").save(path, pnginfo=info)


@pytest.mark.parametrize(
    "notes",
    [
        "}{",
        "[" * 600_000,
        '{"sketch": "x", "seed": 0, "latents": [NaN], "directions": {}, "strictness": 1, "model": ""}',
        '{"sketch": 5, "seed": [], "latents": "abc", "directions": [], "strictness": {}, "model": 1}',
    ],
)
def test_hostile_notes_in_a_picture_are_refused(url: str, tmp_path: Path, notes: str) -> None:
    with_notes(tmp_path / "hostile.png", notes)
    client = client_of(url)
    with pytest.raises(Exception, match="notes on how it was made cannot be read"):
        client.predict(gradio_client.handle_file(tmp_path / "hostile.png"), api_name="/open")


def test_a_large_upload_is_refused_before_it_is_read(url: str) -> None:
    host, _, port = url.rpartition("/")[2].partition(":")
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="large.png"\r\n\r\n'
    lines = ("POST /gradio_api/upload HTTP/1.1", f"Host: {host}", "Content-Type: multipart/form-data; boundary=x")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, f"Content-Length: {200 * 2**20}", "", ""]).encode() + head)
        for _ in range(22):  # of 200 MiB
            connection.sendall(bytes(2**20))
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_long_body_is_refused_whether_it_tells_its_length_or_not(url: str) -> None:
    address, most = f"{url}/gradio_api/queue/join", 8 * 2**20
    long = json.dumps({"data": ["x" * most], "fn_index": 0, "session_hash": "long"}).encode()
    chunks = (long[start : start + 2**20] for start in range(0, len(long), 2**20))
    for content in (long, chunks):
        answer = httpx.post(address, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, "at most 8 MB" in answer.text) == (413, True)
    assert httpx.post(f"{url}/gradio_api/run/upload", content=long).status_code == 413  # no file's address


def ask_by_number(url: str, number: int, data: list[Any]) -> dict[str, Any]:
    """What a function of the page answers a program that knows its number, as the page itself does."""
    clicked = {"index": 0, "value": None, "selected": True}
    asked = {"fn_index": number, "data": data, "session_hash": f"number{number}", "event_data": clicked}
    assert httpx.post(f"{url}/gradio_api/queue/join", json=asked, timeout=60).status_code == 200
    address = f"{url}/gradio_api/queue/data?session_hash=number{number}"
    with httpx.stream("GET", address, timeout=120) as stream:
        messages = (json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line)
        return next(message["output"] for message in messages if message["msg"] == "process_completed")


def test_no_function_of_the_page_makes_more_pictures_than_it_shows(url: str) -> None:
    """Private ones, too, which programs reach by their numbers."""
    config = httpx.get(f"{url}/config").json()
    values = {each["id"]: each["props"].get("value") for each in config["components"]}
    names = {each["id"]: each["props"].get("elem_id") or each["props"].get("label") for each in config["components"]}
    given = {"pad": data_url(EXAMPLES_FOLDER / "bun.png"), "Latents of the variations": [[0.1] * 8] * 3000, "liked": []}
    asked = [each for each in config["dependencies"] if "Latents of the variations" in map(names.get, each["inputs"])]
    assert len(asked) > 4
    for each in asked:
        if each["backend_fn"]:
            data = [given.get(names[element], values[element]) for element in each["inputs"]]
            output = ask_by_number(url, each["id"], data)
            assert "data" not in output or len(output["data"][1]) <= 16
            assert "data" in output or "at most 16 lists" in output["error"]


def test_a_drawing_of_a_program_is_no_larger_than_what_is_seen_of_it(url: str) -> None:
    file = io.BytesIO()
    Image.new("L", (6300, 6300), 255).save(file, "PNG")
    client = client_of(url)
    with pytest.raises(Exception, match="6300 x 6300 pixels, which is too many: send at most 4 megapixels"):
        client.predict(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}", api_name="/enlarge")


def test_twenty_visitors_at_once_are_told_their_place_and_get_no_error(url: str, page: Any) -> None:
    open_example(page, "outline")
    face = data_url(EXAMPLES_FOLDER / "bun.png")
    page.evaluate(WATCH_PLACES)  # it may stay there for less than what a look from outside takes
    is_told = threading.Event()

    def photographs(visitor: Visitor) -> set[str]:
        made = {visitor.photograph(face)}
        while not is_told.is_set():  # However quick the machine is, there is a queue.
            made.add(visitor.photograph(face))
        return made

    with ThreadPoolExecutor(20) as pool:
        visitors = list(pool.map(Visitor, [url] * 20))
        answers = [pool.submit(photographs, visitor) for visitor in visitors]
        try:
            slide(page, "#direction-hair", 0.9)
            page.wait_for_function("places.some(text => text.includes('queue: '))")
        finally:
            is_told.set()
        assert len(set.union(*(answer.result() for answer in answers))) == 1
    page.locator("#photo").get_by_text("queue: ").wait_for(state="hidden")


@pytest.mark.parametrize("program", ["app.py", "sketch2photo.studio"])
def test_a_bad_model_is_one_sentence(program: str) -> None:
    done = run_program(program, "--model", "/nonexistent")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "/nonexistent" in done.stderr


def test_a_picture_that_is_made_again_is_not_written_under_its_readers(url: str) -> None:
    client = client_of(url, download_files=False)
    none = [0] * (len(client.view_api(return_format="dict")["named_endpoints"]["/photograph"]["parameters"]) - 2)

    def shown() -> list[Path]:
        answer = client.predict(data_url(EXAMPLES_FOLDER / "outline.png"), 3, 7, 1, 1, *none, api_name="/generate")
        return [Path(answer[1]["path"]), *[Path(each["image"]["path"]) for each in answer[2]]]

    first = shown()
    files = [path.open("rb") for path in first]
    before = [path.stat().st_mtime_ns for path in first]
    assert shown() == first
    for path, file, written in zip(first, files, before, strict=True):
        with file:
            untouched = path.stat().st_mtime_ns == written
            assert untouched or path.stat().st_ino != os.fstat(file.fileno()).st_ino
