"""`python -m sketch2photo.draw`: a folder or data set of drawings becomes a folder of photographs."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.examples import EXAMPLES
from tests.programs import run_program


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    Sketch2Photo(image_size=64, latent_dim=4, channels=(16, 16), blocks=(1, 1), head=8, mapping=8).save_pretrained(
        folder
    )
    return folder


@pytest.fixture
def sketches(tmp_path: Path) -> Path:
    folder = tmp_path / "sketches"
    (folder / "more").mkdir(parents=True)
    shutil.copy(EXAMPLES[0], folder / "a.png")
    Image.open(EXAMPLES[1]).convert("RGB").save(folder / "a.jpg")
    shutil.copy(EXAMPLES[2], folder / "more" / "b.c.png")
    Image.new("L", (64, 64), 255).save(folder / "more" / "blank.png")
    (folder / "notes.txt").write_text("not a drawing")
    return folder


def test_a_folder_becomes_a_folder_with_the_drawings_names(model: Path, sketches: Path, tmp_path: Path) -> None:
    out = tmp_path / "photos"
    arguments = ("--model", model, "--out", out, "--num-images", 2, "--strictness", 0.5, "--seed", 7)
    done = run_program("sketch2photo.draw", sketches, *arguments)
    assert done.returncode == 0, done.stderr
    names = sorted(str(path.relative_to(out)) for path in out.rglob("*.png"))
    assert names == ["a.jpg_0.png", "a.jpg_1.png", "a.png_0.png", "a.png_1.png", "more/b.c_0.png", "more/b.c_1.png"]
    assert "notes.txt" in done.stderr and "Passed over more/blank: The canvas is empty" in done.stderr
    assert "3 drawings became 2 photographs each" in done.stdout and "1 were passed over" in done.stdout
    wanted = Sketch2PhotoPipeline.from_pretrained(str(model))(sketches / "a.png", 2, 7, strictness=0.5).images
    for number, image in enumerate(wanted):
        assert (np.asarray(Image.open(out / f"a.png_{number}.png")) == np.asarray(image)).all()

    again = run_program("sketch2photo.draw", sketches, *arguments)
    assert again.returncode == 2
    assert again.stderr.strip() == (
        f"sketch2photo.draw: {out} is not empty: choose another --out, so that nothing in it is written over."
    )


def test_of_a_data_set_the_column_of_sketches_is_drawn(model: Path, sketches: Path, tmp_path: Path) -> None:
    from datasets import Dataset, Features
    from datasets import Image as ImageColumn

    rows = {
        "image": [str(sketches / "a.jpg")] * 2,
        "conditioning_image": [str(sketches / "a.png"), str(sketches / "more" / "b.c.png")],
    }
    Dataset.from_dict(rows, Features(dict.fromkeys(rows, ImageColumn()))).save_to_disk(tmp_path / "data")
    out = tmp_path / "photos"
    done = run_program("sketch2photo.draw", tmp_path / "data", "--model", model, "--out", out, "--num-images", 1)
    assert done.returncode == 0, done.stderr
    assert "2 drawings became one photograph each" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png"]
    wanted = Sketch2PhotoPipeline.from_pretrained(str(model))(sketches / "a.png", 1, 0).images[0]
    assert (np.asarray(Image.open(out / "0.png")) == np.asarray(wanted)).all()

    done = run_program(
        "sketch2photo.draw", tmp_path / "data", "--model", model, "--out", tmp_path / "x", "--columns", "y"
    )
    assert done.returncode == 2
    assert "has no column of sketches named y, only image, conditioning_image: say which with --columns." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strictness", 2], "strictness is between 0 and 1, not 2.0."),
        (["--num-images", 0], "num_images is from 1 to 10,000, not 0."),
        (["--columns", "image"], "--columns are those of data sets, and this is a folder of pictures."),
    ],
)
def test_wrong_arguments_are_one_sentence(
    arguments: list[object], words: str, model: Path, sketches: Path, tmp_path: Path
) -> None:
    done = run_program("sketch2photo.draw", sketches, "--model", model, "--out", tmp_path / "photos", *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"sketch2photo.draw: {words}"


def test_nothing_but_blank_sheets_is_one_sentence(model: Path, tmp_path: Path) -> None:
    (tmp_path / "blank").mkdir()
    Image.new("L", (64, 64), 255).save(tmp_path / "blank" / "a.png")
    done = run_program("sketch2photo.draw", tmp_path / "blank", "--model", model, "--out", tmp_path / "photos")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("sketch2photo.draw: None of the 1 drawings in")


def test_one_picture_in_place_of_a_folder_is_one_sentence(model: Path, tmp_path: Path) -> None:
    done = run_program("sketch2photo.draw", EXAMPLES[0], "--model", model, "--out", tmp_path / "photos")
    assert (done.returncode, "is one picture: give the folder that it is in." in done.stderr) == (2, True)
