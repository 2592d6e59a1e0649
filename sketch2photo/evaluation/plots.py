"""Pictures for a model's card: `python -m sketch2photo.evaluation.plots --model DIR --drawings DIR [--runs DIR ...]`.

sweeps.jpg shows what each latent and each named direction does; curves.png the validation scores of the runs that trained it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .. import machine
from ..cli import check_model, check_range, run
from ..latents import LIMIT
from ..pipeline import Sketch2PhotoPipeline
from .metrics import FaceFinder
from .report import METRICS, drawing_files

STEPS = 5  # pictures of a sweep
CELL, LABEL = 96, 130  # px
MOST_DRAWINGS = 100  # 49,000 px; a JPEG has at most 65,500
SCORES = (
    "kernel_distance",
    "kernel_distance_hint",
    "kernel_distance_lines",
    "sharpness",
    "reconstruction",
)  # of validation


def sweeps(pipe: Sketch2PhotoPipeline, drawings: Sequence[Path]) -> tuple[Image.Image, list[Image.Image]]:
    """A row for each latent and each named direction, moved from one end of its slider to the other with all else 0, for each drawing.

    Beside that sheet the photographs at the ends, as large as they are.
    """
    rows = {f"z{i + 1}": _sweep(vector, -LIMIT, LIMIT) for i, vector in enumerate(torch.eye(pipe.model.latent_dim))}
    for name, direction in pipe.model.directions.items():
        rows[name] = _sweep(torch.tensor(direction["vector"]), *direction["range"])
    sheet = Image.new("RGB", (LABEL + len(drawings) * (STEPS * CELL + 8), len(rows) * CELL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for y, name in enumerate(rows):
        draw.text((4, (y + 0.5) * CELL), name.replace("_", " "), "black", font, anchor="lm")
    ends = []
    for number, drawing in enumerate(drawings):
        left = LABEL + number * (STEPS * CELL + 8)
        for i, photo in enumerate(pipe(drawing, latents=torch.cat(list(rows.values()))).images):
            corner = left + i % STEPS * CELL, i // STEPS * CELL
            sheet.paste(photo.resize((CELL, CELL), Image.Resampling.LANCZOS), corner)
            if i % STEPS in (0, STEPS - 1):
                ends.append(photo)
    return sheet, ends


def _sweep(vector: Tensor, low: float, high: float) -> Tensor:
    """Latents (STEPS, D) along a vector (D,)."""
    return torch.linspace(low, high, STEPS)[:, None] * vector


def curves(runs: list[Path], path: Path) -> None:
    """The validation scores SCORES over the steps of runs that went on from each other, from their TensorBoard logs."""
    from matplotlib.figure import Figure

    found = [_validations(run) for run in runs]
    names = [name for name in SCORES if any(name in scores for scores in found)]
    figure = Figure((4.5 * len(names), 3.2), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for axis, name in zip(axes, names, strict=True):
        for number, (folder, scores) in enumerate(zip(runs, found, strict=True)):
            if name in scores:
                axis.plot(*zip(*sorted(scores[name].items()), strict=True), ".-", color=f"C{number}", label=folder.name)
        axis.set(title=METRICS[name].column, xlabel="step", ylim=(0, None))
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(path, dpi=110)


def _validations(run: Path) -> dict[str, dict[int, float]]:
    """By score, its value at each step; ValueError where the folder is of no training run."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found: dict[str, dict[int, float]] = {}
    for file in sorted(run.rglob("events.out.tfevents.*"), key=lambda file: file.stat().st_mtime):
        events = EventAccumulator(str(file))
        events.Reload()
        scalars: Any = events.Tags()["scalars"]
        for name in SCORES:
            if f"validation/{name}" in scalars:
                values = {event.step: event.value for event in events.Scalars(f"validation/{name}")}
                found[name] = found.get(name, {}) | values
    if not found:
        raise ValueError(f"{run} has no validations in its logs: give the --out folder of a training run.")
    return found


def main(model: Path, drawings: Path, runs: tuple[Path, ...] = (), count: int = 3) -> None:
    """Draw a model's sweeps.jpg, and with runs its curves.png, into its folder, and count the faces at the sliders' ends.

    Args:
        model: folder of the model.
        drawings: folder of drawings, of which the first `count` by name are swept.
        runs: --out folders of the training runs that made it, in order.
        count: of drawings, at most 100.
    """
    check_range(1, MOST_DRAWINGS, count=count)
    check_model(model)
    paths, finder = drawing_files(drawings)[:count], FaceFinder()
    if runs:  # before the sweeps, which take a minute
        curves(list(runs), model / "curves.png")
    machine.keep_freed_memory()
    pipe = Sketch2PhotoPipeline.from_pretrained(str(model))
    sheet, ends = sweeps(pipe, paths)
    sheet.save(model / "sweeps.jpg", quality=88)
    faces = sum(finder(np.asarray(photo)) is not None for photo in ends)
    print(f"{faces} of {len(ends)} pictures at the sliders' ends show a face.")


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.plots")
