"""Line drawings of photographs, and the file that says where the faces are in them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.calibration import TRUSTED, locate
from sketch2photo.data.calibrated_drawing import calibrated_drawing, exact_features
from sketch2photo.data.landmarks import CURVES, MASK, Landmarks, LandmarksFile
from sketch2photo.data.line_drawing import line_drawing, misplaced
from sketch2photo.data.sources import Photos, WeightedSource
from sketch2photo.hub_download import load_network
from sketch2photo.images import fitted, sharpness, to_tensor
from sketch2photo.networks.calibrator import Calibrator, slices
from sketch2photo.training.config import PRESETS
from sketch2photo.training.samples import Stream
from sketch2photo.training.validation import line_drawings
from tests import ROOT
from tests.programs import new_environment, run_program

SIDE = 256


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated photographs of three drawings, and parts.npz of them, made as the README says, in an environment of its own."""
    folder = tmp_path_factory.mktemp("faces")
    pipe = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub/model"))
    for name in ("careful_woman", "careful_man", "three_quarter"):
        pipe(ROOT / f"sketch2photo/examples/{name}.png", num_images=1, seed=1).images[0].save(folder / f"{name}.png")
    Image.new("RGB", (64, 64), "grey").save(folder / "no_face.png")
    venv = tmp_path_factory.mktemp("mediapipe") / "venv"
    python = new_environment(venv, "mediapipe==0.10.21", lend=["matplotlib", "scipy"])
    command = [python, ROOT / "sketch2photo/data/landmarks.py", folder / "parts.npz", folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "Faces in 3 photographs." in done.stdout
    return folder


def landmarks_and_photo(folder: Path, name: str) -> tuple[Landmarks, np.ndarray]:
    landmarks = LandmarksFile(folder / "parts.npz").of(name, SIDE)
    assert landmarks is not None
    return landmarks, fitted(np.asarray(Image.open(folder / f"{name}.png")), SIDE)


def ink_near(sketch: np.ndarray, points: np.ndarray, within: float) -> float:
    """The share of points (K, 2) that have ink within so many px."""
    distance = cv2.distanceTransform((sketch > 0.6).astype(np.uint8), cv2.DIST_L2, 5)
    x, y = points.round().astype(int).clip(0, SIDE - 1).T
    return float((distance[y, x] <= within).mean())


def test_landmarks_are_found_where_the_face_is(photographs: Path) -> None:
    file = LandmarksFile(photographs / "parts.npz")
    assert file.of("no_face", SIDE) is None
    assert file.of(None, SIDE) is None
    landmarks, _ = landmarks_and_photo(photographs, "careful_woman")
    assert set(landmarks.curves) == set(CURVES)
    drawn = fitted(np.asarray(Image.open(ROOT / "sketch2photo/examples/careful_woman.png").convert("L")), SIDE)
    for curve in ("left_upper_lid", "right_upper_lid", "upper_lip"):
        assert (
            ink_near(drawn, landmarks.curves[curve], 6) > 0.8
        )  # the photograph follows the drawing, and the landmarks the photograph
    assert landmarks.curves["left_iris"][0, 0] < landmarks.curves["right_iris"][0, 0]
    assert landmarks.mask.shape == (SIDE, SIDE)
    assert landmarks.mask[150, 128] == 1
    assert landmarks.mask[5, 5] == 0
    assert np.unpackbits(file.masks[0]).size == MASK**2


def test_a_file_that_holds_no_landmarks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "parts.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"parts\.npz is no file of landmarks"):
        LandmarksFile(tmp_path / "parts.npz")


def test_without_mediapipe_it_is_said_where_to_read_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (64, 64)).save(tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    done = run_program("sketch2photo/data/landmarks.py", tmp_path / "parts.npz", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("landmarks.py: mediapipe is not here")
    for name, words in (("a.png/parts.npz", "a.png"), ("parts", "it ends in .npz")):  # said before that
        done = run_program("sketch2photo/data/landmarks.py", tmp_path / name, tmp_path)
        assert (done.returncode, words in done.stderr, "is not here" in done.stderr) == (2, True, False), done.stderr


def test_a_line_drawing_lies_on_the_face_at_strictness_one_and_near_it_at_zero(photographs: Path) -> None:
    landmarks, photo = landmarks_and_photo(photographs, "careful_man")
    curves = landmarks.curves
    # Whatever symbols are drawn, eyes have something at their irises and the mouth a line between its lips, but for its ends: a mouth
    # may be the inner one alone, and a pen leaves gaps at the ends of its lines.
    lips = (curves["upper_lip_inside"] + curves["lower_lip_inside"])[3:-3] / 2
    anywhere = np.concatenate([[curves["left_iris"][0], curves["right_iris"][0]], lips])
    corners = curves["upper_lip"][[0, -1]]

    def hits(strictness: float, points: np.ndarray) -> float:
        drawn = [line_drawing(photo, landmarks, np.random.default_rng(i), strictness) for i in range(24)]
        assert all(sketch.shape == (SIDE, SIDE) and sketch.dtype == np.float32 for sketch in drawn)
        assert all(0 <= sketch.min() < 0.5 and np.median(sketch) == 1 for sketch in drawn)
        assert all(np.abs(a - b).mean() > 0.003 for i, a in enumerate(drawn) for b in drawn[:i])
        return float(np.mean([ink_near(sketch, points, 2) for sketch in drawn]))

    assert hits(1.0, anywhere) > 0.95
    assert hits(0.0, anywhere) < 0.9
    assert hits(0.0, corners) < 0.75


def test_a_calibrated_drawing_lies_on_its_photograph(photographs: Path) -> None:
    """Marks on the irises and between the lips are where the calibrator sees them in the lines."""
    calibrator = load_network(Calibrator, ROOT / "hub/model/calibrator")
    landmarks, photo = landmarks_and_photo(photographs, "careful_man")
    lips = np.concatenate([landmarks.curves["upper_lip_inside"], landmarks.curves["lower_lip_inside"]])
    picture = (255 * photo).astype(np.uint8)
    places = {"left_iris": landmarks.curves["left_iris"][0], "right_iris": landmarks.curves["right_iris"][0]}
    for colour, (x, y) in zip([(255, 0, 0), (0, 255, 0)], places.values(), strict=True):
        cv2.circle(picture, (round(float(x)), round(float(y))), 4, colour, -1)
    cv2.circle(picture, tuple(lips.mean(0).round().astype(int).tolist()), 4, (0, 0, 255), -1)
    away, softer = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        made = calibrated_drawing(picture, landmarks, calibrator, seed % 3 / 4, SIDE, rng)
        assert made is not None
        bent, sketch, trusted, _ = made
        assert bent.shape == (SIDE, SIDE, 3)
        assert sketch.shape == (SIDE, SIDE)
        assert trusted.shape == (SIDE // 4, SIDE // 4)
        points = locate(calibrator, to_tensor(sketch)[None], SIDE, reframe=False).seen.points
        curves = dict(zip(CURVES, np.split(points, [part.stop for part in slices().values()][:-1]), strict=True))
        mouth = np.concatenate([curves["upper_lip_inside"], curves["lower_lip_inside"]]).mean(0)
        for channel, place in enumerate([curves["left_iris"][0], curves["right_iris"][0], mouth]):
            others = [other for other in range(3) if other != channel]
            mark = np.argwhere((bent[..., channel] > 0.7) & (bent[..., others] < 0.3).all(-1))[:, ::-1]
            away.append(float(np.linalg.norm(mark.mean(0) - place)))
        softer.append(float(sharpness((255 * bent[None]).astype(np.uint8))[0] / sharpness(picture[None])[0]))
    assert np.mean(away) < 5
    assert np.median(softer) > 0.5


def test_exact_features_are_where_the_photograph_has_them_and_trusted_there_in_a_head_that_is_a_hint(
    photographs: Path,
) -> None:
    landmarks, photo = landmarks_and_photo(photographs, "careful_man")
    curves = landmarks.curves
    lips = (curves["upper_lip_inside"] + curves["lower_lip_inside"])[3:-3] / 2
    eyes = [curves["left_iris"][0], curves["right_iris"][0]]
    jaw = curves["oval"][12:26]
    made = [exact_features(photo, landmarks, np.random.default_rng(i), 0.0) for i in range(12)]
    features = np.concatenate([eyes, curves["upper_lip_inside"][[0, -1]], curves["nose_base"][[3, 5]]])
    loose = [line_drawing(photo, landmarks, np.random.default_rng(i), 0.0) for i in range(12)]
    assert np.mean([ink_near(sketch, features, 1.5) for sketch, _ in made]) > 0.9
    assert np.mean([ink_near(sketch, features, 1.5) for sketch in loose]) < 0.8
    assert np.mean([ink_near(sketch, jaw, 2) for sketch, _ in made]) < 0.7
    for _, trusted in made:
        inside, outside = (
            trusted[tuple((points // 4).astype(int).T[::-1])] for points in (np.concatenate([eyes, lips]), jaw[4:-4])
        )
        assert inside.min() == trusted.max() == np.float32(TRUSTED)
        assert outside.max() == 0


def test_line_drawings_below_strictness_1_may_have_exact_features(photographs: Path) -> None:
    config = replace(PRESETS["default"].data, line_share=1.0, strict_share=0.5, hint_share=0.5)
    sources = [WeightedSource(Photos.open(photographs))]
    known = LandmarksFile(photographs / "parts.npz")
    for share in (0.0, 1.0):
        stream = Stream(sources, replace(config, exact_share=share), 0.5, SIDE, 8, 0, known)
        samples = [stream[i] for i in range(12)]
        exact = [bool(sample["trusted"].max()) for sample in samples]
        assert any(exact) == bool(share)
        assert not any(one for one, sample in zip(exact, samples, strict=True) if sample["strictness"] == 1)


def test_a_share_of_the_photographs_has_calibrated_drawings(photographs: Path) -> None:
    """Those are followed less than strictly, and all others are to be at strictness 1 here."""
    calibrator = load_network(Calibrator, ROOT / "hub/model/calibrator")
    config = replace(PRESETS["default"].data, strict_share=1.0, hint_share=0.0)
    known = LandmarksFile(photographs / "parts.npz")

    def strictnesses(share: float) -> list[float]:
        changed = replace(config, calibrated_share=share)
        sources = [WeightedSource(Photos.open(photographs))]
        stream = Stream(sources, changed, 0.5, SIDE, 8, 0, known, calibrator=calibrator)
        return [float(stream[i]["strictness"]) for i in range(12)]

    assert strictnesses(0.0) == [1.0] * 12
    some = strictnesses(0.8)  # of four pictures one shows no face
    assert 4 <= sum(strictness < 0.8 for strictness in some) <= 10
    assert set(some) > {1.0}


def test_nothing_is_drawn_behind_the_person(photographs: Path) -> None:
    landmarks, photo = landmarks_and_photo(photographs, "careful_woman")
    behind = cv2.dilate(landmarks.mask, np.ones((25, 25))) == 0
    assert behind.mean() > 0.05
    assert all((line_drawing(photo, landmarks, np.random.default_rng(i), 1.0)[behind] == 1).all() for i in range(8))


def test_features_are_misplaced_only_where_the_drawing_is_loose(photographs: Path) -> None:
    landmarks, _ = landmarks_and_photo(photographs, "three_quarter")
    assert misplaced(landmarks, np.random.default_rng(0), 0.0) is landmarks
    far = [
        np.mean(
            [
                np.abs(misplaced(landmarks, np.random.default_rng(i), loose).curves[c] - landmarks.curves[c]).mean()
                for c in CURVES
            ]
        )
        for loose in (0.3, 1.0)
        for i in range(10)
    ]
    assert 0.5 < np.mean(far[:10]) < 0.6 * np.mean(far[10:])


def test_landmarks_move_with_their_photograph(photographs: Path) -> None:
    """Drawn on the moved photograph, the lines are where they are on the photograph when both are moved together."""
    config, file = replace(PRESETS["default"].data, by_hand=False, line_share=1.0), photographs / "parts.npz"
    stream = Stream([WeightedSource(Photos.open(photographs))], config, 0.5, SIDE, 8, 0, LandmarksFile(file))
    landmarks, photo = landmarks_and_photo(photographs, "careful_woman")
    picture = (photo * 255).astype(np.uint8)
    marks = [landmarks.curves["left_iris"][0], landmarks.curves["right_iris"][0], landmarks.curves["nose_base"][4]]
    for x, y in marks:
        cv2.circle(picture, (round(x), round(y)), 4, (0, 255, 0), -1)
    for seed in range(8):
        moved, _, where = stream._registered(picture, None, landmarks, np.random.default_rng(seed))
        assert where is not None
        at = [where.curves["left_iris"][0], where.curves["right_iris"][0], where.curves["nose_base"][4]]
        assert at[0][0] < at[1][0]
        for x, y in np.round(at).astype(int):
            red, green, _ = moved[y, x]
            assert green > red + 0.4
        inside = where.mask[SIDE // 4 : -SIDE // 4, SIDE // 2]
        assert inside.mean() > 0.9


def test_training_draws_lines_of_photographs_whose_landmarks_are_known(photographs: Path) -> None:
    sources = [WeightedSource(Photos.open(photographs))]
    file = LandmarksFile(photographs / "parts.npz")

    def sketches(share: float, known: LandmarksFile | None) -> list[torch.Tensor]:
        config = replace(PRESETS["default"].data, by_hand=False, line_share=share)
        stream = Stream(sources, config, 0.5, 128, 8, 3, known)
        return [stream[index]["sketch"] for index in range(12)]

    lines, without, never = sketches(1.0, file), sketches(1.0, None), sketches(0.0, file)
    others = [not torch.equal(a, b) for a, b in zip(lines, without, strict=True)]
    assert 6 <= sum(others) <= 12  # three photographs of four have a face
    white = [float((sketch > 0.99).float().mean()) for sketch, other in zip(lines, others, strict=True) if other]
    assert min(white) > 0.5  # lines on white paper
    assert sum(torch.equal(a, b) for a, b in zip(lines, never, strict=True)) <= 6


def test_weights_are_chosen_on_line_drawings_too(photographs: Path) -> None:
    """Careful ones, and bad ones with exact features, in turn, of those photographs whose landmarks are known, always the same."""
    source = Photos.open(photographs)
    file = LandmarksFile(photographs / "parts.npz")
    photos = torch.stack([to_tensor(fitted(source.load(index)[0], 128)) for index in range(4)])
    found = line_drawings(source, photos, file)
    assert found is not None
    drawings, strictness, trusted = found
    assert drawings.shape == (3, 1, 128, 128)
    known = [index for index in range(4) if file.of(source.name(index), 128)]
    assert strictness.tolist() == [index % 2 for index in known]
    assert all(0.5 < (drawing > 0.99).float().mean() < 0.99 for drawing in drawings)
    assert (trusted.amax((1, 2, 3)) > 0).tolist() == [index % 2 == 0 for index in known]
    torch.testing.assert_close(line_drawings(source, photos, file), found)
