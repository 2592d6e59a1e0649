"""The sketchpad as a Gradio component.

Gradio's own gr.Sketchpad paints with WebGL and sends three pictures for each line: on a computer without a GPU a move of
the pen took 400 ms, and 1.3 s passed from pen-up to the request. This one needs a few milliseconds for either.
"""

import json
import re
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ...calibration import CANVAS, Calibrated
from ...images import Floats
from ...networks.calibrator import slices
from ..messages import by_language
from . import ADDED, CSS, HTML, JAVASCRIPT, MOVED, WORDS, example, parts, to_value


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


def laid_over(calibrated: Calibrated | None, lines: bool = False, offers: bool = False) -> dict[str, Any]:
    """What a sketchpad shows over its drawing, as an update of it: the guide follows the face, if there is one.

    With `lines` the calibrated lines show, too, until the drawing changes; where it `offers` them with a question.
    """
    face: dict[str, Any] = {}
    lines_over = ""  # Gradio leaves out what is None
    if calibrated:
        face = _curves(calibrated.points * CANVAS / calibrated.sketch.shape[-1])
        lines_over = to_value(_tinted(calibrated)) if lines else ""
    return gr.update(calibrated={"face": face, "lines": lines_over, "offers": offers})


def _curves(points: Floats) -> dict[str, list[list[int]]]:
    """The curves of a face (K, 2) by their names, the oval closed; irises are no curves."""
    places = points.round().astype(int).tolist()
    curves = {name: places[at] for name, at in slices().items() if not name.endswith("iris")}
    return curves | {"oval": [*curves["oval"], curves["oval"][0]]}


def _tinted(calibrated: Calibrated) -> Image.Image:
    """The calibrated lines on nothing."""
    ink, added = ((1 - sheet[0, 0].numpy()) / 2 for sheet in (calibrated.sketch, calibrated.added))
    share = np.clip(added / np.maximum(ink, 1e-3), 0, 1)[..., None]
    colours = share * ADDED + (1 - share) * MOVED
    return Image.fromarray(np.dstack([colours, 255 * ink]).round().astype(np.uint8))
