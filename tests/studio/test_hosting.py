"""The page where others serve it: in an app of theirs, behind a password; and what it leaves behind."""

import threading
from collections.abc import Iterator
from pathlib import Path

import gradio_client
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.evaluation.browser import free_port
from sketch2photo.evaluation.load_test import Visitor, data_url
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.studio import page
from tests.programs import run_program
from tests.studio.visitor import client_of, wait_for

FACE = data_url(EXAMPLES_FOLDER / "outline.png")


@pytest.fixture(scope="module")
def pipe() -> Sketch2PhotoPipeline:
    return Sketch2PhotoPipeline(Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1)))


@pytest.fixture(scope="module")
def address(pipe: Sketch2PhotoPipeline) -> Iterator[str]:
    """Of an app that has the page at /faces for everybody and at /inside for Ann."""
    app = FastAPI()
    app.get("/")(lambda: "mine")
    page.mount(app, pipe, "/faces")
    page.mount(app, pipe, "/inside", auth=("ann", "secret"))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started, "server")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_drawing_becomes_a_photograph_in_an_app_of_ones_own(address: str, tmp_path: Path) -> None:
    assert httpx.get(address).json() == "mine"
    client = client_of(f"{address}/faces", download_files=str(tmp_path))
    photo = client.predict(drawing=FACE, api_name="/photograph")
    assert Image.open(photo).size == (64, 64)


def test_a_mounted_page_has_its_looks_and_words(address: str) -> None:
    config = httpx.get(f"{address}/faces/config").json()
    assert config["title"] == "Sketch2Photo" and "#pad" in config["head"]
    assert config["i18n_translations"]["ru"]["keep"] == "Сохранить"
    assert "slate" not in httpx.get(f"{address}/faces/theme.css").text  # hues are written as colours


def test_a_mounted_page_takes_no_more_than_another(address: str) -> None:
    long = b"x" * (9 * 2**20)
    assert httpx.post(f"{address}/faces/gradio_api/queue/join", content=long).status_code == 413


def test_a_stranger_gets_nothing(address: str) -> None:
    inside = f"{address}/inside"
    for path in ("config", "gradio_api/info", "gradio_api/file=/tmp/gradio"):
        assert httpx.get(f"{inside}/{path}").status_code == 401, path
    asked = httpx.post(f"{inside}/gradio_api/call/photograph", json={"data": [FACE, 1, *[0] * 8]})
    assert asked.status_code == 401
    with pytest.raises(Exception, match="Could not login"):
        client_of(inside, auth=("ann", "guessed"))
    client = client_of(inside, auth=("ann", "secret"), download_files=False)
    assert client.predict(drawing=FACE, api_name="/photograph")


@pytest.mark.parametrize("auth", ["ann", "ann:", ":secret"])
def test_a_bad_password_is_one_sentence(auth: str) -> None:
    done = run_program("app.py", "--auth", auth)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "USER:PASSWORD" in done.stderr


def test_files_and_their_folders_expire(
    pipe: Sketch2PhotoPipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With seconds in place of minutes and hours."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(page, "FILES_EXPIRE", (1, 5))
    assert Path(get_upload_folder()) == tmp_path
    app = page.launch(pipe, prevent_thread_lock=True, quiet=True)
    try:
        before = set(tmp_path.iterdir())  # the examples' pictures, which stay
        client = client_of(app.local_url, download_files=False)
        for z in (-3, 0, 3):
            client.predict(drawing=FACE, latent_1=z, api_name="/photograph")
        uploaded = client.predict(picture=gradio_client.handle_file(EXAMPLES_FOLDER / "outline.png"), api_name="/open")
        assert uploaded
        assert set(tmp_path.iterdir()) - before  # some are younger, however slow the machine is
        wait_for(lambda: set(tmp_path.iterdir()) == before, "empty cache")
        kept = Path(client.predict(drawing=FACE, api_name="/photograph")["path"])  # where its folder had been
        assert kept.exists()
    finally:
        app.close()
    wait_for(lambda: set(tmp_path.iterdir()) <= before, "cache that is left empty")


def test_of_many_visitors_the_last_are_remembered(pipe: Sketch2PhotoPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's sessions have no end: ten thousand of them would take more memory than all else."""
    monkeypatch.setattr(page, "SESSIONS", 3)
    app = page.launch(pipe, prevent_thread_lock=True, quiet=True)
    try:
        visitors = [Visitor(app.local_url.rstrip("/")) for _ in range(5)]
        photos = [visitor.photograph(FACE) for visitor in [*visitors, visitors[0]]]
        assert len(set(photos)) == 1
        assert list(app.state_holder.session_data) == [visitors[i].session for i in (3, 4, 0)]
    finally:
        app.close()
