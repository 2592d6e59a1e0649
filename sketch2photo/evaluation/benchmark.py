"""Speed, size and memory: `python -m sketch2photo.evaluation.benchmark [--model DIR_OR_ID]`.

Milliseconds say little about another machine, so latencies are also given as multiples of a torchvision ResNet-50 forward pass at
224 px, timed in turns with everything else in the same run. BicycleGAN's published generator is timed beside ours, ours also in ONNX
Runtime where that is installed, and with `--browser build/web` in Chromium on the page that hub.build_web made there.
"""

import copy
import gzip
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torchvision.models import resnet50

from .. import machine
from ..data.sources import SyntheticFaces, WeightedSource
from ..model import Sketch2Photo
from ..networks import ARCHITECTURES
from ..onnx import to_onnx, with_onnx
from ..training.config import PRESETS, Preset
from ..training.trainer import Trainer
from .browser import chromium_path

Answer = TypeVar("Answer")
COUNTS = (1, 8)  # photographs of one sketch
WARM_UP_STEPS = 2


class Row(NamedTuple):
    """One line of the table of latencies: the size of its file, and seconds for each of COUNTS."""

    name: str
    size: str
    seconds: dict[int, float]


class BicycleUNet(nn.Module):
    """BicycleGAN's `unet_256` (Zhu et al., 2017): pix2pix's U-Net of 8 levels, z (8) beside the input of each level; 54.8 M parameters."""

    def __init__(self, latent_dim: int = 8, width: int = 64) -> None:
        super().__init__()
        widths = [1, *(width * m for m in (1, 2, 4, 8, 8, 8, 8, 8))]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (a, b) in enumerate(pairwise(widths)):
            self.down.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2) if level else nn.Identity(),
                    nn.Conv2d(a + latent_dim, b, 4, 2, 1),
                    nn.InstanceNorm2d(b) if 0 < level < 7 else nn.Identity(),
                )
            )
            self.up.append(
                nn.Sequential(
                    nn.ReLU(),
                    nn.ConvTranspose2d(b if level == 7 else 2 * b, a if level else 3, 4, 2, 1),
                    nn.InstanceNorm2d(a) if level else nn.Tanh(),
                )
            )

    def forward(self, sketch: Tensor, z: Tensor) -> Tensor:
        """(1, 1, 256, 256) and (N, D) -> (N, 3, 256, 256)."""
        x, skips = sketch.expand(len(z), -1, -1, -1), []
        for layer in self.down:
            plane = z[:, :, None, None].expand(-1, -1, *x.shape[-2:])
            x = layer(torch.cat([x, plane], 1))
            skips.append(x)
        x = self.up[7](x)
        for level in range(6, -1, -1):
            x = self.up[level](torch.cat([x, skips[level]], 1))
        return x


