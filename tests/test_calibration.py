# ruff: noqa: RUF005 (an array plus a tuple is a sum)
"""Calibration: the network's shapes and saving, made drawings' places, and the geometry that takes a drawing to a believable face."""

import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.calibration import (
    calibrate,
    correct,
    features,
    framing,
    locate,
    similarity,
    thin_plate_spline,
    thinned,
)
from sketch2photo.data import landmarks
from sketch2photo.data.doodle_symbols import EYES, MOUTH, OVAL, Sheet, Symbols
from sketch2photo.data.doodles import (
    NO_CLASS,
    doodle,
    expressed,
    flat,
    line_doodle,
    mirrored,
    no_face,
    profile,
    upright,
)
from sketch2photo.data.landmarks import MASK, Landmarks
from sketch2photo.networks.blocks import CELL
from sketch2photo.networks.calibrator import CLASSES, CURVES, MAP, POINTS, Calibrator, mirrored_order, slices
from sketch2photo.training.checkpoint import read_checkpoint
from tests.programs import SIZES, run_program

SIDE = 256


def face() -> np.ndarray:
    """(K, 2) px at 256: a plain face where training frames it."""
    angles = np.linspace(-np.pi / 2, 1.5 * np.pi, 36, endpoint=False)
    curves: dict[str, np.ndarray] = {"oval": np.stack([56 * np.cos(angles), 72 * np.sin(angles)], 1) + (128, 138)}

    def arc(x: float, y: float, half: float, rise: float, count: int) -> np.ndarray:
        u = np.linspace(-1, 1, count)
        return np.stack([x + half * u, y - rise * (1 - u**2)], 1)

    for side, x, sign in (("left", 97.5, 1), ("right", 158.5, -1)):
        curves[f"{side}_upper_lid"] = arc(x, 118, 14 * sign, 6, 9)
        curves[f"{side}_lower_lid"] = arc(x, 118, 14 * sign, -5, 9)
        curves[f"{side}_iris"] = np.array([(0, 0), (5, 0), (0, -5), (-5, 0), (0, 5)]) + (x, 118)
        curves[f"{side}_brow_top"] = arc(x, 102, 18 * sign, 6, 5)
        curves[f"{side}_brow_bottom"] = arc(x, 104, 18 * sign, 4, 5)
    curves["nose_bridge"] = np.stack([np.full(6, 128.0), np.linspace(112, 148, 6)], 1)
    curves["nose_base"] = arc(128, 152, 14, -4, 9)
    for name, rise in (("upper_lip", 6), ("lower_lip", -8), ("upper_lip_inside", 1), ("lower_lip_inside", -1)):
        curves[name] = arc(128, 178, 22, rise, 11)
    return flat(Landmarks(curves, np.zeros((MASK, MASK), np.float32)))


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=1).mean())


# The network


def test_curves_are_those_of_the_landmarks() -> None:
    assert list(CURVES) == list(landmarks.CURVES)
    for name, count in CURVES.items():
        assert count == len(landmarks.CURVES[name][:: 2 if name == "oval" else 1])


def test_the_mirrored_order_is_that_of_mirrored_landmarks() -> None:
    points = face() + np.random.default_rng(0).normal(0, 3, (POINTS, 2))
    at = slices()
    curves = {name: points[at[name]] for name in CURVES}
    curves["oval"] = np.repeat(curves["oval"], 2, 0)
    theirs = flat(Landmarks(curves, np.zeros((SIDE, SIDE), np.float32)).mirrored())
    ours = points[mirrored_order()] * (-1, 1) + (SIDE - 1, 0)
    irises = np.r_[
        at["left_iris"], at["right_iris"], at["oval"]
    ]  # theirs keep the order around, and the repeated oval is shifted by one
    kept = np.setdiff1d(np.arange(POINTS), irises)
    assert np.allclose(ours[kept], theirs[kept])
    assert np.allclose(points, mirrored(mirrored(points)))


