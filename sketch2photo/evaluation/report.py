"""How what was measured is shown: the names of the figures, Markdown tables, and grids of pictures."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ..images import SUFFIXES, open_picture, to_images
from ..pipeline import Sketch2PhotoPipeline
from ..preprocess import to_sketch

GRID_SAMPLES, GRID_CELL = 4, 160  # GRID_CELL in px

Figures = dict[str, float]


class Metric(NamedTuple):
    """What a figure is called above its column and in plots, how it is printed, and its name in a card's metadata, if it is there."""

    column: str
    format: str
    in_card: str | None = None


METRICS = {
    "kernel_distance": Metric("kernel distance", ".1f", "Kernel distance x1000 (EfficientNet-Lite2 features)"),
    "kernel_distance_hint": Metric(
        "kernel distance at strictness 0", ".1f"
    ),  # this and the next in training's logs alone
    "kernel_distance_lines": Metric("kernel distance, line drawings", ".1f"),
    "sharpness": Metric("sharpness, line drawings", ".2f"),
    "fid": Metric("FID", ".1f"),
    "kid": Metric("KID x1000", ".1f"),
    "faces": Metric("faces", ".3f", "Share of pictures with a face"),
    "landmark_error": Metric("landmark error", ".3f", "Landmark error (eye distances)"),
    "diversity": Metric("diversity", ".2f", "Diversity (share of real photographs')"),
    "background": Metric("background", ".1f"),
    "following": Metric("following", ".3f"),
    "bleed": Metric("bleed", ".3f"),
    "bleed_broken": Metric("bleed, broken", ".3f"),
    "reconstruction": Metric("reconstruction", ".1f", "Reconstruction (mean absolute error, 0 to 255)"),
    "drawn_faces": Metric("drawn faces", ".3f"),
    "drawn_kernel_distance": Metric("drawn kernel distance", ".1f"),
    "drawn_sharpness": Metric("drawn sharpness", ".2f"),
}


@dataclass
class Row:
    """One line of the table; strictness is None for photographs.

    Figures that are nan, since there was nothing to measure, are left out: JSON has no such number.
    """

    model: str
    image_size: int
    strictness: float | None
    figures: Figures

    def __post_init__(self) -> None:
        self.figures = {name: value for name, value in self.figures.items() if math.isfinite(value)}


def share(part: float, whole: float) -> float:
    """nan where the whole is nothing."""
    return part / whole if whole else math.nan


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, without the columns that nobody has."""
    columns = {key: metric for key, metric in METRICS.items() if any(key in row.figures for row in rows)}
    cells = []
    for row in rows:
        strictness = "" if row.strictness is None else f"{row.strictness:g}"
        figures = [format(row.figures[key], m.format) if key in row.figures else "" for key, m in columns.items()]
        cells.append([row.model, str(row.image_size), strictness, *figures])
    return markdown_table(["model", "px", "strictness", *(metric.column for metric in columns.values())], cells)


def drawing_files(folder: Path) -> list[Path]:
    """The pictures in a folder of drawings, by name. Raises ValueError where there are none, or one is damaged."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise ValueError(f"No drawings in {folder}: it must be a folder of pictures.")
    for path in found:  # now, and not when an hour of measuring has come to it
        open_picture(path)
    return found


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells as a Markdown table, without a newline at its end."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def grid(
    pipes: Sequence[Sketch2PhotoPipeline], drawings: Sequence[Any], strictness: Sequence[float], seed: int = 0
) -> Image.Image:
    """Each drawing, or sketch as a tensor (1, C, S, S), and for each pipeline and strictness 4 samples; z is the same down a column.

    Where a pipeline calibrates, the drawing as the generator sees it stands before its samples.
    """
    rows = []
    for drawing in drawings:
        images = to_images(to_sketch(drawing, GRID_CELL, pipes[0].model.sketch_format))
        for pipe in pipes:
            for value in strictness:
                out = pipe(drawing, num_images=GRID_SAMPLES, seed=seed, strictness=value)
                images += [*(to_images(out.sketch) if out.certainty is not None else []), *out.images]
        cells = [image.convert("RGB").resize((GRID_CELL, GRID_CELL), Image.Resampling.LANCZOS) for image in images]
        rows.append(np.hstack([np.asarray(cell) for cell in cells]))
    return Image.fromarray(np.vstack(rows))
