"""A trained model with more channels or latents and the same pictures, until it is trained on: `python -m sketch2photo.training.widen`.

Net2Net's idea (Chen et al., 2016) for networks with group norms: what is added is whole groups of channels, which nothing that was there
reads yet (weights of zero), so every picture stays as it was, and gradients reach the new channels from the first step on. More latents
come after those that were there, and nothing reads them yet either; E begins to tell of the photograph in them as any new network does.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tyro.conf import Positional

from ..cli import check_empty, check_range, run
from ..hub_download import copy_calibrator, model_folder
from ..model import Sketch2Photo
from ..networks.blocks import ModulatedNorm


def widen(
    model: Sketch2Photo,
    channels: tuple[int, ...] | None = None,
    head: int | None = None,
    latent_dim: int | None = None,
) -> Sketch2Photo:
    """The model with `channels` at its generator's levels, from the finest, `head` at half resolution, and z of `latent_dim` numbers.

    None is as many as there are.

    Raises:
        ValueError: fewer than there are, another number of levels, or not whole groups of 16 channels.
    """
    config = model._hub_mixin_config
    if not isinstance(config, dict) or config["architecture"] != "modulated":
        raise ValueError("Only a model of the default architecture can be widened.")
    channels, head = channels or tuple(config["channels"]), head or config["head"]
    added = (latent_dim or model.latent_dim) - model.latent_dim
    if added < 0:
        raise ValueError(f"From {model.latent_dim} latents only more can be made, not {latent_dim}.")
    before, after = (*config["channels"], config["head"]), (*channels, head)
    if len(after) != len(before) or any(b < a or (b != a and b % 16) for a, b in zip(before, after, strict=True)):
        raise ValueError(
            f"From {before} channels only more can be made, in multiples of 16 at each level, not {after}."
        )
    directions = {
        name: direction | {"vector": [*direction["vector"], *[0.0] * added]}
        for name, direction in model.directions.items()
    }
    sizes: dict[str, Any] = {
        "channels": channels,
        "head": head,
        "latent_dim": model.latent_dim + added,
        "directions": directions,
    }
    wide = Sketch2Photo(**(config | sizes))
    wide.encoder.get_submodule("layers").load_state_dict(model.encoder.get_submodule("layers").state_dict())
    narrow = dict(model.generator.named_modules())
    with torch.no_grad():
        for key, parameter in wide.encoder.get_submodule("heads").named_parameters():  # mu first, and then logvar
            for new, old in zip(parameter.chunk(2), model.encoder.get_parameter(f"heads.{key}").chunk(2), strict=True):
                new[: len(old)] = old
        for name, module in wide.generator.named_modules():
            if isinstance(module, ModulatedNorm):  # scales first, and then shifts
                for key in ("weight", "bias"):
                    ours, theirs = (getattr(norm.affine, key).chunk(2) for norm in (module, narrow[name]))
                    for new, old in zip(ours, theirs, strict=True):
                        _fill(new, old)
            elif isinstance(module, nn.Conv2d | nn.GroupNorm) or name.startswith("mapping."):
                for key, parameter in module.named_parameters(recurse=False):
                    _fill(parameter, getattr(narrow[name], key))
        enters = wide.generator.get_parameter("mapping.0.weight")  # of z, and last of strictness, which stays last
        enters[:, -1] = enters[:, model.latent_dim].clone()
        enters[:, model.latent_dim : -1] = 0
    return wide.eval()


def _fill(new: Tensor, old: Tensor) -> None:
    """The old values in the corner of the new ones; what was there does not see what is added."""
    if new.ndim > 1:
        new[: old.shape[0], old.shape[1] :] = 0
    new[tuple(slice(side) for side in old.shape)] = old


def main(
    model: Positional[str],
    out: Path,
    channels: tuple[int, ...] | None = None,
    head: int | None = None,
    latent_dim: int | None = None,
) -> None:
    """Write a wider model that makes the same pictures.

    Args:
        model: folder or Hub id.
        out: folder for it, new or empty: `train.py --start-from` it.
        channels: of each level of the generator, from the finest, 48 96 128 256 say; else as many as there are.
        head: channels of the stage at half resolution; else as many as there are.
        latent_dim: numbers of z; else as many as there are.
    """
    check_range(1, head=head, latent_dim=latent_dim)
    if not (channels or head or latent_dim):
        raise ValueError("Say what there is to be more of: --channels, --head or --latent-dim.")
    check_empty(out)
    narrow = Sketch2Photo.from_pretrained(model)
    wide = widen(narrow, channels, head, latent_dim).half()
    wide.beside = narrow.beside  # its card and terms, for it makes the same pictures
    wide.save_pretrained(out)
    copy_calibrator(model_folder(model), out)
    print(f"Next: python train.py --start-from {out}")


if __name__ == "__main__":
    run(main, "python -m sketch2photo.training.widen")