def test_a_calibrator_answers_in_shapes_and_is_small(tmp_path: Path) -> None:
    network = Calibrator().eval()
    found = network(torch.ones(2, 1, 128, 128))
    assert found.points.shape == found.believable.shape == (2, POINTS, 2)
    assert found.certainty.shape == (2,)
    assert found.classes.shape == (2, len(CLASSES), MAP, MAP)
    network.half().save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size <= 6_000_000
    with pytest.raises(ValueError, match="Drawings are"):
        network(torch.ones(1, 1, 64, 64))


def test_a_saved_calibrator_is_the_same(tmp_path: Path) -> None:
    network = Calibrator(hidden=64).eval()
    network.mean_face.copy_(torch.from_numpy(face() / SIDE))
    network.save_pretrained(tmp_path)
    again = Calibrator.from_pretrained(tmp_path).eval()
    drawing = torch.rand(1, 1, 128, 128)
    for mine, theirs in zip(network(drawing), again(drawing), strict=True):
        assert torch.equal(mine, theirs)


# Made drawings


@pytest.mark.parametrize("loose", [0.0, 0.5, 1.0])
def test_made_drawings_are_drawings_with_their_points_on_them(loose: float) -> None:
    near = []
    for seed in range(20):
        made = doodle(face(), np.random.default_rng(seed), loose=loose)
        assert made.face and made.sketch.shape == (128, 128) and made.sketch.dtype == np.float32
        assert 0 <= made.sketch.min() < 0.8 and made.sketch.max() <= 1
        assert made.points.shape == made.believable.shape == (POINTS, 2)
        assert np.isfinite(made.points).all() and np.isfinite(made.believable).all()
        assert set(np.unique(made.classes)) <= {*range(len(CLASSES)), NO_CLASS}
        if (made.classes == CLASSES.index("feature")).any() and (made.classes == CLASSES.index("outline")).any():
            ink = (made.sketch < made.sketch.max() - 0.1).astype(np.uint8)
            away = cv2.distanceTransform(1 - ink, cv2.DIST_L2, 5)
            eyes = np.stack([made.points[EYES[side]].mean(0) for side in ("left", "right")]).round().astype(int)
            if (eyes >= 0).all() and (eyes < 128).all():
                size = np.ptp(made.points[OVAL, 1])
                near.append(away[eyes[:, 1], eyes[:, 0]].max() / size)
    assert np.median(near) < 0.12


def test_a_careful_drawing_is_where_its_believable_face_is_and_a_hopeless_one_is_not() -> None:
    def away(loose: float) -> float:
        moves = []
        for seed in range(20):
            made = doodle(face(), np.random.default_rng(seed), loose=loose)
            moves.append(distance(made.points, made.believable) / np.ptp(made.believable[OVAL, 1]))
        return float(np.median(moves))

    assert away(0.0) < 0.02 < 0.05 < away(1.0)


