"""The page where people draw faces: `python -m sketch2photo.studio --model DIR_OR_ID`, or `page.mount` in an app of one's own.

`controls` declares the sliders, `messages` has the words, `actions` what the page does, `endpoints` how Gradio calls it and
`programs` how programs do, `page` the layout and what leads to what, `serve` starts it. Imports the pipeline and what lies below
it, nothing of training or evaluation; nothing but `app.py`, the Space and `hub/build_web.py` imports it: the last only what needs
no Gradio.
"""

from pathlib import Path

# Of both pages, this one and hub/web.
SHARED = [
    Path(__file__).with_name(name)
    for name in ("shared.css", "card.js", "ends.js", "frame.js", "reasons.js", "sheet.js", "twice.js")
]
