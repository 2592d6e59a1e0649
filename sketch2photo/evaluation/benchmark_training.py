"""Speed and memory of training, and where a step's time goes: `python -m sketch2photo.evaluation.benchmark_training`."""

import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .. import machine
from ..cli import check_range, run
from ..data.sources import SyntheticFaces, WeightedSource
from ..training.config import PRESETS, Preset
from ..training.samples import unpacked
from ..training.trainer import Trainer
from .peak_memory import in_own_process, peak_memory
from .report import markdown_table

WARM_UP_STEPS = 2


class Stopwatch:
    """Seconds of the parts of a training step by their names, `parts`; those that are watched do not lie in one another."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._started = 0.0

    def start(self) -> None:
        self._started = self._now()

    def stop(self, part: str) -> None:
        self.parts[part] = self.parts.get(part, 0.0) + self._now() - self._started

    def watch(self, part: str, module: nn.Module) -> None:
        """Each forward of a module."""
        module.register_forward_pre_hook(lambda *_: self.start())
        module.register_forward_hook(lambda *_: self.stop(part))

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, each call of which counts."""

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            self.start()
            try:
                return function(*args, **kwargs)
            finally:
                self.stop(part)

        return called

    def _now(self) -> float:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter()


def training_speed(preset: Preset, steps: int) -> tuple[float, float]:
    """Images/s, of all processes that train together, and peak GiB of this one; on drawn faces, with the time of drawing them.

    So many steps after two of warm-up, without validation.
    """
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as out:
        trainer = _trainer(preset, Path(out))
        batches = iter(trainer._loader(WARM_UP_STEPS + steps))
        for _ in range(WARM_UP_STEPS):
            trainer._train_step(unpacked(next(batches)))
        watch.start()
        for _ in range(steps):
            trainer._train_step(unpacked(next(batches)))
        watch.stop("all")
        trainer.accelerator.end_training()
    return trainer.recipe.optimization.batch_size * steps / watch.parts["all"], peak_memory()


def step_parts(preset: Preset, steps: int) -> dict[str, float]:
    """Seconds of a step's parts by their names, the mean of so many steps after the warm-up, without validation."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as out:
        trainer = _trainer(preset, Path(out))
        batches = iter(trainer._loader(WARM_UP_STEPS + steps))
        for _ in range(WARM_UP_STEPS):
            trainer._train_step(unpacked(next(batches)))
        objective: Any = trainer.accelerator.unwrap_model(trainer.objective)
        watch.watch("encoder", objective.model.encoder)
        watch.watch("generator", objective.model.generator)
        for discriminator in (objective.d_vae, objective.d_lr):
            watch.watch("discriminators", discriminator)
        if objective.features is not None:
            watch.watch("features of views", objective.features)
        for part, owner, name in (
            ("backward of all", trainer.accelerator, "backward"),
            ("norm of the gradient", trainer.accelerator, "clip_grad_norm_"),
            ("optimiser", trainer.optimizer, "step"),
            ("running mean of the weights", trainer.ema, "update_parameters"),
        ):
            setattr(owner, name, watch.timed(part, getattr(owner, name)))
        samples = watch.timed("samples", lambda: unpacked(next(batches)))
        spent = 0.0
        for _ in range(steps):
            batch = samples()
            started = watch._now()
            trainer._train_step(batch)
            spent += watch._now() - started
    known = sum(seconds for part, seconds in watch.parts.items() if part != "samples")
    return {
        part: seconds / steps for part, seconds in (watch.parts | {"losses, views and the rest": spent - known}).items()
    }


def _trainer(preset: Preset, out: Path) -> Trainer:
    size = PRESETS[preset].model.image_size
    validation = SyntheticFaces(size, count=4, first=10**6)
    return Trainer(PRESETS[preset], [WeightedSource(SyntheticFaces(size))], validation, out)


def main(presets: tuple[Preset, ...] = ("default", "classic"), steps: int = 5) -> None:
    """Time training on this machine and print Markdown tables: the speed, and where the time of a step goes.

    Args:
        presets: to time, one after another.
        steps: that are timed.
    """
    check_range(1, steps=steps)
    print(", ".join(f"{key} {value}" for key, value in machine.description().items()) + "\n")
    rows = []
    for preset in presets:
        rate, peak = in_own_process(training_speed, preset, steps)
        config = PRESETS[preset]
        size = config.model.image_size
        rows.append([f"{preset}, {size} px", str(config.optimization.batch_size), f"{rate:.1f}", f"{peak:.2f} GiB"])
    print(markdown_table(["training", "batch", "images/s", "peak memory"], rows))
    for preset in presets:
        parts = in_own_process(step_parts, preset, steps)
        whole = sum(parts.values())
        cells = [[part, f"{1000 * taken:.0f} ms", f"{taken / whole:.0%}"] for part, taken in parts.items()]
        print("\n" + markdown_table([f"a step of {preset}", f"{1000 * whole:.0f} ms", "share"], cells))


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.benchmark_training")
