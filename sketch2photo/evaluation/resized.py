"""Models of different sizes side by side: each behind pictures of one size."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ..model import Sketch2Photo


class Resized(torch.nn.Module):
    """A model behind pictures of another size than its own: what its photographs look like at the size of the others'."""

    def __init__(self, model: Sketch2Photo, size: int) -> None:
        super().__init__()
        self.model, self.size, self.latent_dim = model, size, model.latent_dim

    def forward(self, sketch: Tensor, z: Tensor, strictness: float) -> Tensor:
        return resized(self.model(resized(sketch, self.model.image_size), z, strictness), self.size)

    def encode(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.encode(resized(photo, self.model.image_size))


def resized(pictures: Tensor, size: int) -> Tensor:
    """(N, C, S, S) in [-1, 1] at another size."""
    if pictures.shape[-1] == size:
        return pictures
    return F.interpolate(pictures, (size, size), mode="bicubic", antialias=True).clamp(-1, 1)
