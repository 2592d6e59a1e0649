"""Where the parts of a face are in a drawing, and where they would be in a believable face: one small network."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..hub_download import HubNetwork

# The curves of data/landmarks.py and how many points of each the network knows (of the oval every second).
CURVES: dict[str, int] = {
    "oval": 18,
    "left_upper_lid": 9, "left_lower_lid": 9, "left_iris": 5, "left_brow_top": 5, "left_brow_bottom": 5,
    "right_upper_lid": 9, "right_lower_lid": 9, "right_iris": 5, "right_brow_top": 5, "right_brow_bottom": 5,
    "nose_bridge": 6, "nose_base": 9,
    "upper_lip": 11, "lower_lip": 11, "upper_lip_inside": 11, "lower_lip_inside": 11,
}  # fmt: skip
POINTS = sum(CURVES.values())

# What a stroke belongs to. Features are what a calibrated drawing shows anew; the background is no part of the person.
CLASSES = ("hair", "outline", "feature", "beard", "glasses", "hat", "body", "background")
MAP = 32  # side of the map of classes


# Parts that are drawn, and misplaced, as wholes, by the beginnings of their curves' names.
PARTS = (
    ("oval",),
    ("left_upper", "left_lower", "left_iris"), ("right_upper", "right_lower", "right_iris"),
    ("left_brow",), ("right_brow",),
    ("nose",), ("upper_lip", "lower_lip"),
)  # fmt: skip


def slices() -> dict[str, slice]:
    """Where each curve lies among the points."""
    found, start = {}, 0
    for name, count in CURVES.items():
        found[name] = slice(start, start + count)
        start += count
    return found


def mirrored_order() -> list[int]:
    """Which point takes each point's place in a mirrored picture: left and right exchange, curves across run the other way."""
    at = slices()
    order: list[int] = []
    for name, count in CURVES.items():
        side, _, rest = name.partition("_")
        other = {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, name)
        indices = list(range(at[other].start, at[other].stop))
        if name == "oval":  # begins at the top
            indices = indices[:1] + indices[:0:-1]
        elif rest == "iris":  # centre, and then four around it
            indices = [indices[i] for i in (0, 3, 2, 1, 4)]
        elif "lip" in name or name == "nose_base":
            indices = indices[::-1]
        order += indices
        assert len(indices) == count
    return order


def mirrored(points: Tensor) -> Tensor:
    """The points (..., K, 2), as shares of the picture's side, of the mirrored picture."""
    return points[..., _MIRRORED, :] * points.new_tensor([-1, 1]) + points.new_tensor([1, 0])


_MIRRORED = mirrored_order()


class Prediction(NamedTuple):
    """Of N drawings; places are x and y as shares of the picture's side.

    points: (N, K, 2), where the face's points are in the drawing, or would be, for what it lacks.
    believable: (N, K, 2), where they would be in a believable face.
    certainty: (N,), logit of there being a face at all.
    classes: (N, C, 32, 32), logits of what the strokes belong to.
    """

    points: Tensor
    believable: Tensor
    certainty: Tensor
    classes: Tensor


