"""Model folders that are damaged or made to harm: each loads and draws, or is one sentence, and nothing in it is ever run."""

import json
import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from tests.programs import SIZES

from .attack import Random, Try, bounded_memory, pick, sentence

VALUES: list[Any] = [
    None, True, 0, -1, 1, 3, 7.5, 1e300, float("nan"), float("inf"), 2**31, 2**63, 10**30, "", "8", "../../etc/passwd", [], [8],
    [8, 8, 8, 8, 8, 8, 8, 8, 8, 8], {}, {"a": 1}, [[1]], "x" * 100_000, ["classic"], "classic", -8, 8192, [8192, 8192],
]  # fmt: skip


class Owned:
    """Says in a file that it was unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


@contextmanager
def models(folder: Path) -> Iterator[Try]:
    whole, owned = folder / "whole", folder / "owned"
    face = {"vector": [1.0] + [0.0] * 7, "range": [-2.0, 2.0]}
    Sketch2Photo(image_size=64, **SIZES, directions={"light": face}).save_pretrained(whole)
    drawing = Image.new("L", (64, 64), 255)
    drawing.paste(0, (20, 20, 44, 24))

    def once(rng: Random) -> str:
        tried = folder / "tried"
        shutil.rmtree(tried, ignore_errors=True)
        shutil.copytree(whole, tried)
        damage = pick(rng, [_config, _config, _config_text, _weights, _tensors, _pickled, _odd_files])
        damage(tried, rng, owned)
        kind = damage.__name__.strip("_")
        try:
            out = Sketch2PhotoPipeline.from_pretrained(str(tried))(drawing, num_images=2, seed=0)
            assert all(np.asarray(image).std() > 0 for image in out.images) or kind == "tensors"
            ended = "drew"
        except Exception as error:
            ended = sentence(error)
        assert not owned.exists(), "what the folder holds was run"
        return f"{kind.replace('_', ' ')} {ended}"

    with bounded_memory():
        yield once


def _config(folder: Path, rng: Random, owned: Path) -> None:
    """Some values are others."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for _ in range(int(rng.integers(1, 4))):
        place: Any = config
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = pick(rng, keys)
            if isinstance(place[key], (dict, list)) and place[key] and rng.random() < 0.6:
                place = place[key]
                continue
            if isinstance(place, dict) and rng.random() < 0.2:
                del place[key]
            elif isinstance(place, dict) and rng.random() < 0.2:
                place[str(pick(rng, ["seed", "latent_1", "a b", "", "__class__", "unknown"]))] = deepcopy(
                    pick(rng, VALUES)
                )
            else:
                place[key] = deepcopy(pick(rng, VALUES))  # the next one may go into this one
            break
    path.write_text(json.dumps(config))


def _config_text(folder: Path, rng: Random, owned: Path) -> None:
    """Its text is cut, or has other bytes in it."""
    path = folder / "config.json"
    path.write_bytes(changed(path.read_bytes(), rng))


def _weights(folder: Path, rng: Random, owned: Path) -> None:
    """Their file is cut, or has other bytes in it, most of them in its header."""
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(changed(content[:4000], rng) + content[4000:] if rng.random() < 0.7 else changed(content, rng))


def _tensors(folder: Path, rng: Random, owned: Path) -> None:
    """Some have another shape, dtype, name, or values that are none; or are not there."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    for name in rng.choice(list(tensors), int(rng.integers(1, 4)), replace=False):
        tensor = tensors.pop(str(name))
        kind = rng.integers(7)
        if kind == 0:
            tensor = torch.full_like(tensor, float(pick(rng, [float("nan"), float("inf"), 1e30, 0.0])))
        elif kind == 1:
            tensor = torch.zeros(*tensor.shape, 2)
        elif kind == 2:
            tensor = tensor.to(pick(rng, [torch.int64, torch.bool, torch.float16, torch.float64, torch.complex64]))
        elif kind == 3:
            name = f"{name}.other"
        elif kind == 4:
            continue
        elif kind == 5:
            tensor = tensor.flatten()[:1]
        else:
            tensor = tensor * 1000
        tensors[str(name)] = tensor.contiguous()
    save_file(tensors, path)


def _pickled(folder: Path, rng: Random, owned: Path) -> None:
    """A pickle in a file's place, or beside the files by the name that older models have."""
    name = str(pick(rng, ["model.safetensors", "pytorch_model.bin", "config.json", "model.bin", "model.pt"]))
    (folder / name).write_bytes(pickle.dumps(Owned(owned)))
    if name.endswith((".bin", ".pt")):
        (folder / "model.safetensors").unlink()


def _odd_files(folder: Path, rng: Random, owned: Path) -> None:
    """A file is a folder, a link, a pipe, a device, empty, or not there."""
    path = folder / str(pick(rng, ["config.json", "model.safetensors"]))
    path.unlink()
    make = pick(
        rng,
        [
            lambda: path.mkdir(),
            lambda: path.symlink_to(folder / "nowhere"),
            lambda: path.symlink_to(path.name),
            lambda: path.symlink_to("/etc/passwd"),
            lambda: path.symlink_to("/dev/zero"),
            lambda: os.mkfifo(path),
            lambda: path.write_bytes(b""),
            lambda: None,
        ],
    )
    make()


def changed(content: bytes, rng: Random) -> bytes:
    """Cut, or with some bytes changed, taken out or put in."""
    if rng.random() < 0.3:
        return content[: int(rng.integers(len(content) + 1))]
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 12))):
        at = int(rng.integers(len(changed)))
        kind = rng.integers(3)
        if kind == 0:
            changed[at] = int(rng.integers(256))
        elif kind == 1:
            del changed[at : at + int(rng.integers(1, 9))]
        else:
            changed[at:at] = rng.bytes(int(rng.integers(1, 9)))
        if not changed:
            break
    return bytes(changed)
