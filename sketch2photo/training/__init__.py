"""One training run: its recipe, samples, objective, loop, validation and the mean of runs.

Imports the model, `networks`, `data` and `images`. Only `train.py` and evaluation import it: an installed model needs none of it.
"""
