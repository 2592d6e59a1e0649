"""Evaluation on pictures made here: the figures move the right way, and the command writes, compares and refuses."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.data.sources import Pairs, Photos
from sketch2photo.data.synthetic_faces import draw_face
from sketch2photo.evaluation import evaluate, metrics
from sketch2photo.evaluation.drawing_evaluator import DrawingEvaluator
from sketch2photo.evaluation.pair_evaluator import PairEvaluator
from sketch2photo.evaluation.report import GRID_CELL, markdown_table
from sketch2photo.evaluation.resized import Resized
from sketch2photo.images import LINES, sharpness
from sketch2photo.networks.features import EfficientNetLite, available

SIDE = 128  # of the pictures
MODEL_SIDE = 64  # of the models, at which the command measures
needs_judge = pytest.mark.skipif(not available("lite2"), reason="EfficientNet-Lite2 is not installed")
needs_finder = pytest.mark.skipif(not metrics.FaceFinder.available(), reason="the face detector is not installed")


@pytest.fixture(scope="module")
def faces():
    """Photographs (24, S, S, 3) and sketches (24, S, S), procedural, uint8."""
    photos, sketches = zip(*(draw_face(np.random.default_rng(i), SIDE) for i in range(24)), strict=True)
    return np.stack(photos), np.stack(sketches)


@pytest.fixture(scope="module")
def pairs(faces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    for name, pictures in zip(("photo", "sketch"), faces, strict=True):
        (folder / name).mkdir()
        for i, picture in enumerate(pictures[:6]):
            Image.fromarray(picture).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two small models with random weights, saved."""
    folder = tmp_path_factory.mktemp("models")
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = Sketch2Photo(image_size=MODEL_SIDE, latent_dim=4, channels=(16, 16), blocks=(1, 1), head=8, mapping=8)
        for name, parameter in model.named_parameters():
            if "affine.weight" in name:
                parameter.data.mul_(10)  # Random as they are, pictures shall differ with z.
        model.save_pretrained(folder / f"model{seed}")
    return folder / "model1", folder / "model2"


