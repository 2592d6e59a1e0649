"""How a model does on pairs that it was not trained on: its pictures of the sketches against the photographs."""

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..data.sources import Source, fixed_samples
from ..images import LINES, Floats, Picture, SketchFormat, fitted, to_pictures, to_tensor
from ..networks.features import EfficientNetLite, feature_distance, kernel_distance
from .inception import InceptionDistances
from .metrics import (
    FaceFinder,
    bleed,
    border_colour,
    break_outline,
    clean_places,
    following,
    kernel_floor,
    landmark_error,
    mean_pair_distance,
    outline,
    share_with_face,
)
from .report import Figures, Row, share
from .resized import Resized

BATCH = 16
VARIED = 100  # sketches, at most, of which several samples are taken
SAMPLES = 6  # of each of those


class PairEvaluator:
    """Pairs at one size, with all that is measured once on the photographs, to measure any number of models against.

    Args:
        source: the pairs, at least 4.
        image_size: side of the models' pictures.
        finder: face detector; without it faces, landmark error and bleed are left out.
        inception: whether to compute FID and KID.
        seed: of every z.

    Raises:
        ValueError: fewer than 4 pairs, or Inception's weights cannot be had.
        ImportError: EfficientNet-Lite2 is not installed.
    """

    def __init__(
        self,
        source: Source,
        image_size: int,
        finder: FaceFinder | None,
        inception: bool = False,
        seed: int = 0,
        form: SketchFormat = LINES,
    ) -> None:
        if len(source) < 4:
            raise ValueError(f"Measuring needs at least 4 pairs, not {len(source)}.")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.image_size, self.finder, self.seed = image_size, finder, seed
        self.judge = EfficientNetLite("lite2").to(self.device, memory_format=torch.channels_last)  # pyrefly: ignore[no-matching-overload]
        self.sketch, self.photo = fixed_samples(source, image_size, len(source), form=form)
        self.sketches, self.photos = to_pictures(self.sketch.amin(1, keepdim=True)), to_pictures(self.photo)
        self.inception = InceptionDistances(self.photos, self.device) if inception else None
        self.varied = np.linspace(0, len(source) - 1, min(VARIED, len(source))).round().astype(int).tolist()

        self.real = self._pooled(self.photo)
        self.photo_distance = self._photo_distance()
        self.landmarks = self._find(self.photos)
        self.outlines = [None if found is None else outline(found) for found in self.landmarks]
        self.places = [
            None if line is None else clean_places(photo, line)
            for photo, line in zip(self.photos, self.outlines, strict=True)
        ]

    def counts(self) -> dict[str, int]:
        """What a report says of how much was measured."""
        return {"count": len(self.sketch), "varied": len(self.varied), "samples_of_each": SAMPLES}

    def references(self) -> list[Row]:
        """The rows of the photographs themselves, of other people's, and of the sketches."""
        half = len(self.photo) // 2
        real = self._against_photos(self.photos, self.landmarks) | {
            "kernel_distance": kernel_floor(self.real),
            "diversity": 1.0,
            "background": float(border_colour(self.photos).std(0).mean()),
            "reconstruction": 0.0,
        }
        others = self._against_photos(np.roll(self.photos, half, 0), self.landmarks[-half:] + self.landmarks[:-half])
        others["reconstruction"] = _mean_error(self.photo.roll(half, 0), self.photo)
        drawn = np.repeat(self.sketches[..., None], 3, -1)
        return [
            Row("real photographs", self.image_size, None, real),
            Row("other people's photographs", self.image_size, None, others),
            Row("the sketches themselves", self.image_size, None, self._faces(self._find(drawn))),
        ]

    @torch.inference_mode()
    def evaluate(self, model: Resized, strictness: float = 1.0) -> Figures:
        """All figures of a model."""
        model = self._placed(model)
        generator = torch.Generator().manual_seed(self.seed)
        z = torch.randn(len(self.sketch), model.latent_dim, generator=generator)

        samples = self._generate(model, self.sketch, z, strictness, "samples")
        figures = {"kernel_distance": self._kernel_distance(samples)}
        if self.inception:
            figures |= self.inception(to_pictures(samples))
        pictures = to_pictures(samples)
        figures |= self._against_photos(pictures, self._find(pictures))
        figures |= self._variety(model, strictness, generator)

        mu = torch.cat([model.encode(photo.to(self.device))[0].cpu() for photo in self.photo.split(BATCH)])
        again = self._generate(model, self.sketch, mu, strictness, "reconstructions")
        figures["reconstruction"] = _mean_error(again, self.photo)

        if self.finder and self.sketch.shape[1] == 1:
            broken = [
                sketch if line is None else break_outline(sketch, line)
                for sketch, line in zip(self.sketches, self.outlines, strict=True)
            ]
            sketches = torch.stack([to_tensor(fitted(sketch, len(sketch))) for sketch in broken])
            gaps = self._generate(model, sketches, z, strictness, "broken outlines")
            figures["bleed_broken"] = self._bleed(to_pictures(gaps))
        return figures

    @torch.inference_mode()
    def kernel_distance(self, model: Resized) -> float:
        """That of `evaluate` alone."""
        model = self._placed(model)
        z = torch.randn(len(self.sketch), model.latent_dim, generator=torch.Generator().manual_seed(self.seed))
        return self._kernel_distance(self._generate(model, self.sketch, z, 1.0, "samples"))

    def _placed(self, model: Resized) -> Resized:
        return model.eval().to(self.device, memory_format=torch.channels_last)  # pyrefly: ignore[no-matching-overload]

    def _kernel_distance(self, samples: Tensor) -> float:
        return kernel_distance(self._pooled(samples), self.real)

    def _against_photos(self, pictures: Picture, landmarks: list[Floats | None]) -> Figures:
        """The figures of one picture for each sketch that compare it with the sketch or its photograph."""
        pairs, figures = zip(pictures, self.sketches, strict=True), {}
        if self.sketch.shape[1] == 1:  # in colours there are no lines to follow or to erase
            figures["following"] = float(np.nanmean([following(picture, sketch) for picture, sketch in pairs]))
        if self.finder:
            figures |= self._faces(landmarks) | {"bleed": self._bleed(pictures)}
        return figures

    def _faces(self, landmarks: list[Floats | None]) -> Figures:
        if self.finder is None:
            return {}
        figures = {"faces": share_with_face(landmarks)}
        both = [(a, b) for a, b in zip(landmarks, self.landmarks, strict=True) if a is not None and b is not None]
        if both:
            figures["landmark_error"] = float(np.mean([landmark_error(a, b) for a, b in both]))
        return figures

    def _bleed(self, pictures: Picture) -> float:
        """Mean over all places of all pictures."""
        errors = [
            bleed(picture, line, places)
            for picture, line, places in zip(pictures, self.outlines, self.places, strict=True)
            if line is not None and places is not None
        ]
        together = np.concatenate(errors) if errors else np.empty(0)
        return float(together.mean()) if len(together) else float("nan")

    def _variety(self, model: Resized, strictness: float, generator: torch.Generator) -> Figures:
        distances, spreads = [], []
        for index in tqdm(self.varied, "variety", leave=False, disable=None):
            z = torch.randn(SAMPLES, model.latent_dim, generator=generator)
            samples = model(self.sketch[index : index + 1].to(self.device), z.to(self.device), strictness).float()
            distances.append(mean_pair_distance(self.judge(samples)))
            spreads.append(border_colour(to_pictures(samples)).std(0).mean())
        return {
            "diversity": share(float(np.mean(distances)), self.photo_distance),
            "background": float(np.mean(spreads)),
        }

    @torch.inference_mode()
    def _photo_distance(self) -> float:
        """Mean feature distance between random pairs of photographs."""
        order = torch.randperm(len(self.photo), generator=torch.Generator().manual_seed(self.seed))[: len(self.varied)]
        parts = [self.judge(self.photo[part].to(self.device)) for part in order.split(BATCH)]
        maps = [torch.cat(depth) for depth in zip(*parts, strict=True)]
        shifts = range(1, min(SAMPLES, len(order)))
        return float(np.mean([feature_distance(maps, [m.roll(k, 0) for m in maps]).mean().item() for k in shifts]))

    def _generate(self, model: Resized, sketch: Tensor, z: Tensor, strictness: float, what: str) -> Tensor:
        """One picture for each sketch, (N, 3, H, W) on the CPU."""
        parts = list(zip(sketch.split(BATCH), z.split(BATCH), strict=True))
        return torch.cat([
            model(a.to(self.device), b.to(self.device), strictness).float().cpu()
            for a, b in tqdm(parts, what, leave=False, disable=None)
        ])  # fmt: skip

    @torch.inference_mode()
    def _pooled(self, photos: Tensor) -> Tensor:
        parts = tqdm(photos.split(BATCH), "features", leave=False, disable=None)
        return torch.cat([self.judge.pooled(part.to(self.device)).cpu() for part in parts])

    def _find(self, pictures: Picture) -> list[Floats | None]:
        if self.finder is None:
            return [None] * len(pictures)
        return [self.finder(picture) for picture in tqdm(pictures, "faces", leave=False, disable=None)]


def _mean_error(ours: Tensor, theirs: Tensor) -> float:
    return (ours - theirs).abs().mean().item() * 127.5
