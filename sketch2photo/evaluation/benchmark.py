"""Speed, size and memory of generation: `python -m sketch2photo.evaluation.benchmark [--model DIR_OR_ID]`.

Milliseconds say little about another machine, so latencies are also given as multiples of a torchvision ResNet-50 forward pass at
224 px and of BicycleGAN's published generator, unet_256, both timed in turns with everything else in the same run. Ours is timed also
in ONNX Runtime where that is installed, and with `--browser build/web` in Chromium on the page that hub.build_web made there. A last
line says what its arithmetic alone would take, at the rate of the fastest convolution or matrix product.
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
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet50

from .. import machine
from ..cli import check_range, run
from ..model import Sketch2Photo
from ..networks import ARCHITECTURES
from ..networks.packed import pack
from ..onnx import Bits, to_onnx, with_bits, with_onnx
from .baselines import BicycleUNet
from .browser import chromium_path
from .peak_memory import in_own_process, peak_memory
from .report import markdown_table
from .static_page import page_size, time_page

COUNTS = (1, 8)  # photographs of one sketch
PRODUCT = 2048  # rows and columns of matrices that are multiplied
WIDTH, SIDE, MAPS = 128, 64, 8  # channels, side and number of maps that are convolved: as fast as arithmetic is here
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


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
    for precision, dtype in _precisions().items():
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
            *(
                in_pytorch(name, model, our_input, dtype, serves)._replace(size=f"{2 * count / 1e6:.1f} MB")
                for name, serves in (
                    (f"{ours}, PyTorch {precision}", False),
                    (f"{ours}, as the page serves it, {precision}", True),
                )
            ),
        ]
    if onnx_runs(model):
        found.append(in_onnx(f"{ours}, ONNX Runtime fp32", model, our_input))
    return found


def _precisions() -> dict[str, torch.dtype]:
    """Those that the hardware has."""
    return {name: dtype for name, dtype in PRECISIONS.items() if dtype is torch.float32 or machine.has_bf16()}


def in_pytorch(
    name: str,
    network: nn.Module,
    inputs: Callable[[int], tuple[Tensor, ...]],
    dtype: torch.dtype,
    serves: bool = False,
) -> Contender:
    """A copy of a network in a precision, on the GPU if there is one; with `serves` as the page has its networks (`pack`)."""
    device = _device()
    placed = copy.deepcopy(network).eval().to(device, dtype, memory_format=torch.channels_last)  # pyrefly: ignore[unexpected-keyword]
    if serves:
        pack(placed)
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


@torch.inference_mode()
def floors(model: Sketch2Photo, rounds: int) -> list[Latency]:
    """What the generator's multiplications and additions alone would take, at the rate of the fastest of some that are all arithmetic.

    Some libraries multiply matrices at half the rate of others on some processors, so a convolution is timed, too.
    """
    flops, found = {n: generator_flops(model, n) for n in COUNTS}, []
    for precision, dtype in _precisions().items():
        place: Any = {"device": _device(), "dtype": dtype}
        matrix = torch.ones(PRODUCT, PRODUCT, **place)
        maps = torch.ones(MAPS, WIDTH, SIDE, SIDE, **place).contiguous(memory_format=torch.channels_last)
        conv = nn.Conv2d(WIDTH, WIDTH, 3, padding=1).to(**place, memory_format=torch.channels_last)
        rate = max(
            2 * PRODUCT**3 / _fastest(lambda matrix=matrix: matrix @ matrix, rounds),
            2 * maps.numel() * WIDTH * 9 / _fastest(lambda conv=conv, maps=maps: conv(maps), rounds),
        )
        name = (
            f"floor: its {flops[1] / 1e9:.1f} and {flops[8] / 1e9:.1f} GFLOP at {rate / 1e9:.0f} GFLOP/s, {precision}"
        )
        found.append(Latency(name, "", {n: flops[n] / rate for n in COUNTS}))
    return found


def _fastest(draw: Callable[[], Tensor], rounds: int) -> float:
    """Seconds of the fastest of so many rounds and one."""
    return min(_timed(draw) for _ in range(rounds + 1))


def generator_flops(model: Sketch2Photo, count: int) -> int:
    """Multiplications and additions of convolutions and matrix products for so many photographs of one sketch."""
    side = model.image_size
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model.eval()(torch.ones(1, model.sketch_channels, side, side), torch.zeros(count, model.latent_dim))
    return counter.get_total_flops()


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
    check_range(1, rounds=rounds)
    machine.keep_freed_memory()
    loaded = _load(model)
    page = time_page(browser, COUNTS, rounds) if browser else None  # first, for it may not be there
    compared = latencies(contenders(loaded), rounds)
    if browser and page:
        size = f"the whole page: {page_size(browser) / 1e6:.1f} MB"
        compared.append(Latency("Sketch2Photo, Chromium, WebAssembly fp32", size, page.photographs))
    print(", ".join(f"{key} {value}" for key, value in (machine.description() | _versions(browser)).items()) + "\n")
    print("Ratios are to ResNet-50 and to unet_256 in fp32.\n")
    print(latency_table(compared, floors(loaded, rounds)))
    if page:
        print(f"\nIn Chromium, from pen-up to the photograph on the page: {1000 * page.pen_up:.0f} ms.")
    print(f"\nPeak memory of a process that makes 8 photographs: {in_own_process(generation_memory, model):.2f} GiB.")


def latency_table(compared: list[Latency], floors: list[Latency]) -> str:
    """The latencies as a Markdown table with their ratios to the first two."""
    head, rows = ["network", "size"], []
    for n in COUNTS:
        head += [f"{n} photograph{'s' if n > 1 else ''}", "x ResNet-50", "x unet_256"]
    for name, size, seconds in [*compared, *floors]:
        cells = [name, size]
        for n in COUNTS:
            taken = 1000 * seconds[n]
            cells.append(f"{taken:.0f} ms" if taken >= 10 else f"{taken:.1f} ms")
            cells += [f"{seconds[n] / unit.seconds[n]:.{2 if unit is compared[0] else 3}f}" for unit in compared[:2]]
        rows.append(cells)
    return markdown_table(head, rows)


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
