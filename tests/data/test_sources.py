"""Sketches made from photographs, and training samples."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from datasets import Dataset
from datasets import Features as HubFeatures
from datasets import Image as HubImage
from PIL import Image

from sketch2photo.data import photo_to_sketch
from sketch2photo.data.hub import Hub
from sketch2photo.data.landmarks import photographs
from sketch2photo.data.layouts import DataOptions
from sketch2photo.data.sources import (
    SOURCES,
    Pairs,
    Photos,
    Source,
    SyntheticFaces,
    WeightedSource,
    fixed_samples,
    open_landmarks,
    open_source,
    open_training_data,
    split,
)
from sketch2photo.data.synthetic_faces import draw_face
from sketch2photo.images import fitted
from sketch2photo.latents import max_norm
from sketch2photo.training.augment import VIEW_NUMBERS, views
from sketch2photo.training.config import PRESETS
from sketch2photo.training.samples import Indices, Stream

CONFIG = PRESETS["default"].data


def stream(source: Source, size: int, seed: int = 0, **changes: object) -> Stream:
    return Stream([WeightedSource(source)], replace(CONFIG, **changes), 0.5, size, 8, seed)


def face(seed: int = 0, size: int = 256) -> np.ndarray:
    return fitted(draw_face(np.random.default_rng(seed), size)[0], size)


def sketch_of(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return photo_to_sketch.sketch_of(photo, rng, vars(CONFIG.techniques), CONFIG.background_share)


def write_pairs(folder: Path, count: int, size: int = 64) -> Path:
    for half in ("photo", "sketch"):
        (folder / half).mkdir(parents=True)
    for i in range(count):
        photo, sketch = draw_face(np.random.default_rng(i), size)
        Image.fromarray(photo).save(folder / "photo" / f"{i:02d}.png")
        Image.fromarray(sketch).save(folder / "sketch" / f"{i:02d}.png")
    return folder


@pytest.mark.parametrize(
    "technique", [photo_to_sketch.xdog, photo_to_sketch.dodge, photo_to_sketch.canny, photo_to_sketch.contours]
)
def test_each_technique_draws_dark_lines_on_white_where_the_edges_are(technique: Callable) -> None:
    grey = cv2.cvtColor(face(), cv2.COLOR_RGB2GRAY)
    sketch = technique(grey, np.random.default_rng(1))
    assert sketch.shape == grey.shape
    assert sketch.dtype == np.float32
    assert 0 <= sketch.min() <= 0.7
    assert sketch.max() <= 1
    assert np.median(sketch) > 0.9
    strength = cv2.magnitude(*(cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), 2), cv2.CV_32F, *d) for d in ((1, 0), (0, 1))))
    assert strength[sketch < 0.6].mean() > 2 * strength[sketch > 0.95].mean()


def test_a_sketch_of_the_same_photograph_is_another_every_time() -> None:
    drawn = [sketch_of(face(), np.random.default_rng(i)) for i in range(6)]
    assert all(np.abs(a - b).mean() > 0.01 for i, a in enumerate(drawn) for b in drawn[:i])


def test_a_hand_leaves_lines_in_place_at_strictness_one_and_moves_them_at_zero() -> None:
    """The middle of a thin cross's bars: where it was drawn at 1, some pixels off at 0."""
    cross = np.ones((256, 256), np.float32)
    cross[127:129, 20:236] = 0

    def offset(strictness: float) -> float:
        moved = []
        for seed in range(30):
            seen = photo_to_sketch.by_hand(cross, np.random.default_rng(seed), strictness)
            paper = np.median(seen)
            rows, columns = np.nonzero(seen[30:226, 24:232] < 0.6 * paper)
            moved.append(np.mean([abs(rows[columns == c].mean() + 30 - 127.5) for c in np.unique(columns)]))
        return float(np.mean(moved))

    exact, middling, loose = offset(1.0), offset(0.5), offset(0.0)
    assert exact < 1
    assert 1.5 < middling < loose
    assert 4 < loose < 15


