"""The default generator and encoder."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import (
    CELL,
    ModulatedBlocks,
    ModulatedNorm,
    ResidualBlock,
    SubPixelConv,
    check_positive,
    check_size,
    smoothed,
    tile,
)

MOST_BLOCKS = 256


class ModulatedUNet(nn.Module):
    """Default generator: a U-Net whose work is done at a quarter of the picture's resolution and below.

    The sketch enters by space-to-depth and the photograph leaves by sub-pixel convolution (Shi et al., 2016), through one
    thin stage at half resolution. The latent modulates every decoder block (scale and shift after group norm), so it cannot be
    ignored as a latent that is only fed in once is. The sketch half of the network does not see the latent: one drawing
    is encoded once for any number of photographs.

    `strictness` gates the skip connections: at 1 every line reaches the output at full resolution; at 0 the two
    finest levels get no skip at all, so the drawing can only act as a hint of where things are. Where lines are `trusted`,
    the gates are open whatever strictness is: a calibrated eye is exact in a head that is a hint.

    Args:
        latent_dim: length D of z.
        image_size: side of the pictures in pixels.
        channels: of each level, from the finest.
        blocks: decoder residual blocks of each level.
        head: channels of the stage at half resolution.
        mapping: width of the network that z and strictness pass through.
        sketch_channels: C of the sketch: 3 where it is coloured.

    Raises:
        ValueError: sizes that are none, or do not fit each other.
    """

    stride = CELL  # of the finest level, by space-to-depth: so its gate is as fine as what is trusted

    def __init__(
        self,
        latent_dim: int,
        image_size: int,
        channels: Sequence[int] = (32, 64, 128, 256),
        blocks: Sequence[int] = (1, 1, 1, 2),
        head: int = 16,
        mapping: int = 96,
        sketch_channels: int = 1,
    ) -> None:
        super().__init__()
        check_positive(latent_dim=latent_dim, channels=channels, blocks=blocks, head=head, mapping=mapping)
        levels = len(channels)
        if sum(blocks) > MOST_BLOCKS:
            raise ValueError(f"blocks are at most {MOST_BLOCKS} together, not {sum(blocks)}.")
        if len(blocks) != levels:
            raise ValueError(f"blocks has a number for each of the {levels} channels, not {len(blocks)} numbers.")
        self.multiple = self.stride * 2 ** (levels - 1)
        check_size(image_size, self.multiple)
        self.mapping = nn.Sequential(
            nn.Linear(latent_dim + 1, mapping), nn.SiLU(), nn.Linear(mapping, mapping), nn.SiLU()
        )
        self.stem = nn.Conv2d(sketch_channels * self.stride**2, channels[0], 3, padding=1)
        self.encode = nn.ModuleList(ResidualBlock(c) for c in channels)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(channels))
        self.skip = nn.ModuleList(nn.Conv2d(c, c, 1) for c in channels)
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
        self.decode = nn.ModuleList(
            ModulatedBlocks(ResidualBlock(c, mapping) for _ in range(n)) for c, n in zip(channels, blocks, strict=True)
        )
        self.to_head = SubPixelConv(channels[0], head)
        self.head_sketch = nn.Conv2d(sketch_channels * (self.stride // 2) ** 2, head, 3, padding=1)
        self.head_norm = ModulatedNorm(head, mapping)
        self.to_photo = nn.Sequential(nn.SiLU(), SubPixelConv(head, 3))
        # How much of each level's skip depends on strictness: the two finest wholly, the third by half.
        self.gating = [1.0, 1.0, 0.5][:levels] + [0.0] * (levels - 3)

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor, trusted: Tensor) -> Tensor:
        """(N, C, H, W), (K N, D), (N,) or (K N,), and (N, 1, H/4, W/4) -> (K N, 3, H, W)."""
        x = self.stem(F.pixel_unshuffle(sketch, self.stride))
        skips = []
        for level, block in enumerate(self.encode):
            x = block(x)
            skips.append(self.skip[level](x))
            if level < len(self.down):
                x = self.down[level](x)

        # Where a sketch has one strictness, its lines pass the gates once for all pictures.
        strictnesses, pictures = len(strictness), len(z)
        w = self.mapping(torch.cat([z, tile(strictness[:, None], pictures)], 1))
        gates = self._gates(strictness[:, None, None, None].to(x.dtype), tile(trusted.to(x.dtype), strictnesses))
        x = tile(skips[-1], pictures)
        for level in reversed(range(len(skips))):
            if level < len(self.up):
                x = F.interpolate(self.up[level](x), scale_factor=2, mode="nearest")
                skip = skips[level]
                if self.gating[level]:
                    skip = tile(skip, strictnesses) * (1 - self.gating[level] * (1 - gates[level]))
                x = x + tile(skip, pictures)
            x = self.decode[level](x, w)
        lines = self.head_sketch(F.pixel_unshuffle(sketch, self.stride // 2))
        lines = tile(lines, strictnesses) * F.interpolate(gates[0], scale_factor=2, mode="nearest")
        x = smoothed(self.to_head(x)) + tile(lines, pictures)
        return torch.tanh(self.to_photo(self.head_norm(x, w)))

    def _gates(self, strictness: Tensor, trusted: Tensor) -> list[Tensor]:
        """How open each gated level is, (N, 1, h, w), from strictness (N, 1, 1, 1) and what is trusted (N, 1, H/4, W/4)."""
        gates = [strictness + (1 - strictness) * trusted]
        for _ in self.gating[1:]:
            gates.append(F.avg_pool2d(gates[-1], 2))
        return gates


class ConvEncoder(nn.Module):
    """Default encoder E: strided convolutions on the photograph at half resolution, then mu and logvar of its latent.

    It sees means over 4x4 pixels: patterns with a period of 2 or 4, in which a generator can hide z from everybody but E
    (Chu et al., 2017), and which look like a checkerboard, are invisible to it.
    """

    def __init__(self, latent_dim: int, image_size: int, channels: Sequence[int] = (32, 64, 128, 192, 256)) -> None:
        super().__init__()
        check_size(image_size, 1, smallest=2 ** (len(channels) + 1))
        widths = [3, *channels]
        self.layers = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)) for a, b in pairwise(widths))
        )
        self.heads = nn.Linear(channels[-1], 2 * latent_dim)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) in [-1, 1] -> mu and logvar, (N, D) each; logvar is clamped to [-8, 4]."""
        x = self.layers(F.avg_pool2d(photo, 4, 2, 1, count_include_pad=False)).mean((2, 3))
        mu, logvar = self.heads(x).chunk(2, 1)
        return mu, logvar.clamp(-8, 4)
