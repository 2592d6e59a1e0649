"""How a model does on drawings that have no photograph: whether its pictures have a face, and are like sharp photographs."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..data.sources import Photos
from ..images import Floats, fitted, to_pictures, to_tensor
from ..networks.features import EfficientNetLite, kernel_distance
from .metrics import FaceFinder, kernel_floor, share_with_face, sharpness
from .report import Figures, Row
from .resized import Resized

SAMPLES = 8  # of each drawing
BATCH = 16  # photographs


class DrawingEvaluator:
    """Drawings, and what is measured once on photographs, to measure any number of models by.

    Args:
        sketch: the drawings, (N, 1, S, S) in [-1, 1], at the size of the models' pictures.
        finder: face detector; without it faces are left out.
        photos: at least 4; without them kernel distance and sharpness are left out.
        seed: of every z.

    Raises:
        ValueError: fewer than 4 photographs.
        ImportError: EfficientNet-Lite2 is not installed, and there are photographs.
    """

    def __init__(self, sketch: Tensor, finder: FaceFinder | None, photos: Photos | None = None, seed: int = 0) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.sketch, self.finder, self.seed = sketch, finder, seed
        self.judge: EfficientNetLite | None = None
        self.photos: _Measured | None = None
        if photos:
            if len(photos) < 4:
                raise ValueError(f"Comparing with photographs needs at least 4 of them, not {len(photos)}.")
            self.judge = EfficientNetLite("lite2").to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            parts = torch.arange(len(photos)).split(BATCH)
            squares = (torch.stack([_square(photos, i, sketch.shape[-1]) for i in part.tolist()]) for part in parts)
            self.photos = self._measure(tqdm(squares, "photographs", len(parts), leave=False, disable=None))

    def counts(self) -> dict[str, int]:
        """What a report says of how much was measured."""
        photos = {"photo_count": len(self.photos.features)} if self.photos else {}
        return {"drawing_count": len(self.sketch), "samples_of_each_drawing": SAMPLES, **photos}

    def references(self) -> list[Row]:
        """The row of the photographs themselves, if there are any."""
        if self.photos is None:
            return []
        figures = {"drawn_kernel_distance": kernel_floor(self.photos.features), "drawn_sharpness": 1.0}
        if self.finder:
            figures["drawn_faces"] = self.photos.faces
        return [Row("sharp photographs", self.sketch.shape[-1], None, figures)]

    @torch.inference_mode()
    def evaluate(self, model: Resized, strictness: float = 1.0) -> Figures:
        """The figures of a model on 8 pictures of each drawing."""
        model = model.eval().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        generator = torch.Generator().manual_seed(self.seed)
        latents = torch.randn(len(self.sketch), SAMPLES, model.latent_dim, generator=generator)
        pictures = (
            model(drawing.to(self.device), z.to(self.device), strictness).float()
            for drawing, z in zip(self.sketch.split(1), latents, strict=True)
        )
        found = self._measure(tqdm(pictures, "drawings", len(latents), leave=False, disable=None))
        figures = {"drawn_faces": found.faces} if self.finder else {}
        if self.photos:
            figures["drawn_kernel_distance"] = kernel_distance(found.features, self.photos.features)
            figures["drawn_sharpness"] = found.sharpness / self.photos.sharpness
        return figures

    @torch.inference_mode()
    def _measure(self, batches: Iterable[Tensor]) -> "_Measured":
        """Of batches (n, 3, S, S) in [-1, 1]."""
        features: list[Tensor] = []
        sharp: list[Floats] = []
        faces: list[Floats | None] = []
        for batch in batches:
            pictures = to_pictures(batch)
            if self.finder:
                faces += [self.finder(picture) for picture in pictures]
            if self.judge:
                features.append(self.judge.pooled(batch.to(self.device)).cpu())
                sharp.append(sharpness(pictures))
        return _Measured(
            torch.cat(features) if features else torch.empty(0),
            float(np.median(np.concatenate(sharp))) if sharp else float("nan"),
            share_with_face(faces) if faces else float("nan"),
        )


class _Measured(NamedTuple):
    """Of many pictures: their features (N, D), median sharpness, and share with a face."""

    features: Tensor
    sharpness: float
    faces: float


def _square(photos: Photos, index: int, size: int) -> Tensor:
    return to_tensor(fitted(photos.load(index)[0], size))