def test_gaps_take_the_share_that_was_asked_for() -> None:
    dark = np.zeros((256, 256), np.float32)
    assert photo_to_sketch.broken(dark, np.random.default_rng(0), 0.3).mean() == pytest.approx(0.3, abs=0.02)


def test_a_sample_depends_on_its_index_alone() -> None:
    streams = [stream(SyntheticFaces(64), 64, seed=3) for _ in range(2)]
    streams[0][0]
    for name, value in streams[0][41].items():
        torch.testing.assert_close(value, streams[1][41][name])
    assert not torch.equal(streams[0][41]["photo"], streams[0][42]["photo"])
    assert not torch.equal(streams[0][41]["z"], stream(SyntheticFaces(64), 64, seed=4)[41]["z"])


def test_a_sample_is_what_the_step_needs() -> None:
    sample = stream(SyntheticFaces(64), 64)[0]
    assert {name: tuple(value.shape) for name, value in sample.items()} == {
        "sketch": (1, 64, 64), "photo": (3, 64, 64), "strictness": (), "trusted": (1, 16, 16), "z": (8,), "eps": (8,),
        "view": (VIEW_NUMBERS,),
    }  # fmt: skip
    assert sample["photo"].abs().max() <= 1.001
    assert sample["sketch"].abs().max() <= 1.001


