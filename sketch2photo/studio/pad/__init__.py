"""The sketchpad, a plain 2D canvas: its files, HTML, CSS and JavaScript, its words, and its values as pictures.

What the Gradio page (`component`) and hub/web have in common.
"""

import base64
import binascii
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ...examples import EXAMPLES_FOLDER
from ...images import PictureError
from ..messages import Text

MAX_PIXELS = 2048**2  # of a drawing on its way to the server: nothing is made of more
MAX_CHARACTERS = 4_000_000  # of a drawing on its way to the server; one of 512 x 512 pixels has about 20,000
HTML, CSS, *JAVASCRIPT = FILES = [
    Path(__file__).with_name(name)
    for name in ("pad.html", "pad.css", "kit.js", "strokes.js", "example.js", "files.js", "pad.js")
]
EXAMPLE = "glasses_beard"  # which draws itself
OF_PHOTO = "of_photo"  # of the PNG's texts
MOVED, ADDED = (234, 88, 12), (13, 148, 136)  # RGB of calibrated lines over the drawing: its author's, and others

WORDS = {
    "tools": Text("Drawing tools", "Инструменты"),
    "pen": Text("Pen", "Перо"),
    "eraser": Text("Eraser", "Ластик"),
    "thin": Text("Thin line", "Тонкая линия"),
    "medium": Text("Medium line", "Средняя линия"),
    "thick": Text("Thick line", "Толстая линия"),
    "undo": Text("Undo", "Отменить"),
    "undo_keys": Text("Undo (Ctrl+Z)", "Отменить (Ctrl+Z)"),
    "redo": Text("Redo", "Вернуть"),
    "redo_keys": Text("Redo (Ctrl+Y)", "Вернуть (Ctrl+Y)"),
    "clear": Text("Clear the canvas", "Очистить холст"),
    "guide": Text("Face guide", "Подсказка пропорций"),
    "canvas": Text("Canvas: draw a face here", "Холст: рисуйте лицо здесь"),
    "example": Text("An example: touch it to draw your own", "Это пример: коснитесь, чтобы рисовать своё"),
    "kit_word": Text("Kit", "Набор"),
    "kit": Text("Kit: parts of faces", "Набор: части лиц"),
    "head": Text("Head", "Голова"),
    "eyes": Text("Eyes", "Глаза"),
    "brows": Text("Brows", "Брови"),
    "noses": Text("Nose", "Нос"),
    "mouths": Text("Mouth", "Рот"),
    "hair": Text("Hair", "Волосы"),
    "glasses": Text("Glasses", "Очки"),
    "beards": Text("Beard", "Борода"),
    "smaller": Text("Smaller", "Меньше"),
    "larger": Text("Larger", "Больше"),
    "turn": Text("Flip", "Отразить"),
    "mirror": Text("Draw both sides", "Рисовать обе стороны"),
    "smooth": Text("Smooth lines", "Сглаживать линии"),
    "offer": Text("Straighten it?", "Выправить?"),
    "decline": Text("No, leave it as it is", "Нет, оставить как есть"),
    "no_part": Text(
        "Choose a part above first, or take the pen to draw.",
        "Сначала выберите часть выше или возьмите перо и рисуйте.",
    ),
    "no_picture": Text(
        "That is no picture: drop a PNG or JPEG here.", "Это не картинка: перетащите сюда PNG или JPEG."
    ),
}


def example() -> dict[str, Any]:
    """The drawing that draws itself: its strokes and their width."""
    return json.loads((EXAMPLES_FOLDER / "strokes.json").read_text())[EXAMPLE]


def parts() -> dict[str, list[Any]]:
    """The kit's parts of faces, by their kinds: the strokes of each, where they lie on a face as large as the guide."""
    return json.loads(Path(__file__).with_name("parts.json").read_text())


def from_value(value: str | None) -> Image.Image | None:
    """The drawing of a sketchpad's value: None for no value; ValueError where it is none."""
    if not value:
        return None
    header, _, data = value.partition(",")
    if header != "data:image/png;base64" or len(data) > MAX_CHARACTERS:
        raise ValueError(f"A drawing must be the data URL of a PNG of at most {MAX_CHARACTERS:,} characters.")
    try:
        drawing = Image.open(io.BytesIO(base64.b64decode(data, validate=True)), formats=["PNG"])
    except (binascii.Error, OSError, Image.DecompressionBombError) as error:
        raise ValueError("The drawing's data URL does not hold a PNG.") from error
    width, height = drawing.size
    if width * height > MAX_PIXELS:
        raise PictureError("too_many_pixels", width=width, height=height, megapixels=MAX_PIXELS // 10**6)
    return drawing


def to_value(picture: Image.Image, of_photo: bool = False) -> str:
    """A picture as a sketchpad's value; until something is drawn on it `is_of_photo` tells whether it was made of a photograph."""
    file, notes = io.BytesIO(), PngInfo()
    if of_photo:
        notes.add_text(OF_PHOTO, "yes")
    picture.save(file, "PNG", pnginfo=notes)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def is_of_photo(value: str | None) -> bool:
    drawing = from_value(value)
    return drawing is not None and OF_PHOTO in drawing.info
