"""What the README shows, as it is written there, in a copy of the repository and against a Hub on loopback."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sketch2photo.refine import Refiner
from tests import ROOT

pytest.importorskip("transformers")

from sketch2photo import Sketch2PhotoPipeline
from tests import diffusion
from tests.hub.hub_server import Hub


def shown(section: str, language: str) -> str:
    """The first block in a language of a section of the README."""
    text = (ROOT / "README.md").read_text().partition(f"\n## {section}")[2]
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[0]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("repository")
    for name in ("sketch2photo", "hub"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    shutil.copy(ROOT / "LICENSE", copy)
    shutil.copytree(ROOT / "hub" / "model", copy / "runs" / "mine" / "best")
    return copy


def test_what_it_says_of_python_of_the_hub_and_of_diffusion(repository: Path, tmp_path: Path) -> None:
    diffusion.save(tmp_path)
    published = Refiner()
    with Hub().serving() as hub:
        hub.put(published.model, tmp_path / "model")
        hub.put(published.controlnet, tmp_path / "controlnet")
        how = {"cwd": repository, "env": hub.environment(tmp_path / "home", "hf_user"), "check": True}
        subprocess.run(["bash", "-e", "-c", shown("On the Hub", "bash")], **how)
        assert {
            kind: sum(name.startswith("user/") for which, name in hub.repos if which == kind)
            for kind in ("models", "spaces")
        } == {"models": 2, "spaces": 2}
        said = "".join(shown(section, "python") for section in ("In Python", "On the Hub", "Further with diffusion"))
        subprocess.run([sys.executable, "-c", f"{said}\npictures[3].save('refined.png')"], **how)
    photo = np.asarray(Image.open(repository / "photo.png"), float)
    again = Sketch2PhotoPipeline.from_pretrained(str(repository / "mine"))
    drawing = ROOT / "sketch2photo" / "examples" / "careful_woman.png"
    assert np.abs(np.asarray(again(drawing, num_images=1, seed=0).images[0]) - photo).max() <= 1
    assert Image.open(repository / "refined.png").size == (512, 512)


def test_the_page_that_it_shows_how_to_build_and_serve(repository: Path, browser: Any) -> None:
    lines = shown("Without a server", "bash").splitlines()
    (line,) = [line for line in lines if "http.server" in line]
    address = re.search(r"http://127.0.0.1:(\d+)", line)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address[1]))), f"something else is served on {address[0]}"
    process = subprocess.Popen(["bash", "-e", "-c", line], cwd=repository, start_new_session=True)
    try:
        for _ in range(1800):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(address[1]))) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.1)
        page = browser.new_page()
        page.goto(address[0])
        page.wait_for_selector("body[data-ready]")
        page.get_by_role("button", name="Example drawing: childish").click()
        page.get_by_role("img", name="Photograph of your drawing").wait_for()
        page.close()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
