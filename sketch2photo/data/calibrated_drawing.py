"""What the generator is to see of a bad drawing, once it is calibrated, and the photograph that it should make of that."""

import cv2
import numpy as np

from ..calibration import PARTS, TRUSTED, correct, features, locate, similarity, thin_plate_spline, trusted_features
from ..images import Floats, Picture, fitted, resampled
from ..networks.calibrator import Calibrator
from ..preprocess import to_sketch
from .doodles import flat, line_doodle
from .landmarks import Landmarks
from .line_drawing import line_drawing
from .photo_to_sketch import Rng, by_hand

DRAWN_ANEW = 0.6  # of the drawings with exact features that calibration has drawn
FARTHEST = 0.05  # of the side, rms, that a photograph's points are moved: more is another face


def calibrated_drawing(
    picture: Picture, landmarks: Landmarks, calibrator: Calibrator, strictness: float, size: int, rng: Rng
) -> tuple[Floats, Floats, Floats, float] | None:
    """A photograph, bent to fit, the calibrated lines of a bad drawing of it, where they are trusted, and how others are followed.

    (S, S, 3), (S, S), (S/4, S/4) and a number, in [0, 1].

    The drawing is a line drawing of the photograph, stretched and with features out of place. As Cali-Sketch's second stage
    (Xia et al., 2019) the generator learns from what the first one leaves.

    Args:
        picture: the photograph, of any size.
        landmarks: of it, in px of a square of side S.
        calibrator: what calibrates it, as in the pipeline.
        strictness: in [0, 1], as there.
        size: S.
        rng: of the drawing.

    Returns:
        None where the calibrator sees no face, or one that is too far from the photograph's.
    """
    drawn = line_doodle(fitted(picture, size), landmarks, rng, size)
    sketch = to_sketch((255 * drawn.sketch).astype(np.uint8), size)
    found = correct(locate(calibrator, sketch, size), strictness)
    if not found.is_face:
        return None
    points = flat(landmarks)
    matrix = similarity(found.points, points)
    inverse = np.linalg.inv(np.vstack([matrix, (0, 0, 1)]))[:2]
    targets = points @ inverse[:, :2].T + inverse[:, 2]  # of the photograph, as large as the drawing's face
    if np.sqrt(((targets - found.points) ** 2).sum(1).mean()) > FARTHEST * size:
        return None
    source = thin_plate_spline(found.points, targets, size) @ matrix[:, :2].T + matrix[:, 2]
    ramp = np.arange(size)
    offset = source - np.stack(np.broadcast_arrays(ramp[None], ramp[:, None]), -1)
    photo = resampled(picture, size, offset.astype(np.float32), flip=False, white=False)
    return photo, found.sketch[0, 0].numpy() / 2 + 0.5, found.trusted[0, 0].numpy(), found.followed


def exact_features(photo: Floats, landmarks: Landmarks, rng: Rng, strictness: float) -> tuple[Floats, Floats]:
    """A line drawing (S, S) of a photograph (S, S, 3) whose features are where they are in it, and what of it is trusted (S/4, S/4).

    As a calibrated drawing is: head and hair are drawn by an unsteady hand, the more so the lower `strictness` is; the features,
    which are trusted, are drawn anew as calibration draws them, or carefully by the same author.
    """
    size, points = photo.shape[0], flat(landmarks)
    where = trusted_features(points, size)
    if rng.random() < DRAWN_ANEW:
        own = features(points, list(PARTS), size)
    else:
        careful = by_hand(line_drawing(photo, landmarks, rng, 1), rng, 1)
        own = np.where(cv2.resize(where, (size, size)) > TRUSTED / 2, careful, 1).astype(np.float32)
    rest = by_hand(line_drawing(photo, landmarks, rng, strictness, with_features=False), rng, strictness)
    return np.minimum(rest, own), where