class Calibrator(
    nn.Module, HubNetwork, library_name="sketch2photo", license="unknown", tags=["sketch-to-photo", "faces"]
):
    """The parts of a drawn face.

    A small residual network (He et al., 2016) without norms, with a feature pyramid (Lin et al., 2017) up to stride 4. There it says what
    strokes belong to, and where each part is, as the mean of a map that sums to 1 (soft argmax; Luvizon et al., 2017), so that a face
    is found anywhere alike. From all of the drawing it says how large the face is, and each point's offset from the mean face
    in units of that size.

    Args:
        image_size: side of the drawings in pixels, a multiple of 32.
        hidden: width of the layer between features and points.
    """

    mean_face: Tensor
    part_of: Tensor
    grid: Tensor

    def __init__(self, image_size: int = 128, hidden: int = 256) -> None:
        super().__init__()
        self.image_size = image_size
        # Strides 4, 8, 16 and 32.
        self.stages = nn.ModuleList(
            [
                nn.Sequential(_conv(1, 24, 2, kernel=5), _conv(24, 48, 2)),
                nn.Sequential(_conv(48, 96, 2), _Residual(96)),
                nn.Sequential(_conv(96, 160, 2), _Residual(160), _Residual(160)),
                nn.Sequential(_conv(160, 192, 2), _Residual(192)),
            ]
        )
        self.narrow16, self.narrow32 = nn.Conv2d(160, 16, 1), nn.Conv2d(192, 48, 1)
        places = 16 * (image_size // 16) ** 2 + 48 * (image_size // 32) ** 2
        self.hidden = nn.Sequential(nn.Linear(places + 160, hidden), nn.SiLU())
        self.scale = nn.Linear(hidden, 1)  # its logarithm
        self.offsets = nn.Linear(hidden, 4 * POINTS)
        self.certainty = nn.Linear(hidden, 1)
        self.lateral = nn.ModuleList([nn.Conv2d(channels, 32, 1) for channels in (48, 96, 160, 192)])
        self.mixed = nn.Sequential(nn.Conv2d(32, 32, 3, 1, 1), nn.SiLU())
        self.classes, self.places = nn.Conv2d(32, len(CLASSES), 1), nn.Conv2d(32, len(PARTS), 1)
        part_of = np.zeros((POINTS, len(PARTS)), np.float32)
        for name, at in slices().items():
            part_of[at, next(i for i, starts in enumerate(PARTS) if name.startswith(starts))] = 1
        self.register_buffer("part_of", torch.tensor(part_of), persistent=False)
        cells = image_size // 4
        y, x = (np.mgrid[:cells, :cells].reshape(2, -1).astype(np.float32) + 0.5) / cells
        self.register_buffer("grid", torch.tensor(np.stack([x, y], 1)), persistent=False)  # of the map's cells
        # The mean believable face as training frames it; training sets it.
        self.register_buffer("mean_face", torch.full((POINTS, 2), 0.5))
        for layer in (self.scale, self.offsets):
            nn.init.normal_(layer.weight, std=1e-3)
            nn.init.zeros_(layer.bias)

    def forward(self, drawing: Tensor) -> Prediction:
        """What drawings (N, 1, S, S) in [-1, 1], white = +1, show.

        Raises:
            ValueError: drawings of another size.
        """
        if drawing.ndim != 4 or tuple(drawing.shape[1:]) != (1, self.image_size, self.image_size):
            raise ValueError(f"Drawings are (N, 1, {self.image_size}, {self.image_size}), not {tuple(drawing.shape)}.")
        x, maps = drawing, []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        y = self.lateral[3](maps[3])
        for i in (2, 1, 0):
            y = F.interpolate(y, scale_factor=2.0) + self.lateral[i](maps[i])
        y = self.mixed(y)
        heat = self.places(y).flatten(2).softmax(2)  # (N, parts, cells)
        places = heat @ self.grid
        # The features where the face is, wherever it is.
        near = 16 * F.avg_pool2d(heat[:, 0].view(-1, 1, *y.shape[2:]), 4)  # sums: a divisor of 1 is lost in ONNX
        seen = (maps[2] * near).sum((2, 3))
        hidden = self.hidden(torch.cat([self.narrow16(maps[2]).flatten(1), self.narrow32(maps[3]).flatten(1), seen], 1))
        scale = self.scale(hidden)[:, :, None].exp()
        offsets = self.offsets(hidden).view(-1, 2, POINTS, 2)
        centres = self.part_of @ (self.part_of.T @ self.mean_face / self.part_of.sum(0)[:, None])
        points = self.part_of @ places + scale * (self.mean_face - centres + offsets[:, 0])
        believable = places[:, :1] + scale * (self.mean_face - centres[:1] + offsets[:, 1])
        return Prediction(points, believable, self.certainty(hidden)[:, 0], self.classes(y))


def _conv(channels: int, out: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    layer = nn.Conv2d(channels, out, kernel, stride, kernel // 2)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return nn.Sequential(layer, nn.ReLU())


class _Residual(nn.Module):
    """x + conv(relu(conv(x))), which begins as x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = _conv(channels, channels), nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))
