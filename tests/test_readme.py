"""What the README shows, as it is written there, in a copy of the repository and against a Hub on loopback; and what its rooms' show."""

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.data.synthetic_faces import draw_face
from sketch2photo.evaluation.browser import answers
from sketch2photo.refine import Refiner
from tests import ROOT, diffusion
from tests.hub.hub_server import Hub, client_of
from tests.programs import run_program, start_program

PATIENCE = 240  # seconds


def shown(document: str, language: str, section: str = "") -> str:
    """All blocks in a language of a document, or of one section of it."""
    text = (ROOT / document).read_text()
    if section:
        text = text.partition(f"\n## {section}")[2].partition("\n## ")[0]
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


COMMANDS = [re.sub(r"\s+#.*", "", line) for line in shown("README.md", "bash").splitlines()]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, with faces/ and more/ of its reader's own in it: drawn ones. Of the tests' drawings it has two."""
    copy = tmp_path_factory.mktemp("repository")
    for name in ("sketch2photo", "hub"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    (copy / "tests/drawings").mkdir(parents=True)
    for name in ("careful_girl.png", "phone_pencil.jpg"):
        shutil.copy(ROOT / "tests/drawings" / name, copy / "tests/drawings")
    for name in ("LICENSE", "app.py", "train.py"):
        shutil.copy(ROOT / name, copy)
    for folder in ("faces/photo", "faces/sketch", "more"):
        (copy / folder).mkdir(parents=True)
    for number in range(6):
        photo, sketch = draw_face(np.random.default_rng(number), 128)
        Image.fromarray(photo).save(copy / "faces/photo" / f"{number}.png")
        Image.fromarray(sketch).save(copy / "faces/sketch" / f"{number}.png")
        Image.fromarray(photo).save(copy / "more" / f"{number}.png")
    return copy


@contextmanager
def started(command: str, folder: Path) -> Iterator[BaseProcess]:
    """A program in a folder, which is interrupted at the end where it has not ended itself; it prints no traceback."""
    program, *arguments = shlex.split(command.removeprefix("python "))
    log = folder / "printed.txt"
    log.write_text("")
    # Once is it seen with nothing imported before.
    process = start_program(program, *arguments, printed=log, folder=folder, fresh=not arguments)
    try:
        yield process
    finally:
        process.terminate()
        process.join(PATIENCE)
        process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


def wait_for(condition: Callable[[], Any], process: BaseProcess) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.is_alive(), "it ended"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.2)


def serve(command: str, folder: Path) -> None:
    """The page comes up where the README says that it does."""
    port = int(re.search(r"http://127.0.0.1:(\d+)", shown("README.md", "bash"))[1])
    if answers(port):
        pytest.fail(f"Something else is served on port {port}.")
    with started(command, folder) as process:
        wait_for(lambda: answers(port), process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=60) as page:
            assert b"Sketch2Photo" in page.read()


def train(command: str, folder: Path) -> None:
    """It trains until it is asked to stop, and leaves a model."""
    out = folder / (re.search(r"--out (\S+)", command) or ["", "runs/latest"])[1]
    before = (out / "checkpoint.pt").stat().st_mtime if (out / "checkpoint.pt").exists() else 0
    with started(command, folder) as process:
        # Its log file is there as soon as the first step begins.
        wait_for(lambda: any(path.stat().st_mtime > before for path in out.glob("logs/**/events*")), process)
    assert process.exitcode == 0
    assert (out / "checkpoint.pt").stat().st_mtime > before
    Sketch2PhotoPipeline.from_pretrained(str(out / "best"))


def complete(command: str, folder: Path) -> None:
    """A module's command, in this process and in a folder."""
    python, dash, module, *arguments = shlex.split(command)
    assert (python, dash) == ("python", "-m")
    with contextlib.chdir(folder):
        done = run_program(module, *arguments)
    assert done.returncode == 0, done.stderr


def test_it_is_short() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 900


def test_each_file_that_it_links_is_there() -> None:
    documents = [
        ROOT / "README.md",
        ROOT / ".github/CONTRIBUTING.md",
        *(ROOT / "sketch2photo").glob("*/README.md"),
        ROOT / "hub/README.md",
    ]
    for document in documents:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links {target}"
    rooms = (ROOT / "README.md").read_text().partition("| room |")[2].partition("\n\n")[0]
    for name in re.findall(r"`(\w+(?:\.py|/))`", rooms):
        assert (ROOT / "sketch2photo" / name).exists() or (ROOT / name).exists(), name


