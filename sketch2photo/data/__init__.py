"""Where training pictures come from, and how sketches are made of photographs: everything before a network is involved.

Imports `images` and how drawings and photographs are read; training and evaluation import it, the model and the page do not.
"""
