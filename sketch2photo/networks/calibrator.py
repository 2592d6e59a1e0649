"""Where the parts of a face are in a drawing, and where they would be in a believable face: one small network."""

from typing import NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

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
    nn.Module, PyTorchModelHubMixin, library_name="sketch2photo", license="other", tags=["sketch-to-photo", "faces"]
):
    """The parts of a drawn face.

    A small residual network (He et al., 2016) without norms. From strides 16 and 32 it says where the face is, how large, and each
    point's offset from the mean face in units of that size, so that small faces are seen as large ones are; from stride 4 up,
    through a feature pyramid (Lin et al., 2017), what strokes belong to.

    Args:
        image_size: side of the drawings in pixels, a multiple of 32.
        hidden: width of the layer between features and points.
    """

    mean_face: Tensor

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
        self.hidden = nn.Sequential(nn.Linear(places, hidden), nn.SiLU())
        self.where = nn.Linear(hidden, 3)  # centre and the logarithm of the scale
        self.offsets = nn.Linear(hidden, 4 * POINTS)
        self.certainty = nn.Linear(hidden, 1)
        self.lateral = nn.ModuleList([nn.Conv2d(channels, 32, 1) for channels in (48, 96, 160, 192)])
        self.classes = nn.Sequential(nn.Conv2d(32, 32, 3, 1, 1), nn.SiLU(), nn.Conv2d(32, len(CLASSES), 1))
        # The mean believable face as training frames it; training sets it.
        self.register_buffer("mean_face", torch.full((POINTS, 2), 0.5))
        for layer in (self.where, self.offsets):
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
        hidden = self.hidden(torch.cat([self.narrow16(maps[2]).flatten(1), self.narrow32(maps[3]).flatten(1)], 1))
        where = self.where(hidden)
        shift, scale = where[:, None, :2], where[:, None, 2:].exp()
        offsets = self.offsets(hidden).view(-1, 2, POINTS, 2)
        points = 0.5 + shift + scale * (self.mean_face - 0.5 + offsets[:, 0])
        believable = points + scale * offsets[:, 1]
        y = self.lateral[3](maps[3])
        for i in (2, 1, 0):
            y = F.interpolate(y, scale_factor=2.0) + self.lateral[i](maps[i])
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
