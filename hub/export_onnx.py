"""Writes the model as ONNX files: python -m hub.export_onnx [--model DIR_OR_ID] [--out DIR] [--bits 32|16|8].

Without a Python of its own, any ONNX Runtime runs them. What goes in and comes out stands in sketch2photo/onnx.py; a picture's
values are in [-1, 1]. `--check DIR` draws pairs that the model was not trained on with each number of bits, and prints how the
pictures and their kernel distance compare with PyTorch's.
"""

import copy
import json
from pathlib import Path
from typing import Any

import torch

from sketch2photo import Sketch2Photo
from sketch2photo.cli import run
from sketch2photo.data.sources import Pairs, split
from sketch2photo.evaluation.pair_evaluator import PairEvaluator
from sketch2photo.evaluation.report import markdown_table
from sketch2photo.evaluation.resized import Resized
from sketch2photo.latents import max_norm
from sketch2photo.onnx import Bits, to_onnx, with_onnx

FOLDER = Path(__file__).parent / "model"
COMPARED: tuple[Bits, ...] = (16, 8)


def write(model: Sketch2Photo, out: Path, bits: Bits = 32) -> list[Path]:
    """generator.onnx, encoder.onnx and config.json, in a folder that is made.

    config.json has the sizes, the named directions, the length `longest` to which latents that were moved along them are to be
    shortened, and `blank`: every 1,009th value of the photograph of a blank sketch with latents 0, by which whoever runs the
    files elsewhere can tell whether it is done right there.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name, content in to_onnx(model, bits).items():
        (out / f"{name}.onnx").write_bytes(content)
    with torch.inference_mode():
        photo = model(torch.ones(1, 1, model.image_size, model.image_size), torch.zeros(1, model.latent_dim)).flatten()
    blank = [round(value, 4) for value in photo[::1009].tolist()]
    facts: dict[str, Any] = {"image_size": model.image_size, "latent_dim": model.latent_dim, "bits": bits}
    facts |= {"directions": model.directions, "longest": max_norm(model.latent_dim), "blank": blank}
    (out / "config.json").write_text(json.dumps(facts, indent=1) + "\n")
    return [out / name for name in ("generator.onnx", "encoder.onnx", "config.json")]


def compare(model: Sketch2Photo, pairs: Path, limit: int) -> str:
    """A Markdown table: the generator's size, its pictures' distance from PyTorch's, and the kernel distance."""
    source = Pairs.open(pairs)
    evaluator = PairEvaluator(
        source if limit >= len(source) else split(source, limit)[1], model.image_size, finder=None
    )
    latents = torch.randn(8, model.latent_dim, generator=torch.Generator().manual_seed(0))
    sketches = evaluator.sketch[:8]
    with torch.inference_mode():
        expected = model(sketches, latents)
    before = evaluator.evaluate(Resized(model, model.image_size))["kernel_distance"]
    head = ["weights", "generator.onnx", "largest difference", "mean, of 255", "kernel distance", "against PyTorch"]
    rows = [["PyTorch, float32", "", "", "", f"{before:.2f}", ""]]
    for bits in COMPARED:
        size = len(to_onnx(model, bits)["generator"]) / 1e6
        ours = with_onnx(copy.deepcopy(model), bits)
        with torch.inference_mode():
            apart = (ours(sketches, latents) - expected).abs()
        after = evaluator.evaluate(Resized(ours, model.image_size))["kernel_distance"]
        rows.append([
            f"{bits} bits",
            f"{size:.1f} MB",
            f"{apart.max():.1e}",
            f"{127.5 * apart.mean():.3f}",
            f"{after:.2f}",
            f"{after / before - 1:+.2%}",
        ])  # fmt: skip
    return markdown_table(head, rows)


def main(
    model: str = str(FOLDER),
    out: Path = Path("build/onnx"),
    bits: Bits = 32,
    check: Path | None = None,
    limit: int = 300,
) -> None:
    """Write a model's generator and encoder as ONNX files.

    Args:
        model: folder or Hub id.
        out: folder of the files.
        bits: of the stored weights: 8 makes files of a quarter of the size, and nearly the same pictures.
        check: a folder of pairs (as sketch2photo.evaluation.evaluate's): measure in place of writing.
        limit: of the pairs to measure on.
    """
    loaded = Sketch2Photo.from_pretrained(model)
    if check:
        print(compare(loaded, check, limit))
        return
    for path in write(loaded, out, bits):
        print(f"{path} {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main, "python -m hub.export_onnx")