def run(monkeypatch, *arguments: object) -> int:
    """The exit code of `python -m sketch2photo.evaluation.evaluate ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, arguments)])
    monkeypatch.delitem(sys.modules, "sketch2photo.evaluation.evaluate", raising=False)
    try:
        runpy.run_module("sketch2photo.evaluation.evaluate", run_name="__main__")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


# Pure functions


def test_kernel_distance_is_unbiased_and_grows_with_the_difference():
    generator = torch.Generator().manual_seed(0)

    def sets(shift: float) -> list[float]:
        return [
            metrics.kernel_distance(
                torch.randn(40, 16, generator=generator), shift + torch.randn(40, 16, generator=generator)
            )
            for _ in range(200)
        ]

    same, near, far = sets(0), sets(0.2), sets(0.5)
    # A biased estimate (diagonals counted) is above 100 here, and never below 0.
    assert abs(np.mean(same)) < 3 * np.std(same) / 200**0.5
    assert min(same) < 0 < max(same)
    assert np.mean(same) < np.mean(near) / 3 < np.mean(far) / 9


def test_kernel_distance_matches_its_formula():
    x, y = torch.randn(5, 3, dtype=torch.float64), torch.randn(7, 3, dtype=torch.float64)
    k = lambda a, b: (float(a @ b) / 3 + 1) ** 3  # noqa: E731
    xx = np.mean([k(x[i], x[j]) for i in range(5) for j in range(5) if i != j])
    yy = np.mean([k(y[i], y[j]) for i in range(7) for j in range(7) if i != j])
    xy = np.mean([k(a, b) for a in x for b in y])
    assert metrics.kernel_distance(x, y) == pytest.approx(1000 * (xx + yy - 2 * xy))
    with pytest.raises(ValueError, match="at least two"):
        metrics.kernel_distance(x[:1], y)
    # torchmetrics' is the same for sets of one size, which drawings' pictures and photographs are not.
    kid = pytest.importorskip("torchmetrics.image.kid")
    assert metrics.kernel_distance(x, y[:5]) == pytest.approx(1000 * kid.poly_mmd(x, y[:5]).item())


@needs_judge
def test_kernel_distance_on_features_sees_blur_and_noise(faces):
    judge = EfficientNetLite("lite2")

    def features(change=lambda picture: picture):
        changed = np.stack([change(picture) for picture in faces[0]])
        with torch.inference_mode():
            return judge.pooled(torch.from_numpy(changed).permute(0, 3, 1, 2).float() / 127.5 - 1)

    real = features()
    floor = metrics.kernel_floor(real)
    noise = np.random.default_rng(0).normal(0, 25, faces[0][0].shape)
    distances = [
        metrics.kernel_distance(features(lambda p, s=s: cv2.GaussianBlur(p, (0, 0), s)), real) for s in (0.8, 1.5, 3)
    ]
    noisy = metrics.kernel_distance(features(lambda p: (p + noise).clip(0, 255)), real)
    assert floor < distances[0] < distances[1] < distances[2]
    assert noisy > distances[0]


@needs_judge
def test_pictures_that_differ_more_are_more_diverse(faces):
    judge = EfficientNetLite("lite2")
    photos = torch.from_numpy(faces[0][:4]).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        same = metrics.mean_pair_distance(judge(photos[:1].expand(4, -1, -1, -1)))
        alike = metrics.mean_pair_distance(judge(0.7 * photos[:1] + 0.3 * photos))
        others = metrics.mean_pair_distance(judge(photos))
    assert same == pytest.approx(0, abs=1e-4)
    assert 10 * same < alike < others


def test_sharpness_falls_with_blur_and_does_not_depend_on_the_size_of_the_file(faces):
    values = [np.median(sharpness(np.stack([cv2.GaussianBlur(p, (0, 0), s) for p in faces[0]]))) for s in (0.4, 1, 2)]
    assert values[0] > 2 * values[1] > 4 * values[2] > 0
    picture = cv2.resize(faces[0][0], (256, 256), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(picture, (768, 768), interpolation=cv2.INTER_NEAREST)
    assert sharpness(large[None]) == pytest.approx(sharpness(picture[None]))
    assert sharpness(np.full((2, 64, 64, 3), 90, np.uint8)) == pytest.approx([0, 0])


def test_share_with_face_counts_those_that_were_found():
    assert metrics.share_with_face([None, np.zeros((68, 2)), None, None]) == 0.25


def test_border_colour_is_that_of_top_and_sides():
    pictures = np.full((2, SIDE, SIDE, 3), 128, np.uint8)
    pictures[:, :4] = pictures[:, :, :4] = pictures[:, :, -4:] = (10, 20, 30)
    pictures[1, -4:, 8:-8] = 255  # Shoulders are no background.
    assert metrics.border_colour(pictures) == pytest.approx(np.array([[10, 20, 30]] * 2))


def test_pictures_follow_their_own_sketch(faces):
    photos, sketches = faces
    own = [metrics.following(p, s) for p, s in zip(photos, sketches, strict=True)]
    moved = [metrics.following(np.roll(p, 5, 1), s) for p, s in zip(photos, sketches, strict=True)]
    others = [metrics.following(p, s) for p, s in zip(np.roll(photos, 7, 0), sketches, strict=True)]
    assert np.mean(own) > np.mean(moved) > 0
    assert np.mean(own) > np.mean(others) + 0.1
    assert metrics.following(sketches[0], sketches[0]) == 1
    assert metrics.following(np.full_like(photos[0], 200), sketches[0]) == 0
    assert np.isnan(metrics.following(photos[0], np.full_like(sketches[0], 255)))


def portrait(blur: float = 0.0, moved: int = 0) -> tuple[np.ndarray, metrics.Outline]:
    """A skin-coloured disc on blue, blurred or moved aside, and the outline of the disc in the middle."""
    picture = np.full((256, 256, 3), (40, 60, 160), np.uint8)
    cv2.circle(picture, (128 + moved, 128), 70, (220, 170, 140), -1)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    angles = np.deg2rad(np.linspace(180, 0, 17))
    landmarks = np.zeros((68, 2))
    landmarks[:17] = 128 + 70 * np.stack([np.cos(angles), np.sin(angles)], 1)
    landmarks[36:42], landmarks[42:48] = (98, 115), (158, 115)
    return picture, metrics.outline(landmarks)


def test_outline_points_outwards():
    _, line = portrait()
    assert np.linalg.norm(line.points - 128, axis=1) == pytest.approx(np.full(len(line.points), 70), abs=0.5)
    assert (np.sum(line.normals * (line.points - 128), 1) / 70).min() > 0.99
    assert line.eye_distance == 60


def test_bleed_grows_as_colour_crosses_the_outline():
    picture, line = portrait()
    places = metrics.clean_places(picture, line)
    assert places.all()
    errors = [metrics.bleed(portrait(blur)[0], line, places).mean() for blur in (0, 3, 6, 12)]
    assert errors[0] < 0.02
    assert errors == sorted(errors) and errors[-1] > 0.2
    assert metrics.bleed(portrait(moved=8)[0], line, places).mean() > 0.1
    # One colour on both sides (a neck under a chin) is no boundary.
    flat = np.full_like(picture, 150)
    assert not metrics.clean_places(flat, line).any()
    assert len(metrics.bleed(flat, line, places)) == 0


def test_break_outline_erases_half_of_the_outline_and_nothing_else():
    _, line = portrait()
    sketch = np.full((256, 256), 240, np.uint8)
    cv2.circle(sketch, (128, 128), 70, 20, 2)
    cv2.circle(sketch, (128, 128), 20, 20, 2)  # inside the face
    broken = metrics.break_outline(sketch, line)
    at = line.points.round().astype(int)
    gone = (broken[at[:, 1], at[:, 0]] > 200).mean()
    assert gone == pytest.approx(0.5, abs=0.1)
    assert (broken[100:156, 100:156] == sketch[100:156, 100:156]).all()
    assert (sketch[:100] == broken[:100]).all()  # Above the ears there is no jaw.


@needs_finder
def test_face_finder_places_landmarks_and_finds_nothing_in_noise(faces):
    finder = metrics.FaceFinder()
    assert finder(np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)) is None
    found = next(filter(None.__ne__, map(finder, faces[0])), None)
    assert found is not None and found.shape == (68, 2)
    eyes, mouth = found[36:48].mean(0), found[48:].mean(0)
    assert eyes[1] < mouth[1] and found[36, 0] < found[45, 0]
    moved = found + np.array([metrics.outline(found).eye_distance / 2, 0])
    assert metrics.landmark_error(moved, found) == pytest.approx(0.5)


# The command


@needs_judge
def test_command_measures_models_and_writes_a_report(pairs, models, tmp_path, monkeypatch, capsys):
    drawings = tmp_path / "drawings"
    drawings.mkdir()
    shutil.copy(pairs / "sketch" / "0.png", drawings)
    arguments = ["--model", *models, "--pairs", pairs, "--strictness", "1", "0"]
    assert run(monkeypatch, *arguments, "--drawings", drawings, "--out", tmp_path / "a") == 0
    printed = capsys.readouterr().out
    table = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 3 + 4
    assert sum("model1" in line for line in table) == 2 and "real photographs" in printed

    text = (tmp_path / "a" / "metrics.json").read_text()
    report = json.loads(text)
    assert str(tmp_path.parent) not in text, "a report says nothing of where things lie"
    assert report["pairs"] == pairs.name and report["count"] == 6
    assert {"torch", "cpu", "date", "seed"} <= report.keys()
    expected = {"kernel_distance", "diversity", "background", "following", "reconstruction"}
    if metrics.FaceFinder.available():
        expected |= {"faces", "bleed_broken", "drawn_faces"}
    for result in report["results"]:
        assert expected <= result["figures"].keys()
    first, second = report["results"][0]["figures"], report["results"][2]["figures"]
    assert first["kernel_distance"] != second["kernel_distance"], "two models, two answers"
    assert first["diversity"] > 0 and first["background"] > 0
    real, others, drawn = (row["figures"] for row in report["references"])
    assert real["following"] > others["following"] and real["reconstruction"] == 0 < others["reconstruction"]
    assert ("faces" in drawn) == metrics.FaceFinder.available() and drawn.get("landmark_error", 1) > 0

    # One drawing beside four pictures for each of two models at two strictnesses.
    with Image.open(tmp_path / "a" / "grid.jpg") as grid:
        assert grid.size == (GRID_CELL * (1 + 2 * 2 * 4), GRID_CELL)

    assert run(monkeypatch, *arguments, "--drawings", drawings, "--out", tmp_path / "b") == 0
    assert json.loads((tmp_path / "b" / "metrics.json").read_text()) == report, "the same again"


@needs_judge
def test_what_cannot_be_measured_of_photographs_that_are_all_alike_is_left_out(models, tmp_path, monkeypatch):
    for kind in ("photo", "sketch"):
        (tmp_path / kind).mkdir()
        for i in range(4):
            picture = Image.new("L", (SIDE, SIDE), "white")
            picture.paste(0, (0, 30, SIDE, 33) if kind == "sketch" else (0, 0, 0, 0))
            picture.save(tmp_path / kind / f"{i}.png")
    arguments = ["--pairs", tmp_path, "--drawings", tmp_path / "sketch", "--photos", tmp_path / "photo"]
    assert run(monkeypatch, "--model", models[0], *arguments, "--out", tmp_path) == 0
    report = json.loads((tmp_path / "metrics.json").read_text(), parse_constant=pytest.fail)
    figures = report["results"][0]["figures"]
    assert "reconstruction" in figures and "diversity" not in figures and "drawn_sharpness" not in figures
    assert report["results"][0]["model"] == f"{models[0].parent.name}/model1", "best alone says nothing of which run"


@needs_judge
def test_evaluator_recognises_a_model_that_is_right(pairs):
    """The photographs score as the best there is, through the same code that a model's samples go through."""

    class Copies(torch.nn.Module):
        """Knows the photograph of each sketch."""

        def __init__(self, evaluator: PairEvaluator) -> None:
            super().__init__()
            self.latent_dim, self.known = 4, evaluator

        def forward(self, sketch, z, strictness):
            order = [int((self.known.sketch - one).abs().sum((1, 2, 3)).argmin()) for one in sketch]
            return self.known.photo[order].expand(len(z), -1, -1, -1)

        def encode(self, photo):
            return torch.zeros(len(photo), 4), torch.zeros(len(photo), 4)

    evaluator = PairEvaluator(Pairs.open(pairs), SIDE, None)
    figures = evaluator.evaluate(Copies(evaluator))
    real = evaluator.references()[0].figures
    assert figures["reconstruction"] == pytest.approx(0, abs=1e-4)
    assert figures["following"] == pytest.approx(real["following"])
    assert figures["diversity"] == pytest.approx(0, abs=1e-4) and figures["background"] < 1e-6
    assert figures["kernel_distance"] < metrics.kernel_distance(evaluator.real, evaluator.real.flip(0) * 0.5)
    assert evaluator.kernel_distance(Copies(evaluator)) == pytest.approx(figures["kernel_distance"])


