"""Where in a picture the parts of a face lie whose colours are measured."""

from dataclasses import dataclass

import cv2
import numpy as np

from ..images import Floats
from .metrics import Mask, eye_distance


@dataclass(frozen=True)
class Regions:
    """Masks (H, W) of the parts of a face that attributes are measured in, from its 68 landmarks."""

    skin: Mask
    left: Mask
    right: Mask
    hair: Mask
    lips: Mask

    @classmethod
    def of(cls, landmarks: Floats, side: int) -> "Regions":
        eyes = landmarks[36:48].mean(0)
        unit = eye_distance(landmarks)
        left, right = (landmarks[i] for i in (slice(1, 5), slice(12, 16)))
        nose = landmarks[30]

        def disc(centre: Floats, radius: float) -> Mask:
            mask = np.zeros((side, side), np.uint8)
            cv2.circle(mask, (round(float(centre[0])), round(float(centre[1]))), max(1, round(radius)), 1, -1)
            return mask > 0

        cheeks = [disc(0.45 * part.mean(0) + 0.55 * nose, 0.16 * unit) for part in (left, right)]
        top = eyes - np.array([0.0, 1.35 * unit])
        hair = [disc(top + np.array([shift * unit, 0.0]), 0.14 * unit) for shift in (-0.35, 0.0, 0.35)]
        mouth = np.zeros((side, side), np.uint8)
        cv2.fillPoly(mouth, [landmarks[48:60].round().astype(np.int32)], 1)
        return cls(cheeks[0] | cheeks[1], cheeks[0], cheeks[1], hair[0] | hair[1] | hair[2], mouth > 0)
