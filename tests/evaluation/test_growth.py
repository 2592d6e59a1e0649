"""What work costs as it grows: that it is measured on what it says, and shown."""

from pathlib import Path

import pytest
from PIL import Image

from sketch2photo import Sketch2Photo
from sketch2photo.data.sources import Pairs
from sketch2photo.evaluation import growth, load_test
from tests.programs import SIZES


def test_many_photographs_are_few_files(tmp_path: Path) -> None:
    with growth.photographs(25) as folder:
        pairs = Pairs.open(folder)
        assert len(pairs) == 25
        assert {pair.shape[:2] for pair in pairs.load(24)} == {(256, 256)}
        assert len({path.stat().st_ino for path in pairs.photos}) == growth.FILES
    assert not folder.exists()


def test_a_rate_is_of_pictures_and_not_of_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Sketch2Photo(image_size=64, **SIZES).save_pretrained(tmp_path)
    made: list[int] = []
    draw = growth.Sketch2PhotoPipeline.__call__
    monkeypatch.setattr(
        growth.Sketch2PhotoPipeline, "__call__", lambda *a, **k: made.append(k["num_images"]) or draw(*a, **k)
    )
    monkeypatch.setattr(growth, "LEAST", 8)
    monkeypatch.setattr(growth.time, "perf_counter", iter([0.0, 2.0] * 2).__next__)
    assert growth.pictures_speed(str(tmp_path), 3)[0] == 4.5  # three calls
    assert growth.pictures_speed(str(tmp_path), 20)[0] == 10.0
    assert made == [3, 3, 3, 3, 16, 20]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [({"visitors": 0}, "1 to 1,000"), ({"visitors": 1001}, "1 to 1,000"), ({"pictures": 1}, "least 2")],
)
def test_numbers_of_a_load_that_cannot_be_are_refused(numbers: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_test.main("none", **numbers)


def test_each_kind_is_a_table_and_a_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = growth.Growth("visitors at once", (1, 1000), {"pictures/s": [2.0, 1.5], "memory, GiB": [0.5, 0.51]})
    monkeypatch.setitem(growth.KINDS, "visitors", lambda model: found)
    growth.main("none", tmp_path / "new", ("visitors",))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["growth_visitors.png"]
    assert Image.open(tmp_path / "new" / "growth_visitors.png").width > 400
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| visitors at once | pictures/s | memory, GiB |",
        "|---|---|---|",
        "| 1 | 2.00 | 0.50 |",
        "| 1,000 | 1.50 | 0.51 |",
    ]