@needs_judge
def test_command_measures_drawings_that_have_no_photograph(faces, models, tmp_path, monkeypatch, capsys):
    for folder, pictures in (("drawings", faces[1][:2]), ("photos", faces[0][:5])):
        (tmp_path / folder).mkdir()
        for i, picture in enumerate(pictures):
            Image.fromarray(picture).save(tmp_path / folder / f"{i}.png")
    arguments = ["--model", models[0], "--drawings", tmp_path / "drawings", "--strictness", "1", "0"]
    assert run(monkeypatch, *arguments, "--photos", tmp_path / "photos", "--out", tmp_path / "out") == 0
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 1 + 2 and table[2].startswith("| sharp photographs |")
    report = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert (report["drawings"], report["drawing_count"]) == ("drawings", 2)
    assert (report["photos"], report["photo_count"]) == ("photos", 5)
    assert report["samples_of_each_drawing"] == 8
    assert "pairs" not in report
    columns = {"drawn_kernel_distance", "drawn_sharpness"}
    columns |= {"drawn_faces"} if metrics.FaceFinder.available() else set()
    assert all(row["figures"].keys() == columns for row in report["references"] + report["results"])
    assert report["references"][0]["figures"]["drawn_sharpness"] == 1
    with Image.open(tmp_path / "out" / "grid.jpg") as grid:  # each drawing beside four pictures at each strictness
        assert grid.size == (GRID_CELL * (1 + 2 * 4), GRID_CELL * 2)
    assert GRID_CELL * evaluate.MOST_ROWS < 65_500, "which is all that a JPEG has"
    monkeypatch.setattr(evaluate, "MOST_ROWS", 1)
    evaluate.main([str(models[0])], drawings=tmp_path / "drawings", out=tmp_path / "one")
    with Image.open(tmp_path / "one" / "grid.jpg") as grid:
        assert grid.height == GRID_CELL
    capsys.readouterr()

    (tmp_path / "drawings" / "0.png").write_bytes(b"text")
    assert run(monkeypatch, *arguments, "--photos", "nowhere") == 2, "before photographs are looked for"
    assert "'0.png'" in capsys.readouterr().err
    (tmp_path / "drawings" / "0.png").unlink()

    if metrics.FaceFinder.available():  # without photographs faces alone are counted
        assert run(monkeypatch, *arguments) == 0
        assert capsys.readouterr().out.splitlines()[0] == "| model | px | strictness | drawn faces |"


