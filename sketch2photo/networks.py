"""The networks inside Sketch2Photo: the default generator and encoder, and the classic ones that they are compared with."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ModulatedUNet(nn.Module):
    """Default generator: a U-Net whose work is done at a quarter of the picture's resolution and below.

    The sketch enters by space-to-depth and the photograph leaves by sub-pixel convolution (Shi et al., 2016), through one
    thin stage at half resolution. The latent modulates every decoder block (scale and shift after group norm), so it cannot be
    ignored as a latent that is only fed in once is. The sketch half of the network does not see the latent: one drawing
    is encoded once for any number of photographs.

    `strictness` gates the skip connections: at 1 every line reaches the output at full resolution; at 0 the two
    finest levels get no skip at all, so the drawing can only act as a hint of where things are.
    """

    stride = 4  # of the finest level, by space-to-depth

    def __init__(
        self, latent_dim: int, channels: Sequence[int], blocks: Sequence[int], head: int, mapping: int
    ) -> None:
        super().__init__()
        levels = len(channels)
        self.mapping = nn.Sequential(
            nn.Linear(latent_dim + 1, mapping), nn.SiLU(), nn.Linear(mapping, mapping), nn.SiLU()
        )
        self.stem = nn.Conv2d(self.stride**2, channels[0], 3, padding=1)
        self.encode = nn.ModuleList(ResidualBlock(c) for c in channels)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(channels))
        self.skip = nn.ModuleList(nn.Conv2d(c, c, 1) for c in channels)
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
        self.decode = nn.ModuleList(
            ModulatedBlocks(ResidualBlock(c, mapping) for _ in range(n)) for c, n in zip(channels, blocks, strict=True)
        )
        self.to_head = SubPixelConv(channels[0], head)
        self.head_sketch = nn.Conv2d((self.stride // 2) ** 2, head, 3, padding=1)
        self.head_norm = ModulatedNorm(head, mapping)
        self.to_photo = nn.Sequential(nn.SiLU(), SubPixelConv(head, 3))
        # How much of each level's skip depends on strictness: the two finest wholly, the third by half.
        self.gating = [1.0, 1.0, 0.5][:levels] + [0.0] * (levels - 3)

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor) -> Tensor:
        """(N, 1, H, W), (K N, D) and (K N,) -> (K N, 3, H, W)."""
        x = self.stem(F.pixel_unshuffle(sketch, self.stride))
        skips = []
        for level, block in enumerate(self.encode):
            x = block(x)
            skips.append(self.skip[level](x))
            if level < len(self.down):
                x = self.down[level](x)

        w = self.mapping(torch.cat([z, strictness[:, None]], 1))
        gate = strictness[:, None, None, None].to(x.dtype)
        x = _tile(skips[-1], len(z))
        for level in reversed(range(len(skips))):
            if level < len(self.up):
                x = F.interpolate(self.up[level](x), scale_factor=2, mode="nearest")
                x = x + _tile(skips[level], len(z)) * (1 - self.gating[level] * (1 - gate))
            x = self.decode[level](x, w)
        lines = self.head_sketch(F.pixel_unshuffle(sketch, self.stride // 2))
        x = smoothed(self.to_head(x)) + _tile(lines, len(z)) * gate
        return torch.tanh(self.to_photo(self.head_norm(x, w)))


class ResidualBlock(nn.Module):
    """x + conv(act(norm(conv(act(norm(x)))))), pre-activation (He et al., 2016); norms modulated by w where there is one."""

    def __init__(self, channels: int, mapping: int | None = None) -> None:
        super().__init__()
        norm = (lambda: ModulatedNorm(channels, mapping)) if mapping else (lambda: _group_norm(channels))
        self.norm1, self.norm2 = norm(), norm()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        for parameter in self.conv2.parameters():  # Starts as the identity.
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, *w: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x, *w)))
        return x + self.conv2(F.silu(self.norm2(y, *w)))


class ModulatedBlocks(nn.ModuleList):
    """Residual blocks one after the other, all modulated by the same w."""

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        for block in self:
            x = block(x, w)
        return x


class ModulatedNorm(nn.Module):
    """Group norm with scale and shift from w (FiLM, Perez et al., 2018): norm(x) (1 + scale(w)) + shift(w)."""

    def __init__(self, channels: int, mapping: int) -> None:
        super().__init__()
        self.norm = _group_norm(channels)
        self.affine = nn.Linear(mapping, 2 * channels)
        nn.init.normal_(self.affine.weight, std=0.3 / mapping**0.5)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.affine(w)[:, :, None, None].chunk(2, 1)
        return torch.addcmul(shift, self.norm(x), 1 + scale)


class SubPixelConv(nn.Module):
    """Doubles the resolution: 3x3 convolution, then depth-to-space; starts as nearest-neighbour (ICNR, Aitken et al., 2017)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out * 4, 3, padding=1)
        with torch.no_grad():
            self.conv.weight.copy_(self.conv.weight[::4].repeat_interleave(4, 0))
            self.get_parameter("conv.bias").zero_()

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.conv(x), 2)


class ConvEncoder(nn.Module):
    """Default encoder E: strided convolutions on the photograph at half resolution, then mu and logvar of its latent.

    It sees means over 4x4 pixels: patterns with a period of 2 or 4, in which a generator can hide z from everybody but E
    (Chu et al., 2017), and which look like a checkerboard, are invisible to it.
    """

    def __init__(self, latent_dim: int, channels: Sequence[int] = (32, 64, 128, 192, 256)) -> None:
        super().__init__()
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


class PlaneUNet(nn.Module):
    """Classic generator: pix2pix's U-Net (Isola et al., 2017), the latent as a plane beside the sketch."""

    def __init__(self, latent_dim: int, image_size: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.plane = nn.Linear(latent_dim, image_size**2)
        widths = [2, *channels]
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

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor) -> Tensor:
        """(N, 1, H, W) and (K N, D) -> (K N, 3, H, W); the classic system knows no strictness."""
        plane = self.plane(z).view(-1, 1, *sketch.shape[-2:])
        x = torch.cat([_tile(sketch, len(z)), plane], 1)
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        for i, layer in enumerate(self.up):
            x = torch.cat([layer(x), skips[-2 - i]], 1)
        return self.to_photo(x)


class ResNetEncoder(nn.Module):
    """Classic encoder: ResNet-18 (He et al., 2016) up to its third stage, from scratch, then mu and logvar."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        from torchvision.models import resnet18

        network = resnet18(weights=None)
        self.layers = nn.Sequential(*list(network.children())[:-3])
        self.heads = nn.Linear(256, 2 * latent_dim)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) in [-1, 1] -> mu and logvar, (N, D) each."""
        mu, logvar = self.heads(self.layers(photo).mean((2, 3))).chunk(2, 1)
        return mu, logvar


def _group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(max(1, channels // 16), channels)


def smoothed(x: Tensor) -> Tensor:
    """Blurred by [1 2 1] / 4 each way, which has a zero at a period of 2: no checkerboard passes, and little else is lost."""
    return F.avg_pool2d(F.avg_pool2d(x, 2, 1, 1, count_include_pad=False), 2, 1)


def _tile(x: Tensor, count: int) -> Tensor:
    """The batch repeated in turn up to `count`; one item without copying it."""
    return x.expand(count, -1, -1, -1) if len(x) == 1 else x.repeat(count // len(x), 1, 1, 1)
