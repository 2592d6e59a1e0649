"""Writes the model as ONNX files: python -m hub.export_onnx [--model DIR_OR_ID] [--out DIR] [--bits 32|16|8].

Without a Python of its own, any ONNX Runtime runs them. What goes in and comes out stands in sketch2photo/onnx.py; a picture's
values are in [-1, 1]. `--check DIR` draws pairs that the model was not trained on with each number of bits, and prints how the
pictures and their kernel distance, and the calibrated drawings, compare with PyTorch's.
"""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sketch2photo import Sketch2PhotoPipeline, calibration
from sketch2photo.cli import check_range, check_writable, run
from sketch2photo.latents import max_norm
from sketch2photo.networks.blocks import CELL
from sketch2photo.networks.calibrator import CLASSES, CURVES, Calibrator, mirrored_order
from sketch2photo.onnx import Bits, OnnxCalibrator, calibrator_to_onnx, to_onnx, with_bits, with_onnx

FOLDER = Path(__file__).parent / "model"
COMPARED: tuple[Bits, ...] = (16, 8)
CALIBRATORS_LEAST: Bits = 16  # With 8 the face's points are half a pixel elsewhere, and so are the lines.


def write(
    pipe: Sketch2PhotoPipeline, out: Path, bits: Bits = 32, names: Sequence[str] = ("generator", "encoder")
) -> list[Path]:
    """The model's files by these names, calibrator.onnx where there is one, and config.json, in a folder that is made.

    config.json has the sizes (`cell`: in px, of what is trusted), the named directions, the length `longest` to which latents that
    were moved along them are to be shortened, and `blank`: every 1,009th value of the photograph of a blank sketch with latents 0,
    by which whoever runs the files elsewhere can tell whether it is done right there; and what calibrating takes beside the
    network, `calibrator_facts`.
    """
    model = pipe.model
    out.mkdir(parents=True, exist_ok=True)
    contents = {name: with_bits(content, bits) for name, content in to_onnx(model, names).items()}
    if pipe.calibrator:
        contents["calibrator"] = with_bits(calibrator_to_onnx(pipe.calibrator), max(bits, CALIBRATORS_LEAST))
    for name, content in contents.items():
        (out / f"{name}.onnx").write_bytes(content)
    with torch.inference_mode():
        blank_sketch = torch.ones(1, model.sketch_channels, model.image_size, model.image_size)
        photo = model(blank_sketch, torch.zeros(1, model.latent_dim)).flatten()
    blank = [round(value, 4) for value in photo[::1009].tolist()]
    facts: dict[str, Any] = {"image_size": model.image_size, "latent_dim": model.latent_dim, "bits": bits, "cell": CELL}
    facts |= {"directions": model.directions, "longest": max_norm(model.latent_dim), "blank": blank}
    if pipe.calibrator:
        facts["calibrator"] = calibrator_facts(pipe.calibrator)
    (out / "config.json").write_text(json.dumps(facts, indent=1) + "\n")
    return [out / name for name in (*(f"{name}.onnx" for name in contents), "config.json")]


def calibrator_facts(calibrator: Calibrator) -> dict[str, Any]:
    """What the points and classes of a calibrator are, and the numbers of sketch2photo/calibration.py by their names."""
    return {
        "image_size": calibrator.image_size,
        "mean_face": [[round(value, 7) for value in point] for point in calibrator.mean_face.tolist()],
        "curves": CURVES,
        "mirrored": mirrored_order(),
        "classes": CLASSES,
        "parts": calibration.PARTS,
        "numbers": {
            name: value
            for name, value in vars(calibration).items()
            if name.isupper() and isinstance(value, int | float)
        },
    }


