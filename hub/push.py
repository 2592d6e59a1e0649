"""Makes repos on the Hub what the folders here say: the model, the Space that draws with it, or both, under one name; or the
static Space that runs the model in the visitor's tab.

python -m hub.push both user/sketch2photo                  # hf auth login first, with a token that may write
python -m hub.push model user/mine --weights runs/mine/best --private
python -m hub.push both user/sketch2photo --dry-run        # lists what would change
python -m hub.push web user/sketch2photo-web               # builds the page as hub.build_web does

Files on the Hub that the folder does not have are deleted. What is already there is not uploaded again.
"""

import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal, TypeVar

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    Discussion,
    HfApi,
    RepoCard,
    get_session,
    set_client_factory,
)
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import filter_repo_objects

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.cli import run
from sketch2photo.hub_download import FILES

ROOT = Path(__file__).parent.parent
LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", ".*")  # of what a Space is built from
HIDDEN = [".*", "*/.*"]  # is published of no folder
SECONDS = 60  # without a sign of the Hub, until it is given up
WAITS = (1, 4)  # seconds before a request is made again
Answer = TypeVar("Answer")
Changes = Mapping[str, str]  # path -> "+" new, "~" changed, "-" no longer there


def build_space(folder: Path, model: str) -> None:
    """Writes all that the Space consists of into an empty folder: hub/space, the package, and the model's id in the README."""
    shutil.copytree(ROOT / "hub" / "space", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copytree(ROOT / "sketch2photo", folder / "sketch2photo", ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copy(ROOT / "LICENSE", folder)  # of the code
    shutil.copy(ROOT / "hub" / "model" / "LICENSE.md", folder)  # of the weights
    card = RepoCard.load(folder / "README.md")
    card.data.models = [model]
    card.save(folder / "README.md")


class Unsure(ValueError):
    """It may have been pushed, or not."""


def limit_waiting() -> None:
    """Has no request to the Hub wait for more than SECONDS without a sign of it: the client's own wait for ever."""
    client = type(get_session())
    hooks = get_session().event_hooks["request"]

    def limit(request: Any) -> None:
        waits = request.extensions["timeout"]
        request.extensions["timeout"] = {step: min(seconds or SECONDS, SECONDS) for step, seconds in waits.items()}

    set_client_factory(lambda: client(event_hooks={"request": [*hooks, limit]}, follow_redirects=True, timeout=None))


def patiently(ask: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
    """What the Hub answers, asked again where it is busy or stumbles: its client does so with some requests, not with all."""
    for seconds in WAITS:
        try:
            return ask(*arguments, **options)
        except HfHubHTTPError as error:
            if was_refused(error):
                raise
            time.sleep(seconds)
    return ask(*arguments, **options)


def was_refused(error: Exception) -> bool:
    """Whether the Hub has read a request and said no, for which it makes no difference to ask again."""
    if not isinstance(error, HfHubHTTPError):
        return False
    return error.response.status_code < 500 and error.response.status_code != 429


def why(error: Exception) -> str:
    """One sentence about what went wrong between here and the Hub."""
    kinds = {kind.__name__ for kind in type(error).__mro__}  # of an HTTP library or another
    if "TimeoutException" in kinds:
        return f"The Hub has not answered within {SECONDS} seconds: try again later."
    if "ConnectError" in kinds:
        return "The Hub cannot be reached: check the network."
    if isinstance(error, HfHubHTTPError):
        said = shorten(error.server_message or str(error), 300)
        status = error.response.status_code
        if status in (402, 403, 413, 429) and re.search("quota|storage|exceeded", said, re.IGNORECASE):
            return f"A quota of yours on the Hub is used up: {said}"
        if status == 429:
            return f"The Hub was asked too often: try again later. It says: {said}"
        if status in (401, 403):
            return "The Hub does not let you write there: `hf auth login` with a token that may."
    return shorten(str(error), 300)


def published(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their paths in it: nothing that is hidden, and nothing that a link brings in from elsewhere."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files = {}
    for path in filter_repo_objects(paths, ignore_patterns=HIDDEN):
        if paths[path].resolve().is_relative_to(folder.resolve()):
            files[path] = paths[path].read_bytes()
        else:
            print(f"{path} is left out: it is a link to a file outside of {folder}")
    return files


def push(api: HfApi, kind: str, name: str, folder: Path, private: bool, create_pr: bool, dry_run: bool) -> None:
    """Makes a repo of this kind ("model" or "space") hold what the folder holds, and prints what was, or would be, done.

    Raises:
        ValueError: it should be private, and is a public one already; a Space there is of another kind; or a file is left out
            that a model cannot be without.
        Unsure: the Hub broke off, and does not tell what it holds now.
    """
    sdk = RepoCard.load(folder / "README.md").data.sdk if kind == "space" else None
    files = published(folder)
    missing = [file for file in FILES if file not in files] if kind == "model" else []
    if missing:
        raise ValueError(f"{missing[0]} would not be there: copy what {folder} links to into it.")
    page = f"{api.endpoint}/{'spaces/' if kind == 'space' else ''}{name}"
    try:
        there = patiently(api.repo_info, name, repo_type=kind)
    except RepositoryNotFoundError:
        changed: Changes = dict.fromkeys(files, "+")
        if not dry_run:
            patiently(api.create_repo, name, repo_type=kind, private=private, space_sdk=sdk, exist_ok=True)
        print(f"{page} {'would be' if dry_run else 'is'} created")
    else:
        if kind == "space" and there.sdk != sdk:
            raise ValueError(f"{page} is a {there.sdk} Space, and this would make it a {sdk} one: give another name.")
        if private and not there.private:
            raise ValueError(f"{page} is public already: make it private in its settings, or leave out --private.")
        changed = compare(api, kind, name, files, "main")
    if not changed:
        print(f"{page} holds this already: nothing to change")
        return
    print(f"{page} {'would change' if dry_run else 'changes'}:")
    print(*(f"  {sign} {path}" for path, sign in sorted(changed.items())), sep="\n")
    if dry_run:
        return
    if create_pr and (proposed := proposal(api, kind, name, files)):
        print(f"  pull request {proposed.num} proposes this already: {proposed.url}")
        return
    operations = [
        CommitOperationDelete(path) if sign == "-" else CommitOperationAdd(path, files[path])
        for path, sign in changed.items()
    ]
    what = {"operations": operations, "commit_message": f"Upload {kind}", "create_pr": create_pr}
    try:
        commit = patiently(api.create_commit, name, repo_type=kind, **what)
    except Exception as error:
        if not was_refused(error) and arrived(api, kind, name, files, create_pr, page):
            print("  done, though the Hub's answer was lost")
            return
        raise
    print(f"  done: {commit.pr_url or commit.commit_url}")


def proposal(api: HfApi, kind: str, name: str, files: Mapping[str, bytes]) -> Discussion | None:
    """The open pull request that would make a repo what `files` says, if there is one."""
    how: dict[str, Any] = {"discussion_type": "pull_request", "discussion_status": "open"}
    for proposed in patiently(lambda: list(api.get_repo_discussions(name, repo_type=kind, **how))):
        if not compare(api, kind, name, files, f"refs/pr/{proposed.num}"):
            return proposed
    return None


def arrived(api: HfApi, kind: str, name: str, files: Mapping[str, bytes], create_pr: bool, page: str) -> bool:
    """Whether the Hub holds what it was sent when it broke off; Unsure where it does not tell."""
    try:
        if create_pr:
            return proposal(api, kind, name, files) is not None
        return not compare(api, kind, name, files, "main")
    except Exception as error:
        raise Unsure(f"The Hub broke off, and whether {name} was pushed is not known: look at {page}") from error


def compare(api: HfApi, kind: str, name: str, files: Mapping[str, bytes], revision: str) -> Changes:
    """In what a revision of a repo is not what `files` says, by the hashes that git and LFS go by."""
    changed: dict[str, str] = {}
    held = set()
    how: dict[str, Any] = {"recursive": True, "revision": revision, "repo_type": kind}
    for file in patiently(lambda: list(api.list_repo_tree(name, **how))):
        if not isinstance(file, RepoFile) or file.path == ".gitattributes":  # the latter is the Hub's own
            continue
        held.add(file.path)
        content = files.get(file.path)
        if content is None:
            changed[file.path] = "-"
        elif file.lfs and file.lfs.sha256 == hashlib.sha256(content).hexdigest():
            continue
        elif file.blob_id != hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest():
            changed[file.path] = "~"
    return changed | {path: "+" for path in files if path not in held}


def main(
    what: Literal["model", "space", "both", "web"],
    name: str,
    /,
    weights: Path = ROOT / "hub" / "model",
    private: bool = False,
    create_pr: bool = False,
    dry_run: bool = False,
) -> None:
    """Make repos on the Hub what the folders here say. Files on the Hub that a folder does not have are deleted.

    Args:
        what: the model, the Space that draws with it, both under one name, or the static Space.
        name: USER/NAME of the model and of the Space that draws with it, or of the static Space.
        weights: the model's folder.
        private: create it so that nobody else sees it.
        create_pr: propose the change as a pull request.
        dry_run: list what would change, and change nothing.
    """
    api = HfApi()
    limit_waiting()
    how = (private, create_pr, dry_run)
    pushed = ""
    for kind in ("model", "space") if what == "both" else (what,):
        try:
            with tempfile.TemporaryDirectory() as folder:
                if kind == "model":
                    Sketch2PhotoPipeline.from_pretrained(str(weights))  # what does not load is not published
                    push(api, "model", name, weights, *how)
                elif kind == "space":
                    build_space(Path(folder), name)
                    push(api, "space", name, Path(folder), *how)
                else:
                    from hub import build_web  # which needs more packages than the others

                    host = re.sub("[^a-z0-9]+", "-", name.lower())
                    build_web.build(str(weights), Path(folder), f"https://{host}.static.hf.space/")
                    push(api, "space", name, Path(folder), *how)
        except Unsure:
            raise
        except Exception as error:  # The Hub's client has many, and its HTTP library others.
            which = "The model" if kind == "model" else "The Space"
            raise ValueError(f"{which} {name} was not pushed{pushed}. {why(error)}") from error
        pushed = "" if dry_run else ", the model was"
    if private and what in ("space", "both"):
        print("A private model opens to its Space through a secret HF_TOKEN: add one in the Space's settings.")


if __name__ == "__main__":
    run(main, "python -m hub.push")
