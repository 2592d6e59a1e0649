"""Training samples: pairs, photographs with made sketches, or procedural faces, each a pure function of (seed, index).

Because a sample, with every random number that the training step will use on it, depends on nothing but its index, a run resumes in
the same data order from its step count alone, and gives the same losses on one process as on several.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ..data import photo_to_sketch
from ..data.landmarks import Landmarks, LandmarksFile
from ..data.line_drawing import line_drawing
from ..data.sources import Source
from ..images import Floats, Picture, resampled, to_tensor
from .augment import VIEW_NUMBERS, WHOLE
from .config import TrainConfig

Sample = dict[str, Tensor]


class Stream(Dataset[Sample]):
    """Endless samples from weighted sources.

    A sample holds sketch (1, S, S) and photo (3, S, S) in [-1, 1], strictness (), and the step's random numbers: z and eps (D,) from
    N(0, 1), view (VIEW_NUMBERS,) from U(0, 1).
    """

    def __init__(
        self,
        sources: Sequence[tuple[Source, float]],
        config: TrainConfig,
        size: int,
        latent_dim: int,
        seed: int,
        parts: LandmarksFile | None = None,
    ):
        self.sources = [source for source, _ in sources]
        weights = np.array([weight for _, weight in sources])
        self.shares = weights / weights.sum()
        self.config, self.size, self.latent_dim, self.seed = config, size, latent_dim, seed
        self.parts = parts

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        source = self.sources[rng.choice(len(self.sources), p=self.shares)]
        item = int(rng.integers(len(source)))
        picture, drawn = source.load(item)
        if drawn is not None and rng.random() < self.config.made_share:
            drawn = None
        parts = self.parts.of(source.name(item), self.size) if self.parts and drawn is None else None
        photo, sketch, parts = self._registered(picture, drawn, parts, rng)
        strictness = 1.0
        if self.config.hand:
            # A third to the pixel, a sixth as a mere hint, the rest evenly between: both ends are what people choose.
            strictness = float(rng.choice([1.0, 0.0, rng.random()], p=[1 / 3, 1 / 6, 1 / 2]))
        # Who draws well may want a hint to be taken of it, too: a third of the sketches are better than strictness says.
        steadiness = strictness if rng.random() < 0.65 else float(rng.uniform(strictness, 1))
        if sketch is None and parts and rng.random() < self.config.line_share:
            sketch = line_drawing(photo, parts, rng, steadiness)
        elif sketch is None:
            sketch = photo_to_sketch.sketch_of(photo, rng, parts.mask if parts else None)
        if self.config.hand:
            sketch = photo_to_sketch.by_hand(sketch, rng, steadiness)
        view = rng.random(VIEW_NUMBERS, dtype=np.float32)
        if (
            min(picture.shape[:2]) < self.size
        ):  # Enlarged, it has no detail of full resolution to show: it is seen as a whole.
            view[0] *= WHOLE
        return {
            "sketch": to_tensor(sketch),
            "photo": to_tensor(photo),
            "strictness": torch.tensor(strictness, dtype=torch.float32),
            "z": torch.from_numpy(rng.standard_normal(self.latent_dim, dtype=np.float32)),
            "eps": torch.from_numpy(rng.standard_normal(self.latent_dim, dtype=np.float32)),
            "view": torch.from_numpy(view),
        }

    def _registered(
        self, picture: Picture, drawn: Picture | None, parts: Landmarks | None, rng: np.random.Generator
    ) -> tuple[Floats, Floats | None, Landmarks | None]:
        """All that belongs to a photograph resized, flipped, turned, zoomed and warped by the same map, in one resampling each."""
        flip = rng.random() < 0.5
        parts = parts and parts.mirrored() if flip else parts
        offset = None
        if self.config.warp:
            side, unit = self.size, self.size / 256
            # Photographs without sketches are framed a little wider than pairs are, and drawings of people's own wider still.
            zoom = rng.uniform(0.98, 1.08) if drawn is not None else rng.uniform(0.86, 1.12)
            turn = np.deg2rad(rng.uniform(-6, 6))
            cos, sin = np.cos(turn) / zoom - 1, np.sin(turn) / zoom
            ramp = np.linspace(-side / 2, side / 2, side, dtype=np.float32)
            x, y = np.meshgrid(ramp, ramp)
            shift = rng.uniform(-6, 6, 2) * unit
            affine = np.stack([cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]], -1)
            smooth = cv2.resize(
                rng.standard_normal((4, 4, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
            )
            offset = (affine + self.config.warp * unit * smooth).astype(np.float32)
            parts = parts and parts.warped(offset)
        photo = resampled(picture, self.size, offset, flip, white=False)
        sketch = None if drawn is None else resampled(drawn, self.size, offset, flip, white=True)
        return photo, sketch, parts


class Indices(Sampler[int]):
    """The stream's indices in order, from `start`: what a resumed run continues with."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __len__(self) -> int:
        return self.stop - self.start
