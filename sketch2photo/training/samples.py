"""Training samples: pairs, photographs with made sketches, or procedural faces, each a pure function of (seed, index).

Because a sample, with every random number that the training step will use on it, depends on nothing but its index, a run resumes in
the same data order from its step count alone, and gives the same losses on one process as on several.
"""

import sys
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler, default_collate

from ..data import photo_to_sketch
from ..data.calibrated_drawing import calibrated_drawing, exact_features
from ..data.landmarks import Landmarks, LandmarksFile
from ..data.line_drawing import line_drawing
from ..data.sources import WeightedSource, in_format
from ..images import LINES, Floats, Picture, SketchFormat, resampled, to_tensor
from ..latents import LIMIT, clip_norm
from ..networks.blocks import CELL
from ..networks.calibrator import Calibrator
from .augment import VIEW_NUMBERS
from .config import DataConfig

Sample = dict[str, Tensor]
PICTURES = ("sketch", "photo")
STRICTEST = 0.8  # that calibrated drawings are followed: beyond it next to nothing is calibrated
TRIES = 100  # after which the disk is gone, and not a picture bad


def packed(samples: list[Sample]) -> Sample:
    """A batch with its pictures in uint8: a quarter of what goes through the shared memory between processes."""
    batch = default_collate(samples)
    return batch | {name: (batch[name] * 127.5 + 127.5).round().clamp(0, 255).byte() for name in PICTURES}


def unpacked(batch: Sample) -> Sample:
    """The batch with pictures in [-1, 1]."""
    return batch | {name: batch[name].float() / 127.5 - 1 for name in PICTURES}


