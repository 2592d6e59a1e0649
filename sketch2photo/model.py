"""Sketch2Photo: generator G(sketch, z) and variational encoder E(photo) of BicycleGAN, as one model for the Hugging Face Hub."""

from pathlib import Path
from typing import Any, Literal

import torch
from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
from huggingface_hub.constants import SAFETENSORS_SINGLE_FILE
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from .networks import ConvEncoder, ModulatedUNet, PlaneUNet, ResNetEncoder


class Sketch2Photo(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="sketch2photo",
    pipeline_tag="image-to-image",
    license="other",
    tags=["sketch-to-photo", "bicyclegan", "gan", "faces"],
):
    """Photographs from a sketch, chosen between by a latent z (BicycleGAN, Zhu et al., 2017).

    Every argument is saved in config.json and comes back with `from_pretrained`.

    Args:
        architecture: "modulated" (the default networks) or "classic" (the first Sketch2Photo's).
        image_size: side of the pictures in pixels.
        latent_dim: length D of z.
        channels: channels of each generator level, from the finest.
        blocks: decoder residual blocks of each level ("modulated" only).
        head: channels of the stage at half resolution ("modulated" only).
        mapping: width of the network that z and strictness pass through ("modulated" only).

    Raises:
        ValueError: an unknown architecture, or an image_size that the levels do not divide.
    """

    def __init__(
        self,
        architecture: Literal["modulated", "classic"] = "modulated",
        image_size: int = 256,
        latent_dim: int = 8,
        channels: tuple[int, ...] = (32, 64, 128, 256),
        blocks: tuple[int, ...] = (1, 1, 1, 2),
        head: int = 16,
        mapping: int = 96,
    ) -> None:
        super().__init__()
        self.image_size, self.latent_dim = image_size, latent_dim
        if architecture == "modulated":
            self.multiple = ModulatedUNet.stride * 2 ** (len(channels) - 1)
            self.generator: nn.Module = ModulatedUNet(latent_dim, channels, blocks, head, mapping)
            self.encoder: nn.Module = ConvEncoder(latent_dim)
        elif architecture == "classic":
            self.multiple = 2 ** len(channels)
            self.generator = PlaneUNet(latent_dim, image_size, channels)
            self.encoder = ResNetEncoder(latent_dim)
        else:
            raise ValueError(f'architecture is "modulated" or "classic", not {architecture!r}.')
        smallest = max(64, self.multiple)  # E halves a photograph six times.
        if image_size % self.multiple or image_size < smallest:
            raise ValueError(
                f"image_size must be a multiple of {self.multiple} and at least {smallest} for {len(channels)} levels, "
                f"not {image_size}."
            )

    def forward(self, sketch: Tensor, z: Tensor, strictness: float | Tensor = 1.0) -> Tensor:
        """Photographs G(sketch, z).

        Args:
            sketch: (N, 1, H, W) in [-1, 1], dark lines on white (+1).
            z: (N, D), or (K N, D) for K photographs of each sketch, all sketches in turn; z ~ N(0, I) at random.
            strictness: in [0, 1], a number or one for each z: 1 follows the lines to the pixel, 0 takes them as a hint.

        Returns:
            As many photographs as there are z, (N, 3, H, W) in [-1, 1].

        Raises:
            ValueError: shapes that do not fit.
        """
        if sketch.ndim != 4 or sketch.shape[1] != 1 or any(side % self.multiple for side in sketch.shape[-2:]):
            raise ValueError(
                f"A sketch is (N, 1, H, W) with sides that are multiples of {self.multiple}, not {tuple(sketch.shape)}."
            )
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(sketch) or len(z) % len(sketch):
            raise ValueError(
                f"z is (N, {self.latent_dim}), N a multiple of the {len(sketch)} sketches, not {tuple(z.shape)}."
            )
        strictness = torch.as_tensor(strictness, dtype=z.dtype, device=z.device).expand(len(z))
        return self.generator(sketch, z, strictness)

    def encode(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar, (N, D) each, of q(z | photo) for photographs (N, 3, H, W) in [-1, 1]."""
        if photo.ndim != 4 or photo.shape[1] != 3:
            raise ValueError(f"A photo is (N, 3, H, W), not {tuple(photo.shape)}.")
        return self.encoder(photo)

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **arguments: Any,
    ) -> "Sketch2Photo":
        """The mixin's hook: safetensors only (never a pickle), every tensor must fit, and the model is in eval mode.

        Raises:
            ValueError: a folder without weights, or weights that are not this model's.
        """
        path = Path(model_id) / SAFETENSORS_SINGLE_FILE
        if not Path(model_id).is_dir():
            path = Path(
                hf_hub_download(
                    model_id,
                    SAFETENSORS_SINGLE_FILE,
                    revision=revision,
                    cache_dir=cache_dir,
                    force_download=force_download,
                    token=token,
                    local_files_only=local_files_only,
                )
            )
        elif not path.is_file():
            raise ValueError(f"{model_id} holds no {SAFETENSORS_SINGLE_FILE}, the only kind of weights that is loaded.")
        model = cls(**arguments)
        try:
            model.load_state_dict(load_file(path))
        except (RuntimeError, SafetensorError) as error:
            reason = str(error).splitlines()[-1].strip()
            raise ValueError(
                f"{path} does not hold the weights of this model ({reason}): download it again."
            ) from error
        return model.eval()


def load_model(name: str) -> Sketch2Photo:
    """The model in a folder or of a Hub id. Raises ValueError where there is none."""
    try:
        return Sketch2Photo.from_pretrained(name)
    except Exception as error:  # The Hub's client, safetensors and json each have their own.
        reason = str(error).split("\n")[0].rstrip(". ")
        raise ValueError(
            f"{name!r} is not a model that can be loaded: give a folder with config.json and model.safetensors, or the id of one "
            f"on the Hub ({type(error).__name__}: {reason})."
        ) from error