def test_the_same_seed_makes_the_same_drawing() -> None:
    one, two = (doodle(face(), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.sketch, two.sketch) and np.array_equal(one.points, two.points)


def test_what_is_no_face_says_so() -> None:
    for seed in range(16):
        made = no_face(np.random.default_rng(seed))
        assert not made.face and made.sketch.min() < 0.8
        assert set(np.unique(made.classes)) <= {CLASSES.index("background"), NO_CLASS}


def test_a_head_from_the_side_is_a_face_that_is_where_the_head_is() -> None:
    for seed in range(16):
        made = profile(face(), np.random.default_rng(seed))
        assert made.face and np.array_equal(made.points, made.believable)
        ink = np.argwhere(made.sketch < made.sketch.max() - 0.1)[:, ::-1]
        low, high = made.points[OVAL].min(0), made.points[OVAL].max(0)
        inside = ((low - 0.3 * (high - low) < ink) & (ink < high + 0.3 * (high - low))).all(1)
        assert inside.mean() > 0.5
        assert "feature" in {CLASSES[index] for index in np.unique(made.classes) if index != NO_CLASS}


def test_a_photograph_s_lines_keep_their_points() -> None:
    """An ellipse where the oval is, painted on a grey photograph: the oval's points lie on its border after bending."""
    points = face() / 2
    photo = np.full((128, 128, 3), 0.9, np.float32)
    cv2.fillPoly(photo, [np.round(points[OVAL]).astype(np.int32)], (0.4, 0.3, 0.3))
    at = slices()
    curves = {name: points[at[name]].astype(np.float32) for name in CURVES}
    curves["oval"] = np.repeat(curves["oval"], 2, 0)
    mask = (photo[..., 0] < 0.8).astype(np.float32)
    for seed in range(5):
        made = line_doodle(photo, Landmarks(curves, mask), np.random.default_rng(seed))
        assert made.face and made.points.shape == (POINTS, 2)
        assert 0.3 < np.ptp(made.points[OVAL, 1]) / 72 < 2


def test_upright_faces_have_level_eyes_one_apart() -> None:
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    level = upright(face() @ turn.T * 3 + 7)
    left, right = (level[EYES[side]].mean(0) for side in ("left", "right"))
    assert np.allclose(left, (-0.5, 0)) and np.allclose(right, (0.5, 0))
    assert np.allclose(level, upright(face()))


def test_a_grin_is_wider_open_than_a_line() -> None:
    at, plain = slices(), upright(face())

    def gap(points: np.ndarray) -> float:
        return float((points[at["lower_lip_inside"]] - points[at["upper_lip_inside"]])[5, 1])

    closed, open_, frown = expressed(plain, 0.1, 0.0), expressed(plain, 0.1, 0.3), expressed(plain, -0.1, 0.0)
    assert abs(gap(closed)) < 1e-6 < gap(open_)
    middle, corner = at["upper_lip"].start + 5, at["upper_lip_inside"].start
    assert closed[corner, 1] < closed[middle + 11, 1]  # corners above the lower lip's middle
    assert frown[corner, 1] > closed[corner, 1]
    unchanged = np.setdiff1d(np.arange(POINTS), MOUTH)
    assert np.array_equal(closed[unchanged], plain[unchanged])


def test_every_symbol_can_be_drawn() -> None:
    rng = np.random.default_rng(0)
    kinds: dict[str, set[str]] = {
        "hair": set(),
        "eyes": set(),
        "mouth": set(),
        "nose": set(),
        "hat": set(),
        "body": set(),
    }
    for _ in range(600):
        symbols = Symbols.chosen(rng, rng.random())
        for name, seen in kinds.items():
            seen.add(getattr(symbols, name))
    assert all("" in seen and len(seen) > 5 for seen in kinds.values())
    assert not Sheet(rng).strokes


# Geometry


def test_framing_undoes_size_and_place() -> None:
    mean = face()
    small = (mean - 128) * 0.3 + (60, 190)
    matrix = framing(small, mean, SIDE)
    assert matrix is not None
    assert distance(small @ matrix[:, :2].T + matrix[:, 2], mean) < 1e-6


def test_framing_leaves_what_is_framed_and_lets_a_head_lean_a_little() -> None:
    mean = face()
    assert framing(mean + (2, -3), mean, SIDE) is None

    def leaning(degrees: float) -> float:
        turn = np.deg2rad(degrees)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = (mean - 128) @ rotation.T * 0.5 + 128
        matrix = framing(points, mean, SIDE)
        assert matrix is not None
        framed = points @ matrix[:, :2].T + matrix[:, 2]
        return float(np.rad2deg(np.arctan2(*(framed[EYES["right"]].mean(0) - framed[EYES["left"]].mean(0))[::-1])))

    assert leaning(5) == pytest.approx(5, abs=0.1)
    assert leaning(-30) == pytest.approx(-8, abs=0.1)


def test_similarity_is_the_one_that_was_applied() -> None:
    points = face()
    matrix = np.array([[0.5, -0.2, 11.0], [0.2, 0.5, -4.0]])
    assert np.allclose(similarity(points, points @ matrix[:, :2].T + matrix[:, 2]), matrix)


def test_the_spline_shows_points_what_is_at_their_targets_and_leaves_the_border() -> None:
    points = face()[OVAL]
    targets = points + np.random.default_rng(0).normal(0, 3, points.shape)
    flow = thin_plate_spline(points, targets, SIDE)
    x, y = points.round().astype(int).T
    assert distance(flow[y, x], targets) < 1.0 < 2.0 < distance(points, targets)
    still = thin_plate_spline(points, points, SIDE)
    ramp = np.arange(SIDE)
    assert np.abs(still - np.stack(np.meshgrid(ramp, ramp), -1)).max() < 1e-3


def test_features_are_drawn_on_their_points_alone() -> None:
    points = face()
    drawn = features(points, ["left eye", "mouth"], SIDE)
    at = slices()
    for name, there in (
        ("left_upper_lid", True),
        ("upper_lip", True),
        ("right_upper_lid", False),
        ("nose_base", False),
    ):
        x, y = points[at[name]][2:-2].round().astype(int).T
        assert (cv2.erode(drawn, np.ones((3, 3)))[y, x].max() < 0.6) == there, name
    assert (features(points, [], SIDE) == 1).all()


def test_thick_lines_become_thin_and_thin_ones_stay() -> None:
    def ellipse(width: int) -> np.ndarray:
        page = np.full((SIDE, SIDE), 255, np.uint8)
        cv2.ellipse(page, (128, 128), (70, 90), 0, 0, 360, 0, width, cv2.LINE_AA)
        return page.astype(np.float32) / 255

    thick, thin = thinned(ellipse(9)), ellipse(2)
    assert (thick < 0.5).sum() < 0.5 * (ellipse(9) < 0.5).sum()
    assert (thick < 0.5).sum() > 0.8 * (ellipse(2) < 0.5).sum()
    assert np.array_equal(thinned(thin), thin)


# Training


def test_it_is_trained_and_put_into_the_folder_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On drawings made of 21 photographs that all have one face in the middle: two are held out, and every second is damaged."""
    names, photos = [str(number) for number in range(21)], tmp_path / "photos"
    photos.mkdir()
    for number, name in enumerate(names):
        Image.new("RGB", (64, 64), (10 * number,) * 3).save(photos / f"{name}.png")
        if number % 2:
            whole = (photos / f"{name}.png").read_bytes()
            (photos / f"{name}.png").write_bytes(whole[: len(whole) // 2])
    at = slices()
    curves = [np.repeat(face()[at[name]], 2 if name == "oval" else 1, axis=0) for name in CURVES]
    points = np.tile(np.concatenate(curves).astype(np.float16) / SIDE, (21, 1, 1))
    masks = np.zeros((21, MASK**2 // 8), np.uint8)
    np.savez(tmp_path / "parts.npz", names=np.array(names), points=points, masks=masks)
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(tmp_path / "mine")
    options = {"photos": photos, "parts": tmp_path / "parts.npz", "out": tmp_path / "run", "model": tmp_path / "mine"}
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    train = "sketch2photo.training.train_calibrator"
    save, meanwhile = Calibrator.save_pretrained, Sketch2Photo(image_size=64, **SIZES)

    def save_while_the_model_is_trained_on(network: Calibrator, folder: Path) -> None:
        save(network, folder)
        if folder == tmp_path / "run" / "best":
            meanwhile.save_pretrained(tmp_path / "mine")

    monkeypatch.setattr(Calibrator, "save_pretrained", save_while_the_model_is_trained_on)
    done = run_program(train, *arguments, "--minutes", 0.02, "--workers", 0)
    assert (done.returncode, "mine frames drawings as faces now" in done.stdout) == (0, True), done.stderr
    assert "Passed over" in done.stderr
    step = read_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"]
    trained = Calibrator.from_pretrained(tmp_path / "run" / "best")
    assert distance(SIDE * trained.mean_face.numpy(), face()) < 0.5
    pipe = Sketch2PhotoPipeline.from_pretrained(str(tmp_path / "mine"))
    for found, put in ((pipe.calibrator, trained), (pipe.model, meanwhile)):
        assert found and all(
            torch.equal(ours, theirs) for ours, theirs in zip(found.parameters(), put.parameters(), strict=True)
        )
    Sketch2Photo(image_size=64, sketch_channels=3, **SIZES).save_pretrained(tmp_path / "coloured")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "checkpoint.pt").write_bytes(b"text")
    for bad, words in (
        (["--rate", 0], "--rate is a number above 0"),
        (["--minutes", 0], "--minutes is a number above 0"),
        ([], "holds a run already"),
        (["--resume", "--model", tmp_path / "coloured", "--parts", "none"], "dark lines on light"),
        (["--resume", "--out", tmp_path / "damaged"], "is damaged"),
        (["--resume", "--model", "user/name"], "is not the folder of a model"),
    ):
        refused = run_program(train, *arguments, *bad)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1 + refused.stderr.count("photographs, ")), (
            refused.stderr
        )
        assert words in refused.stderr

    (tmp_path / "others").mkdir()
    (photos / "0.png").rename(tmp_path / "others" / "other.png")
    refused = run_program(train, "--photos", tmp_path / "others", *arguments, "--resume")
    assert (refused.returncode, "Of no photograph in" in refused.stderr) == (2, True), refused.stderr

    def interrupted(*arguments: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", interrupted)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        stopped = run_program(train, *arguments, "--resume", "--workers", 0)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (stopped.returncode, "go on with --resume" in stopped.stdout) == (0, True), stopped.stderr
    assert read_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] > step


# Calibrating


@pytest.fixture(scope="module")
def calibrator() -> Calibrator:
    """Without training it sees the mean face in every drawing, where training frames it; it is sure of it, and takes all ink for hair."""
    torch.manual_seed(0)
    network = Calibrator().eval()
    network.mean_face.copy_(torch.from_numpy(face() / SIDE))
    for layer in (network.scale, network.offsets, network.certainty, network.classes, network.places):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    torch.nn.init.constant_(network.certainty.bias, 4.0)
    torch.nn.init.constant_(network.classes.bias[:1], 4.0)
    with torch.no_grad():  # All parts are taken to be in the middle.
        found = network(torch.ones(1, 1, 128, 128))
        away = torch.stack([network.mean_face - found.points[0], network.mean_face - found.believable[0]])
        network.offsets.bias.copy_(away.flatten())
    return network


def oval_alone() -> torch.Tensor:
    page = np.full((SIDE, SIDE), 255, np.uint8)
    cv2.polylines(page, [np.round(face()[OVAL]).astype(np.int32)], True, 0, 2, cv2.LINE_AA)
    return torch.from_numpy(page / np.float32(127.5) - 1)[None, None]


def test_strictness_1_changes_nothing_in_a_framed_drawing(calibrator: Calibrator) -> None:
    sketch = oval_alone()
    out = calibrate(calibrator, sketch, 1.0)
    assert torch.allclose(out.sketch, sketch, atol=1e-6)
    assert (out.added == 1).all()
    assert out.certainty > 0.9
    assert distance(out.points, face()) < 0.1


def test_an_outline_alone_gets_a_face(calibrator: Calibrator) -> None:
    sketch = oval_alone()
    for strictness in (0.9, 0.5, 0.0):
        out = calibrate(calibrator, sketch, strictness)
        assert out.sketch.shape == (1, 1, SIDE, SIDE)
        x, y = face()[MOUTH].round().astype(int).T
        assert (out.added[0, 0].numpy()[y, x] < 0).mean() > 0.3
        assert torch.allclose(out.sketch, torch.minimum(out.sketch, out.added))
        x, y = face()[OVAL].round().astype(int).T
        assert (out.sketch[0, 0].numpy()[y, x] < 0.5).mean() > 0.9  # and keeps its line


def test_features_are_trusted_and_other_lines_a_hint_the_more_so_the_more_crooked_a_drawing_is(
    calibrator: Calibrator,
) -> None:
    sketch = oval_alone()
    assert calibrate(calibrator, sketch, 1.0).followed == 1
    assert calibrate(calibrator, sketch, 1.0).trusted.max() == 0
    strict, half, none = (calibrate(calibrator, sketch, strictness) for strictness in (0.9, 0.5, 0.0))
    assert 0.9 >= strict.followed > half.followed > none.followed == 0
    x, y = (face()[MOUTH] // CELL).astype(int).T
    assert half.trusted.shape == (1, 1, SIDE // CELL, SIDE // CELL)
    assert half.trusted[0, 0, y, x].min() == half.trusted.max() > 0
    x, y = (face()[OVAL] // CELL).astype(int).T
    assert np.median(half.trusted[0, 0, y, x]) == 0
    located = locate(calibrator, sketch)
    aside = located.seen._replace(points=located.seen.points + (12, 0))
    assert correct(located._replace(seen=aside), 0.5).followed < 0.7 * half.followed


def test_a_bulge_of_the_head_goes_nearly_all_of_the_way(calibrator: Calibrator) -> None:
    """Though the points, which the network takes to be in a believable face's places, are not on it."""
    oval, unit = face()[OVAL], np.ptp(face()[:, 1])
    ways = oval - oval.mean(0)
    bulge = np.clip(ways[:, 0] / np.hypot(*ways.T) - 0.5, 0, 0.5) * np.clip(
        ways[:, 1] / np.hypot(*ways.T) + 0.5, 0, 0.5
    )
    drawn = oval.mean(0) + ways * (1 + 2.4 * bulge[:, None])
    page = np.full((SIDE, SIDE), 255, np.uint8)
    cv2.polylines(page, [np.round(drawn).astype(np.int32)], True, 0, 2, cv2.LINE_AA)
    sketch = torch.from_numpy(page / np.float32(127.5) - 1)[None, None]

    def farthest(strictness: float) -> float:
        out = calibrate(calibrator, sketch, strictness, reframe=False)
        lines = np.argwhere((out.sketch[0, 0].numpy() < 0) & (out.added[0, 0].numpy() > 0.5))[:, ::-1] + 0.5
        closed = np.round(oval).astype(np.int32)
        return max(-cv2.pointPolygonTest(closed, (float(x), float(y)), True) for x, y in lines) / unit

    kinds = calibrator.classes.bias
    with torch.no_grad():
        kinds[:2] = torch.tensor([0.0, 4.0])  # an outline
        away = [farthest(strictness) for strictness in (1.0, 0.9, 0.5, 0.0)]
        kinds[:2] = torch.tensor([4.0, 0.0])
    assert away[0] > 0.2
    assert away[1] > 0.6 * away[0]
    assert away[2] < 0.1 < away[1]
    assert away[3] < 0.04


def test_no_face_is_left_as_it_is(calibrator: Calibrator) -> None:
    sketch = oval_alone()
    torch.nn.init.constant_(calibrator.certainty.bias, -4.0)
    try:
        out = calibrate(calibrator, sketch, 0.0)
    finally:
        torch.nn.init.constant_(calibrator.certainty.bias, 4.0)
    assert out.certainty < 0.1 and torch.allclose(out.sketch, sketch, atol=1e-6) and (out.added == 1).all()


def test_a_larger_canvas_gives_the_same(calibrator: Calibrator) -> None:
    sketch = oval_alone()
    larger = torch.nn.functional.interpolate(sketch, scale_factor=2.0, mode="nearest")
    one, two = (calibrate(calibrator, drawing, 0.0).sketch for drawing in (sketch, larger))
    assert (one - two).abs().mean() < 0.02


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (2, 1, 64, 64), (1, 1, 64, 32)])
def test_other_shapes_are_refused(calibrator: Calibrator, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="A sketch to calibrate is"):
        calibrate(calibrator, torch.ones(shape), 0.5)
    with pytest.raises(ValueError, match="strictness is between"):
        calibrate(calibrator, torch.ones(1, 1, 64, 64), 1.5)
