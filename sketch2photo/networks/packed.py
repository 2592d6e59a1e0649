"""Convolutions that are fast for one drawing: for a process that serves a network on the CPU, and neither trains nor saves it."""

from typing import Any

import torch
from torch import Tensor, nn

# Pictures at once: a drawing and its mirror image. Of more, arithmetic takes so long that order matters little.
FEW = 2


class PackedConv2d(nn.Module):
    """A convolution with its weights kept in the order in which oneDNN multiplies by them, for each of the sizes that it has met.

    nn.Conv2d brings them into that order for each picture anew, and leaves a small picture to slower code, in a quarter to a third of
    the time that our networks take for one. The operators are those by which torch.compile does the same to a frozen network.

    Args:
        conv: is kept, for more than FEW pictures.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv
        self._numbers: list[Any] = [conv.padding, conv.stride, conv.dilation, conv.groups]
        self._packed: dict[torch.Size, Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'), without gradients."""
        if len(x) > FEW:
            return self.conv(x)
        if x.shape not in self._packed:
            self._packed[x.shape] = torch.ops.mkldnn._reorder_convolution_weight(
                self.conv.weight, *self._numbers, x.shape
            )
        return torch.ops.mkldnn._convolution_pointwise(
            x, self._packed[x.shape], self.conv.bias, *self._numbers, "none", [], ""
        )


def pack(network: nn.Module) -> None:
    """Puts a PackedConv2d in the place of each convolution of a network that is on the CPU, where PyTorch has oneDNN."""
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return
    for name, child in network.named_children():
        if not isinstance(child, nn.Conv2d):
            pack(child)
        elif child.weight.device.type == "cpu":
            setattr(network, name, PackedConv2d(child))
