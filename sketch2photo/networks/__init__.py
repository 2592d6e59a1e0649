"""The networks: generators and encoders, and the frozen features that pictures are compared by.

Pure PyTorch, shapes in and shapes out. Imports nothing else of the package but how a network is saved; the model, training and
evaluation import it.

To add an architecture, write its two networks into a file of their own here and give them a line in ARCHITECTURES.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from .classic import PlaneUNet, ResNetEncoder
from .modulated import ConvEncoder, ModulatedUNet


@dataclass(frozen=True)
class Architecture:
    """A generator and an encoder that belong together, as they are made with random weights.

    generator: made by generator(latent_dim, image_size, **sizes), where each of `sizes` has a default; called as
        generator(sketch, z, strictness, trusted) with (N, C, H, W) in [-1, 1], (K N, D), (N,) or (K N,) in [0, 1] and
        (N, 1, H/4, W/4) in [0, 1], all sketches in turn, for (K N, 3, H, W) in [-1, 1]. C is its size sketch_channels, 1 or 3, or
        where it has none 1. Its `multiple` is what H and W must be multiples of.
    encoder: made by encoder(latent_dim, image_size); called as encoder(photo) with (N, 3, H, W) in [-1, 1] for mu and logvar,
        (N, D) each.
    onnx: whether ONNX Runtime runs both (`sketch2photo.onnx`).

    Both raise ValueError for arguments that they cannot be made with.
    """

    generator: Callable[..., nn.Module]
    encoder: Callable[[int, int], nn.Module]
    onnx: bool = False

    def sizes(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All of the generator's own arguments: those that are given, and its defaults.

        Raises:
            ValueError: it does not have one that is given, or that is a number where it has several, or several where it has one.
        """
        _, _, *own = inspect.signature(self.generator).parameters.values()
        unknown = given.keys() - {parameter.name for parameter in own}
        if unknown:
            raise ValueError(
                f"This architecture has no {' or '.join(sorted(unknown))}, only {', '.join(p.name for p in own)}."
            )
        sizes = {parameter.name: given.get(parameter.name, parameter.default) for parameter in own}
        for parameter in own:
            size, several = sizes[parameter.name], isinstance(parameter.default, Sequence)
            if hasattr(size, "__len__") != several:
                raise ValueError(f"{parameter.name} is {'a list of numbers' if several else 'a number'}, not {size!r}.")
        return sizes


ARCHITECTURES = {
    "modulated": Architecture(ModulatedUNet, ConvEncoder, onnx=True),
    "classic": Architecture(PlaneUNet, ResNetEncoder),
}