class Stream(Dataset[Sample]):
    """Endless samples from weighted sources.

    A sample holds sketch (C, S, S) and photo (3, S, S) in [-1, 1], strictness () and trusted (1, S/4, S/4) in [0, 1], and the step's
    random numbers: z (D,) from _random_latent, eps (D,) from N(0, 1), view (VIEW_NUMBERS,) from U(0, 1).
    Sketches that are no lines are as their author made them: none is made of a photograph that has one, and no hand draws them again.
    """

    def __init__(
        self,
        sources: Sequence[WeightedSource],
        config: DataConfig,
        view_whole: float,
        size: int,
        latent_dim: int,
        seed: int,
        landmarks: LandmarksFile | None = None,
        form: SketchFormat = LINES,
        calibrator: Calibrator | None = None,
    ):
        self.sources = [weighted.source for weighted in sources]
        shares = np.array([weighted.share for weighted in sources])
        self.shares = shares / shares.sum()
        self.config, self.view_whole, self.size, self.latent_dim, self.seed = config, view_whole, size, latent_dim, seed
        self.landmarks, self.form, self.calibrator = landmarks, form, calibrator
        self.passed_over = torch.zeros((), dtype=torch.int64).share_memory_()  # by all processes that load
        self._told: set[str] = set()

    def __getitem__(self, index: int) -> Sample:
        config, rng = self.config, np.random.default_rng((self.seed, index))
        name, picture, drawn = self._load(rng)
        if drawn is not None:
            drawn = in_format(drawn, self.form)
            if self.form.lines and rng.random() < config.made_share:
                drawn = None
        landmarks = self.landmarks.of(name, self.size) if self.landmarks and drawn is None else None
        made = None
        if landmarks and self.calibrator and rng.random() < config.calibrated_share:
            made = self._calibrated(picture, landmarks, rng)
        photo, sketch, trusted, strictness = made or self._drawn(picture, drawn, landmarks, rng)
        view = rng.random(VIEW_NUMBERS, dtype=np.float32)
        if min(picture.shape[:2]) < self.size:  # Enlarged, it has no detail to show, and is seen as a whole.
            view[0] *= self.view_whole
        return {
            "sketch": to_tensor(sketch).expand(self.form.channels, -1, -1),
            "photo": to_tensor(photo),
            "strictness": torch.tensor(strictness, dtype=torch.float32),
            "trusted": torch.from_numpy(trusted)[None],
            "z": self._random_latent(rng),
            "eps": torch.from_numpy(rng.standard_normal(self.latent_dim, dtype=np.float32)),
            "view": torch.from_numpy(view),
        }

    def _drawn(
        self, picture: Picture, drawn: Picture | None, landmarks: Landmarks | None, rng: np.random.Generator
    ) -> tuple[Floats, Floats, Floats, float]:
        """A photograph, its sketch as a hand draws it, made where none is drawn, where that is trusted, and how strictly it is followed."""
        config = self.config
        photo, sketch, landmarks = self._registered(picture, drawn, landmarks, rng)
        strictness = 1.0
        if config.by_hand:
            between = 1 - config.strict_share - config.hint_share
            odds = [config.strict_share, config.hint_share, max(0.0, between)]
            strictness = float(rng.choice([1.0, 0.0, rng.random()], p=odds))
        steadiness = strictness if rng.random() < config.steady_share else float(rng.uniform(strictness, 1))
        trusted = np.zeros((self.size // CELL,) * 2, np.float32)
        if sketch is None and landmarks and rng.random() < config.line_share:
            if config.exact_share and strictness < 1 and rng.random() < config.exact_share:
                return photo, *exact_features(photo, landmarks, rng, steadiness), strictness
            sketch = line_drawing(photo, landmarks, rng, steadiness)
        elif sketch is None:
            person = landmarks.mask if landmarks else None
            sketch = photo_to_sketch.sketch_of(photo, rng, vars(config.techniques), config.background_share, person)
        if config.by_hand and self.form.lines:
            sketch = photo_to_sketch.by_hand(sketch, rng, steadiness)
        return photo, sketch, trusted, strictness

    def _calibrated(
        self, picture: Picture, landmarks: Landmarks, rng: np.random.Generator
    ) -> tuple[Floats, Floats, Floats, float] | None:
        """The same of a bad drawing of a photograph, as the calibrator leaves it."""
        if rng.random() < 0.5:
            picture, landmarks = np.ascontiguousarray(picture[:, ::-1]), landmarks.mirrored()
        strictness = float(rng.uniform(0, STRICTEST))
        assert self.calibrator
        return calibrated_drawing(picture, landmarks, self.calibrator, strictness, self.size, rng)

    def _random_latent(self, rng: np.random.Generator) -> Tensor:
        """z (D,) from N(0, I), or with one number from the whole of its slider, the others from N(0, I) or 0."""
        z = rng.standard_normal(self.latent_dim, dtype=np.float32)
        share = self.config.slider_share
        if share and rng.random() < share:
            if rng.random() < 0.5:
                z[:] = 0
            z[rng.integers(self.latent_dim)] = rng.uniform(-LIMIT, LIMIT)
        return clip_norm(torch.from_numpy(z)[None])[0] if share else torch.from_numpy(z)

    def _load(self, rng: np.random.Generator) -> tuple[str | None, Picture, Picture | None]:
        """Name, photograph and sketch of an item; one that cannot be read is passed over, and said once."""
        reason = ""
        for _ in range(TRIES):
            source = self.sources[rng.choice(len(self.sources), p=self.shares)]
            item = int(rng.integers(len(source)))
            try:
                return source.name(item), *source.load(item)
            except (ValueError, OSError) as error:
                reason = str(error)
            self.passed_over += 1
            if reason not in self._told:
                print(f"Passed over: {reason}", file=sys.stderr, flush=True)
                self._told.add(reason)
        raise ValueError(f"{TRIES} pictures, one after the other, could not be read. The last: {reason}")

    def _registered(
        self, picture: Picture, drawn: Picture | None, landmarks: Landmarks | None, rng: np.random.Generator
    ) -> tuple[Floats, Floats | None, Landmarks | None]:
        """All that belongs to a photograph resized, flipped, turned, zoomed and warped by the same map, in one resampling each."""
        config = self.config
        flip = rng.random() < 0.5
        landmarks = landmarks and landmarks.mirrored() if flip else landmarks
        offset = None
        if config.warp:
            side, unit = self.size, self.size / 256
            zoom = rng.uniform(*(config.zoom_photos if drawn is None else config.zoom_pairs))
            turn = np.deg2rad(rng.uniform(-config.turn, config.turn))
            cos, sin = np.cos(turn) / zoom - 1, np.sin(turn) / zoom
            ramp = np.linspace(-side / 2, side / 2, side, dtype=np.float32)
            x, y = np.meshgrid(ramp, ramp)
            shift = rng.uniform(-config.shift, config.shift, 2) * unit
            affine = np.stack([cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]], -1)
            smooth = cv2.resize(
                rng.standard_normal((4, 4, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
            )
            offset = (affine + config.warp * unit * smooth).astype(np.float32)
            landmarks = landmarks and landmarks.warped(offset)
        photo = resampled(picture, self.size, offset, flip, white=False)
        sketch = None if drawn is None else resampled(drawn, self.size, offset, flip, white=True)
        return photo, sketch, landmarks


class Indices(Sampler[int]):
    """The stream's indices in order, from `start`: what a resumed run continues with."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __len__(self) -> int:
        return self.stop - self.start
