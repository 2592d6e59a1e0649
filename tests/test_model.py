"""The model: shapes, the latent and strictness in every picture, saving and loading."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sketch2photo import Sketch2Photo

SMALL = {"image_size": 64, "channels": (16, 32), "blocks": (1, 1), "head": 8}
CLASSIC = {"architecture": "classic", "image_size": 64, "channels": (8, 16, 16)}


@pytest.fixture(params=[SMALL, CLASSIC], ids=["modulated", "classic"])
def model(request: pytest.FixtureRequest) -> Sketch2Photo:
    if request.param is CLASSIC:
        pytest.importorskip("torchvision")
    torch.manual_seed(0)
    return Sketch2Photo(**request.param).eval()


def sketches(model: Sketch2Photo, count: int = 2) -> torch.Tensor:
    lines = torch.ones(count, 1, model.image_size, model.image_size)
    for i in range(count):
        lines[i, :, 4 + 5 * i : 8 + 5 * i, 4:-4] = -1
    return lines


def test_default_model_is_256_px_with_eight_latents_and_without_discriminators(tmp_path: Path) -> None:
    model = Sketch2Photo().eval()
    photo = model(torch.ones(1, 1, 256, 256), torch.zeros(1, 8))
    assert photo.shape == (1, 3, 256, 256)
    model.save_pretrained(tmp_path)
    assert not any("d_vae" in name or "d_lr" in name for name in load_file(tmp_path / "model.safetensors"))


def test_photo_is_in_range_and_encodes(model: Sketch2Photo) -> None:
    photo = model(sketches(model), torch.randn(2, 8))
    assert photo.shape == (2, 3, model.image_size, model.image_size)
    assert photo.abs().max() <= 1
    mu, logvar = model.encode(photo)
    assert mu.shape == logvar.shape == (2, 8)


def test_every_latent_changes_the_picture(model: Sketch2Photo) -> None:
    z = torch.zeros(9, 8)
    z[1:] = 2 * torch.eye(8)
    photo = model(sketches(model, 1), z)
    assert ((photo[1:] - photo[0]).abs().amax((1, 2, 3)) > 1e-4).all()


def test_several_latents_for_several_sketches_are_the_single_ones(model: Sketch2Photo) -> None:
    lines, z = sketches(model), torch.randn(4, 8)
    together = model(lines, z)
    for i in range(4):
        alone = model(lines[i % 2 : i % 2 + 1], z[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-4, rtol=1e-3)


def test_at_strictness_zero_lines_cannot_reach_the_picture_at_full_resolution() -> None:
    """The finest paths from the sketch to the photograph carry nothing at 0, some at 0.5 and most at 1."""
    torch.manual_seed(0)
    model = Sketch2Photo(**SMALL).eval()
    z, lines = torch.zeros(3, 8), sketches(model, 1)
    strictness = torch.tensor([0.0, 0.5, 1.0])
    before = model(lines, z, strictness)
    with torch.no_grad():
        for path in (model.generator.skip[0], model.generator.head_sketch):
            path.weight.add_(torch.randn_like(path.weight))
    change = (model(lines, z, strictness) - before).abs().mean((1, 2, 3))
    assert change[0] == 0
    assert 0 < change[1] < change[2]


def test_saved_and_loaded_is_the_same_model_in_eval_mode(model: Sketch2Photo, tmp_path: Path) -> None:
    model.train().save_pretrained(tmp_path)
    again = Sketch2Photo.from_pretrained(tmp_path)
    assert not again.training
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["image_size"] == model.image_size
    assert len(config["channels"]) in (2, 3)
    assert ("mapping" in config) == (model.architecture == "modulated")  # also what was not given
    z = torch.randn(2, 8)
    torch.testing.assert_close(again(sketches(model), z), model.eval()(sketches(model), z))


def test_other_sizes_come_back_from_the_config(tmp_path: Path) -> None:
    Sketch2Photo(image_size=96, latent_dim=3, channels=(16, 32), blocks=(2, 1), head=8, mapping=20).save_pretrained(
        tmp_path
    )
    again = Sketch2Photo.from_pretrained(tmp_path)
    assert again(torch.ones(1, 1, 96, 96), torch.zeros(5, 3)).shape == (5, 3, 96, 96)


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        Sketch2Photo.from_pretrained(tmp_path)


def test_a_tensor_of_another_shape_is_refused(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights["generator.stem.bias"] = torch.zeros(3)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"generator\.stem\.bias"):
        Sketch2Photo.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("sketch", "z", "words"),
    [
        ((1, 3, 64, 64), (1, 8), "A sketch is"),
        ((1, 1, 60, 64), (1, 8), "multiples of 8"),
        ((1, 1, 64, 64), (1, 7), "z is"),
        ((2, 1, 64, 64), (3, 8), "multiple of the 2 sketches"),
    ],
)
def test_shapes_that_do_not_fit_are_named(sketch: tuple[int, ...], z: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sketch2Photo(**SMALL)(torch.ones(sketch), torch.zeros(z))


def test_arguments_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        Sketch2Photo(image_size=100)
    with pytest.raises(ValueError, match="at least 64"):
        Sketch2Photo(image_size=32)
    with pytest.raises(ValueError, match="architecture"):
        Sketch2Photo(architecture="other")
    with pytest.raises(ValueError, match="no head or mapping, only channels"):
        Sketch2Photo(**CLASSIC, mapping=96, head=16)
    with pytest.raises(ValueError, match="for each of the 2 channels, not 1 numbers"):
        Sketch2Photo(**SMALL | {"blocks": (1,)})
    for name, size in {"channels": (), "blocks": (1, 0), "head": 0, "latent_dim": -1, "mapping": 9.5}.items():
        with pytest.raises(ValueError, match=f"{name} must be whole numbers"):
            Sketch2Photo(**SMALL | {name: size})


def test_the_generator_has_no_checkerboard_to_give() -> None:
    """A pattern that sub-pixel convolution puts on every other pixel of the stage at half resolution does not pass."""
    torch.manual_seed(0)
    model = Sketch2Photo(**SMALL).eval()
    before = model(torch.ones(1, 1, 64, 64), torch.zeros(1, 8))
    with torch.no_grad():
        phases = torch.tensor([1.0, -1.0, -1.0, 1.0])  # of the four sub-pixels of each cell
        model.generator.to_head.conv.bias.add_(phases.repeat(8))
    after = model(torch.ones(1, 1, 64, 64), torch.zeros(1, 8))
    inside = (..., slice(16, -16), slice(16, -16))
    assert (after - before)[inside].abs().max() < 1e-3