def test_a_third_of_the_hints_are_drawn_better_than_they_need_be(monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand, hands = photo_to_sketch.by_hand, []
    monkeypatch.setattr(
        photo_to_sketch,
        "by_hand",
        lambda sketch, rng, steadiness: hands.append(steadiness) or by_hand(sketch, rng, steadiness),
    )
    faces = stream(SyntheticFaces(64), 64)
    told = [faces[i]["strictness"].item() for i in range(150)]
    hints = [hand - strictness for hand, strictness in zip(hands, told, strict=True) if strictness < 1]
    assert min(hints) > -1e-6
    assert 0.2 < np.mean([better > 1e-6 for better in hints]) < 0.5
    assert max(hints) > 0.6


def test_both_halves_of_a_pair_are_moved_by_the_same_map(tmp_path: Path) -> None:
    """A pair whose sketch is its own photograph in grey stays one, however it is flipped and warped."""
    for half in ("photo", "sketch"):
        (tmp_path / half).mkdir()
        Image.fromarray((face(7, 128) * 255).astype(np.uint8)).convert("L").save(tmp_path / half / "a.png")
    pairs = stream(Pairs.open(tmp_path), 128, by_hand=False, made_share=0)
    seen = [pairs[i] for i in range(8)]
    for sample in seen:
        inside = (slice(None), slice(24, -24), slice(24, -24))
        assert (sample["photo"].mean(0, keepdim=True)[inside] - sample["sketch"][inside]).abs().mean() < 0.01
    assert (seen[0]["photo"] - seen[1]["photo"]).abs().mean() > 0.02


def test_sources_are_drawn_from_by_weight() -> None:
    class Plain:
        def __init__(self, value: int) -> None:
            self.value = value

        def __len__(self) -> int:
            return 1

        def load(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return np.full((32, 32, 3), self.value, np.uint8), np.full((32, 32), 255, np.uint8)

        def name(self, index: int) -> None:
            return None

    mixed = Stream([WeightedSource(Plain(0), 3.0), WeightedSource(Plain(255), 1.0)], CONFIG, 0.5, 32, 8, seed=0)
    dark = sum(mixed[i]["photo"].mean().item() < 0 for i in range(200))
    assert 130 < dark < 170


def test_pairs_need_both_halves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_pairs(tmp_path / "pairs", 3)
    assert len(Pairs.open(folder)) == 3
    (folder / "sketch" / "01.png").unlink()
    assert [path.name for path in Pairs.open(folder).photos] == ["00.png", "02.png"]
    assert "left out 1 without a partner of the same name: 01.png" in capsys.readouterr().err
    for name in ("00.png", "02.png"):
        (folder / "sketch" / name).rename(folder / "sketch" / f"other{name}")
    with pytest.raises(ValueError, match=r"No pairs in .*left out 5 without a partner"):
        Pairs.open(folder)
    with pytest.raises(ValueError, match="neither a folder nor"):
        open_source(str(tmp_path / "nothing" / "here"), DataOptions("pairs"))


@pytest.mark.parametrize(
    "location", ["./typo", "/typo", "~/typo", "../typo", "a/b/typo", "faces/typo", "stream:./typo"]
)
def test_what_is_meant_as_a_path_is_not_asked_of_the_hub(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "faces").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.load_dataset", lambda *arguments, **options: pytest.fail("it was asked"))
    with pytest.raises(ValueError, match=r"is neither a folder nor a data set|faces/ holds no typo"):
        open_source(location, DataOptions("pairs"))


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    folder = write_pairs(tmp_path / "pairs", 1)
    pairs = Pairs.open(folder)
    (folder / "photo" / "00.png").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"photo/00\.png: '00\.png' is not a picture"):
        pairs.load(0)


def test_held_out_pairs_are_in_no_other_part(tmp_path: Path) -> None:
    train, held = split(Pairs.open(write_pairs(tmp_path / "pairs", 10)), 3)
    assert len(train) == 7
    assert len(held) == 3
    seen = [[half.load(i)[0].tobytes() for i in range(len(half))] for half in (train, held)]
    assert not set(seen[0]) & set(seen[1])
    assert len(set(seen[0]) | set(seen[1])) == 10


def test_hub_data_sets_are_read_by_column(tmp_path: Path) -> None:
    photo, sketch = draw_face(np.random.default_rng(0), 32)
    rows = Dataset.from_dict({"image": [Image.fromarray(photo)], "sketch": [Image.fromarray(sketch)]})
    pictures = HubFeatures({"image": HubImage(), "sketch": HubImage()})
    rows.cast(pictures).to_parquet(tmp_path / "train.parquet")
    seen_photo, seen_sketch = Hub.open(str(tmp_path)).load(0)
    np.testing.assert_array_equal(seen_photo, photo)
    assert seen_sketch is not None
    np.testing.assert_array_equal(seen_sketch, sketch)
    Dataset.from_dict({"text": ["a"]}).to_parquet(tmp_path / "train.parquet")
    with pytest.raises(ValueError, match="no column of photographs named photo or image"):
        Hub.open(str(tmp_path))


def test_indices_go_on_where_a_run_stopped() -> None:
    assert list(Indices(4, 7)) == [4, 5, 6]


def test_a_view_is_the_same_for_fake_and_real_and_moves_with_its_numbers() -> None:
    torch.manual_seed(0)
    picture, numbers = torch.rand(4, 3, 64, 64) * 2 - 1, torch.rand(4, VIEW_NUMBERS)
    torch.testing.assert_close(views(picture, numbers, 32, 0.5), views(picture.clone(), numbers, 32, 0.5))
    assert views(picture, numbers, 32, 0.5).shape == (4, 3, 32, 32)
    assert (views(picture, numbers, 32, 0.5) - views(picture, numbers.flip(0), 32, 0.5)).abs().mean() > 0.05


def test_a_view_passes_gradients_to_the_picture() -> None:
    picture = torch.rand(2, 3, 64, 64, requires_grad=True)
    views(picture, torch.full((2, VIEW_NUMBERS), 0.4), 32, 0.5).square().mean().backward()
    assert picture.grad is not None
    assert (picture.grad.abs() > 0).float().mean() > 0.5


def test_only_techniques_with_odds_are_used() -> None:
    """Canny's lines are one pixel wide, so nearly all of its paper is white; with the background left in, nothing is cut."""
    odds = {"xdog": 0.0, "dodge": 0.0, "canny": 2.0, "contours": 0.0}
    photo = face()
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sketch = photo_to_sketch.sketch_of(photo, rng, odds, background_share=1.0)
        again = np.random.default_rng(seed)
        again.random()  # the choice
        np.testing.assert_array_equal(sketch, photo_to_sketch.canny(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), again))


