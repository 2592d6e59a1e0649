"""A trained model with more channels, which makes the same pictures until it is trained on: `python -m sketch2photo.training.widen`.

Net2Net's idea (Chen et al., 2016) for networks with group norms: what is added is whole groups of channels, which nothing that was there
reads yet (weights of zero), so every picture stays as it was, and gradients reach the new channels from the first step on.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from tyro.conf import Positional

from ..cli import run
from ..hub_download import copy_calibrator, model_folder
from ..model import Sketch2Photo
from ..networks.blocks import ModulatedNorm


def widen(model: Sketch2Photo, channels: tuple[int, ...], head: int) -> Sketch2Photo:
    """The model with `channels` at its generator's levels, from the finest, and `head` at half resolution.

    Raises:
        ValueError: fewer channels than there are, another number of levels, or not whole groups of 16.
    """
    config = model._hub_mixin_config
    if not isinstance(config, dict) or config["architecture"] != "modulated":
        raise ValueError("Only a model of the default architecture can be widened.")
    before, after = (*config["channels"], config["head"]), (*channels, head)
    if len(after) != len(before) or any(b < a or (b != a and b % 16) for a, b in zip(before, after, strict=True)):
        raise ValueError(
            f"From {before} channels only more can be made, in multiples of 16 at each level, not {after}."
        )
    wide = Sketch2Photo(**(config | {"channels": channels, "head": head}))
    wide.encoder.load_state_dict(model.encoder.state_dict())
    narrow = dict(model.generator.named_modules())
    with torch.no_grad():
        for name, module in wide.generator.named_modules():
            if isinstance(module, ModulatedNorm):  # scales first, and then shifts
                for key in ("weight", "bias"):
                    ours, theirs = (getattr(norm.affine, key).chunk(2) for norm in (module, narrow[name]))
                    for new, old in zip(ours, theirs, strict=True):
                        _fill(new, old)
            elif isinstance(module, nn.Conv2d | nn.GroupNorm) or name.startswith("mapping."):
                for key, parameter in module.named_parameters(recurse=False):
                    _fill(parameter, getattr(narrow[name], key))
    return wide.eval()


def _fill(new: Tensor, old: Tensor) -> None:
    """The old values in the corner of the new ones; what was there does not see what is added."""
    if new.ndim > 1:
        new[: old.shape[0], old.shape[1] :] = 0
    new[tuple(slice(side) for side in old.shape)] = old


def main(model: Positional[str], out: Path, channels: tuple[int, ...] = (48, 96, 128, 256), head: int = 32) -> None:
    """Write a wider model that makes the same pictures.

    Args:
        model: folder or Hub id.
        out: folder for it: `train.py --start-from` it.
        channels: of each level of the generator, from the finest.
        head: channels of the stage at half resolution.
    """
    narrow = Sketch2Photo.from_pretrained(model)
    wide = widen(narrow, channels, head).half()
    wide.beside = narrow.beside  # its card and terms, for it makes the same pictures
    wide.save_pretrained(out)
    copy_calibrator(model_folder(model), out)


if __name__ == "__main__":
    run(main, "python -m sketch2photo.training.widen")
