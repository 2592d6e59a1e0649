"""What is installed is whole: nothing of the package is missing in a wheel, and nothing in it needs the checkout."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import ROOT
from tests.programs import in_fork

GENERATED = shutil.ignore_patterns("__pycache__", "*.pyi")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a wheel of the package was unpacked into."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "sketch2photo", folder / "source" / "sketch2photo", ignore=GENERATED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
    ]  # setuptools is torch's, too
    subprocess.run([*build, "-w", folder, folder / "source"], check=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_a_wheel_holds_every_file_of_the_package(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sketch2photo", tmp_path / "sketch2photo", ignore=GENERATED)
    ours, theirs = (
        {path.relative_to(folder) for path in (folder / "sketch2photo").rglob("*") if path.is_file()}
        for folder in (tmp_path, installed)
    )
    assert {"careful_man.png", "strokes.json"} <= {path.name for path in theirs}
    assert theirs == ours


def test_an_installed_package_draws_the_examples_and_makes_the_page(installed: Path, tmp_path: Path) -> None:
    """In a process that has nothing of the checkout's package, and what that needs perhaps already."""

    def use() -> set[str]:
        for name in [name for name in sys.modules if name.partition(".")[0] == "sketch2photo"]:
            del sys.modules[name]
        sys.path.insert(0, str(installed))
        os.chdir(tmp_path)
        from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
        from sketch2photo.examples import EXAMPLES, example_strokes
        from sketch2photo.studio import page

        pipe = Sketch2PhotoPipeline(Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1), head=8))
        assert pipe(EXAMPLES[0], seed=0).images and example_strokes("careful_man") and page.__file__
        return {str(module.__file__) for name, module in sys.modules.items() if name.startswith("sketch2photo.")}

    files = in_fork(use)
    assert len(files) > 20
    assert all(Path(file).is_relative_to(installed) for file in files)


def test_the_space_asks_for_what_the_package_and_its_page_need_and_for_no_other_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = {
        need for need in project["optional-dependencies"]["app"] if not need.startswith(("gradio", "pydantic", "tyro"))
    }
    assert set((ROOT / "hub/space/requirements.txt").read_text().split()) == {*project["dependencies"], *page}
