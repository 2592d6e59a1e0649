"""Speed, size and memory of generation: `python -m sketch2photo.evaluation.benchmark [--model DIR_OR_ID]`.

Milliseconds say little about another machine, so latencies are also given as multiples of a torchvision ResNet-50 forward pass at
224 px, timed in turns with everything else in the same run. BicycleGAN's published generator is timed beside ours, ours also in ONNX
Runtime where that is installed, and with `--browser build/web` in Chromium on the page that hub.build_web made there.
"""

import copy
import importlib.util
import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models import resnet50

from .. import machine
from ..cli import run
from ..model import Sketch2Photo
from ..networks import ARCHITECTURES
from ..onnx import Bits, to_onnx, with_bits, with_onnx
from .baselines import BicycleUNet
from .browser import chromium_path
from .peak_memory import in_own_process, peak_memory
from .report import markdown_table
from .static_page import page_size, time_page

COUNTS = (1, 8)  # photographs of one sketch


class Contender(NamedTuple):
    """A network as it runs somewhere: its name, the size of its file, and what makes so many photographs, by their number."""

    name: str
    size: str
    draw: dict[int, Callable[[], Tensor]]


class Latency(NamedTuple):
    """A line of the table: the median seconds that photographs take by their number."""

    name: str
    size: str
    seconds: dict[int, float]


def contenders(model: Sketch2Photo) -> list[Contender]:
    """What is compared: ResNet-50 in fp32 first, then the others, in bf16 too where the hardware has it, and in ONNX Runtime.

    In bf16 the weights are bf16 too, as app.py has them. Sizes are those of the weights in a file: of our generator, which is
    published in 16 bits, and of the others in the precision that they run in.
    """
    side, count = model.image_size, sum(p.numel() for p in model.generator.parameters())
    ours = f"Sketch2Photo, {count / 1e6:.1f} M, {side} px"

    def our_input(n: int) -> tuple[Tensor, ...]:
        return torch.ones(1, model.sketch_channels, side, side), torch.randn(n, model.latent_dim)

    found = []
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        if dtype is torch.bfloat16 and not machine.has_bf16():
            continue
        found += [
            in_pytorch(
                f"ResNet-50, 224 px, PyTorch {precision}",
                resnet50(weights=None),
                lambda n: (torch.randn(n, 3, 224, 224).contiguous(memory_format=torch.channels_last),),
                dtype,
            ),
            in_pytorch(
                f"BicycleGAN unet_256, 54.8 M, 256 px, PyTorch {precision}",
                BicycleUNet(),
                lambda n: (torch.ones(1, 1, 256, 256), torch.randn(n, 8)),
                dtype,
            ),
            in_pytorch(f"{ours}, PyTorch {precision}", model, our_input, dtype)._replace(
                size=f"{2 * count / 1e6:.1f} MB"
            ),
        ]
    if onnx_runs(model):
        found.append(in_onnx(f"{ours}, ONNX Runtime fp32", model, our_input))
    return found


