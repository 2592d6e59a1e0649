"""Tables and grids of what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.utils.pil_utils import make_image_grid
from PIL import Image
from torch import Tensor, nn

from ..images import Picture, to_pictures
from ..model import Sketch2Photo
from ..preprocess import to_sketch

GRID_SAMPLES, GRID_CELL = 4, 160  # GRID_CELL in px

Figures = dict[str, float]
COLUMNS = {
    "kernel_distance": ("kernel distance", ".1f"),
    "fid": ("FID", ".1f"),
    "kid": ("KID x1000", ".1f"),
    "faces": ("faces", ".3f"),
    "landmark_error": ("landmark error", ".3f"),
    "diversity": ("diversity", ".2f"),
    "background": ("background", ".1f"),
    "following": ("following", ".3f"),
    "bleed": ("bleed", ".3f"),
    "bleed_broken": ("bleed, broken", ".3f"),
    "reconstruction": ("reconstruction", ".1f"),
    "drawn_faces": ("drawn faces", ".3f"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table; strictness is None for photographs."""

    model: str
    image_size: int
    strictness: float | None
    figures: Figures


def table(rows: Sequence[Row]) -> str:
    """The rows as a markdown table, without the columns that nobody has."""
    columns = {key: head for key, head in COLUMNS.items() if any(key in row.figures for row in rows)}
    lines = ["| model | px | strictness | " + " | ".join(head for head, _ in columns.values()) + " |"]
    lines.append("|" + "---|" * (len(columns) + 3))
    for row in rows:
        strictness = "" if row.strictness is None else f"{row.strictness:g}"
        cells = [format(row.figures[key], form) if key in row.figures else "" for key, (_, form) in columns.items()]
        lines.append(f"| {row.model} | {row.image_size} | {strictness} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


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
            drawing = to_sketch(sketch, model.image_size)
            for value in strictness:
                cells += list(samples_of(model, drawing, shared_z(model.latent_dim, seed), value))
    images = [Image.fromarray(cell).resize((GRID_CELL, GRID_CELL), Image.Resampling.LANCZOS) for cell in cells]
    return make_image_grid(images, len(sketches), len(images) // len(sketches))


def samples_of(model: nn.Module, sketch: Tensor, z: Tensor, strictness: float) -> Picture:
    device = next(model.parameters()).device
    return to_pictures(model(sketch.to(device), z.to(device), strictness))


def shared_z(latent_dim: int, seed: int) -> Tensor:
    return torch.randn(GRID_SAMPLES, latent_dim, generator=torch.Generator().manual_seed(seed))
