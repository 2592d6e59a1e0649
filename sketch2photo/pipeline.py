"""From a drawing to pictures: the model with its pre- and post-processing, called as diffusers' pipelines are."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import torch
from huggingface_hub import HfApi
from PIL import Image
from torch import Tensor

from .calibration import CANVAS, DEFAULT_STRICTNESS, Calibrated, Located, correct, generator_strictness, locate
from .hub_download import CALIBRATOR, FILES, load_network, model_folder
from .images import fitted, to_images, to_tensor
from .latents import MOST_IMAGES, clip_norm, random_latents, real_number, whole_number
from .machine import one_thread_after_fork
from .model import Sketch2Photo
from .networks.calibrator import Calibrator
from .onnx import OnnxCalibrator, with_onnx
from .preprocess import open_on_white, to_sketch

BATCH = 16  # pictures that are made at a time, which bounds the memory
FURTHEST = 100.0  # along a direction; those of the bundled model leave a face up to 2.5

one_thread_after_fork()

HUB_OPTIONS = ("force_download", "token", "cache_dir", "local_files_only", "revision")


@dataclass
class Sketch2PhotoOutput:
    """Pictures of a drawing.

    images: N pictures.
    latents: (N, D), the z that made them.
    sketch: (1, 1, S, S) in [-1, 1], what the generator saw: the calibrated drawing.
    added: (1, 1, S, S) in [-1, 1], those lines of `sketch` that calibration added, on white; None where nothing was calibrated.
    certainty: in [0, 1], that the drawing is one of a face; None where nothing looked for one.
    """

    images: list[Image.Image]
    latents: Tensor
    sketch: Tensor
    added: Tensor | None = None
    certainty: float | None = None


class Sketch2PhotoPipeline:
    """Turns whatever people bring as a drawing into photographs.

    Args:
        model: generator and encoder.
        calibrator: finds the face in a drawing, for `calibrate`; without one a drawing is taken as it is. It stays on the CPU.

    Example:
        >>> pipe = Sketch2PhotoPipeline.from_pretrained("hub/model")
        >>> out = pipe("drawing.png", num_images=4, seed=0)
        >>> out.images[0].save("photo.png")
        >>> same = pipe("drawing.png", latents=out.latents[:1]).images[0]
    """

    def __init__(self, model: Sketch2Photo, calibrator: Calibrator | None = None) -> None:
        self.model = model.eval().to(memory_format=torch.channels_last)
        self.calibrator = calibrator and calibrator.eval().to(memory_format=torch.channels_last)

    @classmethod
    def from_pretrained(
        cls, model: str, engine: Literal["torch", "onnx"] = "torch", **kwargs: Any
    ) -> "Sketch2PhotoPipeline":
        """The model of a folder or Hub id, and the calibrator in its folder calibrator/, if there is one.

        Further arguments (revision, token, ...) are Sketch2Photo.from_pretrained's.

        With engine="onnx" the networks run in ONNX Runtime on the CPU: faster there, the same pictures, some seconds to load.
        """
        if engine not in ("torch", "onnx"):
            raise ValueError(f'engine is "torch" or "onnx", not {engine!r}.')
        folder = model_folder(model, **{name: kwargs.pop(name) for name in HUB_OPTIONS if name in kwargs})
        loaded = Sketch2Photo.from_pretrained(folder, **kwargs)
        calibrator = load_network(Calibrator, folder / CALIBRATOR) if (folder / CALIBRATOR).is_dir() else None
        if engine == "onnx":
            return cls(with_onnx(loaded), calibrator and OnnxCalibrator(calibrator))
        return cls(loaded, calibrator)

    def save_pretrained(self, folder: str | Path, **kwargs: Any) -> None:
        """Writes the model into a folder as Sketch2Photo.save_pretrained does, and the calibrator into calibrator/ in it."""
        self.model.save_pretrained(folder, **kwargs)
        if self.calibrator:
            self.calibrator.save_pretrained(Path(folder) / CALIBRATOR)

    def push_to_hub(self, repo_id: str, **kwargs: Any) -> str:
        """Uploads the model as Sketch2Photo.push_to_hub does (private, token, branch, ...), then the calibrator: the commit's address."""
        commit = self.model.push_to_hub(repo_id, **kwargs)
        if self.calibrator is None:
            return commit
        with TemporaryDirectory() as folder:
            self.calibrator.save_pretrained(folder)
            return HfApi(token=kwargs.get("token")).upload_folder(
                repo_id=repo_id,
                folder_path=folder,
                path_in_repo=CALIBRATOR,
                revision=kwargs.get("branch"),
                create_pr=kwargs.get("create_pr"),
                commit_message="Push the calibrator using huggingface_hub.",
                allow_patterns=list(FILES),
            )

    def to(self, target: str | torch.device | torch.dtype) -> "Sketch2PhotoPipeline":
        """Moves the model to a device, or to a dtype: bfloat16 is faster where the hardware has it (machine.has_bf16).

        Pictures and latents come back as float32 on the CPU from wherever it is.
        """
        self.model.to(target)
        return self

    @torch.inference_mode()
    def __call__(
        self,
        sketch: Any,
        num_images: int = 4,
        seed: int | None = None,
        latents: Tensor | None = None,
        style: Any = None,
        strictness: float | None = None,
        reframe: bool = True,
        **directions: float,
    ) -> Sketch2PhotoOutput:
        """Photographs of a drawing.

        Args:
            sketch: PIL image of any mode, array, path, or value of a gr.Sketchpad; or a (1, 1, H, W) tensor in [-1, 1], which
                the generator sees as it is; or what `calibrate` made of a drawing at this strictness.
            num_images: how many, with random latents: from 1 to latents.MOST_IMAGES.
            seed: of the random latents: the same seed gives the same pictures, and the first of 8 are those of 4.
            latents: (N, D), the latents themselves: N pictures, whatever num_images says.
            style: a photograph to take the latents from, E's mu of it: one picture. A path, an array or a PIL image, as a drawing.
            strictness: in [0, 1]: 1 follows the lines to the pixel; below, they are calibrated first, see `calibrate`, and at 0
                they are a hint of a believable face. By default 0.5 where there is a calibrator and a drawing for it, else 1.
            reframe: whether the calibrator brings the face to where faces are; not so while it is being drawn, where each line
                would move all others. Without a calibrator a drawing is always seen as a whole.
            **directions: by how much to move all latents along the model's named directions (`pipe.model.directions`), as in
                `pipe(sketch, background=2)`; the latents that come back are the moved ones.

        Latents that end up further from the origin than `latents.max_norm` are shortened to that: the model was trained on
        few such, and makes gaudy and broken pictures of them, of two directions that add up above all.

        Raises:
            ValueError: a drawing that is none, latents of another shape, both latents and style, numbers that are none or out of
                range, or a direction that the model does not have.
        """
        if latents is not None and style is not None:
            raise ValueError("Give either latents or style, not both: style means the latents of that photograph.")
        calibrator = None if isinstance(sketch, Tensor) else self.calibrator
        if strictness is None:
            strictness = DEFAULT_STRICTNESS if calibrator else 1.0
        strictness = real_number("strictness", strictness, 0, 1)
        num_images = whole_number("num_images", num_images, 1, MOST_IMAGES)
        if style is not None:
            z = self.encode(style)
        else:
            z = self.random_latents(num_images, seed) if latents is None else self._checked_latents(latents)
        for name, amount in directions.items():
            if name not in self.model.directions:
                known = ", ".join(self.model.directions) or "none"
                raise ValueError(f"This model has no direction named {name!r}; it has: {known}.")
            z = z + real_number(name, amount, -FURTHEST, FURTHEST) * torch.tensor(self.model.directions[name]["vector"])
        z = clip_norm(z)
        added = certainty = None
        if calibrator is None:
            x = to_sketch(sketch, self.model.image_size)
        else:
            found = sketch if isinstance(sketch, Calibrated) else self.calibrate(sketch, strictness, reframe)
            x, _, certainty, added = found
            strictness = generator_strictness(strictness)
        placed = self._placed(x)
        images = [
            image for part in z.split(BATCH) for image in to_images(self.model(placed, self._placed(part), strictness))
        ]
        return Sketch2PhotoOutput(images, z.cpu(), x, added, certainty)

    def calibrate(
        self, sketch: Any, strictness: float = 0.0, reframe: bool = True, size: int | None = None
    ) -> Calibrated:
        """The drawing that the generator sees in place of one: framed, its lines moved towards a believable face, completed.

        Args:
            sketch: as __call__ takes it, and no tensor; or what `locate` found in it, and then reframe and size are as they were there.
            strictness: 1 leaves every line as it is, 0 brings all features to where a believable face has them.
            reframe: as in __call__.
            size: side of the result in pixels, in place of the model's.

        Raises:
            ValueError: a drawing that is none, a strictness out of range, or a model without a calibrator.
        """
        strictness = real_number("strictness", strictness, 0, 1)
        located = sketch if isinstance(sketch, Located) else self.locate(sketch, reframe, size)
        return correct(located, strictness)

    def locate(self, sketch: Any, reframe: bool = True, size: int | None = None) -> Located:
        """Where the face is in a drawing, for `calibrate` at several strictnesses: the network is run once. Arguments are as there."""
        if self.calibrator is None:
            raise ValueError(
                "This model has no calibrator: only models of faces do, in the folder calibrator/ of theirs."
            )
        return locate(self.calibrator, to_sketch(sketch, CANVAS), size or self.model.image_size, reframe)

    @torch.inference_mode()
    def encode(self, photo: Any) -> Tensor:
        """The latents (1, D) of a photograph, in any form that a drawing may have but a tensor's: E's mu of its central square."""
        tensor = to_tensor(fitted(np.asarray(open_on_white(photo)), self.model.image_size))[None]
        return self.model.encode(self._placed(tensor))[0].float().cpu()

    def _checked_latents(self, latents: Any) -> Tensor:
        """(N, D) float32 on the CPU; ValueError where that is not what they are."""
        dim = self.model.latent_dim
        try:
            z = torch.as_tensor(latents)
            if z.is_complex():
                raise ValueError("complex numbers")
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"latents are finite numbers of shape (N, {dim}), and these are not.") from error
        z = z.to("cpu", torch.float32)
        if z.ndim != 2 or not 1 <= len(z) <= MOST_IMAGES or z.shape[1] != dim or not z.isfinite().all():
            raise ValueError(
                f"latents are finite numbers of shape (N, {dim}), N up to {MOST_IMAGES:,}, not {tuple(z.shape)}."
            )
        return z

    def _placed(self, tensor: Tensor) -> Tensor:
        """As the weights are: their device and dtype."""
        return tensor.to(next(self.model.parameters(), tensor))  # In ONNX Runtime it has none, and stays as it is.

    def random_latents(self, count: int, seed: int | None = None) -> Tensor:
        """`count` latents (count, D) from N(0, I); a seed fixes them, and the first of more are those of fewer."""
        return random_latents(count, self.model.latent_dim, seed)