def in_pytorch(
    name: str, network: nn.Module, inputs: Callable[[int], tuple[Tensor, ...]], dtype: torch.dtype
) -> Contender:
    """A copy of a network in a precision, on the GPU if there is one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    placed = copy.deepcopy(network).eval().to(device, dtype, memory_format=torch.channels_last)  # pyrefly: ignore[unexpected-keyword]
    size = sum(p.nbytes for p in placed.parameters())
    given = {n: [x.to(device, dtype) for x in inputs(n)] for n in COUNTS}
    return Contender(name, f"{size / 1e6:.1f} MB", {n: lambda n=n: placed(*given[n]) for n in COUNTS})


def in_onnx(name: str, model: Sketch2Photo, inputs: Callable[[int], tuple[Tensor, ...]]) -> Contender:
    """Our generator in ONNX Runtime.

    One session is timed, for those of smaller files compute with the same numbers, and threads of one would hinder the other's.
    """
    contents = to_onnx(model, ["generator"])
    bit_counts: tuple[Bits, ...] = (32, 16, 8)
    sizes = {bits: len(with_bits(contents["generator"], bits)) for bits in bit_counts}
    files = [f"{size / 1e6:.1f} MB in {bits} bits" for bits, size in sizes.items()]
    session = with_onnx(copy.deepcopy(model), contents)
    given = {n: inputs(n) for n in COUNTS}
    draw: dict[int, Callable[[], Tensor]] = {n: lambda n=n: session(*given[n]) for n in COUNTS}
    return Contender(name, f"generator.onnx: {', '.join(files)}", draw)


def onnx_runs(model: Sketch2Photo) -> bool:
    """Whether this machine and this model have the second engine."""
    installed = all(importlib.util.find_spec(package) for package in ("onnxruntime", "onnxscript"))
    return installed and ARCHITECTURES[model.architecture].onnx


@torch.inference_mode()
def latencies(compared: list[Contender], rounds: int) -> list[Latency]:
    """Median seconds of each; every round times all of them in turn."""
    times: list[dict[int, list[float]]] = [{n: [] for n in COUNTS} for _ in compared]
    for turn in range(rounds + 1):  # The first is the warm-up.
        for contender, taken in zip(compared, times, strict=True):
            for n, draw in contender.draw.items():
                seconds = _timed(draw)
                if turn:
                    taken[n].append(seconds)
    return [
        Latency(contender.name, contender.size, {n: statistics.median(seconds) for n, seconds in taken.items()})
        for contender, taken in zip(compared, times, strict=True)
    ]


def _timed(draw: Callable[[], Tensor]) -> float:
    started = time.perf_counter()
    draw()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def generation_memory(model: str | None) -> float:
    """Peak GiB of a process that makes 8 photographs of one sketch."""
    loaded = _load(model).eval()
    with torch.inference_mode():
        sketch = torch.ones(1, loaded.sketch_channels, loaded.image_size, loaded.image_size)
        loaded(sketch, torch.randn(8, loaded.latent_dim))
    return peak_memory()


def _load(model: str | None) -> Sketch2Photo:
    return Sketch2Photo.from_pretrained(model) if model else Sketch2Photo()


def main(model: str | None = None, rounds: int = 9, browser: Path | None = None) -> None:
    """Time generation on this machine and print it as a Markdown table.

    Args:
        model: model folder or Hub id; by default an untrained model, which is as fast.
        rounds: of all latencies in turn, of which the median counts.
        browser: the folder that hub.build_web made: time Chromium on it as well.
    """
    if rounds < 1:
        raise ValueError(f"Timing needs at least 1 round, not {rounds}.")
    machine.keep_freed_memory()
    compared = latencies(contenders(_load(model)), rounds)
    page = time_page(browser, COUNTS, rounds) if browser else None
    if browser and page:
        size = f"the whole page: {page_size(browser) / 1e6:.1f} MB"
        compared.append(Latency("Sketch2Photo, Chromium, WebAssembly fp32", size, page.photographs))
    print(", ".join(f"{key} {value}" for key, value in (machine.description() | _versions(browser)).items()) + "\n")
    print("Ratios are to ResNet-50 in fp32.\n")
    unit = compared[0].seconds
    head = ["network", "size", "1 photograph", "x ResNet-50", "8 photographs", "x ResNet-50"]
    rows = []
    for name, size, seconds in compared:
        times = [cell for n in COUNTS for cell in (f"{1000 * seconds[n]:.0f} ms", f"{seconds[n] / unit[n]:.2f}")]
        rows.append([name, size, *times])
    print(markdown_table(head, rows))
    if page:
        print(f"\nIn Chromium, from pen-up to the photograph on the page: {1000 * page.pen_up:.0f} ms.")
    print(f"\nPeak memory of a process that makes 8 photographs: {in_own_process(generation_memory, model):.2f} GiB.")


def _versions(browser: Path | None) -> dict[str, str]:
    """Of what runs the model beside PyTorch, where it is there."""
    found = {}
    with suppress(PackageNotFoundError):
        found["ONNX Runtime"] = version("onnxruntime")
    if browser and (chromium := chromium_path()):
        told = subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.split()
        found["Chromium"] = next((word for word in told if word[0].isdigit()), "of an unknown version")
    return found


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.benchmark")
