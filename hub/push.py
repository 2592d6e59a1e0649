"""Makes repos on the Hub what the folders here say: the model, the Space that draws with it, or both, under one name; or the
static Space that runs the model in the visitor's tab.

python -m hub.push both user/sketch2photo                  # hf auth login first, with a token that may write
python -m hub.push model user/mine --weights runs/mine/best --private
python -m hub.push both user/sketch2photo --dry-run        # lists what would change
python -m hub.push web user/sketch2photo-web               # builds the page as hub.build_web does

Files on the Hub that the folder does not have are deleted. What is already there is not uploaded again.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import Literal

from huggingface_hub import HfApi, RepoCard
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import filter_repo_objects

from sketch2photo import Sketch2Photo
from sketch2photo.cli import run

ROOT = Path(__file__).parent.parent
LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", ".*")  # of what a Space is built from
HIDDEN = [".*", "*/.*"]  # is published of no folder
Changes = Mapping[str, str]  # path -> "+" new, "~" changed, "-" no longer there


def build_space(folder: Path, model: str) -> None:
    """Writes all that the Space consists of into an empty folder: hub/space, the package, and the model's id in the README."""
    shutil.copytree(ROOT / "hub" / "space", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copytree(ROOT / "sketch2photo", folder / "sketch2photo", ignore=shutil.ignore_patterns(*LEFT_OUT))
    shutil.copy(ROOT / "LICENSE", folder)
    card = RepoCard.load(folder / "README.md")
    card.data.models = [model]
    card.save(folder / "README.md")


def push(api: HfApi, kind: str, name: str, folder: Path, private: bool, create_pr: bool, dry_run: bool) -> None:
    """Makes a repo of this kind ("model" or "space") hold what the folder holds, and prints what was, or would be, done.

    Raises:
        ValueError: it should be private, and is a public one already; or a Space there is of another kind.
    """
    sdk = RepoCard.load(folder / "README.md").data.sdk if kind == "space" else None
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files = {path: paths[path].read_bytes() for path in filter_repo_objects(paths, ignore_patterns=HIDDEN)}
    page = f"{api.endpoint}/{'spaces/' if kind == 'space' else ''}{name}"
    try:
        there = api.repo_info(name, repo_type=kind)
    except RepositoryNotFoundError:
        changed: Changes = dict.fromkeys(files, "+")
        if not dry_run:
            api.create_repo(name, repo_type=kind, private=private, space_sdk=sdk)
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
    if create_pr:
        for proposed in api.get_repo_discussions(
            name, repo_type=kind, discussion_type="pull_request", discussion_status="open"
        ):
            if not compare(api, kind, name, files, f"refs/pr/{proposed.num}"):
                print(f"  pull request {proposed.num} proposes this already: {proposed.url}")
                return
    commit = api.upload_folder(
        repo_id=name,
        folder_path=folder,
        repo_type=kind,
        create_pr=create_pr,
        commit_message=f"Upload {kind}",
        ignore_patterns=HIDDEN,
        delete_patterns="*",
    )
    print(f"  done: {commit.pr_url or commit.commit_url}")


def compare(api: HfApi, kind: str, name: str, files: Mapping[str, bytes], revision: str) -> Changes:
    """In what a revision of a repo is not what `files` says, by the hashes that git and LFS go by."""
    changed: dict[str, str] = {}
    held = set()
    for file in api.list_repo_tree(name, recursive=True, revision=revision, repo_type=kind):
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
    how = (private, create_pr, dry_run)
    try:
        if what in ("model", "both"):
            Sketch2Photo.from_pretrained(weights)  # what does not load is not published
            push(api, "model", name, weights, *how)
        if what in ("space", "both"):
            with tempfile.TemporaryDirectory() as folder:
                build_space(Path(folder), name)
                push(api, "space", name, Path(folder), *how)
            if private:
                print("A private model opens to its Space through a secret HF_TOKEN: add one in the Space's settings.")
        if what == "web":
            from hub import build_web  # which needs more packages than the others

            with tempfile.TemporaryDirectory() as folder:
                build_web.build(str(weights), Path(folder))
                push(api, "space", name, Path(folder), *how)
    except Exception as error:  # The Hub's client has many, and its HTTP library others.
        reason = shorten(str(error), 300)
        if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403):
            reason = "The Hub does not let you write there: `hf auth login` with a token that may."
        raise ValueError(f"{name} was not pushed. {reason}") from error


if __name__ == "__main__":
    run(main, "python -m hub.push")
