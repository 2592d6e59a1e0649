"""Drawings to start from, by the project's own hand, and the strokes that they were drawn with."""

import json
from pathlib import Path

Stroke = list[tuple[float, float]]  # points on a canvas of 512 x 512 pixels

EXAMPLES_FOLDER = Path(__file__).parent
EXAMPLES = sorted(EXAMPLES_FOLDER.glob("*.png"))
WITH_PHOTO = EXAMPLES_FOLDER / "with_photo"  # each as NAME.jpg, small, on the left, and its photograph on the right


def example_strokes(name: str) -> list[Stroke]:
    """How one of the drawings was drawn, by its file's name without the suffix."""
    return json.loads((EXAMPLES_FOLDER / "strokes.json").read_text())[name]["strokes"]
