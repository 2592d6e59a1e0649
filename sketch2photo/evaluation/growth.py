"""What work costs as it grows: `python -m sketch2photo.evaluation.growth --model DIR --out DIR`, a table and a plot for each kind.

Pictures in one call, visitors of the page, processes of training, photographs to train on, and pixels of a picture.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image

from .. import machine
from ..cli import check_writable, run
from ..data.sources import open_training_data
from ..data.synthetic_faces import draw_face
from ..examples import EXAMPLES
from ..model import Sketch2Photo
from ..pipeline import BATCH, Sketch2PhotoPipeline
from ..training.config import PRESETS
from ..training.trainer import Trainer
from .benchmark_training import training_speed
from .browser import free_port, run_app
from .load_test import p95, time_visitors
from .peak_memory import in_own_process, peak_memory
from .report import markdown_table

Kind = Literal["pictures", "visitors", "processes", "photographs", "pixels"]
PICTURES = (1, 10, 100, 1000)  # in one call
VISITORS = (1, 2, 5, 10, 20, 50, 100)
PROCESSES = (1, 2)
PHOTOGRAPHS = (10, 100, 1000, 10_000, 100_000)
PIXELS = (128, 192, 256, 384, 512)  # side of a picture
LEAST = 32  # pictures that a rate is taken of
STEPS = 5  # of training that a rate is taken of
FILES = 10  # pictures that all photographs are hard links of


class Growth(NamedTuple):
    """What work of these sizes costs: by its name and unit, one number for each size."""

    work: str
    sizes: Sequence[int]
    costs: dict[str, list[float]]


def of_pictures(model: str) -> Growth:
    """So many pictures of one drawing in one call, as images; the pictures themselves are in the memory, too."""
    measured = [in_own_process(pictures_speed, model, count) for count in PICTURES]
    return _growth("pictures in one call", PICTURES, ("pictures/s", "peak memory, GiB"), measured)


def pictures_speed(model: str, count: int) -> tuple[float, float]:
    """Pictures/s and peak GiB of a process that makes so many in one call, over and over until there are LEAST."""
    machine.keep_freed_memory()
    pipe = Sketch2PhotoPipeline.from_pretrained(model)
    pipe(EXAMPLES[0], num_images=min(count, BATCH))  # the warm-up
    calls = -(-LEAST // count)
    started = time.perf_counter()
    for seed in range(calls):
        pipe(EXAMPLES[0], num_images=count, seed=seed)
    return calls * count / (time.perf_counter() - started), peak_memory()


def of_visitors(model: str) -> Growth:
    """So many visitors at once, each of whom asks for the next picture when the last has come, five of each and 100 in all at least."""
    measured = []
    with run_app(model) as app:
        for visitors in VISITORS:
            load = time_visitors(app, visitors, max(100, 5 * visitors))
            if load.errors:
                raise RuntimeError(f"{visitors} visitors had {len(load.errors)} errors, the first: {load.errors[0]}")
            memory = load.memory[-1] / 2**30
            measured.append((len(load.waits) / load.seconds, p95(load.waits), memory))
    return _growth("visitors at once", VISITORS, ("pictures/s", "wait, p95, s", "memory of the app, GiB"), measured)


def of_processes(model: str) -> Growth:
    """So many processes that train together, which share the CPU's cores, or have a GPU each."""
    counts = [n for n in PROCESSES if not torch.cuda.is_available() or n <= torch.cuda.device_count()]
    measured = [processes_speed(count) for count in counts]
    return _growth("processes of training", counts, ("images/s", "peak memory of each, GiB"), measured)


def processes_speed(count: int) -> tuple[float, float]:
    """Images/s of all, and peak GiB of the largest."""
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        port = free_port()
        answers = [pool.submit(_train_together, rank, count, port) for rank in range(count)]
        rates, peaks = zip(*(answer.result() for answer in answers), strict=True)
    return min(rates), max(peaks)


