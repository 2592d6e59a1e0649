"""Groups of persons, on photographs that the bundled model made and whose landmarks its calibrator knows."""

import json
from pathlib import Path

import numpy as np
import pytest

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.data.landmarks import MASK
from sketch2photo.evaluation.metrics import FaceFinder
from sketch2photo.evaluation.persons import (
    GROUPS,
    ApparentReader,
    Measured,
    Person,
    persons_table,
    rows,
    typology_angle,
)
from sketch2photo.evaluation.regions import Regions
from sketch2photo.examples import EXAMPLES
from sketch2photo.networks.calibrator import CURVES
from tests import ROOT
from tests.programs import run_program

MODEL = ROOT / "hub" / "model"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of every second example, and a file of their landmarks beside the folder."""
    folder = tmp_path_factory.mktemp("persons") / "photos"
    folder.mkdir()
    pipe = Sketch2PhotoPipeline.from_pretrained(str(MODEL))
    names, points = [], []
    for path in EXAMPLES[::2]:
        calibrated = pipe.calibrate(path, strictness=0.5)
        (photo,) = pipe(path, num_images=1, seed=3, strictness=0.5).images
        photo.save(folder / f"{path.stem}.png")
        names.append(path.stem)
        found = np.asarray(calibrated.points) / photo.width
        oval = found[: CURVES["oval"]]  # of which the calibrator knows every second point
        between = (oval + np.roll(oval, -1, 0)) / 2
        points.append(np.concatenate([np.stack([oval, between], 1).reshape(-1, 2), found[len(oval) :]]))
    mask = np.zeros((MASK, MASK), bool)
    mask[16:, 32:-32] = True
    masks = np.repeat(np.packbits(mask)[None], len(names), 0)
    np.savez(folder.parent / "parts.npz", names=np.array(names), points=np.array(points, np.float16), masks=masks)
    return folder


def test_each_group_has_its_row_and_its_figures(photos: Path, tmp_path: Path) -> None:
    parts = photos.parent / "parts.npz"
    done = run_program(
        "sketch2photo.evaluation.persons", "--model", MODEL, "--photos", photos, "--parts", parts, "--out", tmp_path
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "persons.json").read_text())["rows"]
    for kind in GROUPS:
        groups = [row for row in rows if row["by"] == kind]
        assert sum(row["share"] for row in groups) == pytest.approx(1)
        assert sum(row["photographs"] for row in groups) >= len(EXAMPLES) // 2
    for row in rows:
        assert f"| {row['by']} | {row['group']} | {row['photographs']} |" in done.stdout
        assert row["faces"] > 0.9 and row["landmark_error"] < 0.15 and 0 < row["reconstruction"] < 60


def test_a_group_without_a_face_in_its_pictures_has_no_landmark_error() -> None:
    person = Person(30.0, 0.2, 40.0, np.zeros((68, 2), np.float32))
    table = rows([Measured(person, [None, None], None, 30.0)])
    assert {row["landmark_error"] for row in json.loads(json.dumps(table, allow_nan=False))} == {None}
    assert persons_table(table).splitlines()[-1].endswith("| 0.000 |  | 30.0 | 0.00 |")


def test_photographs_without_known_landmarks_are_one_sentence(photos: Path, tmp_path: Path) -> None:
    np.savez(
        tmp_path / "parts.npz", names=np.array(["x"]), points=np.zeros((1, 161, 2)), masks=np.zeros((1, MASK**2 // 8))
    )
    done = run_program(
        "sketch2photo.evaluation.persons", "--model", MODEL, "--photos", photos, "--parts", tmp_path / "parts.npz"
    )
    assert done.returncode == 2
    assert "No face with known landmarks was found in the photographs" in done.stderr


def test_what_a_face_looks_like_is_read_from_it() -> None:
    pipe = Sketch2PhotoPipeline.from_pretrained(str(MODEL))
    picture = np.asarray(pipe(EXAMPLES[0], num_images=1, seed=3).images[0])
    reader = ApparentReader()
    landmarks, apparent = FaceFinder()(picture), reader(picture)
    assert landmarks is not None and apparent is not None
    assert 0 < apparent.age < 100 and -1 <= apparent.femininity <= 1
    regions = Regions.of(landmarks, len(picture))
    darker = (picture * 0.5).astype(np.uint8)
    assert typology_angle(darker, regions) < typology_angle(picture, regions) - 20
    assert reader(np.full((256, 256, 3), 255, np.uint8)) is None
