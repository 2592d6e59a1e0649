"""The model on the Hub: its card, uploads and downloads through the real client to a Hub on loopback, and the Space."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gradio_client
import httpx
import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard, constants, set_client_factory
from huggingface_hub.utils._http import default_client_factory
from PIL import Image
from safetensors.torch import load_file, save_file

from hub import push as push_program
from hub.card import build
from hub.card import main as write_card
from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.evaluation.browser import free_port
from sketch2photo.networks.calibrator import Calibrator
from sketch2photo.studio.pad import to_value
from tests import ROOT
from tests.hub.hub_server import Fault, Hub, client_of
from tests.programs import new_environment, run_program

FOLDER = ROOT / "hub" / "model"
SMALL = {"image_size": 64, "channels": (16, 32), "blocks": (1, 1), "head": 8}
NAME = "ada/sketch2photo"


# ---- the folder and its card -----------------------------------------------------------------------------------------


def test_bundled_weights_load_and_draw() -> None:
    assert (FOLDER / "model.safetensors").stat().st_size < 25e6
    model = Sketch2Photo.from_pretrained(FOLDER)
    assert (model.image_size, model.latent_dim) == (256, 8)
    assert all(torch.isfinite(weight).all() for weight in load_file(FOLDER / "model.safetensors").values())
    out = Sketch2PhotoPipeline(model)(ROOT / "sketch2photo" / "examples" / "careful_woman.png", num_images=2, seed=0)
    extremes = [image.convert("L").getextrema() for image in out.images]
    assert all(high - low > 120 for low, high in extremes)


def test_card_is_what_its_figures_make_it() -> None:
    before = (FOLDER / "README.md").read_text()
    assert run_program("hub.card").returncode == 0
    assert (FOLDER / "README.md").read_text() == before
    card = ModelCard.load(FOLDER / "README.md")
    published = json.loads((FOLDER / "metrics.json").read_text())["results"][0]["figures"]
    told = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert told["kernel_distance"] == round(published["kernel_distance"], 4)
    assert (card.data.library_name, card.data.pipeline_tag) == ("sketch2photo", "image-to-image")
    for heading in ("What it may be used for", "What it was trained on", "Where it fails"):
        assert f"## {heading}" in card.text


def test_a_card_without_figures_is_one_sentence(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "config.json", tmp_path)
    with pytest.raises(ValueError, match=r"has no metrics\.json"):
        write_card(tmp_path)


def test_another_figure_changes_its_two_lines_of_the_card_and_no_other(tmp_path: Path) -> None:
    for name in ("metrics.json", "persons.json", "config.json"):
        shutil.copy(FOLDER / name, tmp_path)
    report = json.loads((tmp_path / "metrics.json").read_text())
    report["results"][0]["figures"]["reconstruction"] = 7.25
    (tmp_path / "metrics.json").write_text(json.dumps(report))
    before, after = str(build(FOLDER)).splitlines(), str(build(tmp_path)).splitlines()
    changed = [line for old, line in zip(before, after, strict=True) if old != line]
    assert len(changed) == 2
    assert "7.25" in changed[0]
    assert changed[1].startswith("|")


# ---- a Hub, and programs that use it ---------------------------------------------------------------------------------


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub().serving() as hub:
        yield hub


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, saved."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    Sketch2PhotoPipeline(Sketch2Photo(**SMALL)).save_pretrained(folder)
    return folder


def environment(hub: Hub, home: Path, token: str = "hf_ada") -> dict[str, str]:
    return hub.environment(home, token)


def python(code: str, *arguments: object, env: dict[str, str]) -> str:
    """What a new Python process prints."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(*arguments: object, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`python -m hub.push` in this process."""
    with client_of(env):
        return run_program("hub.push", *arguments)


LOAD_AND_SAVE = """
import sys
from sketch2photo import Sketch2PhotoPipeline
for revision, folder in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
    pipe = Sketch2PhotoPipeline.from_pretrained(sys.argv[1], revision=revision)
    assert not pipe.model.training and not any(module.training for module in pipe.model.modules())
    pipe.save_pretrained(folder)
"""


def load_and_save(revision: str, folder: Path, env: dict[str, str]) -> None:
    """As above, in this process."""
    with client_of(env):
        Sketch2PhotoPipeline.from_pretrained(NAME, revision=revision).save_pretrained(folder)