@needs_judge
def test_pictures_of_drawings_that_are_the_photographs_are_near_and_sharp(faces, tmp_path):
    for i, picture in enumerate(faces[0][:16]):
        Image.fromarray(picture).save(tmp_path / f"{i:02}.png")

    class Copies(torch.nn.Module):
        """The photographs themselves, or blurred, whatever is drawn."""

        latent_dim, image_size, sketch_format, directions = 4, SIDE, LINES, {}

        def __init__(self, blur: float) -> None:
            super().__init__()
            changed = [cv2.GaussianBlur(p, (0, 0), blur) if blur else p for p in faces[0][:16]]
            photos = torch.from_numpy(np.stack(changed)).permute(0, 3, 1, 2) / 127.5 - 1
            self.photos, self.turn = torch.nn.Parameter(photos, requires_grad=False), 0

        def forward(self, sketch, z, strictness, trusted):
            self.turn += len(z)
            return self.photos[self.turn - len(z) : self.turn]

    sketches = [torch.ones(1, 1, SIDE, SIDE)] * 2
    evaluator = DrawingEvaluator(sketches, SIDE, None, Photos.open(tmp_path))
    same, blurred = (evaluator.evaluate(Sketch2PhotoPipeline(Copies(blur))) for blur in (0, 1.5))
    assert same["drawn_sharpness"] == pytest.approx(1) and blurred["drawn_sharpness"] < 0.5
    assert same["drawn_kernel_distance"] < 0 < blurred["drawn_kernel_distance"], "nothing is nearer than the set itself"
    assert evaluator.references()[0].figures["drawn_kernel_distance"] < blurred["drawn_kernel_distance"]
    assert "drawn_faces" not in same


