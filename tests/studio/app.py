"""The page as `python -m sketch2photo.studio` serves it, and a button that nobody sees: the elements become what they were at first.

To load the page again takes seconds more. visitor.begin_again clicks it, and does what lies in the browser alone.
"""

from typing import Any

import gradio as gr

from sketch2photo.cli import run
from sketch2photo.studio import __main__ as studio
from sketch2photo.studio import page

AT_FIRST = {  # what changes of elements, by their kinds; whether a button can be clicked follows from the pictures
    gr.Accordion: ["open"],
    gr.Button: ["visible"],
    gr.Checkbox: ["value"],
    gr.CheckboxGroup: ["choices", "value"],
    gr.File: ["value", "visible"],
    gr.HTML: ["value", "calibrated"],
    gr.Image: ["value", "visible"],
    gr.ImageSlider: ["value"],
    gr.JSON: ["value"],
    gr.Number: ["value"],
    gr.Slider: ["value"],
    gr.State: ["value"],
    gr.Textbox: ["value"],
    gr.UploadButton: ["value"],
}
build = page.build


def build_with_beginning(*args: Any) -> gr.Blocks:
    blocks = build(*args)
    changing = [each for each in blocks.blocks.values() if type(each) in AT_FIRST or _changes(each)]

    def begin() -> list[Any]:
        return [_at_first(each) for each in changing]

    with blocks:
        button = gr.Button(elem_id="beginning", visible="hidden")
        button.click(begin, None, changing, api_visibility="private", queue=False, show_progress="hidden")
    return blocks


def _changes(element: Any) -> bool:
    """The hint, and those strips that have no pictures at first."""
    return (isinstance(element, gr.Markdown) and element.parent.elem_id == "hint") or (
        isinstance(element, gr.Gallery) and not element.constructor_args["value"]
    )


def _at_first(element: Any) -> Any:
    given = {"visible": True, "value": None, **element.constructor_args}
    if type(element) is gr.State:
        return given["value"]
    return gr.update(**{name: given[name] for name in AT_FIRST.get(type(element), ["value"])})


if __name__ == "__main__":
    page.build = build_with_beginning
    run(studio.main, "python -m tests.studio.app")
