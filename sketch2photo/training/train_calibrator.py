"""Trains a Calibrator on drawings that it makes: `python -m sketch2photo.training.train_calibrator --photos DIR --parts FILE`."""

import copy
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import tyro
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Dataset

from .. import machine
from ..cli import MOST_WORKERS, check_above_zero, check_model, check_range, check_writable, run
from ..data.doodle_symbols import EYES
from ..data.doodles import NO_CLASS, Drawing, doodle, flat, line_doodle, no_face, profile, registered
from ..data.landmarks import LandmarksFile
from ..data.sources import Pairs, Photos, in_format, open_landmarks
from ..hub_download import load_network
from ..images import fitted, to_tensor
from ..model import Sketch2Photo
from ..networks.calibrator import CLASSES, Calibrator, mirrored
from ..pipeline import Sketch2PhotoPipeline
from .checkpoint import CHECKPOINT, Stop, alone_in, check_unused, ignore_stops, read_checkpoint, write_checkpoint
from .ema import running_mean
from .samples import Indices

SIZE = 128
PHOTO = 192  # px at which line drawings of photographs are made
# Shares of drawings of no face, of heads from the side, of photographs' lines, and of artists' sketches.
NO_FACE, PROFILES, LINES, SKETCHES = 0.12, 0.03, 0.14, 0.06
BATCH = 12  # drawings a step, each with its mirror image
RATE, WARMUP, EMA = 1e-3, 50, 0.998
RARE = ("beard", "glasses", "hat", "background")  # classes of few strokes, which count more
WEIGHTS = {"points": 10.0, "believable": 10.0, "certainty": 0.3, "classes": 0.4}


class MadeDrawings(Dataset[dict[str, Tensor]]):
    """Endless drawings, item i a function of (seed, i) alone; the photographs of which the number is divisible by 20 are held out."""

    def __init__(self, photos: Sequence[Photos], pairs: Sequence[Pairs], parts: LandmarksFile, seed: int = 0) -> None:
        def known(sources: Sequence[Photos] | Sequence[Pairs]) -> list[tuple[Photos | Pairs, int]]:
            found = [(source, i) for source in sources for i in range(len(source)) if source.name(i) in parts.row]
            return [place for i, place in enumerate(found) if i % 20]

        self.photos, self.pairs, self.parts, self.seed = known(photos), known(pairs), parts, seed
        self._told: set[str] = set()
        if not self.photos:
            raise ValueError("No photograph of these folders is in the file of parts: make it with landmarks.py.")

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        cv2.setNumThreads(0)
        return tensors(self.drawing(np.random.default_rng((self.seed, index))))

    def drawing(self, rng: np.random.Generator) -> Drawing:
        """One after a photograph that cannot be read is passed over, and said."""
        while True:  # most are made of no picture
            try:
                return self._drawing(rng)
            except (ValueError, OSError) as error:
                if str(error) not in self._told:
                    print(f"Passed over: {error}", file=sys.stderr, flush=True)
                    self._told.add(str(error))

    def _drawing(self, rng: np.random.Generator) -> Drawing:
        kind = rng.random()
        if kind < NO_FACE:
            return no_face(rng, SIZE)
        if kind < NO_FACE + SKETCHES and self.pairs:
            source, item = self.pairs[rng.integers(len(self.pairs))]
            _, sketch = source.load(item)
            landmarks = self.parts.of(source.name(item), PHOTO)
            assert sketch is not None and landmarks is not None
            points = flat(landmarks)
            return registered(fitted(in_format(sketch), PHOTO), points, points, rng, SIZE)
        source, item = self.photos[rng.integers(len(self.photos))]
        landmarks = self.parts.of(source.name(item), PHOTO)
        assert landmarks is not None
        if kind > 1 - LINES:
            picture, _ = source.load(item)
            return line_doodle(fitted(picture, PHOTO), landmarks, rng, SIZE)
        if kind > 1 - LINES - PROFILES:
            return profile(flat(landmarks), rng, SIZE)
        return doodle(flat(landmarks), rng, SIZE)


def tensors(drawing: Drawing) -> dict[str, Tensor]:
    """As the network takes and gives them."""
    side = len(drawing.sketch)
    return {
        "drawing": to_tensor(drawing.sketch),
        "points": torch.from_numpy(drawing.points / side),
        "believable": torch.from_numpy(drawing.believable / side),
        "face": torch.tensor(float(drawing.face)),
        "classes": torch.from_numpy(drawing.classes.astype(np.int64)),
    }