@pytest.mark.parametrize("command", [command for command in COMMANDS if "hub.push" not in command])
def test_each_command_runs_as_it_is_written(command: str, repository: Path) -> None:
    """In order: what one leaves the next may need. Installing is what .ci/run begins with, and the tests are these."""
    install, _, command = command.rpartition(" && ")
    if install:
        assert f"{install}\n" in (ROOT / ".ci/run").read_text()
    if command == "pytest":
        assert "python -m pytest" in (ROOT / ".ci/run").read_text()
    elif command.startswith("python app.py"):
        serve(command, repository)
    elif command.startswith("python train.py"):
        train(command, repository)
    else:
        complete(command, repository)


def test_what_it_pushes_is_on_the_hub(repository: Path, tmp_path: Path) -> None:
    with Hub().serving() as hub, client_of(hub.environment(tmp_path, "hf_user")):
        for command in COMMANDS:
            if "hub.push" in command:
                complete(command, repository)
        assert set(hub.repos) == {
            ("models", "user/sketch2photo"),
            ("spaces", "user/sketch2photo"),
            ("spaces", "user/sketch2photo-web"),
        }


def test_what_it_shows_of_python(repository: Path) -> None:
    code = shown("README.md", "python")
    pictures = "import numpy as np; np.save('pictures.npy', [out.images[0], again.images[0], light.images[0], alike.images[0]])"
    subprocess.run([sys.executable, "-c", f"{code}\n{pictures}"], cwd=repository, check=True)
    out, again, light, alike = np.load(repository / "pictures.npy").astype(float)
    expected = Sketch2PhotoPipeline.from_pretrained(str(repository / "hub/model"))
    drawing = ROOT / "sketch2photo/examples/careful_woman.png"
    assert np.abs(np.asarray(expected(drawing, num_images=1, seed=0).images[0]) - out).max() <= 1
    assert np.abs(np.asarray(Image.open(repository / "photo.png")) - out).max() == 0
    assert all(np.abs(one - other).mean() > 3 for one in (again, light, alike) for other in (out,))


def test_what_the_rooms_say_of_the_hub_and_of_diffusion(repository: Path, tmp_path: Path) -> None:
    diffusion.save(tmp_path)
    published = Refiner()
    shutil.copytree(ROOT / "hub" / "model", repository / "runs" / "mine" / "best", dirs_exist_ok=True)
    with Hub().serving() as hub:
        hub.put(published.model, tmp_path / "model")
        hub.put(published.controlnet, tmp_path / "controlnet")
        hub.put("user/sketch2photo", ROOT / "hub" / "model")
        env = hub.environment(tmp_path / "home", "hf_user")
        lines = [re.sub(r"\s+#.*", "", line) for line in shown("hub/README.md", "bash").splitlines()]
        for line in lines:
            if "hub.push" in line and line not in COMMANDS:  # those have a test of their own
                with client_of(env):
                    complete(line, repository)
        assert ("models", "user/mine") in hub.repos
        # The pipeline on the Hub, then what the page's document says of diffusion, with the README's drawing between them.
        draw = 'out = pipe("sketch2photo/examples/careful_woman.png", num_images=1, seed=0)'
        refine = shown("sketch2photo/studio/README.md", "python", "Further with diffusion")
        parts = [shown("README.md", "python").splitlines()[0], shown("hub/README.md", "python"), draw, refine]
        code = "\n".join([*parts, "pictures[0].save('refined.png')"])
        subprocess.run([sys.executable, "-c", code], cwd=repository, env=env, check=True)
    again = Sketch2PhotoPipeline.from_pretrained(str(repository / "mine"))
    drawing = ROOT / "sketch2photo" / "examples" / "careful_woman.png"
    expected = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))(drawing, num_images=1, seed=0).images[
        0
    ]
    assert np.abs(np.asarray(again(drawing, num_images=1, seed=0).images[0], float) - np.asarray(expected)).max() <= 1
    assert Image.open(repository / "refined.png").size == (512, 512)


def test_the_page_that_the_hub_s_document_shows_how_to_build_and_serve(repository: Path, browser: Any) -> None:
    (line,) = [line for line in shown("hub/README.md", "bash").splitlines() if "http.server" in line]
    address = re.search(r"http://127.0.0.1:(\d+)", line)
    assert not answers(int(address[1])), f"something else is served on {address[0]}"
    build, serve = line.partition("#")[0].split("&&")
    complete(build, repository)
    with subprocess.Popen(["bash", "-c", f"exec {serve}"], cwd=repository, stderr=subprocess.DEVNULL) as server:
        try:
            while not answers(int(address[1])):
                assert server.poll() is None
                time.sleep(0.1)
            page = browser.new_page()
            page.goto(address[0])
            page.wait_for_selector("body[data-ready]")
            page.get_by_role("button", name="Example drawing: childish").click()
            page.get_by_role("img", name="Photograph of your drawing").wait_for()
            page.close()
        finally:
            server.terminate()