def test_a_markdown_table_has_a_line_for_each_row() -> None:
    assert markdown_table(["a", "b"], [["1", "2"], ["3", ""]]) == "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 |  |"


@needs_judge
def test_without_the_detector_its_figures_are_left_out(pairs, models, monkeypatch, capsys):
    monkeypatch.setattr(metrics.FaceFinder, "available", staticmethod(lambda: False))
    assert run(monkeypatch, "--model", models[0], "--pairs", pairs) == 0
    printed = capsys.readouterr()
    assert "pip install dlib-bin" in printed.err
    assert "following" in printed.out and "bleed" not in printed.out and "faces" not in printed.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "{model}", "--pairs", "/nowhere/at/all"], "neither a folder nor a data set"),
        (["--model", "{empty}", "--pairs", "{pairs}"], "holds no config.json"),
        (["--model", "{model}", "--pairs", "{pairs}", "--limit", "2"], "at least 4 pairs"),
        (["--model", "{model}", "--pairs", "{pairs}", "--strictness", "1.5"], "Strictness is in"),
        (["--model", "{model}", "--pairs", "{pairs}", "--drawings", "{empty}"], "No drawings in"),
        (["--model", "{model}"], "give --pairs, --drawings or both"),
        (["--model", "{model}", "--pairs", "{pairs}", "--photos", "{pairs}/photo"], "give --drawings, too"),
        (["--model", "{model}", "--drawings", "{pairs}/sketch", "--photos", "{empty}"], "No pictures in"),
        (["--pairs", "{pairs}"], "--model"),
    ],
)
@needs_judge
def test_bad_input_gets_one_sentence_and_exit_code_2(
    arguments, sentence, pairs, models, tmp_path: Path, monkeypatch, capsys
):
    places = {"pairs": pairs, "model": models[0], "empty": tmp_path}
    assert run(monkeypatch, *(argument.format(**places) for argument in arguments)) == 2
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error


def test_a_smaller_model_is_measured_at_the_size_of_the_others() -> None:
    torch.manual_seed(0)
    model = Sketch2Photo(image_size=64, channels=(16, 16), blocks=(1, 1), head=8).eval()
    sketch, z = torch.ones(1, 1, 128, 128), torch.randn(2, 8)
    sketch[..., 40:80, 40:80] = -1
    behind = Resized(model, 128)
    with torch.inference_mode():
        photo, own = behind(sketch, z, 1.0), model(sketch[..., ::2, ::2], z)
        assert photo.shape == (2, 3, 128, 128)
        assert (photo[..., ::2, ::2] - own).abs().mean() < 0.2 * own.std()
        assert behind.encode(photo)[0].shape == (2, 8)
