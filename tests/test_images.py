"""Pictures are read the same whatever they are stored as."""

import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sketch2photo.images import fitted, open_picture, to_array, to_images, to_pictures, to_tensor
from tests.test_preprocess import png_header


@pytest.fixture
def page() -> np.ndarray:
    """(40, 60) uint8: every value, and a line on white."""
    page = np.full((40, 60), 255, np.uint8)
    page[:8, :32] = np.arange(256).reshape(8, 32)
    page[20:22, 10:50] = 0
    return page


def test_sixteen_bits_and_transparency_are_read_as_what_they_show(page: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(page).save(tmp_path / "plain.png")
    Image.fromarray(page.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    black = Image.new("L", (60, 40), 0)
    Image.merge("LA", (black, Image.fromarray(255 - page))).save(tmp_path / "transparent.png")
    for name in ("plain", "deep", "transparent"):
        for mode, shape in (("L", (40, 60)), ("RGB", (40, 60, 3))):
            picture = to_array(tmp_path / f"{name}.png", mode)
            assert (picture.shape, picture.dtype) == (shape, np.uint8)
            assert np.abs(picture.reshape(40, 60, -1).astype(int) - page[..., None]).max() <= 1, (name, mode)


def test_a_large_picture_of_16_bits_takes_little_memory_on_the_way(tmp_path: Path) -> None:
    Image.fromarray(np.full((2000, 2000), 65535, np.uint16)).save(tmp_path / "deep.png")
    tracemalloc.start()
    try:
        open_picture(tmp_path / "deep.png")
        assert tracemalloc.get_traced_memory()[1] < 12 * 2000**2  # bytes for each pixel
    finally:
        tracemalloc.stop()


def test_a_photograph_taken_on_its_side_is_read_upright(page: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    Image.fromarray(page).save(tmp_path / "phone.png", exif=exif)
    np.testing.assert_array_equal(to_array(tmp_path / "phone.png", "L"), np.rot90(page, -1))


def test_every_kind_of_colour_is_read_as_what_it_shows(tmp_path: Path) -> None:
    """Blue, as ink on paper, as a palette's entry, as one that is half transparent, and as an open file."""
    blue = Image.new("RGB", (20, 20), (0, 0, 255))
    blue.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=100)
    blue.convert("CMYK").save(tmp_path / "cmyk.tif")
    blue.quantize(4).save(tmp_path / "palette.gif")
    blue.convert("P").save(tmp_path / "palette.png", transparency=255)
    Image.new("RGBA", (20, 20), (0, 0, 255, 128)).save(tmp_path / "glass.webp", lossless=True)
    for path in sorted(tmp_path.iterdir()):
        expected = (127, 127, 255) if path.stem == "glass" else (0, 0, 255)
        assert np.abs(to_array(path, "RGB").astype(int) - expected).max() <= 2, path.name
        with path.open("rb") as file:
            np.testing.assert_array_equal(to_array(file, "RGB"), to_array(path, "RGB"))


def test_what_is_no_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(20_000, 20_000))
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dead.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    words = {
        "bomb": "40 megapixels",
        "empty": "not a picture",
        "folder": "not a picture",
        "dead": "no file",
        "pipe": "not a picture",
    }
    for name, said in words.items():
        with pytest.raises(ValueError, match=said):
            open_picture(tmp_path / f"{name}.png")
    with pytest.raises(ValueError, match="not a picture"):
        open_picture(io.BytesIO(b"%PDF-1.7"))
    with pytest.raises(ValueError, match="not list"):
        open_picture([[0, 1], [1, 0]])


def test_arrays_and_tensors_are_turned_into_each_other_without_loss(page: np.ndarray) -> None:
    square = page[:, 10:50]
    tensor = to_tensor(fitted(page, 40))
    assert (tensor.shape, tensor.min(), tensor.max()) == ((1, 40, 40), -1, 1)
    np.testing.assert_array_equal(to_pictures(tensor[None])[0], square)
    colours = np.stack([square, 255 - square, np.full_like(square, 7)], 2)
    pictures = torch.stack([to_tensor(fitted(colours, 40)), tensor.expand(3, -1, -1)])
    np.testing.assert_array_equal(to_pictures(pictures)[0], colours)
    assert [(image.size, image.mode) for image in to_images(pictures)] == [((40, 40), "RGB")] * 2
    assert to_images(tensor[None])[0].mode == "L"
