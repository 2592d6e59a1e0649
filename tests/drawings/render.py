"""Writes the 24 drawings of this folder as pictures, from strokes.json: `python -m tests.drawings.render`.

A drawing is {"width": of the line, "strokes": [[[x, y], ...], ...], "medium": ...} on a canvas of 512 px. Without a medium it
was drawn on the page's pad; "chalk" is white on black, "pencil" and "ballpen" are sheets of paper before a phone's camera.
"""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent
PHOTO = (720, 900)  # width, height of the phone's pictures in px


def load() -> dict[str, Any]:
    return json.loads((FOLDER / "strokes.json").read_text())


def draw(drawing: dict[str, Any], size: int = 512, width: float | None = None) -> np.ndarray:
    """(size, size) uint8, dark on white: the strokes as a canvas of that size shows them."""
    scale = size / 512
    page = np.full((4 * size, 4 * size), 255, np.uint8)
    thickness = max(1, round(4 * (drawing["width"] * scale if width is None else width)))
    for stroke in drawing["strokes"]:
        cv2.polylines(page, [np.int32((np.array(stroke) + 0.5) * 4 * scale)], False, 0, thickness, cv2.LINE_AA)
    return cv2.resize(page, (size, size), interpolation=cv2.INTER_AREA)


def lie_on_sheet(drawing: dict[str, Any]) -> np.ndarray:
    """(H, W) float32, 1 where ink is: the drawing on a sheet that the phone sees at an angle."""
    pencil = drawing["medium"] == "pencil"
    ink = 1 - draw(drawing, 600, width=2.6 if pencil else 1.8) / np.float32(255)
    if pencil:
        corners = np.float32([(70, 130), (662, 162), (644, 780), (72, 760)])
    else:
        corners = np.float32([(48, 130), (700, 134), (640, 780), (64, 760)])
    seen = cv2.getPerspectiveTransform(np.float32([(0, 0), (600, 0), (600, 600), (0, 600)]), corners)
    return cv2.warpPerspective(ink, seen, PHOTO, flags=cv2.INTER_LINEAR)


def photograph(drawing: dict[str, Any]) -> np.ndarray:
    """(H, W, 3) uint8: the sheet in uneven light, a shadow with a soft edge over one side."""
    pencil = drawing["medium"] == "pencil"
    rng = np.random.default_rng(1 if pencil else 2)
    width, height = PHOTO
    ink = lie_on_sheet(drawing)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    if pencil:  # graphite catches on the grain of the paper, and the hand presses unevenly
        grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 1.1) * 2.2
        press = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 60) * 100
        ink = ink * np.clip(0.62 + 0.16 * grain + 0.1 * press, 0.15, 0.95)
        colour, light, edge = (0.22, 0.22, 0.24), 0.93 - 0.32 * x - 0.22 * y, (0.62 - x - 0.25 * y) * -22
    else:
        colour, light, edge = (0.10, 0.14, 0.50), 0.62 + 0.30 * x - 0.10 * y, (y + 0.45 * x - 0.92) * 30
    light = light * (1 - 0.26 / (1 + np.exp(-edge)))
    paper = 1 + cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 2) * 0.02
    sheet = (paper * light)[..., None] * np.array((1, 0.96, 0.87) if pencil else (0.95, 0.97, 1))
    picture = sheet * (1 - ink[..., None] * (1 - np.array(colour)))
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8) + rng.normal(0, 0.008, picture.shape)
    return (np.clip(picture, 0, 1) * 255).astype(np.uint8)


def picture(drawing: dict[str, Any]) -> np.ndarray:
    """(H, W) or (H, W, 3) uint8: what the person sends."""
    medium = drawing.get("medium")
    if medium in ("pencil", "ballpen"):
        return photograph(drawing)
    return 255 - draw(drawing) if medium == "chalk" else draw(drawing)


def main() -> None:
    for name, drawing in load().items():
        page = Image.fromarray(picture(drawing))
        if page.mode == "RGB":
            page.save(FOLDER / f"{name}.jpg", quality=85)
        else:
            page.quantize(32).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
