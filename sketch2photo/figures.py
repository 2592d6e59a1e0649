"""Pictures for a model's card: `python -m sketch2photo.figures --model DIR --drawings DIR [--runs DIR ...]`.

sweeps.jpg shows what each latent and each named direction does; curves.png the validation scores of the runs that trained it.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from . import machine
from .data import SUFFIXES
from .drawing import to_sketch
from .model import Sketch2Photo

REACH, STEPS = 2.5, 5  # of a sweep, in standard deviations of z, and its pictures
CELL, LABEL = 96, 130  # px


@torch.inference_mode()
def sweeps(model: Sketch2Photo, sketches: Tensor) -> Image.Image:
    """A row for each latent and each named direction, moved from -2.5 to 2.5 with all else 0, for each of sketches (N, 1, S, S)."""
    rows = {f"z{i + 1}": vector for i, vector in enumerate(torch.eye(model.latent_dim))}
    rows |= {name: torch.tensor(found["vector"]) for name, found in model.directions.items()}
    steps = torch.linspace(-REACH, REACH, STEPS)[:, None]
    sheet = Image.new("RGB", (LABEL + len(sketches) * (STEPS * CELL + 8), len(rows) * CELL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for y, (name, vector) in enumerate(rows.items()):
        draw.text((4, (y + 0.5) * CELL), name.replace("_", " "), "black", font, anchor="lm")
        for s, sketch in enumerate(sketches.split(1)):
            photos = VaeImageProcessor().postprocess(model(sketch, steps * vector).float(), output_type="pil")
            for x, photo in enumerate(photos):
                corner = LABEL + s * (STEPS * CELL + 8) + x * CELL, y * CELL
                sheet.paste(photo.resize((CELL, CELL), Image.Resampling.LANCZOS), corner)
    return sheet


def curves(runs: list[Path], path: Path) -> None:
    """Kernel distance and reconstruction at each validation of runs that went on from each other, from their TensorBoard logs."""
    from matplotlib.figure import Figure
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    figure = Figure((9, 3.2), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, name in zip(axes, ("kernel_distance", "reconstruction"), strict=True):
        for run in runs:
            points: dict[int, float] = {}
            for file in sorted(run.rglob("events.out.tfevents.*"), key=lambda file: file.stat().st_mtime):
                events = EventAccumulator(str(file))
                events.Reload()
                if f"validation/{name}" in events.Tags()["scalars"]:
                    points |= {event.step: event.value for event in events.Scalars(f"validation/{name}")}
            if not points:
                raise ValueError(f"{run} has no validations in its logs: give the --out folder of a training run.")
            steps, values = np.array(sorted(points.items())).T
            axis.plot(steps, values, ".-", label=run.name)
        axis.set(title=name.replace("_", " "), xlabel="step", ylim=(0, None))
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(path, dpi=110)


def main(model: Path, drawings: Path, runs: tuple[Path, ...] = (), count: int = 3) -> None:
    """Draw a model's sweeps.jpg, and with runs its curves.png, into its folder.

    Args:
        model: folder of the model.
        drawings: folder of drawings, of which the first `count` by name are swept.
        runs: --out folders of the training runs that made it, in order.
        count: of drawings.
    """
    paths = sorted(path for path in drawings.glob("*") if path.suffix.lower() in SUFFIXES)[:count]
    if not paths:
        raise ValueError(f"No drawings in {drawings}: it must be a folder of pictures.")
    machine.keep_freed_memory()
    loaded = Sketch2Photo.from_pretrained(str(model))
    sheet = sweeps(loaded, torch.cat([to_sketch(path, loaded.image_size) for path in paths]))
    sheet.save(model / "sweeps.jpg", quality=88)
    if runs:
        curves(list(runs), model / "curves.png")


if __name__ == "__main__":
    import tyro

    try:
        tyro.cli(main, prog="python -m sketch2photo.figures")
    except (ValueError, ImportError) as error:
        print(f"figures: {error}", file=sys.stderr)
        sys.exit(2)