def test_a_source_is_added_by_a_class_in_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Grey:
        @classmethod
        def accepts(cls, location: str) -> bool:
            return location.startswith("grey:")

        @classmethod
        def open(cls, location: str, options: DataOptions) -> "Grey":
            return cls()

        def __len__(self) -> int:
            return 40

        def load(self, index: int) -> tuple[np.ndarray, None]:
            return np.full((64, 64, 3), 128, np.uint8), None

        def name(self, index: int) -> None:
            return None

    monkeypatch.setitem(SOURCES, "photos", [Grey, *SOURCES["photos"]])
    pairs = write_pairs(tmp_path / "faces", 20)
    sources, validation = open_training_data([str(pairs)], ["grey:=3", str(pairs / "photo")], 0.6, 128, 64)
    assert [(label, len(source)) for source, _, label in sources] == [
        ("pairs faces", 18),
        ("photos grey:", 40),
        ("photos photo", 20),
    ]
    assert [share for _, share, _ in sources] == pytest.approx([0.4, 0.45, 0.15])
    assert len(validation) == 2
    assert abs(stream(sources[1].source, 64)[0]["photo"].mean().item()) < 0.02


@pytest.mark.parametrize("weight", ["many", "0", "-1", "nan", "inf"])
def test_a_weight_is_a_number_above_0(weight: str, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs", 2)
    with pytest.raises(ValueError, match="not a number above 0"):
        open_training_data([f"{pairs}={weight}"], [], 0.5, 128, 64)


def test_sketches_of_photographs_are_made_only_where_it_is_said_how(tmp_path: Path) -> None:
    photos = Photos.open(write_pairs(tmp_path / "pairs", 2) / "photo")
    sketches, _ = fixed_samples(photos, 64, 2, sketch_of)
    assert sketches.shape == (2, 1, 64, 64)
    with pytest.raises(ValueError, match="photographs without sketches"):
        fixed_samples(photos, 64, 2)


def test_a_share_of_the_random_latents_reaches_to_the_sliders_ends() -> None:
    """One number alone, for half of those the others are 0, and none is longer than what the pipeline makes pictures of."""
    z = torch.stack([stream(SyntheticFaces(32), size=32, slider_share=1.0)[i]["z"] for i in range(80)])
    alone = z[(z == 0).sum(1) == 7]
    assert 25 <= len(alone) <= 55
    assert alone.abs().amax(1).max() > 2.7
    assert len(alone.abs().argmax(1).unique()) == 8
    assert z.norm(dim=1).max() <= max_norm(8) + 1e-4
    usual = torch.stack([stream(SyntheticFaces(32), size=32)[i]["z"] for i in range(40)])
    assert not (usual == 0).any()


def test_of_one_pair_alone_nothing_can_be_held_out(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give at least two"):
        open_training_data([str(write_pairs(tmp_path, 1))], [], 0.5, 4, 64)


def test_photographs_of_one_name_share_no_landmarks(tmp_path: Path) -> None:
    """By the program that finds them, which looks in nested folders, too, and where they are used; a copy is no other photograph."""
    for number, folder in enumerate(("one", "two/deep")):
        (tmp_path / folder).mkdir(parents=True)
        Image.new("RGB", (64, 64), (100 * number,) * 3).save(tmp_path / folder / "0001.png")
        (tmp_path / folder / "0001.txt").write_text("no picture")
    one, two = tmp_path / "one", tmp_path / "two"
    assert photographs([two]) == [two / "deep" / "0001.png"]
    with pytest.raises(ValueError, match="have one name"):
        photographs([one, two])
    parts, nothing = tmp_path / "parts.npz", np.zeros((1, 1))
    np.savez(parts, names=np.array(["0001"]), points=nothing, masks=nothing)
    sources = [Photos.open(folder) for folder in (one, two)]
    with pytest.raises(ValueError, match="have one name"):
        open_landmarks(parts, sources)
    shutil.copy(one / "0001.png", two / "deep")
    assert "0001" in open_landmarks(parts, sources).row