@torch.inference_mode()
def latencies(model: Sketch2Photo, rounds: int) -> list[Row]:
    """Median seconds for 1 and 8 pictures by each network and precision; every round times all of them in turn.

    The first row is ResNet-50 in fp32. In bf16 the weights are bf16 too, as app.py has them. Sizes are those of the weights in a
    file: of our generator, which is published in 16 bits, and of the others in the precision that they run in. In ONNX Runtime
    one session is timed, for those of smaller files compute with the same numbers, and threads of one would hinder the other's.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    side = model.image_size
    count = sum(p.numel() for p in model.generator.parameters())
    ours = f"Sketch2Photo, {count / 1e6:.1f} M, {side} px"
    networks: dict[str, nn.Module] = {
        "ResNet-50, 224 px": resnet50(weights=None),
        "BicycleGAN unet_256, 54.8 M, 256 px": BicycleUNet(),
        ours: model,
    }
    inputs: list[Callable[[int], tuple[Tensor, ...]]] = [
        lambda n: (torch.randn(n, 3, 224, 224).contiguous(memory_format=torch.channels_last),),
        lambda n: (torch.ones(1, 1, 256, 256), torch.randn(n, 8)),
        lambda n: (torch.ones(1, 1, side, side), torch.randn(n, model.latent_dim)),
    ]
    work: dict[str, dict[int, Callable[[], Tensor]]] = {}
    sizes: dict[str, str] = {}
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        if dtype is torch.bfloat16 and not machine.has_bf16():
            continue
        for (name, network), sample in zip(networks.items(), inputs, strict=True):
            placed = copy.deepcopy(network).eval().to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
            given = {n: [x.to(device, dtype) for x in sample(n)] for n in COUNTS}
            title = f"{name}, PyTorch {precision}"
            size = 2 * count if network is model else sum(p.nbytes for p in placed.parameters())
            sizes[title] = f"{size / 1e6:.1f} MB"
            work[title] = {
                n: lambda placed=placed, given=given, n=n: placed(*given[n])  # type: ignore[misc]
                for n in COUNTS
            }
    if onnx_runs(model):
        title = f"{ours}, ONNX Runtime fp32"
        with torch.inference_mode(False):
            files = [f"{len(to_onnx(model, bits)['generator']) / 1e6:.1f} MB in {bits} bits" for bits in (32, 16, 8)]
            session = with_onnx(copy.deepcopy(model))
        sizes[title] = f"generator.onnx: {', '.join(files)}"
        asked = {n: inputs[-1](n) for n in COUNTS}
        work[title] = {
            n: lambda n=n: session(*asked[n])  # type: ignore[misc]
            for n in COUNTS
        }
    times: dict[str, dict[int, list[float]]] = {name: {n: [] for n in COUNTS} for name in work}
    for turn in range(rounds + 1):  # The first is the warm-up.
        for name, by_n in work.items():
            for n, run in by_n.items():
                seconds = _timed(run)
                if turn:
                    times[name][n].append(seconds)
    medians = {name: {n: statistics.median(taken) for n, taken in by_n.items()} for name, by_n in times.items()}
    return [Row(name, sizes[name], seconds) for name, seconds in medians.items()]


def onnx_runs(model: Sketch2Photo) -> bool:
    """Whether this machine and this model have the second engine."""
    try:
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        return False
    return ARCHITECTURES[model.architecture].onnx


def browser_latencies(folder: Path, rounds: int) -> tuple[Row, float]:
    """Chromium on the page in a folder, and the median seconds there from pen-up to the photograph shown.

    The size is all that a visitor without WebGPU loads: the page, ONNX Runtime Web, and the generator in 8 bits.

    Raises:
        ValueError: no such page, no Chromium, or no playwright.
    """
    chromium = chromium_path()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ValueError("Timing the page needs playwright: pip install playwright") from error
    if chromium is None or not (folder / "version.js").exists():
        raise ValueError(
            f"Timing the page needs Chromium on the PATH and the page: python -m hub.build_web --out {folder}"
        )
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server,
        sync_playwright() as driver,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/?engine=wasm")
        page.wait_for_selector("body[data-ready]")
        page.locator("#examples button").first.click()
        page.wait_for_selector("#variations button")
        taken: dict[int, float] = {}
        for n in COUNTS:
            taken[n] = page.evaluate(TIME_PHOTOGRAPHS, [n, rounds]) / 1000
        page.evaluate(WATCH_PEN)
        box, waits = page.locator("#pad canvas").bounding_box(), []
        assert box is not None
        for turn in range(rounds + 1):
            y = box["y"] + box["height"] * (0.2 + 0.6 * turn / (rounds + 1))
            page.mouse.move(box["x"] + 0.1 * box["width"], y)
            page.mouse.down()
            page.mouse.move(box["x"] + 0.3 * box["width"], y, steps=5)
            page.mouse.up()
            waits.append(page.wait_for_function("() => window.taken").json_value() / 1000)
            page.evaluate("window.taken = 0")
            page.wait_for_timeout(1000)  # until the variations are there, too
        browser.close()
        server.shutdown()
    size = f"the whole page: {page_size(folder) / 1e6:.1f} MB"
    return Row("Sketch2Photo, Chromium, WebAssembly fp32", size, taken), statistics.median(waits[1:])


# In the page: the median milliseconds of so many runs; and window.taken, from each pen-up to the photograph.
TIME_PHOTOGRAPHS = """async ([count, rounds]) => {
    const {photographs} = await import('./model.js'), times = [];
    const {latent_dim} = await (await fetch('config.json')).json();
    for (let turn = 0; turn <= rounds; turn++) {
        const z = Float32Array.from({length: count * latent_dim}, Math.random), started = performance.now();
        await photographs(undefined, z, {strictness: 1});
        if (turn) times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[rounds >> 1];
}"""
WATCH_PEN = """() => {
    addEventListener('pointerup', event => { window.up = event.timeStamp; }, true);
    new MutationObserver(() => { window.taken = performance.now() - window.up; })
        .observe(document.querySelector('#speed'), {attributes: true});
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def generation_memory(name: str | None) -> float:
    """Peak GiB of a process that makes 8 photographs of one sketch."""
    model = _model(name).eval()
    with torch.inference_mode():
        model(torch.ones(1, 1, model.image_size, model.image_size), torch.randn(8, model.latent_dim))
    return _peak()


def training(preset: Preset, steps: int) -> tuple[float, float]:
    """Images/s and peak GiB of a process that trains on drawn faces, their drawing included, after two steps of warm-up."""
    config = PRESETS[preset]
    with tempfile.TemporaryDirectory() as out:
        size = config.model.image_size
        trainer = Trainer(
            config, [WeightedSource(SyntheticFaces(size))], SyntheticFaces(size, count=4, first=10**6), Path(out)
        )
        trainer.run(steps=WARM_UP_STEPS)
        before = trainer.seconds
        trainer.run(steps=WARM_UP_STEPS + steps)
        return config.optimization.batch_size * steps / (trainer.seconds - before), _peak()


def main(model: str | None = None, rounds: int = 9, steps: int = 5, browser: Path | None = None) -> None:
    """Time generation and training on this machine and print each as a markdown table.

    Args:
        model: model folder or Hub id; by default the bundled hub/model, or else an untrained model, which is as fast.
        rounds: of all latencies in turn, of which the median counts.
        steps: of training timed for each preset; 0 leaves training out.
        browser: the folder that hub.build_web made: time Chromium on it as well.
    """
    if rounds < 1 or steps < 0:
        raise ValueError(f"Timing needs at least 1 round and 0 steps, not {rounds} and {steps}.")
    machine.keep_freed_memory()
    loaded = _model(model)
    rows = latencies(loaded, rounds)
    pen_up = None
    if browser:
        row, pen_up = browser_latencies(browser, rounds)
        rows.append(row)
    print(", ".join(f"{key} {value}" for key, value in (machine.description() | _versions(browser)).items()) + "\n")
    print("Ratios are to ResNet-50 in fp32.\n")
    print("| network | size | 1 photograph | x ResNet-50 | 8 photographs | x ResNet-50 |\n|---|---|---|---|---|---|")
    unit = rows[0].seconds
    for name, size, seconds in rows:
        times = " | ".join(f"{1000 * seconds[n]:.0f} ms | {seconds[n] / unit[n]:.2f}" for n in COUNTS)
        print(f"| {name} | {size} | {times} |")
    if pen_up is not None:
        print(f"\nIn Chromium, from pen-up to the photograph on the page: {1000 * pen_up:.0f} ms.")
    print(f"\nPeak memory of a process that makes 8 photographs: {_alone(generation_memory, model):.2f} GiB.")
    if steps:
        lines = ["| training | batch | images/s | peak memory |", "|---|---|---|---|"]
        for preset in ("default", "classic"):
            rate, peak = _alone(training, preset, steps)
            config = PRESETS[preset]
            lines.append(
                f"| {preset}, {config.model.image_size} px | {config.optimization.batch_size} | {rate:.1f} | {peak:.2f} GiB |"
            )
        print("\n" + "\n".join(lines))


def page_size(folder: Path) -> int:
    """Bytes, after gzip, of what hub.build_web made, without what only browsers with WebGPU load."""
    own = [path for path in folder.iterdir() if "webgpu" not in path.name and "asyncify" not in path.name]
    return sum(min(path.stat().st_size, len(gzip.compress(path.read_bytes()))) for path in own)


def _versions(browser: Path | None) -> dict[str, str]:
    """Of what runs the model beside PyTorch, where it is there."""
    found = {}
    with suppress(PackageNotFoundError):
        found["ONNX Runtime"] = version("onnxruntime")
    if browser and (chromium := chromium_path()):
        told = subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.split()
        found["Chromium"] = next((word for word in told if word[0].isdigit()), "of an unknown version")
    return found


def _model(name: str | None) -> Sketch2Photo:
    bundled = Path(__file__).parents[2] / "hub" / "model"
    if name is None and not (bundled / "config.json").exists():
        return Sketch2Photo()
    return Sketch2Photo.from_pretrained(name or str(bundled))


def _timed(run: Callable[[], Tensor]) -> float:
    started = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _peak() -> float:
    """Largest resident size of this process so far, GiB; on a GPU the largest allocation there."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    unit = 2**20 if sys.platform == "linux" else 2**30  # KiB, elsewhere bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _alone(function: Callable[..., Answer], *args: object) -> Answer:
    """The answer of a function that runs in a process of its own, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


if __name__ == "__main__":
    import tyro

    try:
        tyro.cli(main, prog="python -m sketch2photo.evaluation.benchmark")
    except ValueError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        sys.exit(2)
