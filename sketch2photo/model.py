"""Sketch2Photo: generator G(sketch, z) and variational encoder E(photo) of BicycleGAN, as one model for the Hugging Face Hub."""

import inspect
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from .hub_download import HubNetwork, load_network, model_folder
from .images import POLARITIES, Polarity, SketchFormat
from .latents import checked_directions, plain, shown
from .machine import device_of, dtype_of
from .networks import ARCHITECTURES
from .networks.blocks import CELL, check_positive

Framing = Literal["face", "whole"]
FRAMINGS: tuple[Framing, ...] = get_args(Framing)


class Sketch2Photo(
    nn.Module,
    HubNetwork,
    library_name="sketch2photo",
    pipeline_tag="image-to-image",
    license="unknown",
    tags=["sketch-to-photo", "bicyclegan", "gan"],
):
    """Photographs from a sketch, chosen between by a latent z (BicycleGAN, Zhu et al., 2017).

    Every argument is saved in config.json and comes back with `from_pretrained`.

    Args:
        architecture: a name in `networks.ARCHITECTURES`: "modulated", the default, or "classic", the first Sketch2Photo's.
        image_size: side of the pictures in pixels.
        latent_dim: length D of z.
        directions: what evaluation/directions.py found in z: for each name "vector" (D numbers; z + a vector moves what the name
            says by a), "range" (the smallest and largest a that leave a face) and "effect" (what a = 1 moves, by name).
        framing: "face": the calibrator in the model's folder calibrator/ finds the face in a drawing, brings it to where faces
            are and corrects it; "whole", the default: drawings are seen as they are, as those of shoes and buildings must be.
        polarity: "dark_on_light", the default: sketches are dark lines, and drawings of light ones on a dark ground are inverted;
            "as_drawn": they are grey values that mean something (depths, masks), and none is.
        **sizes: of the architecture's generator, as its own constructor describes them: channels, blocks, ..., and sketch_channels:
            1, the default, for lines of which only the darkness counts; 3 for coloured sketches and label maps.

    Raises:
        ValueError: an unknown architecture, or sizes that its networks cannot be made with.
    """

    def __init__(
        self,
        architecture: str = "modulated",
        image_size: int = 256,
        latent_dim: int = 8,
        directions: dict[str, dict[str, Any]] | None = None,
        framing: Framing = "whole",
        polarity: Polarity = "dark_on_light",
        **sizes: Any,
    ) -> None:
        super().__init__()
        if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
            raise ValueError(f"architecture is one of {', '.join(ARCHITECTURES)}, not {architecture!r}.")
        image_size, latent_dim = plain(image_size), plain(latent_dim)
        check_positive(image_size=image_size, latent_dim=latent_dim)
        self.architecture, self.image_size, self.latent_dim = architecture, image_size, latent_dim
        self.directions = checked_directions(directions or {}, latent_dim)
        for name, value, known in (("framing", framing, FRAMINGS), ("polarity", polarity, POLARITIES)):
            if value not in known:
                raise ValueError(f"{name} is {' or '.join(known)}, not {shown(value)}.")
        self.framing: Framing = framing
        networks = ARCHITECTURES[architecture]
        sizes = networks.sizes(plain(sizes))
        self.sketch_channels: int = sizes.get("sketch_channels", 1)
        if type(self.sketch_channels) is not int or self.sketch_channels not in (1, 3):
            raise ValueError(f"sketch_channels is 1 or 3, not {str(self.sketch_channels)[:80]}.")
        self.sketch_format = SketchFormat(self.sketch_channels, polarity)
        if framing == "face" and not self.sketch_format.lines:
            raise ValueError("Faces are framed in grey drawings, dark on light: other sketches are seen whole.")
        own = {"image_size": image_size, "latent_dim": latent_dim, "framing": framing, "polarity": polarity}
        facts = {"architecture": architecture, **own, **sizes}
        # The mixin keeps what a class is made with; a subclass may be made with other things than these.
        taken = inspect.signature(type(self).__init__).parameters
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
            facts = {name: value for name, value in facts.items() if name in taken}
        self._hub_mixin_config = plain(self._hub_mixin_config) | facts
        self.generator = networks.generator(latent_dim, image_size, **sizes)
        self.encoder = networks.encoder(latent_dim, image_size)
        self.multiple: int = self.generator.multiple  # pyrefly: ignore[bad-assignment]

    def forward(
        self, sketch: Tensor, z: Tensor, strictness: float | Tensor = 1.0, trusted: Tensor | None = None
    ) -> Tensor:
        """Photographs G(sketch, z).

        Args:
            sketch: (N, 1, H, W) in [-1, 1], dark lines on white (+1); (N, 3, H, W) where sketch_channels is 3.
            z: (N, D), or (K N, D) for K photographs of each sketch, all sketches in turn; z ~ N(0, I) at random.
            strictness: in [0, 1], a number, one for each sketch or one for each z: 1 follows the lines to the pixel, 0 takes them
                as a hint.
            trusted: (N, 1, H/4, W/4) in [0, 1], where lines are followed whatever strictness is; nowhere without it.

        Returns:
            As many photographs as there are z, (N, 3, H, W) in [-1, 1].

        Raises:
            ValueError: shapes that do not fit.
        """
        channels = self.sketch_channels
        if sketch.ndim != 4 or sketch.shape[1] != channels or any(side % self.multiple for side in sketch.shape[-2:]):
            raise ValueError(
                f"A sketch is (N, {channels}, H, W) with sides that are multiples of {self.multiple}, not {tuple(sketch.shape)}."
            )
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(sketch) or len(z) % len(sketch):
            raise ValueError(
                f"z is (N, {self.latent_dim}), N a multiple of the {len(sketch)} sketches, not {tuple(z.shape)}."
            )
        cells = (len(sketch), 1, *(side // CELL for side in sketch.shape[-2:]))
        if trusted is None:
            trusted = sketch.new_zeros(cells)
        elif trusted.shape != cells:
            raise ValueError(f"What is trusted is {cells} for such sketches, not {tuple(trusted.shape)}.")
        strictness = torch.as_tensor(strictness, dtype=z.dtype, device=z.device)
        if strictness.shape not in ((), (1,), (len(sketch),), (len(z),)):
            raise ValueError(
                f"strictness is a number, or one for each of {len(sketch)} sketches or {len(z)} z, not {tuple(strictness.shape)}."
            )
        return self.generator(sketch, z, strictness.expand(max(len(sketch), strictness.numel())), trusted)

    def encode(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar, (N, D) each, of q(z | photo) for photographs (N, 3, H, W) in [-1, 1]."""
        if photo.ndim != 4 or photo.shape[1] != 3:
            raise ValueError(f"A photo is (N, 3, H, W), not {tuple(photo.shape)}.")
        return self.encoder(photo)

    def config(self) -> dict[str, Any]:
        """What config.json is to say of the model as it is now; ValueError where its directions are none."""
        config = self._hub_mixin_config
        assert isinstance(config, dict)
        if "directions" in config:
            config = config | {"directions": checked_directions(self.directions, self.latent_dim)}
        return config

    def save_pretrained(self, save_directory: str | Path, **options: Any) -> str | None:
        """Writes config.json and model.safetensors of the model as it is now, directions included, and its card where there is none.

        Args:
            save_directory: folder for them.
            **options: of PyTorchModelHubMixin.save_pretrained.

        Raises:
            ValueError: directions that are none.
        """
        if options.get("config") is None:
            options["config"] = self.config()
        return super().save_pretrained(save_directory, **options)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        force_download: bool = False,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        map_location: str | torch.device = "cpu",
        strict: bool = True,
        dtype: str | torch.dtype | None = None,
        torch_dtype: str | torch.dtype | None = None,
        **model_kwargs: Any,
    ) -> "Sketch2Photo":
        """The model of a folder or of a repo on the Hub, in eval mode.

        It is made of config.json and model.safetensors, never of a pickle. What has been downloaded once loads without a network.

        Args:
            pretrained_model_name_or_path: a folder that holds both files, or an id, "user/name".
            force_download: download again what is in the cache.
            token: for private and gated repos, where `hf auth login` has left none.
            cache_dir: where downloads are kept.
            local_files_only: use the cache and no network, as HF_HUB_OFFLINE=1 does for everything.
            revision: branch, tag or commit.
            map_location: the device that the model comes to.
            strict: whether the file must hold all weights of the model and no others; without, those that it lacks are random.
            dtype: of the weights: torch.float32, the default, torch.bfloat16, torch.float16, or one of these by its name.
            torch_dtype: the same by its older name.
            **model_kwargs: take the place of what config.json says.

        Raises:
            ValueError: one sentence about what is wrong: an argument, the id, the access, the network, or a file.
        """
        if dtype is not None and torch_dtype is not None:
            raise ValueError("Give either dtype or torch_dtype, not both: they are one thing.")
        target = dtype_of(next((given for given in (dtype, torch_dtype) if given is not None), torch.float32))
        device = device_of(map_location)
        folder = model_folder(
            pretrained_model_name_or_path,
            force_download=force_download,
            token=token,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
            revision=revision,
        )
        return load_network(cls, folder, strict, **model_kwargs).to(device, target)
