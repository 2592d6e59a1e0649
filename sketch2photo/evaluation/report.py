"""How what was measured is shown: the names of the figures, Markdown tables, and grids of pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers.utils.pil_utils import make_image_grid
from PIL import Image

from ..images import SUFFIXES, Picture, to_pictures
from ..model import Sketch2Photo
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


@dataclass(frozen=True)
class Row:
    """One line of the table; strictness is None for photographs."""

    model: str
    image_size: int
    strictness: float | None
    figures: Figures


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
    """The pictures in a folder of drawings, by name. Raises ValueError where there are none."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise ValueError(f"No drawings in {folder}: it must be a folder of pictures.")
    return found


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells as a Markdown table, without a newline at its end."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


@torch.inference_mode()
def grid(
    models: Sequence[Sketch2Photo], sketches: Sequence[Any], strictness: Sequence[float], seed: int = 0
) -> Image.Image:
    """Each sketch (whatever preprocess.to_sketch takes) beside 4 samples per model and strictness; z is the same down a column."""
    side = max(model.image_size for model in models)
    cells: list[Picture] = []
    for sketch in sketches:
        cells.append(to_pictures(to_sketch(sketch, side).expand(-1, 3, -1, -1))[0])
        for model in models:
            z = torch.randn(GRID_SAMPLES, model.latent_dim, generator=torch.Generator().manual_seed(seed))
            device = next(model.parameters()).device
            drawing, z = (given.to(device) for given in (to_sketch(sketch, model.image_size), z))
            for value in strictness:
                cells += list(to_pictures(model(drawing, z, value)))
    images = [Image.fromarray(cell).resize((GRID_CELL, GRID_CELL), Image.Resampling.LANCZOS) for cell in cells]
    return make_image_grid(images, len(sketches), len(images) // len(sketches))
