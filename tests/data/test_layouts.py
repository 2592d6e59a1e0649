"""Data as it lies on disks: found, said, and trained on; and what is bad in it left out."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader

from sketch2photo import Sketch2Photo
from sketch2photo.data import hub_stream, layouts
from sketch2photo.data.hub import Hub
from sketch2photo.data.landmarks import CURVES, MASK, LandmarksFile
from sketch2photo.data.layouts import DataOptions
from sketch2photo.data.sources import Pairs, Photos, open_source, open_training_data
from sketch2photo.images import open_header, to_array
from sketch2photo.training.config import PRESETS
from sketch2photo.training.samples import Indices, Stream
from tests.data.folders import BAD_FILES, COUNT, LAYOUTS, faces, halves, joined, rows
from tests.programs import TINY, run_program

SMALL = [*TINY, "--batch-size", "2", "--steps", "3"]


def opened(arguments: list[str]) -> tuple[DataOptions, str]:
    """How train.py understands such arguments."""
    kind = arguments[0].removeprefix("--")
    more = dict(zip(arguments[2::2], arguments[3::2], strict=False))
    columns = tuple(arguments[arguments.index("--columns") + 1 :]) if "--columns" in arguments else ()
    return DataOptions(kind, columns, more.get("--sketch-side", "A")), arguments[1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_found_and_trained_on(layout: str, tmp_path: Path) -> None:
    arguments = LAYOUTS[layout](tmp_path / "data")
    options, location = opened(arguments)
    source = open_source(location.removesuffix("=2"), options)
    assert len(source) == COUNT
    expected = faces()
    loaded = [source.load(i) for i in range(COUNT)]
    for photo, sketch in loaded:
        errors = [np.abs(photo.astype(int) - to_array(face, "RGB")).mean() for face, _ in expected]
        nearest = int(np.argmin(errors))
        assert errors[nearest] < 6
        if options.kind == "pairs":
            assert sketch is not None
            assert np.abs(sketch.astype(int) - to_array(expected[nearest][1], "L")).mean() < 6
        else:
            assert sketch is None
    done = run_program("train.py", *SMALL, "--out", tmp_path / "run", *arguments)
    assert done.returncode == 0, done.stderr
    assert f"{COUNT} p" in done.stderr
    assert Sketch2Photo.from_pretrained(tmp_path / "run" / "best").image_size == 64


def test_bad_files_are_left_out_and_said_and_the_run_goes_on(tmp_path: Path) -> None:
    """Each is half of a pair, whose other half goes with it."""
    arguments = halves("photo", "sketch")(tmp_path)
    for i, spoil in enumerate(BAD_FILES.values(), 1):
        spoil(tmp_path / "photo" / f"{i}.png")
    done = run_program("train.py", *SMALL, "--out", tmp_path / "run", *arguments)
    assert done.returncode == 0, done.stderr
    told = len(BAD_FILES) - 1  # all but the truncated one by their headers
    assert f"{COUNT - told} pairs" in done.stderr
    for line in (
        "left out 4 that cannot be read: 2.png, 3.png, 4.png, ...",
        "left out 1 of more than 40 megapixels: 6.png",
        "left out 1 hidden files: ._7.png",
        f"left out {told} without a partner of the same name: 2.png, 3.png, 4.png, ...",
    ):
        assert line in done.stderr
    with pytest.raises(ValueError, match=r"photo/1\.png: The picture '1\.png' is damaged"):
        Pairs.open(tmp_path).load(1)


def test_nothing_is_left_out_silently(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    halves("photo", "sketch")(tmp_path)
    photo, sketch = tmp_path / "photo", tmp_path / "sketch"
    Image.open(photo / "0.png").save(photo / "0.jpg")  # one of the two would have vanished
    (sketch / "1.png").rename(sketch / "other.png")
    Image.open(photo / "2.png").resize((64, 40)).save(photo / "2.png")
    (photo / "notes.txt").write_text("")
    (photo / "3.heic").write_bytes(b"")
    found = Pairs.open(tmp_path)
    assert [path.stem for path in found.photos] == ["10", "11", "3", "4", "5", "6", "7", "8", "9"]
    assert [path.stem for path in found.sketches] == [path.stem for path in found.photos]
    said = capsys.readouterr().err.replace(f"{tmp_path}: ", "").splitlines()
    assert said[0] == "9 pairs, photographs in photo/, sketches in sketch/, 64 x 64 px"
    assert set(said[1:]) == {
        "left out 1 files of another kind (.heic): 3.heic",
        "left out 1 files of another kind (.txt): notes.txt",
        "left out 2 that share their name with another: 0.jpg, 0.png",
        "left out 3 without a partner of the same name: 0.png, 1.png, other.png",
        "left out 1 whose photograph and sketch differ in shape: 2.png",
    }


def test_of_many_pictures_few_headers_are_read_and_the_others_are_judged_when_they_are_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts.find_pictures, "__defaults__", (3,))  # of 12: 0, 10 and 4 are looked at
    opened = []
    monkeypatch.setattr(layouts, "open_header", lambda path: opened.append(path) or open_header(path))
    halves("photo", "sketch")(tmp_path / "two")
    photo = tmp_path / "two" / "photo"
    Image.open(photo / "1.png").resize((64, 40)).save(photo / "1.png")
    (photo / "0.png").write_bytes(b"")
    pairs = Pairs.open(tmp_path / "two")
    assert len(opened) == 2 * 3
    assert [path.name for path in pairs.photos][:3] == ["1.png", "10.png", "11.png"]
    said = capsys.readouterr().err
    assert "11 pairs, photographs in photo/, sketches in sketch/, 64 x 64 px in 2 of them" in said
    assert "left out 1 that cannot be read: 0.png" in said
    with pytest.raises(ValueError, match=r"1\.png: photograph and sketch differ in shape"):
        pairs.load(0)
    assert pairs.load(1)[0].shape == (64, 64, 3)

    joined(sketch_left=True)(tmp_path / "one")
    both = tmp_path / "one" / "train" / "1.jpg"
    Image.open(both).resize((64, 64)).save(both)
    with pytest.raises(ValueError, match=r"1\.jpg: it is not twice as wide as high"):
        Pairs.open(tmp_path / "one").load(1)


def test_turned_pictures_have_the_shape_that_they_show(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    for half in ("photo", "sketch"):
        (tmp_path / half).mkdir()
    Image.new("RGB", (60, 40), "red").save(tmp_path / "photo" / "a.jpg", exif=exif)
    Image.new("L", (80, 120), 255).save(tmp_path / "sketch" / "a.png")
    photo, sketch = Pairs.open(tmp_path).load(0)
    assert sketch is not None
    assert (photo.shape, sketch.shape) == ((60, 40, 3), (120, 80))


def test_a_sketch_is_read_as_it_looks(tmp_path: Path) -> None:
    """Black on nothing, and of 16 bits: as training reads them they were all black, and all white."""
    halves("photo", "sketch")(tmp_path)
    expected = to_array(faces()[0][1], "L")
    clear, deep = tmp_path / "sketch" / "0.png", tmp_path / "sketch" / "1.png"
    Image.merge("LA", (Image.new("L", (64, 64), 0), Image.fromarray(255 - expected))).save(clear)
    Image.fromarray(expected.astype(np.uint16) * 257).save(deep)
    pairs = Pairs.open(tmp_path)
    for index in (0, 1):
        sketch = pairs.load(index)[1]
        assert sketch is not None
        assert np.abs(sketch.astype(int) - expected).max() <= 1


def test_exchanged_sides_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    halves("A", "B")(tmp_path)
    Pairs.open(tmp_path)
    assert "are the sides exchanged" in capsys.readouterr().err
    Pairs.open(tmp_path, DataOptions(sketch_side="B"))
    assert "are the sides exchanged" not in capsys.readouterr().err


def test_folders_that_hold_no_pairs_say_what_would_be(tmp_path: Path) -> None:
    halves("photo", "sketch")(tmp_path / "pairs")
    with pytest.raises(ValueError, match="it has neither photo/ and sketch/, A/ and B/"):
        Pairs.open(tmp_path / "pairs" / "photo")
    with pytest.raises(ValueError, match="holds pairs, not photographs alone"):
        Photos.open(tmp_path / "pairs")
    (tmp_path / "empty").mkdir()
    for kind in (Pairs, Photos):
        with pytest.raises(ValueError, match="No pictures in"):
            kind.open(tmp_path / "empty")
        with pytest.raises(ValueError, match="There is no folder"):
            kind.open(tmp_path / "nowhere")


def test_a_path_may_have_an_equals_sign_and_a_weight(tmp_path: Path) -> None:
    halves("photo", "sketch")(tmp_path / "size=64")
    place = str(tmp_path / "size=64")
    sources, _ = open_training_data([place], [f"{place}/photo=3", f"{place}/photo"], 0.8, 2, 64)
    assert [source.share for source in sources] == pytest.approx([0.2, 0.6, 0.2])
    (tmp_path / "a=2").mkdir()
    with pytest.raises(ValueError, match=r"No pictures in .*a=2"):
        open_training_data([str(tmp_path / "a=2")], [], 0.5, 2, 64)


def test_columns_are_named_or_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows().to_parquet(tmp_path / "train.parquet")
    place = str(tmp_path)
    sketch = Hub.open(place).load(3)[1]
    assert sketch is not None
    assert np.array_equal(sketch, to_array(faces()[3][1], "L"))
    assert "12 pairs from the columns image and conditioning_image; not used: text" in capsys.readouterr().err
    assert Hub.open(place, DataOptions("photos")).load(3)[1] is None
    exchanged = Hub.open(place, DataOptions(columns=("conditioning_image", "image"))).load(3)[0]
    assert np.array_equal(exchanged, to_array(faces()[3][1], "RGB"))
    for columns, words in (
        (("image", "lines"), "no column of sketches named lines"),
        (("text", "image"), "holds text"),
    ):
        with pytest.raises(ValueError, match=words):
            Hub.open(place, DataOptions(columns=columns))
    photos = halves("photo", "sketch")(tmp_path / "folder")[1]
    with pytest.raises(ValueError, match="--columns are those of data sets"):
        open_training_data([photos], [], 0.5, 2, 64, DataOptions(columns=("image",)))
    rows("image", "drawing").to_parquet(tmp_path / "train.parquet")
    with pytest.raises(ValueError, match="only image, drawing, text: say which with --columns"):
        Hub.open(place)  # their sketches were made, silently


@pytest.fixture
def three_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data set to stream: twelve faces in three files, of which four rows are held at a time."""
    monkeypatch.setattr(hub_stream, "HELD", 4)
    # At the end of the files datasets waits so long for threads that may still read; here they end after four rows.
    monkeypatch.setattr("datasets.config.SLEEP_TIME_ON_THREADS_SHUTDOWN", 0)
    for part in range(3):
        rows().shard(3, part).to_parquet(tmp_path / "rows" / f"train-{part}.parquet")
    return f"stream:{tmp_path / 'rows'}"