def with_mirrored(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Each drawing, and its mirror image."""
    twins = {
        "drawing": batch["drawing"].flip(3),
        "points": mirrored(batch["points"]),
        "believable": mirrored(batch["believable"]),
        "face": batch["face"],
        "classes": batch["classes"].flip(2),
    }
    return {name: torch.cat([batch[name], twins[name]]) for name in batch}


def eye_distance(points: Tensor) -> Tensor:
    """(N,) of points (N, K, 2)."""
    left, right = (points[:, torch.from_numpy(EYES[side])].mean(1) for side in ("left", "right"))
    return (right - left).norm(dim=1)


def losses(network: Calibrator, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Mean distances along x and y in sides of the picture that training would frame, for faces of any size alike; cross entropies."""
    found, face = network(batch["drawing"]), batch["face"]
    size = (4.2 * eye_distance(batch["believable"])).clamp(0.05)
    share = (face / size)[:, None, None] / face.sum().clamp(1) / (2 * found.points.shape[1])
    weight = torch.tensor([3.0 if name in RARE else 1.0 for name in CLASSES])
    return {
        "points": ((found.points - batch["points"]).abs() * share).sum(),
        "believable": ((found.believable - batch["believable"]).abs() * share).sum(),
        "certainty": F.binary_cross_entropy_with_logits(found.certainty, face),
        "classes": F.cross_entropy(found.classes, batch["classes"], weight, ignore_index=NO_CLASS),
    }


class Held:
    """Fixed made drawings after photographs that training does not see, careful and hopeless ones."""

    def __init__(self, parts: LandmarksFile, names: Sequence[str], count: int = 128) -> None:
        self.batches = {}
        for kind, loose in (("careful", 0.1), ("hopeless", 0.9)):
            drawn = []
            for i in range(count):
                landmarks = parts.of(names[(7 * i) % len(names)], SIZE)
                assert landmarks is not None
                drawn.append(tensors(doodle(flat(landmarks), np.random.default_rng((10**6, i)), SIZE, loose)))
            self.batches[kind] = {name: torch.stack([one[name] for one in drawn]) for name in drawn[0]}

    @torch.no_grad()
    def errors(self, network: nn.Module) -> str:
        """Mean distances in px at 256 of the framed face, and how far points would have to move; the share of strokes' classes right."""
        words = []
        for kind, batch in self.batches.items():
            found = network(batch["drawing"])
            size = 256 / (4.2 * eye_distance(batch["believable"]))[:, None]

            def distance(a: Tensor, b: Tensor, size: Tensor = size) -> float:
                return ((a - b).norm(dim=2) * size).mean().item()

            drawn = batch["classes"] != NO_CLASS
            right = (found.classes.argmax(1) == batch["classes"])[drawn].float().mean().item()
            words.append(
                f"{kind}: points {distance(found.points, batch['points']):.2f}, "
                f"way {distance(found.believable - found.points, batch['believable'] - batch['points']):.2f} "
                f"of {distance(batch['believable'], batch['points']):.2f}, "
                f"believable {distance(found.believable, batch['believable']):.2f} px, classes {100 * right:.0f} %"
            )
        return "; ".join(words)


def mean_face(parts: LandmarksFile, names: Sequence[str]) -> Tensor:
    """Mean points (K, 2) of photographs, in sides of the picture; symmetric."""
    faces = []
    for name in names:
        landmarks = parts.of(name, SIZE)
        assert landmarks is not None
        faces.append(flat(landmarks) / SIZE)
    mean = torch.from_numpy(np.mean(faces, 0)).double()
    return ((mean + mirrored(mean)) / 2).float()


def main(
    photos: tyro.conf.UseAppendAction[list[Path]],
    parts: Path,
    out: Path = Path("runs/calibrator"),
    model: Path | None = None,
    pairs: tyro.conf.UseAppendAction[list[Path]] = [],  # noqa: B006 (tyro reads it, nothing writes it)
    minutes: float = 30.0,
    resume: bool = False,
    rate: float = RATE,
    workers: int = 1,
    seed: int = 0,
) -> None:
    """Train a Calibrator.

    Args:
        photos: folder of photographs; may be repeated. The first should be framed as training's pairs are: its mean face is the model's.
        parts: file that sketch2photo/data/landmarks.py made of the photographs.
        out: folder for checkpoint.pt and best/ (loads with from_pretrained).
        model: folder of a model whose drawings it is to frame and correct: in the end it is put there.
        pairs: folder with photo/ and sketch/ of the same names, for artists' sketches; may be repeated.
        minutes: how long; the learning rate falls to 0 over this time.
        resume: go on with the weights in --out, if there are any.
        rate: the highest learning rate.
        workers: processes that make drawings.
        seed: of weights and drawings.
    """
    check_above_zero(rate=rate, minutes=minutes)
    check_range(0, seed=seed)
    check_range(0, MOST_WORKERS, workers=workers)
    if not resume:
        check_unused(out)
    check_writable(out)
    if model:
        check_model(model)
        # Raises where drawings for it cannot be framed.
        Sketch2PhotoPipeline(Sketch2Photo.from_pretrained(model), Calibrator(SIZE))
    machine.keep_freed_memory()
    torch.manual_seed(seed)
    sources, drawn = [Photos.open(folder) for folder in photos], [Pairs.open(folder) for folder in pairs]
    known = open_landmarks(parts, [*sources, *drawn])
    data = MadeDrawings(sources, drawn, known, seed)
    training = {source.name(i) for source, i in data.photos}
    first = [name for name in (sources[0].name(i) for i in range(len(sources[0]))) if name in known.row]
    if not first:
        raise ValueError(f"Of no photograph in {photos[0]}, whose mean face is the model's, is a face in {parts}.")
    held = Held(known, [str(name) for name in first if name not in training])

    network = Calibrator(SIZE)
    network.mean_face.copy_(mean_face(known, [str(name) for name in first]))
    network = network.to(memory_format=torch.channels_last)
    average = running_mean(network, _decay)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    step = 0
    if resume and (out / CHECKPOINT).exists():
        state = read_checkpoint(out / CHECKPOINT)
        try:
            network.load_state_dict(state["network"])
            average.load_state_dict(state["average"])
            optimizer.load_state_dict(state["optimizer"])
            step = state["step"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{out / CHECKPOINT} is of no calibrator like this: choose another --out.") from error
    stop = Stop()
    with alone_in(out):
        begun, first_step, saved = time.monotonic(), step, time.monotonic()
        sums: dict[str, float] = {}
        for batch in DataLoader(
            data,
            BATCH,
            sampler=Indices(step * BATCH, 10**9),
            num_workers=workers,
            prefetch_factor=6 if workers else None,
            worker_init_fn=ignore_stops,
        ):
            passed = (time.monotonic() - begun) / (60 * minutes)
            if passed >= 1 or stop.asked:
                break
            for group in optimizer.param_groups:
                group["lr"] = (
                    rate * min(1.0, (step - first_step + 1) / WARMUP) * (0.5 + 0.5 * math.cos(math.pi * passed))
                )
            terms = losses(network, with_mirrored(batch))
            loss = sum(WEIGHTS[name] * value for name, value in terms.items())
            assert isinstance(loss, Tensor)
            if not torch.isfinite(loss):
                raise FloatingPointError(f"The loss is not finite at step {step}: try a smaller --rate.")
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            average.update_parameters(network)
            sums = {name: sums.get(name, 0.0) + value.item() for name, value in terms.items()}
            if step % 50 == 0:
                speed = (step - first_step) * BATCH / (time.monotonic() - begun)
                means = ", ".join(f"{name} {value / 50:.4f}" for name, value in sums.items())
                print(f"step {step}, {100 * passed:.0f} %, {speed:.1f} drawings/s: {means}", flush=True)
                sums = {}
            if time.monotonic() - saved > 180:
                _save(network, average, optimizer, step, out)
                print(held.errors(average.module), flush=True)
                saved = time.monotonic()
        _save(network, average, optimizer, step, out)
    print(
        f"{step} steps. {held.errors(average.module)}\nCalibrator.from_pretrained({str(out / 'best')!r}) loads the weights."
    )
    if stop.asked:
        print("It was stopped, and is put into no model: go on with --resume.")
    elif model:  # as it is by now: it may have been trained on meanwhile
        now = Sketch2Photo.from_pretrained(model)
        Sketch2PhotoPipeline(now, load_network(Calibrator, out / "best")).save_pretrained(model)
        print(f"{model} frames drawings as faces now, and corrects them.")


def _decay(step: float) -> float:
    return min(EMA, (1 + step) / (10 + step))


def _save(network: Calibrator, average: AveragedModel, optimizer: torch.optim.Optimizer, step: int, out: Path) -> None:
    """checkpoint.pt, and the averaged weights in half precision in best/."""
    state = {
        "network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(), "step": step,
    }  # fmt: skip
    write_checkpoint(state, out / CHECKPOINT)
    mean: Any = copy.deepcopy(average.module).half()
    mean.save_pretrained(out / "best")


if __name__ == "__main__":
    run(main, "python -m sketch2photo.training.train_calibrator")
