"""What the networks are put together from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Of a size, and of the levels that have one: more is no model, and would take hours and gigabytes.
LARGEST, MOST = 2**14, 16
CELL = 4  # px, side of the squares of a picture in which its lines are trusted or not


class ResidualBlock(nn.Module):
    """x + conv(act(norm(conv(act(norm(x)))))), pre-activation (He et al., 2016); norms modulated by w where there is one."""

    def __init__(self, channels: int, mapping: int | None = None) -> None:
        super().__init__()
        norm = (lambda: ModulatedNorm(channels, mapping)) if mapping else (lambda: group_norm(channels))
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
        self.norm = group_norm(channels)
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


def group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(max(1, channels // 16), channels)


def smoothed(x: Tensor) -> Tensor:
    """Blurred by [1 2 1] / 4 each way, which has a zero at a period of 2: no checkerboard passes, and little else is lost."""
    channels, weights = x.shape[1], torch.tensor([0.25, 0.5, 0.25])
    kernel = (weights[:, None] * weights).to(x).expand(channels, 1, 3, 3)
    # A convolution of each channel takes a third of the time of two poolings, which come to the same.
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, groups=channels)


def tile(x: Tensor, count: int) -> Tensor:
    """The batch repeated in turn up to `count`; one item, or a batch of as many, without copying it."""
    rest = x.shape[1:]
    if len(x) == 1:
        return x.expand(count, *rest)
    return x if len(x) == count else x.repeat(count // len(x), *(1 for _ in rest))


def check_size(image_size: int, multiple: int, smallest: int = 1) -> None:
    """Raises ValueError for a picture whose side a network does not divide, or that is too small for it."""
    check_positive(image_size=image_size)
    if image_size < max(smallest, multiple) or image_size % multiple:
        raise ValueError(
            f"image_size must be a multiple of {multiple} and at least {max(smallest, multiple)}, not {image_size}."
        )


def check_positive(**sizes: int | Sequence[int]) -> None:
    """Raises ValueError for one of the named sizes that is not a whole number from 1 to LARGEST, or some such numbers."""
    for name, size in sizes.items():
        numbers = list(size) if isinstance(size, Sequence) else [size]
        if not 1 <= len(numbers) <= MOST or any(type(n) is not int or not 1 <= n <= LARGEST for n in numbers):
            raise ValueError(f"{name} must be whole numbers from 1 to {LARGEST}, at most {MOST}, not {str(size)[:80]}.")
