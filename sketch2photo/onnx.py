"""The model's networks and the calibrator in ONNX Runtime in place of PyTorch: the same pictures, faster on a CPU, and in a browser."""

import copy
import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import torch
from huggingface_hub import cached_assets_path
from torch import Tensor, nn

from .files import replacing
from .model import Sketch2Photo
from .networks import ARCHITECTURES
from .networks.blocks import CELL, ModulatedNorm, tile
from .networks.calibrator import Calibrator, Prediction

Bits = Literal[32, 16, 8]  # of a stored weight; arithmetic is in float32 with any of them
SMALL = 1024  # numbers: a tensor with fewer stays in float32
OPSET = 21
ASSETS = ("sketch2photo", "onnx")  # where in huggingface_hub's cache they are kept
KEPT = 12  # exported networks, for each of which the exporter takes some ten seconds
MISSING = "This needs ONNX Runtime and the exporter to it: pip install onnx onnxruntime onnxscript"


def with_onnx(
    model: Sketch2Photo, contents: Mapping[str, bytes] | None = None, threads: int | None = None
) -> Sketch2Photo:
    """The model with its networks in ONNX Runtime on the CPU; it is called as before, and cannot be trained or saved.

    Args:
        model: is changed.
        contents: of its files by their names, generator and encoder, where they have been exported already; a network that is
            not among them stays in PyTorch.
        threads: of ONNX Runtime, by default as many as PyTorch has.

    Raises:
        ValueError: a model whose architecture cannot be exported, or that is in ONNX Runtime already.
        ImportError: ONNX Runtime is not installed.
    """
    threads = threads or torch.get_num_threads()
    networks = {"generator": _OnnxGenerator, "encoder": _OnnxEncoder}
    for name, content in (contents or to_onnx(model)).items():
        setattr(model, name, networks[name](_Session(content, threads)))
    return model


