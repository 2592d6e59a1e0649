"""From drawings to pictures, as a developer with three lines of code sees it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline

SMALL = {"image_size": 64, "channels": (16, 32), "blocks": (1, 1), "head": 8}


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> Sketch2PhotoPipeline:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    Sketch2Photo(**SMALL).save_pretrained(folder)
    return Sketch2PhotoPipeline.from_pretrained(str(folder))


@pytest.fixture(scope="module")
def drawing() -> Image.Image:
    page = Image.new("L", (300, 300), 255)
    pen = ImageDraw.Draw(page)
    pen.ellipse((60, 30, 240, 270), outline=0, width=5)
    pen.ellipse((100, 120, 130, 135), outline=0, width=4)
    pen.ellipse((170, 120, 200, 135), outline=0, width=4)
    pen.arc((110, 180, 190, 230), 10, 170, fill=0, width=5)
    return page


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_many_pictures_of_one_drawing(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    out = pipe(drawing, num_images=4, seed=0)
    assert [(image.size, image.mode) for image in out.images] == [((64, 64), "RGB")] * 4
    assert out.latents.shape == (4, 8)
    assert out.sketch.shape == (1, 1, 64, 64)
    assert all(np.abs(pixels(out.images[0]) - pixels(other)).max() > 0 for other in out.images[1:])


def test_the_same_seed_gives_the_same_pictures_and_more_changes_none(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image
) -> None:
    few, many = pipe(drawing, num_images=2, seed=5), pipe(drawing, num_images=6, seed=5)
    torch.testing.assert_close(many.latents[:2], few.latents)
    assert all(np.abs(pixels(a) - pixels(b)).max() <= 1 for a, b in zip(few.images, many.images, strict=False))
    assert not torch.equal(pipe(drawing, num_images=2, seed=6).latents, few.latents)
    assert not torch.equal(pipe(drawing, num_images=1).latents, pipe(drawing, num_images=1).latents)


def test_latents_fix_the_picture(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    out = pipe(drawing, num_images=3, seed=1)
    again = pipe(drawing, latents=out.latents[1:2])
    assert len(again.images) == 1
    assert np.abs(pixels(again.images[0]) - pixels(out.images[1])).max() <= 1


def test_style_takes_the_latents_of_a_photograph(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    photo = Image.new("RGB", (90, 120), (200, 30, 40))
    out = pipe(drawing, style=photo)
    red = torch.full((1, 3, 64, 64), -1.0)
    red[0, 0], red[0, 1], red[0, 2] = 200 / 127.5 - 1, 30 / 127.5 - 1, 40 / 127.5 - 1
    with torch.inference_mode():
        torch.testing.assert_close(out.latents, pipe.model.encode(red)[0], atol=1e-4, rtol=1e-3)
    assert not torch.equal(out.latents, pipe(drawing, style=Image.new("RGB", (64, 64), (0, 90, 0))).latents)


def test_style_takes_what_a_drawing_may_be(
    pipe: Sketch2PhotoPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone's photograph, which lies on its side and says so, by its path and opened; one of 16 bits; and an array of greys."""
    upright = Image.linear_gradient("L").resize((60, 90))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif, quality=100)
    Image.fromarray(np.asarray(upright).astype(np.uint16) * 257).save(tmp_path / "deep.png")
    encode, seen = pipe.model.encode, []
    monkeypatch.setattr(pipe.model, "encode", lambda photo: seen.append(photo) or encode(photo))
    for style in (
        upright.convert("RGB"),
        tmp_path / "phone.jpg",
        Image.open(tmp_path / "phone.jpg"),
        str(tmp_path / "deep.png"),
        np.asarray(upright),
    ):
        assert pipe.encode(style).shape == (1, 8)
        torch.testing.assert_close(seen[-1], seen[0], atol=0.02, rtol=0)


def test_latents_further_out_than_training_knew_are_shortened(pipe: Sketch2PhotoPipeline, drawing: Image.Image) -> None:
    usual, far = torch.full((1, 8), 1.2), torch.full((1, 8), 2.8)
    assert torch.equal(pipe(drawing, latents=usual).latents, usual)
    out, edge = pipe(drawing, latents=far), pipe(drawing, latents=far * 0.7)
    assert float(out.latents.norm()) == pytest.approx(8**0.5 + 1.2)
    torch.testing.assert_close(out.latents / out.latents.norm(), far / far.norm())
    assert np.abs(pixels(out.images[0]) - pixels(edge.images[0])).max() <= 1


def test_path_array_and_sketchpad_are_the_same_drawing(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image, tmp_path: Path
) -> None:
    drawing.save(tmp_path / "face.png")
    pad = {"background": None, "layers": [], "composite": drawing.convert("RGBA")}
    shown = [pipe(kind, seed=0).sketch for kind in (drawing, np.asarray(drawing), tmp_path / "face.png", pad)]
    for other in shown[1:]:
        torch.testing.assert_close(other, shown[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"latents": torch.zeros(1, 8), "style": Image.new("RGB", (9, 9))}, "not both"),
        ({"latents": torch.zeros(8)}, "latents are"),
        ({"latents": torch.full((1, 8), float("nan"))}, "latents are"),
        ({"num_images": 0}, "at least 1"),
        ({"strictness": 1.5}, "between 0"),
        ({"style": np.zeros((4, 4))}, "needs at least 16"),
        ({"style": torch.zeros(1, 3, 64, 64)}, "not Tensor"),
    ],
)
def test_bad_arguments_get_one_sentence(
    pipe: Sketch2PhotoPipeline, drawing: Image.Image, arguments: dict, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        pipe(drawing, **arguments)


def test_half_precision_makes_the_same_pictures(drawing: Image.Image) -> None:
    torch.manual_seed(0)
    pipe = Sketch2PhotoPipeline(Sketch2Photo(**SMALL))
    full = pipe(drawing, num_images=2, seed=0)
    half = pipe.to(torch.bfloat16)(drawing, num_images=2, seed=0)
    assert half.latents.dtype == torch.float32
    torch.testing.assert_close(half.latents, full.latents)
    assert all(np.abs(pixels(a) - pixels(b)).mean() < 2 for a, b in zip(full.images, half.images, strict=True))


def test_named_directions_move_the_latents(drawing: Image.Image, tmp_path: Path) -> None:
    vector = [0.6, 0.8, 0, 0, 0, 0, 0, 0]
    directions = {"background": {"vector": vector, "range": [-2.5, 2.5], "effect": {"background": 1.0}}}
    Sketch2Photo(**SMALL, directions=directions).save_pretrained(tmp_path)
    pipe = Sketch2PhotoPipeline.from_pretrained(str(tmp_path))
    assert pipe.model.directions == directions
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    moved = pipe(drawing, latents=z, background=2)
    torch.testing.assert_close(moved.latents, z + 2 * torch.tensor(vector))
    assert moved.images[0].tobytes() == pipe(drawing, latents=moved.latents).images[0].tobytes()
    with pytest.raises(ValueError, match=r"no direction named 'age'; it has: background\."):
        pipe(drawing, age=1)