def streamed(location: str, loads: int = 40) -> list[bytes]:
    """What comes of a stream, photographs all."""
    source = open_source(location, DataOptions("photos"))
    return [source.load(5 * i)[0].tobytes() for i in range(loads)]


def test_a_stream_gives_all_rows_and_the_same_each_time(three_files: str, capsys: pytest.CaptureFixture[str]) -> None:
    seen = streamed(three_files)
    assert "an unknown number of photos from the columns image" in capsys.readouterr().err
    assert set(seen) == {to_array(photo, "RGB").tobytes() for photo, _ in faces()}
    assert streamed(three_files) == seen
    photo, sketch = open_source(three_files, DataOptions("pairs")).load(0)
    assert sketch is not None and photo.shape[:2] == sketch.shape == (64, 64)


def test_processes_share_the_files_of_a_stream(three_files: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    shares = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        shares.append(set(streamed(three_files)))
    assert sorted(map(len, shares)) == [4, 8]
    assert not shares[0] & shares[1]
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(ValueError, match="it comes in 3 files, which 4 processes and workers cannot share"):
        streamed(three_files)


def test_a_stream_is_trained_on_beside_what_is_held_out(three_files: str, tmp_path: Path) -> None:
    pairs = halves("photo", "sketch")(tmp_path / "faces")[1]
    sources, validation = open_training_data([pairs], [three_files], 0.5, 2, 64)
    assert [source.label for source in sources] == ["pairs faces", "photos rows"]  # no path of this computer's
    assert len(validation) == 1
    samples = Stream([sources[1]], PRESETS["default"].data, 0.5, 64, 8, seed=0)
    batches = list(DataLoader(samples, 3, sampler=Indices(0, 12), num_workers=2))
    assert len(batches) == 4 and all(batch["photo"].shape == (3, 3, 64, 64) for batch in batches)
    assert samples.passed_over == 0
    with pytest.raises(ValueError, match="of a stream nothing can be held out"):
        open_training_data([], [three_files], 0.5, 2, 64)


def test_landmarks_are_known_by_either_spelling(tmp_path: Path) -> None:
    points = np.zeros((1, sum(map(len, CURVES.values())), 2), np.float16)
    names = np.array([unicodedata.normalize("NFD", "é")])
    np.savez(tmp_path / "parts.npz", names=names, points=points, masks=np.zeros((1, MASK * MASK // 8), np.uint8))
    assert LandmarksFile(tmp_path / "parts.npz").of("é", 64) is not None


def test_landmarks_of_many_photographs_stay_on_the_disk(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "points": rng.random((3, sum(map(len, CURVES.values())), 2)).astype(np.float16),
        "masks": rng.integers(0, 256, (3, MASK * MASK // 8), np.uint8),
        "names": np.array(["a", "b", "c"]),
    }
    np.savez(tmp_path / "plain.npz", **arrays)
    np.savez_compressed(tmp_path / "small.npz", **arrays)
    plain, small = (LandmarksFile(tmp_path / name) for name in ("plain.npz", "small.npz"))
    assert isinstance(plain.masks, np.memmap) and isinstance(plain.points, np.memmap)
    for name in "abc":
        one, other = (file.of(name, 64) for file in (plain, small))
        assert one is not None and other is not None
        np.testing.assert_array_equal(one.mask, other.mask)
        np.testing.assert_array_equal(one.curves["oval"], other.curves["oval"])
    np.savez(tmp_path / "bad.npz", **arrays | {"points": np.array([{}])})
    (tmp_path / "torn.npz").write_bytes((tmp_path / "plain.npz").read_bytes()[:1000])
    for name in ("bad.npz", "torn.npz"):
        with pytest.raises(ValueError, match="is no file of landmarks"):
            LandmarksFile(tmp_path / name)


def test_a_link_to_the_folder_itself_is_no_endless_way(tmp_path: Path) -> None:
    halves("photo", "sketch")(tmp_path)
    (tmp_path / "photo" / "again").symlink_to(tmp_path / "photo")
    assert len(Photos.open(tmp_path / "photo")) == COUNT
