"""What somebody adds to the project, added here in one place each and used for real: an architecture, a loss, a data source.

A slider is in tests/studio/test_controls.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.data.layouts import DataOptions
from sketch2photo.data.sources import SOURCES, open_training_data
from sketch2photo.images import Picture
from sketch2photo.networks import ARCHITECTURES, Architecture
from sketch2photo.networks.blocks import tile
from sketch2photo.onnx import to_onnx
from sketch2photo.training.config import DataConfig, LossConfig, ModelConfig, OptimizationConfig, Recipe
from sketch2photo.training.losses import TERMS, Step, Term
from sketch2photo.training.trainer import Trainer


class Tint(nn.Module):
    """A generator that colours the sketch as z says."""

    multiple = 1

    def __init__(self, latent_dim: int, image_size: int, width: int = 5) -> None:
        super().__init__()
        self.colour = nn.Sequential(nn.Linear(latent_dim, width), nn.SiLU(), nn.Linear(width, 3))

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor, trusted: Tensor) -> Tensor:
        colour = self.colour(z)[:, :, None, None]
        lines = tile(sketch, len(strictness)) * strictness[:, None, None, None]
        return torch.tanh(colour + tile(lines, len(z)))


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


class Greys:
    """Pairs of a grey photograph and a line across white paper."""

    @classmethod
    def accepts(cls, location: str) -> bool:
        return location == "greys"

    @classmethod
    def open(cls, location: str, options: DataOptions) -> "Greys":
        return cls()

    def __len__(self) -> int:
        return 20

    def load(self, index: int) -> tuple[Picture, Picture]:
        sketch = np.full((64, 64), 255, np.uint8)
        sketch[20 + index : 24 + index] = 0
        return np.full((64, 64, 3), 10 * index, np.uint8), sketch

    def name(self, index: int) -> None:
        return None


def redness(step: Step) -> Tensor:
    """How much redder than blue B~ is."""
    return (step.fake_lr[:, 0] - step.fake_lr[:, 2]).mean()


@dataclass(frozen=True)
class WithRedness(LossConfig):
    redness: float = 1000.0


def test_a_loss_and_a_data_source_are_trained_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(ARCHITECTURES, "tint", Architecture(Tint, MeanColour))
    monkeypatch.setitem(SOURCES, "pairs", [Greys, *SOURCES["pairs"]])
    monkeypatch.setitem(TERMS, "redness", Term(redness))
    recipe = Recipe(
        ModelConfig("tint", image_size=64, latent_dim=3),
        DataConfig(made_share=0.0),
        WithRedness(feature=0.0, ramp=0),
        OptimizationConfig(batch_size=2, learning_rate=0.01, warmup=0),
    )
    sources, validation = open_training_data(["greys"], [], 0.5, 2, 64)
    trainer = Trainer(recipe, sources, validation, tmp_path)
    before = blueness(trainer.model)
    trainer.run(None, 12, 1e9, 1e9)
    assert blueness(Sketch2Photo.from_pretrained(tmp_path / "best")) > before + 0.01
    told = json.loads((tmp_path / "best" / "training.json").read_text())
    assert '"redness": 1000.0' in json.dumps(told)
    assert '"pairs greys": {"count": 18' in json.dumps(told)


@torch.inference_mode()
def blueness(model: Sketch2Photo) -> float:
    photos = model(torch.ones(1, 1, 64, 64), torch.randn(16, 3, generator=torch.Generator().manual_seed(0)))
    return (photos[:, 2] - photos[:, 0]).mean().item()
