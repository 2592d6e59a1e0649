"""What the programs that tests start import: the process that they are forked from has it all (tests/programs.py)."""

import torch._dynamo  # which the first optimiser imports
import torch.utils.tensorboard

import sketch2photo.training.trainer
import train
from sketch2photo.studio.serve import fast_imports

with fast_imports():
    import sketch2photo.studio.page

__all__ = ["sketch2photo", "torch", "train"]