def test_the_calibrator_goes_with_the_model(hub: Hub, tmp_path: Path) -> None:
    """In the same pull request, and by save_pretrained, too."""
    with client_of(environment(hub, tmp_path / "cache")):
        pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL), Calibrator())
        pipe.save_pretrained(tmp_path / "saved", push_to_hub=True, repo_id=NAME)
        asked = pipe.push_to_hub("ada/other", create_pr=True)
    repo, other = hub.repos["models", NAME], hub.repos["models", "ada/other"]
    assert [ref for ref in other.refs if ref.startswith("refs/pr/")] == ["refs/pr/1"]
    assert getattr(asked, "pr_num", None) == 1
    for held in (repo.commits[repo.refs["main"]], other.commits[other.refs["refs/pr/1"]]):
        assert {"model.safetensors", "calibrator/model.safetensors"} <= held.keys()


def test_what_was_pushed_comes_back_byte_for_byte_in_a_new_process(hub: Hub, folder: Path, tmp_path: Path) -> None:
    with client_of(environment(hub, tmp_path / "first")):
        Sketch2Photo.from_pretrained(folder).push_to_hub(NAME, private=True)
        Sketch2PhotoPipeline.from_pretrained(str(folder)).push_to_hub("ada/other")
    repo = hub.repos["models", NAME]
    assert repo.private
    assert not hub.repos["models", "ada/other"].private
    held = repo.commits[repo.refs["main"]]
    assert held["model.safetensors"].lfs
    assert {"README.md", "config.json", "model.safetensors"} <= held.keys()

    env = environment(hub, tmp_path / "second")
    revisions = (repo.refs["main"], tmp_path / "commit", "main", tmp_path / "branch")
    python(LOAD_AND_SAVE, NAME, *revisions, env=env)
    before = len(hub.log)
    load_and_save("main", tmp_path / "offline", env | {"HF_HUB_OFFLINE": "1"})
    assert len(hub.log) == before
    hub.down = True
    load_and_save("main", tmp_path / "down", env)
    for copy in ("commit", "branch", "offline", "down"):
        for file in ("config.json", "model.safetensors"):
            assert (tmp_path / copy / file).read_bytes() == (folder / file).read_bytes()


def test_what_is_loaded_and_saved_again_is_the_same_files(tmp_path: Path) -> None:
    """The card of 9 kB, and weights of 16 bits; those that have changed since are saved as they are."""
    pipe = Sketch2PhotoPipeline.from_pretrained(str(FOLDER))
    pipe.save_pretrained(tmp_path / "copy")
    for name in ("README.md", "model.safetensors", "calibrator/model.safetensors"):
        assert (tmp_path / "copy" / name).read_bytes() == (FOLDER / name).read_bytes(), name
    (tmp_path / "copy" / "README.md").write_text("Mine.")
    with torch.no_grad():
        pipe.model.generator.stem.bias += 1e-6
    pipe.save_pretrained(tmp_path / "copy")
    assert (tmp_path / "copy" / "README.md").read_text() == "Mine."
    again = Sketch2Photo.from_pretrained(tmp_path / "copy")
    assert all(map(torch.equal, again.state_dict().values(), pipe.model.state_dict().values()))


