"""Other people's networks, written anew to be measured beside ours."""

from itertools import pairwise

import torch
from torch import Tensor, nn


class BicycleUNet(nn.Module):
    """BicycleGAN's `unet_256` (Zhu et al., 2017): pix2pix's U-Net of 8 levels, z (8) beside the input of each level; 54.8 M parameters."""

    def __init__(self, latent_dim: int = 8, width: int = 64) -> None:
        super().__init__()
        widths = [1, *(width * m for m in (1, 2, 4, 8, 8, 8, 8, 8))]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (a, b) in enumerate(pairwise(widths)):
            self.down.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2) if level else nn.Identity(),
                    nn.Conv2d(a + latent_dim, b, 4, 2, 1),
                    nn.InstanceNorm2d(b) if 0 < level < 7 else nn.Identity(),
                )
            )
            self.up.append(
                nn.Sequential(
                    nn.ReLU(),
                    nn.ConvTranspose2d(b if level == 7 else 2 * b, a if level else 3, 4, 2, 1),
                    nn.InstanceNorm2d(a) if level else nn.Tanh(),
                )
            )

    def forward(self, sketch: Tensor, z: Tensor) -> Tensor:
        """(1, 1, 256, 256) and (N, D) -> (N, 3, 256, 256)."""
        x, skips = sketch.expand(len(z), -1, -1, -1), []
        for layer in self.down:
            plane = z[:, :, None, None].expand(-1, -1, *x.shape[-2:])
            x = layer(torch.cat([x, plane], 1))
            skips.append(x)
        x = self.up[7](x)
        for level in range(6, -1, -1):
            x = self.up[level](torch.cat([x, skips[level]], 1))
        return x
