"""What somebody adds to the project, added here in one place each and used for real: an architecture, a loss, a data source, a slider."""

from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.networks import ARCHITECTURES, Architecture
from sketch2photo.onnx import to_onnx


class Tint(nn.Module):
    """A generator that colours the sketch as z says."""

    multiple = 1

    def __init__(self, latent_dim: int, image_size: int, width: int = 5) -> None:
        super().__init__()
        self.colour = nn.Sequential(nn.Linear(latent_dim, width), nn.SiLU(), nn.Linear(width, 3))

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor) -> Tensor:
        colour = self.colour(z)[:, :, None, None]
        return torch.tanh(colour + sketch.repeat(len(z) // len(sketch), 1, 1, 1) * strictness[:, None, None, None])


class MeanColour(nn.Module):
    """Its encoder."""

    def __init__(self, latent_dim: int, image_size: int) -> None:
        super().__init__()
        self.heads = nn.Linear(3, 2 * latent_dim)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.heads(photo.mean((2, 3))).chunk(2, 1)
        return mu, logvar


@pytest.fixture
def drawing() -> Image.Image:
    page = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(page).ellipse((60, 30, 240, 270), outline=0, width=5)
    return page


def test_an_architecture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, drawing: Image.Image) -> None:
    monkeypatch.setitem(ARCHITECTURES, "tint", Architecture(Tint, MeanColour))
    model = Sketch2Photo(architecture="tint", image_size=48, latent_dim=3, width=7)
    model.save_pretrained(tmp_path)
    pipe = Sketch2PhotoPipeline.from_pretrained(str(tmp_path))
    assert pipe.model.generator.colour[0].out_features == 7
    out = pipe(drawing, num_images=2, seed=0)
    assert [image.size for image in out.images] == [(48, 48)] * 2
    assert out.images[0].tobytes() != out.images[1].tobytes()
    assert out.images[0].tobytes() == Sketch2PhotoPipeline(model)(drawing, seed=0).images[0].tobytes()
    assert pipe(drawing, style=out.images[0]).latents.shape == (1, 3)
    with pytest.raises(ValueError, match="no channels, only width"):
        Sketch2Photo(architecture="tint", channels=(16, 32))
    with pytest.raises(ValueError, match="architecture 'tint'"):
        to_onnx(model)