def to_onnx(model: Sketch2Photo, names: Sequence[str] = ("generator", "encoder")) -> dict[str, bytes]:
    """The content of ONNX files by these names, with weights of 32 bits; the exporter takes some ten seconds for each.

    What was exported once is kept among huggingface_hub's cached assets (HF_ASSETS_CACHE), and comes from there from then on.

    generator: sketch (1, C, S, S), z (K, D), strictness (K,), trusted (1, 1, S/4, S/4) -> photo (K, 3, S, S); S is the model's image
        size and K is free.
        What does not depend on z is computed once for all K.
    encoder: photo (N, 3, S, S) -> mu and logvar, (N, D) each; N is free.

    Raises:
        ValueError: a model whose architecture cannot be exported, or that is in ONNX Runtime already.
        ImportError: the exporter's packages are not installed.
    """
    if isinstance(model.generator, _OnnxGenerator):
        raise ValueError("This model is in ONNX Runtime already: load it in PyTorch to export it.")
    if not ARCHITECTURES[model.architecture].onnx:
        raise ValueError(f"ONNX Runtime does not run models of the architecture {model.architecture!r}.")
    generator, encoder = _copied(model.generator), _copied(model.encoder)
    _fold_norms(generator)
    size, latents = model.image_size, torch.zeros(1, model.latent_dim)
    # Exported for one z. Nothing in the network knows how many there are but the repetition of the sketch's half, and for one z
    # that is nothing: in ONNX the additions broadcast, without a copy of it for each z.
    sketch, photo = torch.ones(1, model.sketch_channels, size, size), torch.ones(1, 3, size, size)
    given = (sketch, latents, torch.ones(1), torch.zeros(1, 1, size // CELL, size // CELL))
    how = {
        "generator": (generator, given, ("sketch", "z", "strictness", "trusted"), ("photo",)),
        "encoder": (encoder, (photo,), ("photo",), ("mu", "logvar")),
    }
    return {name: _export(*how[name]) for name in names}


def calibrator_to_onnx(calibrator: Calibrator) -> bytes:
    """The content of an ONNX file: drawing (N, 1, S, S) -> points, believable, certainty and classes, as in Prediction; N is free.

    Raises:
        ValueError: a calibrator that is in ONNX Runtime already.
        ImportError: the exporter's packages are not installed.
    """
    if isinstance(calibrator, OnnxCalibrator):
        raise ValueError("This calibrator is in ONNX Runtime already: load it in PyTorch to export it.")
    drawing = torch.ones(2, 1, calibrator.image_size, calibrator.image_size)
    free = {"drawing": {0: torch.export.Dim("N")}}
    return _export(_copied(calibrator), (drawing,), ("drawing",), Prediction._fields, free)


def _copied(network: nn.Module) -> nn.Module:
    # Contiguous weights: with others the exporter writes shapes of one z into the graph.
    return copy.deepcopy(network).eval().to("cpu", torch.float32, memory_format=torch.contiguous_format)  # pyrefly: ignore[unexpected-keyword]


def _export(
    network: nn.Module,
    sample: tuple[Tensor, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    free: dict[str, dict[int, Any]] | None = None,
) -> bytes:
    """`free`: dimensions of inputs that the exporter is to leave free, where more than an addition depends on them."""
    told = [network, [tensor.shape for tensor in sample], inputs, outputs, sorted(free or {})]
    name = f"{_key(repr(told), network)}.onnx"
    with suppress(OSError, ValueError):  # there is none, it cannot be read, or a file is where the folder should be
        kept = cached_assets_path(*ASSETS) / name
        content = kept.read_bytes()
        os.utime(kept)
        return content
    try:
        import onnx
        import onnxscript  # noqa: F401  (torch.onnx's own need)
    except ImportError as error:
        raise ImportError(MISSING) from error
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # The exporter tells of operators of packages that nobody asked for.
    try:
        program = torch.onnx.export(
            network, sample, input_names=inputs, output_names=outputs, opset_version=OPSET, dynamo=True, verbose=False,
            dynamic_shapes=free,
        )  # fmt: skip
    finally:
        log.setLevel(level)
    assert program is not None
    proto = program.model_proto
    del proto.graph.value_info[:]  # They say 1 where the number is free.
    del proto.graph.metadata_props[:]
    for part in [*proto.graph.node, *proto.graph.input, *proto.graph.output]:
        del part.metadata_props[:]  # Which lines of which files it comes from, by their places on this computer.
    for value in [*proto.graph.input, *proto.graph.output]:
        if value.name not in ("sketch", "trusted"):
            value.type.tensor_type.shape.dim[0].dim_param = "K"
    onnx.checker.check_model(proto)
    content = proto.SerializeToString()
    with suppress(OSError, ValueError):  # a full disk, or a folder that cannot be written to
        kept = cached_assets_path(*ASSETS) / name
        with replacing(kept, shared=True) as partial:
            partial.write_bytes(content)
        for old in sorted(kept.parent.glob("*.onnx"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()
    return content


def _key(told: str, network: nn.Module) -> str:
    """The same for what the same code exports of the same weights, and of whatever else is told."""
    key, code = hashlib.sha256(told.encode()), Path(__file__)
    for source in [code, *sorted((code.parent / "networks").glob("*.py"))]:
        key.update(source.read_bytes())
    key.update(torch.__version__.encode())
    for name, weight in network.state_dict().items():
        key.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode() + weight.contiguous().numpy().tobytes())
    return key.hexdigest()


def with_bits(content: bytes, bits: Bits) -> bytes:
    """The content of an ONNX file with weights of so many bits: as float16, or as int8 with a scale for each row.

    ONNX Runtime makes float32 of them once, when it loads the file.
    """
    if bits == 32:
        return content
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    proto = onnx.load_from_string(content)
    tensors, nodes = [], []
    for tensor in proto.graph.initializer:
        weight = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or weight.ndim < 2 or weight.size < SMALL:
            tensors.append(tensor)
            continue
        stored, cast = f"{tensor.name}.stored", tensor.name if bits == 16 else f"{tensor.name}.whole"
        nodes.append(helper.make_node("Cast", [stored], [cast], to=TensorProto.FLOAT))
        if bits == 16:
            tensors.append(numpy_helper.from_array(weight.astype(np.float16), stored))
            continue
        largest = np.abs(weight).max(tuple(range(1, weight.ndim)), keepdims=True)
        scale = (np.maximum(largest, 1e-12) / 127).astype(np.float32)
        tensors.append(numpy_helper.from_array((weight / scale).round().astype(np.int8), stored))
        tensors.append(numpy_helper.from_array(scale, f"{tensor.name}.scale"))
        nodes.append(helper.make_node("Mul", [cast, f"{tensor.name}.scale"], [tensor.name]))
    nodes += proto.graph.node
    replaced: Any = ((proto.graph.initializer, tensors), (proto.graph.node, nodes))
    for field, items in replaced:
        kept = [copy.deepcopy(item) for item in items]
        del field[:]
        field.extend(kept)
    onnx.checker.check_model(proto)
    smaller: bytes = proto.SerializeToString()
    return smaller


class _FoldedNorm(nn.Module):
    """Group norm and what modulates it, as one multiplication and one addition of (N, C) to a whole picture.

    ONNX Runtime has no kernel for group norm: what it makes of the operator costs as much as all convolutions together.
    """

    def __init__(self, norm: nn.GroupNorm, affine: nn.Module | None = None) -> None:
        super().__init__()
        self.norm, self.affine = norm, affine

    def forward(self, x: Tensor, *w: Tensor) -> Tensor:
        grouped = x.reshape(-1, self.norm.num_groups, x[0].numel() // self.norm.num_groups)
        mean = grouped.mean(2, keepdim=True)
        variance = (grouped * grouped).mean(2, keepdim=True) - mean * mean
        by_group = (1, self.norm.num_groups, -1)
        scale = self.norm.weight.view(by_group) * torch.rsqrt(variance + self.norm.eps)
        shift = self.norm.bias.view(by_group) - mean * scale
        scale, shift = (part.reshape(-1, x.shape[1]) for part in (scale, shift))
        if self.affine is not None:
            more_scale, more_shift = self.affine(*w).chunk(2, 1)
            scale, shift = scale * (1 + more_scale), shift * (1 + more_scale) + more_shift
        return x * scale[:, :, None, None] + shift[:, :, None, None]


def _fold_norms(network: nn.Module) -> None:
    for name, child in network.named_children():
        if isinstance(child, ModulatedNorm):
            setattr(network, name, _FoldedNorm(child.norm, child.affine))
        elif isinstance(child, nn.GroupNorm):
            setattr(network, name, _FoldedNorm(child))
        else:
            _fold_norms(child)


class _Session(nn.Module):
    """An ONNX file's content as a module: CPU tensors in, CPU tensors out, float32."""

    def __init__(self, content: bytes, threads: int) -> None:
        super().__init__()
        self.content, self.threads = content, threads
        self.forked: Any = None
        self._start()

    def _start(self) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ImportError(MISSING) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        self.process = os.getpid()
        self.session = onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"session": None, "forked": None, "process": None}  # started anew where it is unpickled

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        if self.process != os.getpid():  # Its threads are not forked, and its end would wait for them: it is kept.
            self.forked = self.session
            self._start()
        names = [value.name for value in self.session.get_inputs()]
        given = {name: x.detach().float().cpu().numpy() for name, x in zip(names, inputs, strict=True)}
        return [torch.from_numpy(x) for x in self.session.run(None, given)]

    def _save_to_state_dict(self, destination: Any, prefix: Any, keep_vars: Any) -> None:
        raise ValueError("A model in ONNX Runtime cannot be saved: load it in PyTorch for that.")


class _OnnxGenerator(nn.Module):
    def __init__(self, session: _Session) -> None:
        super().__init__()
        self.session = session

    def forward(self, sketch: Tensor, z: Tensor, strictness: Tensor, trusted: Tensor) -> Tensor:
        """(N, C, S, S), (K N, D), (N,) or (K N,), and (N, 1, S/4, S/4) -> (K N, 3, S, S)."""
        n, strictness = len(sketch), tile(strictness, len(z))
        photos = [self.session(sketch[i : i + 1], z[i::n], strictness[i::n], trusted[i : i + 1])[0] for i in range(n)]
        return torch.stack(photos, 1).flatten(0, 1)


class _OnnxEncoder(nn.Module):
    def __init__(self, session: _Session) -> None:
        super().__init__()
        self.session = session

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, S, S) -> mu and logvar, (N, D) each."""
        mu, logvar = self.session(photo)
        return mu, logvar


class OnnxCalibrator(Calibrator):
    """A calibrator that runs in ONNX Runtime on the CPU; it is called as before, and cannot be trained or saved."""

    def __init__(self, calibrator: Calibrator, content: bytes | None = None, threads: int | None = None) -> None:
        """`content`: of its file, where it has been exported already."""
        nn.Module.__init__(self)
        self.image_size = calibrator.image_size
        self.register_buffer("mean_face", calibrator.mean_face.detach().float().cpu())
        self.session = _Session(content or calibrator_to_onnx(calibrator), threads or torch.get_num_threads())

    def forward(self, drawing: Tensor) -> Prediction:
        return Prediction(*self.session(drawing))