def _train_together(rank: int, count: int, port: int) -> tuple[float, float]:
    """What training_speed says, in one of the processes."""
    if count > 1:  # what torch's launcher tells each
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        os.environ.update({name: str(value) for name, value in told.items()})
        if not torch.cuda.is_available():
            os.environ["ACCELERATE_USE_CPU"] = "true"
            threads = max(1, torch.get_num_threads() // count)
            os.environ["OMP_NUM_THREADS"] = str(threads)  # or Accelerate takes all cores for each
            torch.set_num_threads(threads)
    return training_speed("default", STEPS)


def of_photographs(model: str) -> Growth:
    """Folders of so many photographs, and of as many pairs, until the first batch of them is there."""
    measured = []
    for count in PHOTOGRAPHS:
        with photographs(count) as folder:
            measured.append(in_own_process(start_of_training, folder))
    return _growth("photographs, and as many pairs", PHOTOGRAPHS, ("s to the first batch", "memory, GiB"), measured)


def start_of_training(folder: Path) -> tuple[float, float]:
    """Seconds until train.py has the first batch of pairs in a folder and of their photographs, and peak GiB by then."""
    started = time.perf_counter()
    recipe = PRESETS["default"]
    sources, validation = open_training_data(
        [str(folder)],
        [str(folder / "photo")],
        recipe.data.photos_share,
        recipe.data.held_out,
        recipe.model.image_size,
    )
    with tempfile.TemporaryDirectory() as out:
        trainer = Trainer(recipe, sources, validation, Path(out))
        next(iter(trainer._loader(1)))
    return time.perf_counter() - started, peak_memory()


@contextmanager
def photographs(count: int) -> Iterator[Path]:
    """A folder of pairs, photo/ and sketch/, that are hard links of a few: it takes no more room than its names."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        halves = folder / "photo", folder / "sketch"
        for half in halves:
            half.mkdir()
        for i in range(min(count, FILES)):
            for half, picture in zip(halves, draw_face(np.random.default_rng(i), 256), strict=True):
                Image.fromarray(picture).save(half / f"{i:07}.jpg")
        for i in range(FILES, count):
            for half in halves:
                os.link(half / f"{i % FILES:07}.jpg", half / f"{i:07}.jpg")
        yield folder


def of_pixels(model: str) -> Growth:
    """Pictures of so many pixels a side, eight of a sketch, by an untrained generator of the bundled one's kind."""
    measured = [in_own_process(pixels_speed, side) for side in PIXELS]
    return _growth("px, side of a picture", PIXELS, ("pictures/s", "peak memory, GiB"), measured)


@torch.inference_mode()
def pixels_speed(side: int) -> tuple[float, float]:
    """Pictures/s and peak GiB of a process that makes LEAST of so many pixels a side, eight at a time."""
    machine.keep_freed_memory()
    model = Sketch2Photo(image_size=side).eval().to(memory_format=torch.channels_last)
    sketch, z = torch.ones(1, model.sketch_channels, side, side), torch.randn(8, model.latent_dim)
    model(sketch, z)
    started = time.perf_counter()
    for _ in range(LEAST // len(z)):
        model(sketch, z)
    return LEAST / (time.perf_counter() - started), peak_memory()


def _growth(work: str, sizes: Sequence[int], names: Sequence[str], measured: Sequence[Sequence[float]]) -> Growth:
    return Growth(
        work, sizes, {name: list(values) for name, values in zip(names, zip(*measured, strict=True), strict=True)}
    )


KINDS: dict[Kind, Callable[[str], Growth]] = {
    "pictures": of_pictures,
    "visitors": of_visitors,
    "processes": of_processes,
    "photographs": of_photographs,
    "pixels": of_pixels,
}


def plot(growth: Growth, path: Path) -> None:
    """Its costs side by side over the size of the work, and below them what machine that was and when."""
    figure = Figure((3.2 * len(growth.costs), 2.6), layout="constrained")
    for axis, (name, values) in zip(figure.subplots(1, len(growth.costs)), growth.costs.items(), strict=True):
        axis.plot(growth.sizes, values, ".-")
        axis.set(title=name, xlabel=growth.work, ylim=(0, 1.15 * max(values)))
        if growth.sizes[-1] > 10 * growth.sizes[0]:
            axis.set_xscale("log")
        axis.set_xticks(growth.sizes, [f"{size:,}" for size in growth.sizes], minor=False)
        axis.set_xticks([], minor=True)
        axis.grid(alpha=0.3)
    figure.supxlabel(", ".join(f"{key} {value}" for key, value in machine.description().items()), fontsize=6)
    figure.savefig(path, dpi=90)


def table(growth: Growth) -> str:
    """The same in Markdown."""
    rows = [
        [f"{size:,}", *(f"{value:.2f}" for value in values)]
        for size, *values in zip(growth.sizes, *growth.costs.values(), strict=True)
    ]
    return markdown_table([growth.work, *growth.costs], rows)


def main(model: str, out: Path, kinds: tuple[Kind, ...] = tuple(KINDS)) -> None:
    """Measure what work costs as it grows on this machine, print it as Markdown tables, and plot it.

    Args:
        model: model folder or Hub id.
        out: folder for growth_pictures.png and so on.
        kinds: of work, one after another.
    """
    check_writable(out)
    out.mkdir(parents=True, exist_ok=True)
    print(", ".join(f"{key} {value}" for key, value in machine.description().items()))
    for kind in kinds:
        growth = KINDS[kind](model)
        plot(growth, out / f"growth_{kind}.png")
        print("\n" + table(growth), flush=True)


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.growth")
