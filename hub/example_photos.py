"""Writes sketch2photo/examples/with_photo: what the pages show of each example, the drawing beside its photograph; and of one
of them the picture that others show of a link to the page.

python -m hub.example_photos, whenever the weights in hub/model are new.
"""

import torch
from PIL import Image

from hub import export_onnx
from sketch2photo.calibration import CANVAS, DEFAULT_STRICTNESS
from sketch2photo.cli import run
from sketch2photo.examples import EXAMPLES, EXAMPLES_FOLDER, WITH_PHOTO
from sketch2photo.images import to_images
from sketch2photo.pipeline import Sketch2PhotoPipeline
from sketch2photo.studio.pad import EXAMPLE
from sketch2photo.studio.preview import PICTURE

SIDE, GAP = 160, 16  # px


def with_photo(pipe: Sketch2PhotoPipeline, path: str, side: int = SIDE) -> Image.Image:
    """(side, 2 side + GAP): a drawing as it is opened, and the most usual photograph of it."""
    drawing = to_images(pipe.calibrate(path, 1.0, size=CANVAS).sketch)[0].convert("RGB")
    zero = torch.zeros(1, pipe.model.latent_dim)
    photo = pipe(drawing, latents=zero, strictness=DEFAULT_STRICTNESS, reframe=False).images[0]
    both = Image.new("RGB", (2 * side + GAP, side), "white")
    for number, picture in enumerate((drawing, photo)):
        both.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (number * (side + GAP), 0))
    return both


def preview(pipe: Sketch2PhotoPipeline) -> Image.Image:
    """(630, 1200)"""
    ground = Image.new("RGB", (1200, 630), "#fff7ed")
    ground.paste(with_photo(pipe, str(EXAMPLES_FOLDER / f"{EXAMPLE}.png"), 562), (30, 34))
    return ground


def main() -> None:
    """Write all of them."""
    pipe = Sketch2PhotoPipeline.from_pretrained(str(export_onnx.FOLDER))
    WITH_PHOTO.mkdir(exist_ok=True)
    for path in EXAMPLES:
        with_photo(pipe, str(path)).save(WITH_PHOTO / f"{path.stem}.jpg", quality=80, optimize=True)
    preview(pipe).save(PICTURE, quality=85, optimize=True)


if __name__ == "__main__":
    run(main, "python -m hub.example_photos")
