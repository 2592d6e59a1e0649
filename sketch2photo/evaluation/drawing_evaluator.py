"""How a model does on drawings that have no photograph: whether its pictures have a face, and are like sharp photographs."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..data.sources import Photos
from ..images import Floats, fitted, sharpness, to_pictures, to_tensor
from ..networks.features import EfficientNetLite, kernel_distance
from ..pipeline import Sketch2PhotoPipeline
from .metrics import FaceFinder, kernel_floor, share_with_face
from .report import Figures, Row, share
from .resized import resized

SAMPLES = 8  # of each drawing
BATCH = 16  # photographs


class DrawingEvaluator:
    """Drawings, and what is measured once on photographs, to measure any number of models by.

    Args:
        drawings: whatever the pipeline takes.
        size: px, of the pictures that are measured.
        finder: face detector; without it faces are left out.
        photos: at least 4; without them kernel distance and sharpness are left out.
        seed: of every z.

    Raises:
        ValueError: fewer than 4 photographs.
        ImportError: EfficientNet-Lite2 is not installed, and there are photographs.
    """

    def __init__(
        self,
        drawings: Sequence[Any],
        size: int,
        finder: FaceFinder | None,
        photos: Photos | None = None,
        seed: int = 0,
    ) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.drawings, self.size, self.finder, self.seed = drawings, size, finder, seed
        self.judge: EfficientNetLite | None = None
        self.photos: _Measured | None = None
        if photos:
            if len(photos) < 4:
                raise ValueError(f"Comparing with photographs needs at least 4 of them, not {len(photos)}.")
            self.judge = EfficientNetLite("lite2").to(self.device, memory_format=torch.channels_last)  # pyrefly: ignore[no-matching-overload]
            parts = torch.arange(len(photos)).split(BATCH)
            squares = (torch.stack([_square(photos, i, size) for i in part.tolist()]) for part in parts)
            self.photos = self._measure(tqdm(squares, "photographs", len(parts), leave=False, disable=None))

    def counts(self) -> dict[str, int]:
        """What a report says of how much was measured."""
        photos = {"photo_count": len(self.photos.features)} if self.photos else {}
        return {"drawing_count": len(self.drawings), "samples_of_each_drawing": SAMPLES, **photos}

    def references(self) -> list[Row]:
        """The row of the photographs themselves, if there are any."""
        if self.photos is None:
            return []
        figures = {"drawn_kernel_distance": kernel_floor(self.photos.features), "drawn_sharpness": 1.0}
        if self.finder:
            figures["drawn_faces"] = self.photos.faces
        return [Row("sharp photographs", self.size, None, figures)]

    @torch.inference_mode()
    def evaluate(self, pipe: Sketch2PhotoPipeline, strictness: float = 1.0) -> Figures:
        """The figures of a pipeline on 8 pictures of each drawing."""
        pipe = pipe.to(self.device)
        generator = torch.Generator().manual_seed(self.seed)
        latents = torch.randn(len(self.drawings), SAMPLES, pipe.model.latent_dim, generator=generator)
        outs = (
            pipe(drawing, latents=z, strictness=strictness) for drawing, z in zip(self.drawings, latents, strict=True)
        )
        pictures = (
            resized(torch.stack([to_tensor(np.asarray(image) / np.float32(255)) for image in out.images]), self.size)
            for out in outs
        )
        found = self._measure(tqdm(pictures, "drawings", len(latents), leave=False, disable=None))
        figures = {"drawn_faces": found.faces} if self.finder else {}
        if self.photos:
            figures["drawn_kernel_distance"] = kernel_distance(found.features, self.photos.features)
            figures["drawn_sharpness"] = share(found.sharpness, self.photos.sharpness)
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
