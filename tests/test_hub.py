"""The folder that is pushed to the Hub: whole, small, and its card made of its figures."""

import json
import subprocess
import sys
from pathlib import Path

import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "hub" / "model"


def test_bundled_weights_load_and_draw() -> None:
    assert (FOLDER / "model.safetensors").stat().st_size < 25e6
    model = Sketch2Photo.from_pretrained(FOLDER)
    assert (model.image_size, model.latent_dim) == (256, 8)
    assert all(torch.isfinite(weight).all() for weight in load_file(FOLDER / "model.safetensors").values())
    out = Sketch2PhotoPipeline(model)(ROOT / "sketch2photo" / "examples" / "careful_woman.png", num_images=2, seed=0)
    extremes = [image.convert("L").getextrema() for image in out.images]
    assert all(high - low > 120 for low, high in extremes)


def test_card_is_what_its_figures_make_it() -> None:
    before = (FOLDER / "README.md").read_text()
    subprocess.run([sys.executable, "-m", "hub.card"], check=True, cwd=ROOT)
    assert (FOLDER / "README.md").read_text() == before
    card = ModelCard.load(FOLDER / "README.md")
    published = json.loads((FOLDER / "metrics.json").read_text())["results"][0]["figures"]
    told = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert told["kernel_distance"] == round(published["kernel_distance"], 4)
    for heading in ("What it may be used for", "What it was trained on", "Where it fails"):
        assert f"## {heading}" in card.text
