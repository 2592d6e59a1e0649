"""How good the weights are while they are trained: on sketches that training does not see."""

import hashlib
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from ..data import photo_to_sketch
from ..data.calibrated_drawing import exact_features
from ..data.landmarks import LandmarksFile
from ..data.line_drawing import line_drawing
from ..data.sources import Source, fixed_samples, split
from ..examples import EXAMPLES
from ..images import LINES, Floats, SketchFormat, sharpness, to_pictures, to_tensor
from ..model import Sketch2Photo
from ..networks.blocks import CELL
from ..networks.features import EfficientNetLite, available, kernel_distance
from ..preprocess import to_sketch
from .config import DataConfig

SHARP = 128  # photographs
SIDE = 128  # px, of the pictures in a grid


class Validation:
    """One photograph with a fixed z for each sketch that training never saw, and the score that chooses the best weights.

    The score is the mean kernel distance of those photographs to the real ones, at strictness 1 and 0, where there are 16 and the
    package of its network; else the mean absolute error of reconstruction, 0 to 255. Lower is better. Where the landmarks of the real
    photographs are known, the distance from line drawings of them, careful ones at strictness 1 and bad, calibrated ones at 0, is a third
    part of that mean: artists' sketches alone say nothing of what most people draw. With `sharp` the line drawings are of those
    photographs, and their distance is to them; the sharpness of what is made of them, as a share of theirs, is told beside it.

    Args:
        source: pairs or photographs that training does not see.
        size, latent_dim: of the model.
        device: where its networks are.
        config: how sketches are made of photographs.
        landmarks: of the photographs.
        sharp: other photographs that training does not see; 128 of them are used.
        form: of the model's sketches.
    """

    def __init__(
        self,
        source: Source,
        size: int,
        latent_dim: int,
        device: torch.device,
        config: DataConfig,
        landmarks: LandmarksFile | None = None,
        sharp: Source | None = None,
        form: SketchFormat = LINES,
    ) -> None:
        def sketch_of(photo: Floats, rng: np.random.Generator) -> Floats:
            return photo_to_sketch.sketch_of(photo, rng, vars(config.techniques), config.background_share)

        self.sketch, self.photo = fixed_samples(source, size, len(source), sketch_of, form)
        drawn, photos = source, self.photo
        if sharp:
            drawn = split(sharp, min(SHARP, len(sharp)))[1]
            photos = fixed_samples(drawn, size, len(drawn), sketch_of)[1]
        self.lines = line_drawings(drawn, photos, landmarks) if landmarks else None
        generator = torch.Generator().manual_seed(0)
        self.z = torch.randn(max(len(self.sketch), len(photos), 8), latent_dim, generator=generator)
        self.device = device
        self.judge = EfficientNetLite("lite2").to(device) if available("lite2") and len(self.sketch) >= 16 else None
        self.real = self._features(self.photo)
        self.drawn = self._features(photos) if sharp else self.real
        self.sharpness = float(np.median(sharpness(to_pictures(photos)))) if sharp else None
        # Scores with the same fingerprint are of the same pictures in the same way, and compare.
        content = hashlib.sha256(repr((self.judge is not None, self.z.shape)).encode())
        for values in (self.sketch, self.photo, photos, *(self.lines or ())):
            content.update(values.numpy().tobytes())
        self.fingerprint = content.hexdigest()
        self.shown = torch.cat([self.sketch[:6], *(to_sketch(path, size, form) for path in EXAMPLES)])

    @torch.inference_mode()
    def score(self, model: Sketch2Photo) -> dict[str, float]:
        """The score and its companions."""
        errors = []
        for sketch, photo in zip(self.sketch.split(8), self.photo.split(8), strict=True):
            sketch, photo = sketch.to(self.device), photo.to(self.device)
            again = model(sketch, model.encode(photo)[0]).float()
            errors.append((again - photo).abs().mean((1, 2, 3)).cpu() * 127.5)
        scores = {"reconstruction": torch.cat(errors).mean().item()}
        if self.judge is not None:
            distances = {}
            for name, strictness in (("kernel_distance", 1.0), ("kernel_distance_hint", 0.0)):
                fakes = self._photographs(model, self.sketch, torch.full((len(self.sketch),), strictness))
                distances[name] = kernel_distance(self._features(fakes), self.real)
            if self.lines and len(self.lines.sketch) >= 16:
                fakes = self._photographs(model, *self.lines)
                distances["kernel_distance_lines"] = kernel_distance(self._features(fakes), self.drawn)
                if self.sharpness:
                    scores["sharpness"] = float(np.median(sharpness(to_pictures(fakes)))) / self.sharpness
            scores |= distances | {"score": sum(distances.values()) / len(distances)}
        else:
            scores["score"] = scores["reconstruction"]
        return scores

    def _photographs(
        self, model: Sketch2Photo, sketch: Tensor, strictness: Tensor, trusted: Tensor | None = None
    ) -> Tensor:
        """One photograph of each sketch (N, C, S, S) at its strictness (N,), with what is trusted (N, 1, S/4, S/4)."""
        given = [sketch, self.z[: len(sketch)], strictness, *([] if trusted is None else [trusted])]
        batches = zip(*(values.split(8) for values in given), strict=True)
        return torch.cat([model(*(values.to(self.device) for values in batch)).float().cpu() for batch in batches])

    def _features(self, photos: Tensor) -> Tensor:
        if self.judge is None:
            return torch.empty(0)
        with torch.inference_mode():
            return torch.cat([self.judge.pooled(batch.to(self.device)).cpu() for batch in photos.split(8)])

    @torch.inference_mode()
    def grid(self, model: Sketch2Photo) -> Image.Image:
        """Each sketch, three photographs to the line with random z, and two of them with the line as a hint."""
        rows: list[Floats] = []
        z = self.z[:3].to(self.device)
        for sketch in self.shown.split(1):
            strict = model(sketch.to(self.device), z).float()
            loose = model(sketch.to(self.device), z[:2], 0.0).float()
            row = torch.cat([sketch.expand(-1, 3, -1, -1), strict.cpu(), loose.cpu()])
            small = F.interpolate(row, (min(row.shape[-1], SIDE),) * 2, mode="area")
            rows.append(np.hstack(list(to_pictures(small))))
        return Image.fromarray(np.vstack(rows))

    def of_drawings(self, grid: Image.Image) -> Image.Image:
        """A grid's rows of the project's own drawings: the others are of people, and are nothing for a card."""
        top = grid.height * (len(self.shown) - len(EXAMPLES)) // len(self.shown)
        return grid.crop((0, top, *grid.size))


class LineDrawings(NamedTuple):
    """sketch (M, 1, S, S) in [-1, 1], strictness (M,) and trusted (M, 1, S/4, S/4) in [0, 1]."""

    sketch: Tensor
    strictness: Tensor
    trusted: Tensor


def line_drawings(source: Source, photos: Tensor, landmarks: LandmarksFile) -> LineDrawings | None:
    """Of those of photos (N, 3, S, S), the source's first, with known landmarks, if there are any.

    Careful ones at strictness 1 take turns with bad ones at 0, as calibration leaves these.
    """
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for index, photo in enumerate(photos):
        known = landmarks.of(source.name(index), photo.shape[-1])
        if known:
            picture, rng = ((photo + 1) / 2).permute(1, 2, 0).numpy(), np.random.default_rng(index)
            if index % 2 == 0:
                sketch, trusted = exact_features(picture, known, rng, 0)
            else:
                sketch = line_drawing(picture, known, rng, 1)
                trusted = np.zeros((photo.shape[-1] // CELL,) * 2, np.float32)
            found.append((to_tensor(sketch), torch.tensor(float(index % 2)), torch.from_numpy(trusted)[None]))
    return LineDrawings(*(torch.stack(parts) for parts in zip(*found, strict=True))) if found else None
