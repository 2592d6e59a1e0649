"""The sketchpad: a plain 2D canvas as a Gradio component. Its HTML, CSS and JavaScript are files, which hub/web uses as well.

Gradio's own gr.Sketchpad paints with WebGL and sends three pictures for each line: on a computer without a GPU a move of
the pen took 400 ms, and 1.3 s passed from pen-up to the request. This one needs a few milliseconds for either.
"""

import base64
import binascii
import io
import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ...calibration import CANVAS, Calibrated
from ...examples import EXAMPLES_FOLDER
from ...images import Floats, PictureError
from ...networks.calibrator import slices
from ..messages import Text, by_language

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
    "no_picture": Text(
        "That is no picture: drop a PNG or JPEG here.", "Это не картинка: перетащите сюда PNG или JPEG."
    ),
}


def sketchpad(elem_id: str, file_input: str) -> gr.HTML:
    """A square white canvas, CANVAS px a side, with pen, eraser, three widths, undo, redo, clear and a guide of a face's proportions.

    Its event `input` is triggered when a line is finished, undone, redone or all are cleared, `pause` when the pen has rested
    after that, `apply` when the calibrated lines that were offered are to be the drawing, and `retry` when the drawing of
    before is there again, after the page was loaded once more. Its value is what is seen then, as the data URL of a PNG;
    `from_value` and `to_value` turn it into a PIL image and back. What `laid_over` makes lies over the drawing. `file_input` is
    the CSS selector of the input that gets dropped and pasted pictures. At first EXAMPLE draws itself.
    """
    # Gradio runs a script's text, not modules.
    scripts = "\n".join(path.read_text("utf-8") for path in JAVASCRIPT)
    functions = re.sub(r"^import .*?;$|^export ", "", scripts, flags=re.MULTILINE | re.DOTALL)
    told = {"fileInput": file_input, "example": example(), "parts": parts()}
    # The page's language may be changed in its settings.
    start = f"""
        const words = {json.dumps(by_language(WORDS))};
        const spoken = () => words[document.documentElement.lang.startsWith('ru') ? 'ru' : 'en'];
        const speak = sketchpad(element, {{props, trigger, watch, words: spoken(), ...{json.dumps(told)}}});
        new MutationObserver(() => speak(spoken())).observe(document.documentElement, {{attributeFilter: ['lang']}});
    """
    return gr.HTML(
        html_template=HTML.read_text("utf-8"),
        css_template=CSS.read_text("utf-8"),
        js_on_load=functions + start,
        apply_default_css=False,
        elem_id=elem_id,
        calibrated={},
    )


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


def laid_over(calibrated: Calibrated | None, lines: bool = False, offers: bool = False) -> dict[str, Any]:
    """What a sketchpad shows over its drawing, as an update of it: the guide follows the face, if there is one.

    With `lines` the calibrated lines show, too, until the drawing changes; where it `offers` them with a question.
    """
    face = lines_over = ""  # Gradio leaves out what is None
    if calibrated:
        face = _path(calibrated.points * CANVAS / calibrated.sketch.shape[-1])
        lines_over = to_value(_tinted(calibrated)) if lines else ""
    return gr.update(calibrated={"face": face, "lines": lines_over, "offers": offers})


def _path(points: Floats) -> str:
    """The curves of a face (K, 2) as an SVG path; irises are no curves."""
    parts = []
    for name, at in slices().items():
        if not name.endswith("iris"):
            parts += ["M", " ".join(f"{x:.0f},{y:.0f}" for x, y in points[at]), "Z" if name == "oval" else ""]
    return "".join(parts)


def _tinted(calibrated: Calibrated) -> Image.Image:
    """The calibrated lines on nothing."""
    ink, added = ((1 - sheet[0, 0].numpy()) / 2 for sheet in (calibrated.sketch, calibrated.added))
    share = np.clip(added / np.maximum(ink, 1e-3), 0, 1)[..., None]
    colours = share * ADDED + (1 - share) * MOVED
    return Image.fromarray(np.dstack([colours, 255 * ink]).round().astype(np.uint8))
