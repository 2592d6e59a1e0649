"""One training run: its recipe, samples, objective, loop, validation and the mean of runs.

config.py has every number; losses.py every term of the objective; history.py what a run leaves of itself in training.json.
Imports the model, `networks`, `data` and `images`. Only `train.py` and evaluation import it: an installed model needs none of it.
"""
