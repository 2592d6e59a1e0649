"""The page where people draw faces: `python -m sketch2photo.studio --model DIR_OR_ID`.

`controls` declares the sliders, `messages` has the words, `actions` what the page does, `endpoints` how programs call it, `page` the
layout and what leads to what. Imports the pipeline and what lies below it, nothing of training or evaluation; nothing but
`app.py`, the Space and `hub/build_web.py` imports it.
"""
