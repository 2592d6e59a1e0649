"""The running mean follows its definition step by step."""

import pytest
import torch

from sketch2photo.training.ema import running_mean


def test_the_mean_of_step_n_keeps_as_much_of_the_one_before_as_its_decay_says() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    mean = running_mean(model, lambda step: min(0.8, 1 - 1 / (1 + step)))
    expected = None
    for step, value in enumerate([3.0, 5.0, -2.0, 0.5, 8.0, 1.0]):
        torch.nn.init.constant_(model.weight, value)
        mean.update_parameters(model)
        decay = min(0.8, 1 - 1 / (1 + step))
        expected = value if expected is None else decay * expected + (1 - decay) * value
        assert mean.module.weight.item() == pytest.approx(expected)
