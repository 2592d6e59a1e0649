"""Photographs of many drawings: `python -m sketch2photo.draw SKETCHES --out PHOTOS`."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from tyro.conf import Positional

from . import machine
from .cli import check_empty, run
from .data.hub import Hub
from .data.layouts import DataOptions, find_pictures, is_data_set, print_once
from .images import SUFFIXES, PictureError
from .pipeline import Sketch2PhotoPipeline


def main(
    sketches: Positional[str],
    out: Path,
    model: str = "hub/model",
    num_images: int = 4,
    strictness: float | None = None,
    seed: int = 0,
    columns: tuple[str, ...] = (),
) -> None:
    """Draw photographs of all sketches in a folder or data set.

    Args:
        sketches: a folder of drawings, with those below it, or a data set of the Hub.
        out: folder for the photographs, with the drawings' names and folders; new, or empty.
        model: folder or Hub id of the model.
        num_images: photographs of each drawing.
        strictness: how closely they follow the lines, 0 to 1; by default what the model's pipeline has.
        seed: of the latents: the n-th photographs of all drawings have the same.
        columns: of a data set, the column of drawings.
    """
    check_empty(out)
    machine.keep_freed_memory()
    drawings = _drawings(sketches, columns)
    pipe = Sketch2PhotoPipeline.from_pretrained(model).to("cuda" if torch.cuda.is_available() else "cpu")
    failed = 0
    for name, drawing in tqdm(drawings.items(), "drawings", disable=None):
        try:
            images = pipe(drawing(), num_images, seed, strictness=strictness).images
        except PictureError as error:
            failed += 1
            tqdm.write(f"Passed over {name}: {error}", file=sys.stderr)
            continue
        for number, image in enumerate(images):
            path = out / (f"{name}.png" if num_images == 1 else f"{name}_{number}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(path)
    if failed == len(drawings):
        raise ValueError(f"None of the {failed} drawings in {sketches} could be drawn.")
    each = "one photograph" if num_images == 1 else f"{num_images} photographs"
    print(f"{len(drawings) - failed} drawings became {each} each in {out}; {failed} were passed over.")


def _drawings(location: str, columns: Sequence[str]) -> dict[str, Callable[[], Any]]:
    """What opens each drawing, by the name of its photographs: the drawing's own, or its row's number in a data set."""
    folder = Path(location)
    if folder.is_file() and folder.suffix.lower() in SUFFIXES:
        raise ValueError(f"{folder} is one picture: give the folder that it is in.")
    if folder.is_dir() and not is_data_set(folder):
        if columns:
            raise ValueError("--columns are those of data sets, and this is a folder of pictures.")
        found = find_pictures(folder, headers=sys.maxsize)
        for reason in found.reasons():
            print_once(f"{location}: {reason}")
        paths = [Path(name) for name in found.names]
        alike = Counter(path.with_suffix("") for path in paths)
        # a.jpg and a.png keep their suffixes, or one would be written over the other
        names = [str(path if alike[path.with_suffix("")] > 1 else path.with_suffix("")) for path in paths]
        return {name: partial(Path, folder / path) for name, path in zip(names, paths, strict=True)}
    rows = Hub.open(location, DataOptions("sketches", columns))
    digits = len(str(len(rows)))
    return {f"{index:0{digits}}": partial(rows.file, index) for index in range(len(rows))}


if __name__ == "__main__":
    run(main, "python -m sketch2photo.draw")
