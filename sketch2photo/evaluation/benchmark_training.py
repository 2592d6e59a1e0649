"""Speed and memory of training: `python -m sketch2photo.evaluation.benchmark_training`."""

import tempfile
from pathlib import Path

from .. import machine
from ..cli import run
from ..data.sources import SyntheticFaces, WeightedSource
from ..training.config import PRESETS, Preset
from ..training.trainer import Trainer
from .peak_memory import in_own_process, peak_memory
from .report import markdown_table

WARM_UP_STEPS = 2


def training_speed(preset: Preset, steps: int) -> tuple[float, float]:
    """Images/s and peak GiB of a process that trains on drawn faces, their drawing included, after two steps of warm-up."""
    config = PRESETS[preset]
    with tempfile.TemporaryDirectory() as out:
        size = config.model.image_size
        trainer = Trainer(
            config, [WeightedSource(SyntheticFaces(size))], SyntheticFaces(size, count=4, first=10**6), Path(out)
        )
        trainer.run(steps=WARM_UP_STEPS)
        before = trainer.seconds
        trainer.run(steps=WARM_UP_STEPS + steps)
        return config.optimization.batch_size * steps / (trainer.seconds - before), peak_memory()


def main(presets: tuple[Preset, ...] = ("default", "classic"), steps: int = 5) -> None:
    """Time training on this machine and print it as a Markdown table.

    Args:
        presets: to time, one after another.
        steps: that are timed.
    """
    if steps < 1:
        raise ValueError(f"Timing needs at least 1 step, not {steps}.")
    print(", ".join(f"{key} {value}" for key, value in machine.description().items()) + "\n")
    rows = []
    for preset in presets:
        rate, peak = in_own_process(training_speed, preset, steps)
        config = PRESETS[preset]
        size = config.model.image_size
        rows.append([f"{preset}, {size} px", str(config.optimization.batch_size), f"{rate:.1f}", f"{peak:.2f} GiB"])
    print(markdown_table(["training", "batch", "images/s", "peak memory"], rows))


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.benchmark_training")