def test_pushing_what_was_loaded_leaves_the_card_as_it_is(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repo's own, and in a new repo that which came with the weights."""
    source = shutil.copytree(FOLDER, tmp_path / "source", ignore=shutil.ignore_patterns("*.jpg", "calibrator"))
    hub.put(NAME, source)
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_ada")
    model = Sketch2Photo.from_pretrained(NAME, cache_dir=tmp_path / "cache")
    model.push_to_hub("ada/other")
    (source / "README.md").write_text("---\nlicense: mit\n---\nAnother text by now.\n")
    hub.put(NAME, source)
    model.push_to_hub(NAME)
    for name, card in (("ada/other", FOLDER / "README.md"), (NAME, source / "README.md")):
        repo = hub.repos["models", name]
        held = repo.commits[repo.refs["main"]]
        assert held["README.md"].content == card.read_bytes()
        assert held["model.safetensors"].content == (FOLDER / "model.safetensors").read_bytes()


def test_a_download_that_is_cut_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    alone = shutil.copytree(FOLDER, tmp_path / "model", ignore=shutil.ignore_patterns("calibrator"))  # one large file
    config = json.loads((alone / "config.json").read_text())
    (alone / "config.json").write_text(json.dumps(config | {"framing": "whole"}))
    hub.put(NAME, alone)
    hub.cuts = [11_000_000]  # the client writes in pieces of 10 MiB
    load_and_save("main", tmp_path / "copy", environment(hub, tmp_path / "home"))
    assert hub.ranges == [None, f"bytes={10 * 2**20}-"]
    cached = next((tmp_path / "home").rglob("snapshots/*/model.safetensors"))
    assert cached.read_bytes() == (FOLDER / "model.safetensors").read_bytes()


def attempts(env: dict[str, str], **wanted: dict[str, str]) -> dict[str, str]:
    """What ValueError says to each, "" where it loads; any other error fails."""
    said = {}
    with client_of(env):
        for what, arguments in wanted.items():
            try:
                Sketch2Photo.from_pretrained(arguments.pop("id"), **arguments)
                said[what] = ""
            except ValueError as error:
                said[what] = str(error)
    return said


def test_each_way_not_to_have_a_model_gets_one_sentence(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.put(NAME, folder)
    hub.put("ada/private", folder, private=True)
    hub.put("ada/gated", folder, gated=True)
    hub.put("ada/empty", ROOT / "hub" / "space")
    hub.put("ada/other", folder)
    said = attempts(
        environment(hub, tmp_path / "home", token=""),
        unknown={"id": "ada/sketch2foto"},
        known={"id": NAME},
        revision={"id": NAME, "revision": "v9"},
        private={"id": "ada/private"},
        private_stranger={"id": "ada/private", "token": "hf_eve"},
        private_owner={"id": "ada/private", "token": "hf_ada"},
        gated={"id": "ada/gated"},
        gated_owner={"id": "ada/gated", "token": "hf_ada"},
        credentials={"id": "ada/other", "token": "nonsense"},
        files={"id": "ada/empty"},
        folder={"id": "runs/mine/best"},
    )
    assert [what for what, sentence in said.items() if not sentence] == ["known", "private_owner", "gated_owner"]
    for what in ("unknown", "private", "private_stranger"):
        assert "neither a folder nor a model on the Hub that you may see" in said[what]
    assert "no branch, tag or commit 'v9'" in said["revision"]
    assert "is gated: ask for access" in said["gated"]
    assert "the token is not valid" in said["credentials"]
    assert "holds no config.json" in said["files"]
    assert "looks like user/name" in said["folder"]
    assert all("\n" not in sentence for sentence in said.values())


def test_without_a_network_it_is_said_at_once(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        env = environment(hub, tmp_path) | {"HF_ENDPOINT": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        said = attempts(env, offline={"id": NAME})
    assert "nor is it in the cache: check the name and the network" in said["offline"]
    assert "Retry" not in caplog.text + capfd.readouterr().err  # the client's own way to wait for 23 seconds


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('{"image_size": 64, "wings": 2}', "no wings.*newer"),
        ('{"image_size": 64', "is not JSON"),
        ("[64]", "describes no model"),
        ('{"channels": 3}', "describes no model"),
    ],
)
def test_a_config_that_is_not_ours_is_named(folder: Path, tmp_path: Path, config: str, words: str) -> None:
    shutil.copy(folder / "model.safetensors", tmp_path)
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ValueError, match=words):
        Sketch2Photo.from_pretrained(tmp_path)


def test_weights_that_are_damaged_or_others_are_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"is damaged .* download it again") as damaged:
        Sketch2Photo.from_pretrained(tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["generator.stem.bias"]
    save_file(weights, path)
    with pytest.raises(ValueError, match=r"Missing key\(s\).*generator\.stem\.bias") as missing:
        Sketch2Photo.from_pretrained(tmp_path)
    save_file(weights | {"generator.stem.bias": torch.zeros(7)}, path)
    with pytest.raises(ValueError, match=r"size mismatch for generator\.stem\.bias") as shape:
        Sketch2Photo.from_pretrained(tmp_path)
    assert all("\n" not in str(error.value) for error in (damaged, missing, shape))


# ---- pushing ---------------------------------------------------------------------------------------------------------


def test_push_writes_what_changed_and_nothing_twice(hub: Hub, folder: Path, tmp_path: Path) -> None:
    weights = shutil.copytree(folder, tmp_path / "weights")
    env = environment(hub, tmp_path / "home")
    command = ("both", NAME, "--weights", weights)

    def pushed(*more: str) -> list[str]:
        """The files that it says it changes."""
        done = push(*command, *more, env=env)
        assert done.returncode == 0, done.stderr
        return re.findall(r"^  ([-+~] .*)$", done.stdout, re.MULTILINE)

    def state() -> list[dict[str, str]]:
        return [dict(repo.refs) for repo in hub.repos.values()]

    planned = pushed("--private", "--dry-run")
    assert hub.repos == {}
    assert {"+ model.safetensors", "+ app.py", "+ sketch2photo/studio/page.py"} <= set(planned)
    assert pushed("--private") == planned
    model, space = hub.repos["models", NAME], hub.repos["spaces", NAME]
    assert model.private
    assert (space.private, space.sdk) == (True, "gradio")
    held = model.commits[model.refs["main"]]
    assert all(held[path.name].content == path.read_bytes() for path in weights.iterdir())

    before = state()
    assert pushed("--private") == []
    assert state() == before

    (weights / "notes.txt").write_text("one\n")
    (weights / "README.md").write_text((weights / "README.md").read_text() + "\nMore.\n")
    assert pushed("--dry-run") == ["~ README.md", "+ notes.txt"]
    assert state() == before
    for _ in range(2):  # the second time there is a pull request with it already
        assert pushed("--create-pr") == ["~ README.md", "+ notes.txt"]
    assert list(model.refs) == ["main", "refs/pr/1"]
    assert model.refs["main"] == before[0]["main"]
    assert pushed() == ["~ README.md", "+ notes.txt"]
    (weights / "notes.txt").unlink()
    assert pushed() == ["- notes.txt"]
    assert "notes.txt" not in model.commits[model.refs["main"]]
    assert ".gitattributes" in model.commits[model.refs["main"]]


def test_push_builds_the_static_space_and_writes_nothing_twice(hub: Hub, folder: Path, tmp_path: Path) -> None:
    name, env = "ada/sketch2photo-web", environment(hub, tmp_path / "home")
    first = push("web", name, "--weights", folder, "--private", env=env)
    assert first.returncode == 0, first.stderr
    space = hub.repos["spaces", name]
    assert (space.private, space.sdk) == (True, "static")
    held = space.commits[space.refs["main"]]
    assert ModelCard(held["README.md"].content.decode()).data.sdk == "static"
    files = re.findall(r"self.FILES = (.*);", held["version.js"].content.decode())[0]
    assert {"index.html", "generator.onnx.gzip"} < set(json.loads(files)) - {"./"} < set(held)
    assert json.loads(held["config.json"].content)["image_size"] == 64
    assert b'"https://ada-sketch2photo-web.static.hf.space/preview.jpg"' in held["index.html"].content
    assert "preview.jpg" in held

    before = dict(space.refs)  # built anew, it is the same to the byte
    assert "nothing to change" in push("web", name, "--weights", folder, "--private", env=env).stdout
    assert space.refs == before

    other = push("space", name, env=env)
    assert other.returncode == 2
    assert "is a static Space, and this would make it a gradio one" in other.stderr


def test_push_says_in_one_line_why_it_cannot(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.put(NAME, folder)
    env = environment(hub, tmp_path)
    (tmp_path / "none").mkdir()
    for arguments, token, words in (
        (("model", NAME, "--private", "--weights", folder), "hf_ada", "is public already"),
        (("model", NAME, "--weights", FOLDER), "hf_eve", "does not let you write there"),
        (("model", "ada/new", "--weights", folder), "", "hf auth login"),
        (("model", NAME, "--weights", tmp_path / "none"), "hf_ada", "holds no config.json"),
    ):
        done = push(*arguments, env={**env, "HF_TOKEN": token})
        assert done.returncode == 2
        assert words in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


def test_a_hub_that_is_not_reached_is_said_in_words() -> None:
    assert push_program.why(httpx.ConnectError("[Errno -2]")) == "The Hub cannot be reached: check the network."


def test_only_what_lies_in_the_folder_and_is_not_hidden_is_published(hub: Hub, folder: Path, tmp_path: Path) -> None:
    weights = shutil.copytree(folder, tmp_path / ".cache" / "model.git")
    secret = tmp_path / "secret.txt"
    secret.write_text("mine")
    for hidden in (
        ".ipynb_checkpoints/draft.json",
        "more/.ipynb_checkpoints/draft.json",
        ".git/config",
        ".cache/x.json",
    ):
        (weights / hidden).parent.mkdir(parents=True, exist_ok=True)
        (weights / hidden).write_text("{}")
    (weights / "link.txt").symlink_to(secret)
    (weights / "others").symlink_to(tmp_path, target_is_directory=True)
    (weights / "same.json").symlink_to(weights / "config.json")
    env = environment(hub, tmp_path / "home")
    done = push("model", NAME, "--weights", weights, env=env)
    assert done.returncode == 0, done.stderr
    assert "link.txt is left out: it is a link" in done.stdout
    repo = hub.repos["models", NAME]
    held = repo.commits[repo.refs["main"]]
    assert held.keys() == {".gitattributes", "README.md", "config.json", "model.safetensors", "same.json"}

    (weights / "config.json").unlink()
    (weights / "config.json").symlink_to(shutil.copy(folder / "config.json", tmp_path))
    refused = push("model", "ada/new", "--weights", weights, env=env)
    assert refused.returncode == 2
    assert "config.json would not be there: copy what" in refused.stderr
    assert ("models", "ada/new") not in hub.repos


def test_what_holds_no_finite_numbers_is_not_published(hub: Hub, folder: Path, tmp_path: Path) -> None:
    for part in ("weights", "directions", "calibrator"):
        weights = shutil.copytree(folder, tmp_path / part)
        if part == "weights":
            spoil(weights)
        elif part == "calibrator":
            framed = Sketch2PhotoPipeline(Sketch2Photo.from_pretrained(weights), Calibrator(image_size=64, hidden=32))
            framed.save_pretrained(weights)
            spoil(weights / "calibrator")
        else:
            config = json.loads((weights / "config.json").read_text())
            config["directions"] = {"hair": {"vector": [float("nan")] * 8, "range": [-1, 1]}}
            (weights / "config.json").write_text(json.dumps(config))
        done = push("model", NAME, "--weights", weights, env=environment(hub, tmp_path / "home"))
        assert done.returncode == 2
        assert "finite numbers" in done.stderr, part
    assert hub.repos == {}


def spoil(folder: Path) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    next(iter(weights.values())).view(-1)[0] = float("nan")
    save_file(weights, path)


@pytest.mark.parametrize(
    "of", ["GET /api/models", "POST /api/repos/create", "POST /api/validate-yaml", "/preupload/", "/commit/"]
)
@pytest.mark.parametrize("status", [429, 500])
def test_a_hub_that_stumbles_is_asked_again(
    hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str, status: int
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    hub.faults = [Fault(of, status)] * 2
    done = push("model", NAME, "--weights", folder, env=environment(hub, tmp_path))
    assert done.returncode == 0, done.stderr
    assert not hub.faults
    assert "model.safetensors" in hub.repos["models", NAME].commits[hub.repos["models", NAME].refs["main"]]


def test_what_was_pushed_is_not_said_to_be_missing(
    hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer is lost and the file's commit is there; it stays unknown whether it is; and of two repos the first is there."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    env = environment(hub, tmp_path / "home")
    weights = shutil.copytree(folder, tmp_path / "weights")
    hub.faults = [Fault("/commit/", does=True)] * 30
    done = push("model", NAME, "--weights", weights, env=env)
    assert (done.returncode, "done, though the Hub's answer was lost" in done.stdout) == (0, True)

    (weights / "notes.txt").write_text("one")
    hub.faults = [Fault("/commit/")] * 30
    absent = push("model", NAME, "--weights", weights, env=env)
    assert (absent.returncode, f"The model {NAME} was not pushed." in absent.stderr) == (2, True)
    hub.faults = [Fault("/commit/", does=True, status=400, message="no")]
    refused = push("model", NAME, "--weights", weights, env=env)
    assert (refused.returncode, f"The model {NAME} was not pushed." in refused.stderr) == (2, True)

    (weights / "notes.txt").write_text("two")
    hub.faults = [Fault("/commit/", does=True, ends=True)]
    unsure = push("model", NAME, "--weights", weights, env=env)
    assert unsure.returncode == 2
    assert f"whether {NAME} was pushed is not known: look at {hub.url}/{NAME}" in unsure.stderr

    hub.down = False
    hub.faults = [Fault("GET /api/spaces", 403, "no")]
    both = push("both", NAME, "--weights", weights, env=env)
    assert f"The Space {NAME} was not pushed, the model was. The Hub does not let you" in both.stderr


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (
            403,
            "Private repository storage limit reached",
            "A quota of yours on the Hub is used up: Private repository storage",
        ),
        (
            429,
            "You have exceeded our hourly quotas for action: commit",
            "A quota of yours on the Hub is used up: You have",
        ),
        (429, "Too Many Requests", "The Hub was asked too often: try again later"),
    ],
)
def test_a_quota_is_told_as_a_quota(
    hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, message: str, words: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    hub.faults = [Fault("/commit/", status, message)] * 30
    done = push("model", NAME, "--weights", folder, env=environment(hub, tmp_path))
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_a_silent_hub_is_not_waited_for_without_end(
    hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_program, "SECONDS", 0.2)
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", "hf_ada")
    hub.faults = [Fault("GET /api/models", status=None)]
    with pytest.raises(ValueError, match=r"not pushed\. The Hub has not answered within 0\.2 seconds"):
        push_program.main("model", NAME, weights=folder)
    set_client_factory(default_client_factory)


# ---- the Space -------------------------------------------------------------------------------------------------------


@dataclass
class Space:
    """What was pushed as a Space, on a disk, with the Python of an environment of its own."""

    folder: Path
    python: Path
    env: dict[str, str]

    @contextmanager
    def running(self, **env: str) -> Iterator[Any]:
        """A gradio_client of the Space while it runs."""
        port = free_port()
        env = {**self.env, "GRADIO_SERVER_PORT": str(port), **env}
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        app = subprocess.Popen([self.python, "app.py"], cwd=self.folder, env=env, **output)
        try:
            for _ in range(1800):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert app.poll() is None, app.stdout.read().decode()
                time.sleep(0.1)
            yield gradio_client.Client(f"http://127.0.0.1:{port}", verbose=False)
        finally:
            app.terminate()
            app.wait(20)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Space]:
    """In a new environment with what a Space has: its requirements, the Gradio that its README names, and `spaces`."""
    folder = tmp_path_factory.mktemp("space")
    with Hub().serving() as hub:
        env = environment(hub, folder / "home")
        done = push("both", NAME, env=env)
        assert done.returncode == 0, done.stderr
        repo = hub.repos["spaces", NAME]
        for path, file in repo.commits[repo.refs["main"]].items():
            (folder / "space" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "space" / path).write_bytes(file.content)
        card = ModelCard.load(folder / "space" / "README.md").data
        assert (card.sdk, card.app_file, card.models) == ("gradio", "app.py", [NAME])

        wanted = [*(folder / "space" / "requirements.txt").read_text().split(), f"gradio=={card.sdk_version}", "spaces"]
        yield Space(folder / "space", new_environment(folder / "venv", *wanted, lend=wanted), env)


def test_the_space_is_built_installed_started_and_drawn_on(space: Space) -> None:
    drawing = Image.open(ROOT / "sketch2photo" / "examples" / "careful_woman.png")
    with space.running() as client:
        photo = client.predict(to_value(drawing), api_name="/photograph")  # the rest as the page begins: z = 0
        shown = np.asarray(Image.open(photo["path"] if isinstance(photo, dict) else photo).convert("RGB"), float)
    latents = torch.zeros(1, 8)
    pipe = Sketch2PhotoPipeline.from_pretrained(str(FOLDER))
    expected = pipe(drawing, latents=latents, reframe=False).images[0]
    assert np.abs(shown - np.asarray(expected, float)).mean() < 3  # it may compute in bf16


def test_on_zerogpu_the_space_asks_for_the_gpu_for_each_drawing(space: Space) -> None:
    """`spaces` as on ZeroGPU; what lends GPUs there is on loopback here, and has none left."""
    asked: list[str] = []

    class Lender(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/startup-report" else 429)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"left": 0, "wait": 60}')

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Lender) as lender:
        threading.Thread(target=lender.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{lender.server_port}"
        with space.running(SPACES_ZERO_GPU="true", SPACES_ZERO_DEVICE_API_URL=address) as client:
            assert asked == ["/startup-report"]
            drawing = Image.open(ROOT / "sketch2photo" / "examples" / "careful_woman.png")
            with pytest.raises(gradio_client.exceptions.AppError, match="GPU limit"):
                client.predict(to_value(drawing), api_name="/photograph")
        lender.shutdown()
    assert [path.partition("?")[0] for path in asked] == ["/startup-report", "/schedule"]
    assert "durationSeconds=10" in asked[1]
