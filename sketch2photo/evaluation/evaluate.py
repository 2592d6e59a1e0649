"""Measures models against pairs they were not trained on: `python -m sketch2photo.evaluation.evaluate --model DIR_OR_ID --pairs DIR`.

| figure | meaning | better |
|---|---|---|
| kernel distance | KID's estimate x1000 on EfficientNet-Lite2 features, one sample per sketch against the photographs | lower |
| FID, KID x1000 | the usual ones on Inception features, with `--features inception` | lower |
| faces | share of the samples in which a detector finds a face | higher |
| landmark error | of 68 landmarks against the photograph's, in eye distances, where both faces are found | lower |
| diversity | mean feature distance between 6 samples of one sketch, as a share of that between photographs | higher |
| background | standard deviation of the mean border colour (0 to 255) over the 6 samples of one sketch | higher |
| following | how well the picture's lines lie on the sketch's, within 2 px at 256 (metrics.following) | near the real one's |
| bleed | colour on the wrong side of the outline (metrics.bleed) | lower |
| bleed, broken | the same from sketches with half of the outline erased | lower |
| reconstruction | mean absolute error, 0 to 255, of G(A, mu of E(B)) to B | lower |
| drawn faces | as faces, in the samples of the drawings in `--drawings` | higher |

Three rows stand beside the models': the photographs themselves (kernel distance is then between random halves, background over all
photographs), photographs of other people, which is what ignoring the sketch would score, and the sketches themselves, whose landmarks
are off, too, where an artist drew a face freely. Everything is measured at the
picture size of the largest model, to which the others' photographs are enlarged. Diversity and background mean something
only beside a good kernel distance: blotches are diverse too.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from .. import machine
from ..data.sources import Pairs, Source, fixed_samples, split
from ..images import SUFFIXES, Floats, Picture, fitted, to_pictures, to_tensor
from ..model import Sketch2Photo
from ..networks.features import EfficientNetLite, feature_distance, kernel_distance
from ..preprocess import to_sketch
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
)
from .report import Figures, Row, grid, samples_of, shared_z, table

BATCH = 16
VARIED = 100  # sketches, at most, of which several samples are taken
SAMPLES = 6  # of each of those
GRID_ROWS = 8


class Evaluator:
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
        self, source: Source, image_size: int, finder: FaceFinder | None, inception: bool = False, seed: int = 0
    ) -> None:
        if len(source) < 4:
            raise ValueError(f"Measuring needs at least 4 pairs, not {len(source)}.")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.image_size, self.finder, self.seed = image_size, finder, seed
        self.judge = EfficientNetLite("lite2").to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sketch, self.photo = fixed_samples(source, image_size, len(source))
        self.sketches, self.photos = to_pictures(self.sketch), to_pictures(self.photo)
        self.varied = np.linspace(0, len(source) - 1, min(VARIED, len(source))).round().astype(int).tolist()

        self.real = self._pooled(self.photo)
        self.photo_distance = self._photo_distance()
        self.landmarks = self._find(self.photos)
        self.outlines = [None if found is None else outline(found) for found in self.landmarks]
        self.places = [
            None if line is None else clean_places(photo, line)
            for photo, line in zip(self.photos, self.outlines, strict=True)
        ]
        self.inception = _Inception(self.photos, self.device) if inception else None

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
    def evaluate(self, model: "Resized", strictness: float = 1.0, drawings: Tensor | None = None) -> Figures:
        """All figures of a model; drawings (N, 1, H, W) are only asked for faces."""
        model = model.eval().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        generator = torch.Generator().manual_seed(self.seed)
        z = torch.randn(len(self.sketch), model.latent_dim, generator=generator)

        samples = self._generate(model, self.sketch, z, strictness, "samples")
        figures = {"kernel_distance": kernel_distance(self._pooled(samples), self.real)}
        if self.inception:
            figures |= self.inception(to_pictures(samples))
        pictures = to_pictures(samples)
        figures |= self._against_photos(pictures, self._find(pictures))
        figures |= self._variety(model, strictness, generator)

        mu = torch.cat([model.encode(photo.to(self.device))[0].cpu() for photo in self.photo.split(BATCH)])
        again = self._generate(model, self.sketch, mu, strictness, "reconstructions")
        figures["reconstruction"] = _mean_error(again, self.photo)

        if self.finder:
            broken = [
                sketch if line is None else break_outline(sketch, line)
                for sketch, line in zip(self.sketches, self.outlines, strict=True)
            ]
            sketches = torch.stack([to_tensor(fitted(sketch, len(sketch))) for sketch in broken])
            gaps = self._generate(model, sketches, z, strictness, "broken outlines")
            figures["bleed_broken"] = self._bleed(to_pictures(gaps))
        if drawings is not None and self.finder:
            z = shared_z(model.latent_dim, self.seed)
            found = [
                face for drawing in drawings.split(1) for face in self._find(samples_of(model, drawing, z, strictness))
            ]
            figures["drawn_faces"] = float(np.mean([face is not None for face in found]))
        return figures

    def _against_photos(self, pictures: Picture, landmarks: list[Floats | None]) -> Figures:
        """The figures of one picture for each sketch that compare it with the sketch or its photograph."""
        pairs = zip(pictures, self.sketches, strict=True)
        figures = {"following": float(np.nanmean([following(picture, sketch) for picture, sketch in pairs]))}
        if self.finder:
            figures |= self._faces(landmarks) | {"bleed": self._bleed(pictures)}
        return figures

    def _faces(self, landmarks: list[Floats | None]) -> Figures:
        if self.finder is None:
            return {}
        figures = {"faces": float(np.mean([found is not None for found in landmarks]))}
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

    def _variety(self, model: "Resized", strictness: float, generator: torch.Generator) -> Figures:
        distances, spreads = [], []
        for index in tqdm(self.varied, "variety", leave=False, disable=None):
            z = torch.randn(SAMPLES, model.latent_dim, generator=generator)
            samples = model(self.sketch[index : index + 1].to(self.device), z.to(self.device), strictness).float()
            distances.append(mean_pair_distance(self.judge(samples)))
            spreads.append(border_colour(to_pictures(samples)).std(0).mean())
        return {
            "diversity": float(np.mean(distances)) / self.photo_distance,
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

    def _generate(self, model: "Resized", sketch: Tensor, z: Tensor, strictness: float, what: str) -> Tensor:
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


class Resized(torch.nn.Module):
    """A model behind pictures of another size than its own: what its photographs look like at the size of the others'."""

    def __init__(self, model: Sketch2Photo, size: int) -> None:
        super().__init__()
        self.model, self.size, self.latent_dim = model, size, model.latent_dim

    def forward(self, sketch: Tensor, z: Tensor, strictness: float) -> Tensor:
        return _resized(self.model(_resized(sketch, self.model.image_size), z, strictness), self.size)

    def encode(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.encode(_resized(photo, self.model.image_size))


def _resized(pictures: Tensor, size: int) -> Tensor:
    if pictures.shape[-1] == size:
        return pictures
    return F.interpolate(pictures, (size, size), mode="bicubic", antialias=True).clamp(-1, 1)


class _Inception:
    """FID (Heusel et al., 2017) and KID of pictures against photographs, by torchmetrics."""

    def __init__(self, photos: Picture, device: torch.device) -> None:
        from torchmetrics.image.fid import FrechetInceptionDistance
        from torchmetrics.image.kid import KernelInceptionDistance

        try:
            self.fid = FrechetInceptionDistance(reset_real_features=False).to(device)
        except (ImportError, OSError) as error:
            raise ValueError(
                "FID and KID need torch-fidelity (pip install torch-fidelity) and Inception's weights, which it downloads from "
                f"github.com; that did not work here ({type(error).__name__}). Leave --features inception out for everything else."
            ) from error
        self.kid = KernelInceptionDistance(
            self.fid.inception, subsets=1, subset_size=len(photos), reset_real_features=False
        ).to(device)
        self.device = device
        self._update(photos, real=True)

    def __call__(self, pictures: Picture) -> Figures:
        self.fid.reset()
        self.kid.reset()
        self._update(pictures, real=False)
        return {"fid": self.fid.compute().item(), "kid": 1000 * self.kid.compute()[0].item()}

    def _update(self, pictures: Picture, real: bool) -> None:
        for part in torch.from_numpy(pictures).permute(0, 3, 1, 2).split(BATCH):
            self.fid.update(part.to(self.device), real=real)
            self.kid.update(part.to(self.device), real=real)


def _mean_error(ours: Tensor, theirs: Tensor) -> float:
    return (ours - theirs).abs().mean().item() * 127.5


def main(
    model: list[str],
    pairs: Path,
    out: Path | None = None,
    drawings: Path | None = None,
    strictness: tuple[float, ...] = (1.0,),
    limit: int | None = None,
    features: Literal["lite2", "inception"] = "lite2",
    seed: int = 0,
) -> None:
    """Measure models on pairs and print one markdown table.

    Args:
        model: model folders or Hub ids.
        pairs: folder with photo/ and sketch/ of the same names, which no model was trained on.
        out: folder for metrics.json and grid.jpg: sketches, never photographs, beside samples.
        drawings: folder of drawings to find faces in the samples of, and to show in grid.jpg in place of the pairs' sketches.
        strictness: measure each model at each of these, in [0, 1].
        limit: measure on so many pairs, evenly spread, in place of all.
        features: lite2, or inception for FID and KID beside it (downloads Inception's weights).
        seed: of every z.
    """
    if not model or not strictness:
        raise ValueError("Nothing to measure: name at least one model and one strictness.")
    if any(not 0 <= value <= 1 for value in strictness):
        raise ValueError(f"Strictness is in [0, 1], not {strictness}.")
    source: Source = Pairs.open(pairs)
    if limit is not None and limit < len(source):
        source = split(source, max(limit, 0))[1]
    drawn = sorted(path for path in drawings.glob("*") if path.suffix.lower() in SUFFIXES) if drawings else []
    if drawings and not drawn:
        raise ValueError(f"No drawings in {drawings}: it must be a folder of pictures.")
    machine.keep_freed_memory()
    models = [Sketch2Photo.from_pretrained(name) for name in model]
    size = max(loaded.image_size for loaded in models)
    sketches = torch.cat([to_sketch(path, size) for path in drawn]) if drawn else None
    finder = FaceFinder() if FaceFinder.available() else None
    if finder is None:
        print("No faces, landmark error or bleed: pip install dlib-bin face-recognition-models", file=sys.stderr)

    evaluator = Evaluator(source, size, finder, features == "inception", seed)
    references = evaluator.references()
    results: list[Row] = []
    for name, loaded in zip(model, models, strict=True):
        label = Path(name).name if Path(name).is_absolute() else name
        for value in strictness:
            figures = evaluator.evaluate(Resized(loaded, size), value, sketches)
            results.append(Row(label, loaded.image_size, value, figures))
    print(table(references + results))

    if out:
        out.mkdir(parents=True, exist_ok=True)
        report = {
            "pairs": pairs.resolve().name,
            "count": len(source),
            "varied": min(VARIED, len(source)),
            "samples_of_each": SAMPLES,
            "seed": seed,
            **machine.description(),
            "references": [asdict(row) for row in references],
            "results": [asdict(row) for row in results],
        }
        (out / "metrics.json").write_text(json.dumps(report, indent=1) + "\n")
        if drawn:
            shown: list[Any] = list(drawn)
        else:
            rows = np.linspace(0, len(source) - 1, min(GRID_ROWS, len(source))).round().astype(int).tolist()
            shown = [evaluator.sketch[i : i + 1] for i in rows]
        grid(models, shown, strictness, seed).save(out / "grid.jpg", quality=90)


if __name__ == "__main__":
    import tyro

    try:
        tyro.cli(main, prog="python -m sketch2photo.evaluation.evaluate")
    except (ValueError, ImportError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        sys.exit(2)
