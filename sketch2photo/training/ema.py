"""The running mean of the weights, which is what training validates and saves."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def running_mean(model: nn.Module, decay: Callable[[float], float]) -> AveragedModel:
    """A model whose parameters are the exponential moving average (EMA) of another's, after each of its `update_parameters`.

    Args:
        model: whose parameters are averaged; its copy, at first equal to it, is `module`.
        decay: of step n, from 1 on, how much of the mean so far remains; before, at step 0, nothing does.
    """

    def average(means: Sequence[Tensor], parameters: Sequence[Tensor], step: Any) -> None:
        torch._foreach_lerp_(list(means), list(parameters), 1 - decay(float(step)))

    return AveragedModel(model, multi_avg_fn=average)
