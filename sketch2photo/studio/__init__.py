"""The page: a sketchpad, photographs of what is drawn on it, and what chooses between them.

Imports the pipeline, `latents`, `images` and `preprocess`. Only `app.py` and the Space import it.
"""
