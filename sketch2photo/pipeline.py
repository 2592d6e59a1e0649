"""From a drawing to pictures: the model with its pre- and post-processing, called as diffusers' pipelines are."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from huggingface_hub import HfApi
from torch import Tensor

from .calibration import CANVAS, DEFAULT_STRICTNESS, Calibrated, Located, correct, locate
from .hub_download import CALIBRATOR, FILES, load_network, model_folder
from .images import fitted, to_images, to_tensor
from .latents import MOST_IMAGES, clip_norm, random_latents, real_number, shown, whole_number, yes_or_no
from .machine import DTYPES, device_of, dtype_of, one_thread_after_fork
from .model import Framing, Sketch2Photo
from .networks.calibrator import Calibrator
from .onnx import OnnxCalibrator, with_onnx
from .preprocess import WORKING_SIDE, open_on_white, to_sketch

BATCH = 16  # pictures that are made at a time, which bounds the memory
FURTHEST = 100.0  # along a direction; those of the bundled model leave a face up to 2.5

one_thread_after_fork()

ONNX_PLACE = 'ONNX Runtime runs on the CPU and in float32: for another device or dtype use engine="torch".'
HUB_OPTIONS = ("force_download", "token", "cache_dir", "local_files_only", "revision")


class Sketch2PhotoOutput(NamedTuple):
    """K pictures of each of N drawings: all of the first drawing, then all of the second, and so on.

    images: K N of them, in the form that was asked for: a list of PIL images, an array or a tensor.
    latents: (K N, D), the z that made them.
    sketch: (N, 1, S, S) in [-1, 1], what the generator saw: the calibrated drawings; (N, 3, S, S) of a model of coloured sketches.
    added: (N, 1, S, S) in [-1, 1], those lines of `sketch` that calibration added, on white; None where nothing was calibrated.
    certainty: in [0, 1], that the drawing is one of a face; None where nothing looked for one. A list where drawings came as one.
    """

    images: Any
    latents: Tensor
    sketch: Tensor
    added: Tensor | None = None
    certainty: float | list[float | None] | None = None


class _Seen(NamedTuple):
    """What the generator is given of a drawing: as in Sketch2PhotoOutput, how strictly to follow its lines, and where it must."""

    sketch: Tensor
    added: Tensor | None
    certainty: float | None
    strictness: float
    trusted: Tensor | None


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
        >>> two_each = pipe(["one.png", "two.png"], num_images=2, output_type="np").images  # (4, S, S, 3)
    """

    def __init__(self, model: Sketch2Photo, calibrator: Calibrator | None = None) -> None:
        if not isinstance(model, torch.nn.Module):
            raise ValueError(
                f"A pipeline is made of a model; from_pretrained loads one from a folder or id: {shown(model)}."
            )
        if calibrator and not model.sketch_format.lines:
            raise ValueError(
                "A calibrator is for models whose sketches are dark lines on light, and this one's are not."
            )
        self.model = model.eval().to(memory_format=torch.channels_last)
        self.calibrator = calibrator and calibrator.eval().to(memory_format=torch.channels_last)

    @classmethod
    def from_pretrained(
        cls, model: str, engine: Literal["torch", "onnx"] = "torch", **kwargs: Any
    ) -> "Sketch2PhotoPipeline":
        """The model of a folder or Hub id, and where its drawings are framed as faces, the calibrator in its folder calibrator/.

        Further arguments (revision, token, dtype, map_location, ...) are Sketch2Photo.from_pretrained's.

        With engine="onnx" the networks run in ONNX Runtime on the CPU: faster there, the same pictures, some seconds to load.
        """
        if engine not in ("torch", "onnx"):
            raise ValueError(f'engine is "torch" or "onnx", not {shown(engine)}.')
        folder = model_folder(model, **{name: kwargs.pop(name) for name in HUB_OPTIONS if name in kwargs})
        loaded = Sketch2Photo.from_pretrained(folder, **kwargs)
        calibrator = None
        if loaded.framing == "face":
            if not (folder / CALIBRATOR).is_dir():
                raise ValueError(
                    f"{folder} holds no {CALIBRATOR}/, by which its drawings are framed as faces: copy that, too, or load the model "
                    'with framing="whole".'
                )
            calibrator = load_network(Calibrator, folder / CALIBRATOR)
        if engine == "onnx":
            if (weights := next(loaded.parameters())).device.type != "cpu" or weights.dtype != torch.float32:
                raise ValueError(ONNX_PLACE)
            return cls(with_onnx(loaded), calibrator and OnnxCalibrator(calibrator))
        return cls(loaded, calibrator)

    def save_pretrained(
        self, folder: str | Path, *, repo_id: str | None = None, push_to_hub: bool = False, **kwargs: Any
    ) -> str | None:
        """Writes the calibrator into calibrator/ in a folder, and the model into the folder as Sketch2Photo.save_pretrained does.

        With push_to_hub=True both are uploaded, too, as push_to_hub does, to a repo that has the folder's name unless repo_id has
        another: the commit's address.
        """
        local = {name: kwargs[name] for name in ("config", "model_card_kwargs") if name in kwargs}
        if self.calibrator:  # first, for the model's config.json says that it is there
            self.calibrator.save_pretrained(Path(folder) / CALIBRATOR)
        self.model.save_pretrained(folder, **({"config": self._config()} | (local if push_to_hub else kwargs)))
        return self.push_to_hub(repo_id or Path(folder).name, **kwargs) if push_to_hub else None

    def push_to_hub(self, repo_id: str, **kwargs: Any) -> str:
        """Uploads the model as Sketch2Photo.push_to_hub does (private, token, branch, ...), then the calibrator: the commit's address.

        With create_pr=True both are commits of one pull request, of which the address of the first tells.
        """
        commit: Any = self.model.push_to_hub(repo_id, **({"config": self._config()} | kwargs))
        if self.calibrator is None:
            return commit
        with TemporaryDirectory() as folder:
            self.calibrator.save_pretrained(folder)
            pull_request = commit.pr_revision  # both belong into the same
            second = HfApi(token=kwargs.get("token")).upload_folder(
                repo_id=repo_id,
                folder_path=folder,
                path_in_repo=CALIBRATOR,
                revision=pull_request or kwargs.get("branch"),
                commit_message="Push the calibrator using huggingface_hub.",
                allow_patterns=list(FILES),
            )
        return commit if pull_request else second

    def _config(self) -> dict[str, Any]:
        """The model's, which says whether its drawings are framed as they are here."""
        framing: Framing = "face" if self.calibrator else "whole"
        return self.model.config() | {"framing": framing}

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self._weights.device

    @property
    def dtype(self) -> torch.dtype:
        """Of the model's weights."""
        return self._weights.dtype

    def to(self, *targets: Any, device: Any = None, dtype: Any = None) -> "Sketch2PhotoPipeline":
        """Moves the model to a device, to a dtype, or to both: bfloat16 is faster where the hardware has it (machine.has_bf16).

        They are given in any order or by name, as torch has them or by their names: `pipe.to("cuda", torch.float16)`.
        Pictures and latents come back as float32 on the CPU from wherever it is.

        Raises:
            ValueError: a device that is not here, a dtype that models do not run in, or two of a kind.
        """
        dtypes, devices = [dtype], [device]
        for target in targets:
            is_dtype = isinstance(target, torch.dtype) or (isinstance(target, str) and target in DTYPES)
            (dtypes if is_dtype else devices).append(target)
        dtypes, devices = ([target for target in given if target is not None] for given in (dtypes, devices))
        if len(dtypes) > 1 or len(devices) > 1:
            raise ValueError("A pipeline goes to one device and one dtype.")
        to_dtype = dtype_of(dtypes[0]) if dtypes else self.dtype
        to_device = device_of(devices[0]) if devices else self.device
        if not any(True for _ in self.model.parameters()) and (to_device.type, to_dtype) != ("cpu", torch.float32):
            raise ValueError(ONNX_PLACE)
        self.model.to(to_device, to_dtype)
        return self

    @torch.no_grad()  # and no inference mode, whose tensors could not be changed afterwards
    def __call__(
        self,
        sketch: Any,
        num_images: int = 4,
        seed: int | None = None,
        latents: Tensor | None = None,
        style: Any = None,
        strictness: float | None = None,
        reframe: bool = True,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
        output_type: Literal["pil", "np", "pt"] = "pil",
        return_dict: bool = True,
        **directions: float,
    ) -> Sketch2PhotoOutput:
        """Photographs of a drawing, or of each of several: those of the first drawing come first, in one flat list.

        Args:
            sketch: PIL image of any mode, array, path, or value of a gr.Sketchpad; or a (1, 1, H, W) tensor in [-1, 1], which
                the generator sees as it is; or what `calibrate` made of a drawing at this strictness. Several are a list of
                such, a tensor (N, 1, H, W) or an array (N, H, W, 1|3|4). Tensors have 3 channels where the model's sketches do.
            num_images: how many of each drawing, with random latents: all together from 1 to latents.MOST_IMAGES.
            seed: of the random latents: the same seed gives the same pictures, and the first of 8 are those of 4. All drawings
                have the same.
            latents: (K N, D), the latents themselves of N drawings: K pictures of each, whatever num_images says.
            style: a photograph to take the latents from, E's mu of it: one picture of each drawing. A path, an array or a PIL
                image, as a drawing. A list of them stands for latents (K N, D).
            strictness: in [0, 1]: 1 follows the lines to the pixel; below, they are calibrated first, see `calibrate`, and at 0
                they are a hint of a believable face. By default 0.5 where there is a calibrator and a drawing for it, else 1.
            reframe: whether the calibrator brings the face to where faces are; not so while it is being drawn, where each line
                would move all others. Without a calibrator a drawing is always seen as a whole.
            generator: of the random latents in place of a seed: one that all are drawn from in turn, or a list with one for
                each drawing or for each picture.
            output_type: "pil" for a list of PIL images, "np" for a float32 array (K N, S, S, 3) in [0, 1], "pt" for a float32
                tensor (K N, 3, S, S) in [0, 1].
            return_dict: as diffusers' pipelines have it. Without, a plain tuple is returned, images first.
            **directions: by how much to move all latents along the model's named directions (`pipe.model.directions`), as in
                `pipe(sketch, background=2)`; the latents that come back are the moved ones.

        Latents that end up further from the origin than `latents.max_norm` are shortened to that: the model was trained on
        few such, and makes gaudy and broken pictures of them, of two directions that add up above all.

        Raises:
            ValueError: a drawing that is none, and which of several; latents of another shape, two things that each say the
                latents, numbers that are none or out of range, or a direction that the model does not have.
        """
        if output_type not in ("pil", "np", "pt"):
            raise ValueError(f'output_type is "pil", "np" or "pt", not {shown(output_type)}.')
        return_dict, reframe = yes_or_no("return_dict", return_dict), yes_or_no("reframe", reframe)
        if strictness is not None:
            strictness = real_number("strictness", strictness, 0, 1)
        drawings = _as_list(sketch)
        count = 1 if drawings is None else len(drawings)
        z = self._given_latents(count, latents, style)
        if z is None:
            z = self._random_latents(count, num_images, seed, generator)
        for name, amount in directions.items():
            if name not in self.model.directions:
                known = ", ".join(self.model.directions) or "none"
                raise ValueError(f"This model has no direction named {name!r}; it has: {known}.")
            z = z + real_number(name, amount, -FURTHEST, FURTHEST) * torch.tensor(self.model.directions[name]["vector"])
        z = clip_norm(z)
        if drawings is None:
            seen = [self._seen(sketch, strictness, reframe)]
            certainty: Any = seen[0].certainty
        else:
            seen = self._all_seen(drawings, strictness, reframe)
            certainty = [one.certainty for one in seen]
        parts = (
            self.model(
                self._placed(one.sketch),
                self._placed(part),
                one.strictness,
                None if one.trusted is None else self._placed(one.trusted),
            )
            for one, own in zip(seen, z.split(len(z) // count), strict=True)
            for part in own.split(BATCH)
        )
        if output_type == "pil":
            images: Any = [image for part in parts for image in to_images(part)]
        else:
            images = _joined(parts, len(z))
            if output_type == "np":
                images = images.permute(0, 2, 3, 1).numpy()
        x, added = torch.cat([one.sketch for one in seen]), None
        if any(one.added is not None for one in seen):
            white = torch.ones_like(seen[0].sketch)
            added = torch.cat([white if one.added is None else one.added for one in seen])
        out = Sketch2PhotoOutput(images, z, x, added, certainty if added is not None else None)
        plain_tuple: Any = tuple(out)  # typed as what nearly everybody wants
        return out if return_dict else plain_tuple

    def _all_seen(self, drawings: list[Any], strictness: float | None, reframe: bool) -> list[_Seen]:
        """As `_seen`, and the sentence says which drawing is none."""
        seen = []
        for number, drawing in enumerate(drawings, 1):
            try:
                seen.append(self._seen(drawing, strictness, reframe))
            except ValueError as error:
                raise ValueError(f"Drawing {number} of {len(drawings)}: {error}") from error
        return seen

    def _seen(self, sketch: Any, strictness: float | None, reframe: bool) -> _Seen:
        calibrated = self.calibrator is not None and not isinstance(sketch, Tensor)
        if strictness is None:
            strictness = DEFAULT_STRICTNESS if calibrated else 1.0
        if not calibrated:
            return _Seen(
                to_sketch(sketch, self.model.image_size, self.model.sketch_format), None, None, strictness, None
            )
        found = sketch if isinstance(sketch, Calibrated) else self.calibrate(sketch, strictness, reframe)
        return _Seen(found.sketch, found.added, found.certainty, found.followed, found.trusted)

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
        reframe = yes_or_no("reframe", reframe)
        size = self.model.image_size if size is None else whole_number("size", size, 16, WORKING_SIDE)
        with torch.autocast("cpu", enabled=False):  # in bf16 features would be pixels away
            return locate(self.calibrator, to_sketch(sketch, CANVAS), size, reframe)

    @torch.no_grad()
    def encode(self, photo: Any) -> Tensor:
        """The latents (1, D) of a photograph, in any form that a drawing may have but a tensor's: E's mu of its central square."""
        tensor = to_tensor(fitted(np.asarray(open_on_white(photo)), self.model.image_size))[None]
        return self.model.encode(self._placed(tensor))[0].float().cpu()

    def _given_latents(self, drawings: int, latents: Any, style: Any) -> Tensor | None:
        """(K N, D) for N drawings, where they are given or a photograph for them is."""
        if latents is not None and style is not None:
            raise ValueError("Give either latents or style, not both: style means the latents of that photograph.")
        if style is not None:
            if not isinstance(style, (list, tuple)):
                return self.encode(style).repeat(drawings, 1)
            if not style:
                raise ValueError("There is no photograph in the list that is the style.")
            latents = torch.cat([self.encode(photo) for photo in style])
        if latents is None:
            return None
        z = self._checked_latents(latents)
        if len(z) % drawings:
            raise ValueError(f"latents are as many for each of the {drawings} drawings, and {len(z)} are not.")
        return z

    def _random_latents(self, drawings: int, num_images: Any, seed: Any, generator: Any) -> Tensor:
        """(K N, D) for N drawings, at random."""
        num_images = whole_number("num_images", num_images, 1, MOST_IMAGES)
        if drawings * num_images > MOST_IMAGES:
            raise ValueError(f"{num_images:,} images of {drawings:,} drawings are more than {MOST_IMAGES:,} at once.")
        if generator is None:
            return torch.cat([self.random_latents(num_images, seed) for _ in range(drawings)])
        if seed is not None:
            raise ValueError("Give either seed or generator, not both: each says which latents are drawn.")
        generators = generator if isinstance(generator, (list, tuple)) else [generator]
        if not all(isinstance(one, torch.Generator) for one in generators):
            raise ValueError("generator is a torch.Generator, or a list of them.")
        count = drawings * num_images
        if len(generators) not in (1, drawings, count):
            raise ValueError(
                f"generator is one, or one for each of {drawings} drawings or {count} images, not {len(generators)}."
            )
        share, dim = count // len(generators), self.model.latent_dim
        return torch.cat([random_latents(share, dim, one) for one in generators])

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

    @property
    def _weights(self) -> Tensor:
        return next(self.model.parameters(), torch.empty(0))  # in ONNX Runtime it has none

    def _placed(self, tensor: Tensor) -> Tensor:
        """As the weights are: their device and dtype."""
        return tensor.to(self._weights)

    def random_latents(self, count: int, seed: int | None = None) -> Tensor:
        """`count` latents (count, D) from N(0, I); a seed fixes them, and the first of more are those of fewer."""
        return random_latents(count, self.model.latent_dim, seed)


def _joined(parts: Iterable[Tensor], count: int) -> Tensor:
    """So many pictures (K N, 3, S, S) in [0, 1] from parts in [-1, 1], each put into its place as it comes: none is there twice."""
    images, begun = torch.empty(0), 0
    for part in parts:
        if not begun:
            images = torch.empty(count, *part.shape[1:])
        images[begun : begun + len(part)] = (part.float() * 0.5 + 0.5).clamp(0, 1)
        begun += len(part)
    return images


def _as_list(sketch: Any) -> list[Any] | None:
    """The drawings of a list or batch; None where there is one alone."""
    is_batch = isinstance(sketch, (np.ndarray, Tensor)) and sketch.ndim == 4
    if isinstance(sketch, Tensor) and is_batch and len(sketch) == 1:
        is_batch = False
    if not is_batch and type(sketch) not in (list, tuple):  # what `calibrate` makes is a tuple of its own type
        return None
    if not len(sketch):
        raise ValueError("There is no drawing in the list.")
    return list(sketch)
