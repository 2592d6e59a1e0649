"""The first Sketch2Photo's networks, the baseline of every comparison."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .blocks import check_positive, check_size, tile


class PlaneUNet(nn.Module):
    """Classic generator: pix2pix's U-Net (Isola et al., 2017), the latent as a plane beside the sketch.

    Args:
        latent_dim: length D of z.
        image_size: side of the pictures in pixels.
        channels: of each level, from the finest, which is at half the picture's resolution.
        sketch_channels: C of the sketch: 3 where it is coloured.

    Raises:
        ValueError: sizes that are none, or an image_size that the levels do not divide.
    """

    def __init__(
        self,
        latent_dim: int,
        image_size: int,
        channels: Sequence[int] = (64, 128, 256, 512, 512, 512),
        sketch_channels: int = 1,
    ) -> None:
        super().__init__()
        check_positive(latent_dim=latent_dim, channels=channels)
        self.multiple = 2 ** len(channels)
        check_size(image_size, self.multiple)
        self.plane = nn.Linear(latent_dim, image_size**2)
        widths = [sketch_channels + 1, *channels]
        last = len(channels) - 1
        self.down = nn.ModuleList()
        for i, (a, b) in enumerate(pairwise(widths)):
            layers: list[nn.Module] = [nn.Conv2d(a, b, 4, 2, 1, bias=i in (0, last))]
            if 0 < i < last:
                layers.append(nn.BatchNorm2d(b))
            self.down.append(nn.Sequential(*layers, nn.LeakyReLU(0.2)))
        self.up = nn.ModuleList()
        for i in range(last, 0, -1):
            a = channels[i] if i == last else 2 * channels[i]
            b = channels[i - 1]
            conv = nn.Conv2d(a, b, 3, padding=1, bias=False)
            self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), conv, nn.BatchNorm2d(b), nn.ReLU()))
        self.to_photo = nn.Sequential(
            nn.Upsample(scale_factor=2), nn.Conv2d(2 * channels[0], 3, 3, padding=1), nn.Tanh()
        )

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor, trusted: Tensor) -> Tensor:
        """(N, C, H, W) and (K N, D) -> (K N, 3, H, W); the classic system knows no strictness, and so nothing that is trusted."""
        plane = self.plane(z).view(-1, 1, *sketch.shape[-2:])
        x = torch.cat([tile(sketch, len(z)), plane], 1)
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        for i, layer in enumerate(self.up):
            x = torch.cat([layer(x), skips[-2 - i]], 1)
        return self.to_photo(x)


class ResNetEncoder(nn.Module):
    """Classic encoder: ResNet-18 (He et al., 2016) up to its third stage, from scratch, then mu and logvar.

    Raises:
        ImportError: torchvision is not installed.
    """

    def __init__(self, latent_dim: int, image_size: int) -> None:
        super().__init__()
        check_size(image_size, 1, smallest=16)
        try:
            from torchvision.models import resnet18
        except ImportError as error:
            raise ImportError("The classic encoder is torchvision's ResNet-18: pip install torchvision") from error

        network = resnet18(weights=None)
        self.layers = nn.Sequential(*list(network.children())[:-3])
        self.heads = nn.Linear(256, 2 * latent_dim)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) in [-1, 1] -> mu and logvar, (N, D) each."""
        mu, logvar = self.heads(self.layers(photo).mean((2, 3))).chunk(2, 1)
        return mu, logvar
