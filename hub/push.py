"""Makes repos on the Hub what the folders here say: the model, the Space that draws with it, or both, under one name; or the
static Space that runs the model in the visitor's tab.

python -m hub.push both user/sketch2photo                  # hf auth login first, with a token that may write
python -m hub.push model user/mine --weights runs/mine/best --private
python -m hub.push both user/sketch2photo --dry-run        # lists what would change
python -m hub.push web user/sketch2photo-web               # builds the page as hub.build_web does

Files on the Hub that the folder does not have are deleted. What is already there is not uploaded again.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, RepoCard
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile

from sketch2photo import Sketch2Photo

ROOT = Path(__file__).parent.parent
LEFT_OUT = ("__pycache__", "*.pyc", "*.pyi", ".*")
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
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
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
    commit = api.create_commit(
        name,
        [
            CommitOperationDelete(path) if sign == "-" else CommitOperationAdd(path, files[path])
            for path, sign in changed.items()
        ],
        commit_message=f"Upload {kind}",
        repo_type=kind,
        create_pr=create_pr,
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


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m hub.push", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["model", "space", "both", "web"])
    parser.add_argument(
        "name", help="USER/NAME of the model and of the Space that draws with it, or of the static Space"
    )
    parser.add_argument("--weights", type=Path, default=ROOT / "hub" / "model", help="the model's folder")
    parser.add_argument("--private", action="store_true", help="create it so that nobody else sees it")
    parser.add_argument("--create-pr", action="store_true", help="propose the change as a pull request")
    parser.add_argument("--dry-run", action="store_true", help="list what would change, and change nothing")
    options = parser.parse_args()
    api = HfApi()
    how = (options.private, options.create_pr, options.dry_run)
    try:
        if options.what in ("model", "both"):
            Sketch2Photo.from_pretrained(options.weights)  # what does not load is not published
            push(api, "model", options.name, options.weights, *how)
        if options.what in ("space", "both"):
            with tempfile.TemporaryDirectory() as folder:
                build_space(Path(folder), options.name)
                push(api, "space", options.name, Path(folder), *how)
            if options.private:
                print("A private model opens to its Space through a secret HF_TOKEN: add one in the Space's settings.")
        if options.what == "web":
            from hub import build_web  # which needs more packages than the others

            with tempfile.TemporaryDirectory() as folder:
                build_web.build(str(options.weights), Path(folder))
                push(api, "space", options.name, Path(folder), *how)
    except Exception as error:  # The Hub's client has many, and its HTTP library others.
        reason = shorten(str(error), 300)
        if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403):
            reason = "The Hub does not let you write there: `hf auth login` with a token that may."
        print(f"hub.push: {options.name} was not pushed. {reason}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