def compare(pipe: Sketch2PhotoPipeline, pairs: Path, limit: int) -> str:
    """A Markdown table: the generator's size, its pictures' distance from PyTorch's, and the kernel distance.

    A second one, where there is a calibrator, of its calibrated drawings.
    """
    # Here, for who only writes files need not wait until these are loaded.
    from sketch2photo.data.sources import Pairs, split
    from sketch2photo.evaluation.pair_evaluator import PairEvaluator
    from sketch2photo.evaluation.report import markdown_table
    from sketch2photo.evaluation.resized import Resized

    model = pipe.model
    source = Pairs.open(pairs)
    evaluator = PairEvaluator(
        source if limit >= len(source) else split(source, limit)[1], model.image_size, finder=None
    )
    latents = torch.randn(8, model.latent_dim, generator=torch.Generator().manual_seed(0))
    sketches = evaluator.sketch[:8]
    with torch.inference_mode():
        expected = model(sketches, latents)
    before = evaluator.kernel_distance(Resized(model, model.image_size))
    head = ["weights", "generator.onnx", "largest difference", "mean, of 255", "kernel distance", "against PyTorch"]
    rows = [["PyTorch, float32", "", "", "", f"{before:.2f}", ""]]
    exported = to_onnx(model)
    for bits in COMPARED:
        contents = {name: with_bits(content, bits) for name, content in exported.items()}
        size = len(contents["generator"]) / 1e6
        ours = with_onnx(copy.deepcopy(model), contents)
        with torch.inference_mode():
            apart = (ours(sketches, latents) - expected).abs()
        after = evaluator.kernel_distance(Resized(ours, model.image_size))
        rows.append([
            f"{bits} bits",
            f"{size:.1f} MB",
            f"{apart.max():.1e}",
            f"{127.5 * apart.mean():.3f}",
            f"{after:.2f}",
            f"{after / before - 1:+.2%}",
        ])  # fmt: skip
    tables = [markdown_table(head, rows)]
    if pipe.calibrator:
        tables.append(compare_calibrated(pipe.calibrator, sketches))
    return "\n\n".join(tables)


def compare_calibrated(calibrator: Calibrator, sketches: Tensor) -> str:
    """A Markdown table: the calibrator's size, and its calibrated drawings' distance from PyTorch's; sketches (N, 1, H, H)."""
    from sketch2photo.evaluation.report import markdown_table

    head = ["weights", "calibrator.onnx", "of pixels differ by 2 of 255", "points, mean px"]
    expected = [calibration.calibrate(calibrator, sketch[None], 0.5) for sketch in sketches]
    exported = calibrator_to_onnx(calibrator)
    rows = []
    for bits in COMPARED:
        content = with_bits(exported, bits)
        ours = OnnxCalibrator(calibrator, content)
        found = [calibration.calibrate(ours, sketch[None], 0.5) for sketch in sketches]
        pairs = list(zip(found, expected, strict=True))
        differing = [(127.5 * (one.sketch - other.sketch).abs() > 2).float().mean() for one, other in pairs]
        away = [abs(one.points - other.points).mean() for one, other in pairs]
        rows.append([
            f"{bits} bits",
            f"{len(content) / 1e6:.1f} MB",
            f"{sum(differing) / len(pairs):.2%}",
            f"{sum(away) / len(pairs):.3f}",
        ])  # fmt: skip
    return markdown_table(head, rows)


def main(
    model: str = str(FOLDER),
    out: Path = Path("build/onnx"),
    bits: Bits = 32,
    check: Path | None = None,
    limit: int = 300,
) -> None:
    """Write a model's generator and encoder, and its calibrator, as ONNX files.

    Args:
        model: folder or Hub id.
        out: folder of the files.
        bits: of the stored weights: 8 makes files of a quarter of the size, and nearly the same pictures; the calibrator has 16 or more.
        check: a folder of pairs (as sketch2photo.evaluation.evaluate's): measure in place of writing.
        limit: of the pairs to measure on.
    """
    check_range(1, limit=limit)
    if not check:
        check_writable(out)
    loaded = Sketch2PhotoPipeline.from_pretrained(model)
    if check:
        print(compare(loaded, check, limit))
        return
    for path in write(loaded, out, bits):
        print(f"{path} {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main, "python -m hub.export_onnx")
