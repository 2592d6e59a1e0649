"""Validation on sharp photographs: blurred pictures of their line drawings are told from sharp ones."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from sketch2photo.data.landmarks import CURVES, MASK, LandmarksFile
from sketch2photo.data.sources import Photos, SyntheticFaces
from sketch2photo.images import to_tensor
from sketch2photo.networks.features import available
from sketch2photo.training.config import PRESETS
from sketch2photo.training.validation import Validation

SIDE, COUNT = 64, 20


@pytest.fixture
def sharp(tmp_path: Path) -> tuple[Photos, LandmarksFile]:
    faces = SyntheticFaces(SIDE, COUNT, first=500)
    for i in range(COUNT):
        Image.fromarray(faces.load(i)[0]).save(tmp_path / f"{i:02}.png")
    points = sum(len(indices) for indices in CURVES.values())
    np.savez(
        tmp_path / "parts.npz",
        points=np.random.default_rng(0).uniform(0.3, 0.7, (COUNT, points, 2)),
        masks=np.full((COUNT, MASK * MASK // 8), 255, np.uint8),
        names=[f"{i:02}" for i in range(COUNT)],
    )
    return Photos.open(tmp_path), LandmarksFile(tmp_path / "parts.npz")


class Copies(torch.nn.Module):
    """The photographs of a source, or blurred, whatever is drawn."""

    def __init__(self, source: Photos, blur: float) -> None:
        super().__init__()
        photos = [source.load(i)[0] / np.float32(255) for i in range(len(source))]
        self.photos = torch.stack([to_tensor(cv2.GaussianBlur(p, (0, 0), blur) if blur else p) for p in photos])
        self.turn = 0

    def forward(self, sketch, z, strictness=1.0, trusted=None):
        self.turn += len(z)
        return self.photos[[i % len(self.photos) for i in range(self.turn - len(z), self.turn)]]

    def encode(self, photo):
        return torch.zeros(len(photo), 4), torch.zeros(len(photo), 4)


@pytest.mark.skipif(not available("lite2"), reason="kernel distance needs EfficientNet-Lite2")
def test_pictures_as_sharp_as_the_photographs_score_better_than_blurred_ones(
    sharp: tuple[Photos, LandmarksFile],
) -> None:
    photos, landmarks = sharp
    validation = Validation(
        SyntheticFaces(SIDE, COUNT), SIDE, 4, torch.device("cpu"), PRESETS["default"].data, landmarks, photos
    )
    assert validation.lines and len(validation.lines.sketch) == COUNT
    same, blurred = (validation.score(Copies(photos, blur)) for blur in (0, 1.5))
    assert same["sharpness"] == pytest.approx(1, abs=0.02) and blurred["sharpness"] < 0.5
    assert same["kernel_distance_lines"] < blurred["kernel_distance_lines"]
    assert blurred["score"] == pytest.approx(
        np.mean([blurred[f"kernel_distance{kind}"] for kind in ("", "_hint", "_lines")])
    )
