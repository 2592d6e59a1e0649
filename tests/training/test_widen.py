"""A wider model makes the same pictures, and all of it can be trained."""

from pathlib import Path

import pytest
import torch

from sketch2photo import Sketch2Photo
from sketch2photo.training.widen import main, widen


def random_model() -> Sketch2Photo:
    torch.manual_seed(0)
    model = Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1), head=16).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return model


def test_a_wider_model_makes_the_same_pictures_and_learns_in_every_new_channel() -> None:
    model = random_model()
    wide = widen(model, (32, 48), 32)
    sketch, z = torch.rand(2, 1, 64, 64) * 2 - 1, torch.randn(4, 8)
    with torch.inference_mode():
        assert (wide(sketch, z, 0.4) - model(sketch, z, 0.4)).abs().max() < 1e-5
        assert torch.equal(wide.encode(wide(sketch, z))[0], model.encode(wide(sketch, z))[0])
    before = {name: value.clone() for name, value in wide.generator.named_parameters()}
    optimizer = torch.optim.Adam(wide.generator.parameters(), 1e-3)
    for _ in range(3):
        optimizer.zero_grad()
        wide(sketch, z).square().mean().backward()
        optimizer.step()
    still = [
        name
        for name, value in wide.generator.named_parameters()
        if (value == before[name]).flatten(1 if value.ndim > 1 else 0).all(-1).any()
    ]
    assert not still


def test_more_latents_change_no_picture_and_learn() -> None:
    model = random_model()
    model.directions = {"hair": {"vector": [0.5] * 8, "effect": {"hair": 1.0}, "range": [-2.0, 2.0]}}
    wide = widen(model, latent_dim=12)
    sketch, z, more = torch.rand(2, 1, 64, 64) * 2 - 1, torch.randn(4, 8), torch.randn(4, 4)
    photos = wide(sketch, torch.cat([z, more], 1), 0.4)
    assert (photos - model(sketch, z, 0.4)).abs().max() < 1e-5
    for found, known in zip(wide.encode(photos), model.encode(photos), strict=True):
        assert torch.allclose(found[:, :8], known, atol=1e-5) and found[:, 8:].std(0).min() > 0
    photos.square().mean().backward()
    assert wide.generator.get_parameter("mapping.0.weight").grad[:, 8:12].any(0).all()
    assert wide.directions["hair"]["vector"] == [0.5] * 8 + [0.0] * 4


def test_fewer_latents_are_refused() -> None:
    with pytest.raises(ValueError, match="From 8 latents only more can be made, not 4"):
        widen(random_model(), latent_dim=4)


@pytest.mark.parametrize(("channels", "head"), [((16, 16), 16), ((16, 40), 16), ((16, 32, 64), 16), ((16, 32), 8)])
def test_what_cannot_be_is_refused(channels: tuple[int, ...], head: int) -> None:
    with pytest.raises(ValueError, match="only more can be made"):
        widen(random_model(), channels, head)


def test_what_comes_next_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random_model().save_pretrained(tmp_path / "narrow")
    main(str(tmp_path / "narrow"), tmp_path / "wide", latent_dim=12)
    assert capsys.readouterr().out == f"Next: python train.py --start-from {tmp_path / 'wide'}\n"
    assert Sketch2Photo.from_pretrained(tmp_path / "wide").latent_dim == 12


def test_no_other_model_is_written_over(tmp_path: Path) -> None:
    random_model().save_pretrained(tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    with pytest.raises(ValueError, match="is not empty"):
        main(str(tmp_path), tmp_path, latent_dim=12)
    assert (tmp_path / "model.safetensors").read_bytes() == before
