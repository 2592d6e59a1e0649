"""What is timed beside ours, and the table of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch2photo import Sketch2Photo
from sketch2photo.evaluation.baselines import BicycleUNet
from sketch2photo.evaluation.benchmark import (
    COUNTS,
    Latency,
    contenders,
    floors,
    generator_flops,
    latencies,
    latency_table,
    main,
)
from sketch2photo.evaluation.benchmark_training import step_parts
from sketch2photo.evaluation.peak_memory import in_own_process, peak_memory
from sketch2photo.machine import has_bf16
from sketch2photo.training.config import PRESETS
from tests.programs import SIZES


def test_bicycle_gans_generator_has_its_size_and_listens_to_z() -> None:
    torch.manual_seed(0)
    network = BicycleUNet().eval()
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(54.8e6, rel=1e-3)
    with torch.inference_mode():
        one, other = network(torch.ones(1, 1, 256, 256), torch.randn(2, 8))
    assert one.shape == (3, 256, 256)
    assert not torch.allclose(one, other)


def test_all_are_timed_for_one_photograph_and_for_eight() -> None:
    model = Sketch2Photo(architecture="classic", image_size=64, channels=(8, 16, 16))
    compared = contenders(model)
    assert len(compared) == (8 if has_bf16() else 4)
    assert compared[0].name == "ResNet-50, 224 px, PyTorch fp32"
    assert compared[0].size == "102.2 MB"
    ours = compared[2]
    assert ours.size == f"{2 * sum(p.numel() for p in model.generator.parameters()) / 1e6:.1f} MB"
    assert ours.draw[8]().shape == (8, 3, 64, 64)
    (measured,) = latencies([ours], rounds=1)
    assert all(measured.seconds[n] > 0 for n in COUNTS)


def test_the_floor_is_the_arithmetic_of_the_generator_alone() -> None:
    """Of a convolution of 3 x 3 that is 2 x 9 for each channel in, channel out and pixel; and what the sketch needs is done once."""
    model = Sketch2Photo(image_size=64, **SIZES)
    counted = {n: generator_flops(model, n) for n in COUNTS}
    assert counted[1] < counted[8] < 8 * counted[1]
    convolution = torch.nn.Conv2d(4, 8, 3, padding=1, bias=False)
    model.forward = lambda sketch, z: convolution(torch.zeros(len(z), 4, 16, 16))
    assert generator_flops(model, 2) == 2 * (2 * 9 * 4 * 8 * 16 * 16)
    table = latency_table([Latency("r", "", {1: 0.2, 8: 0.9}), Latency("u", "", {1: 0.4, 8: 1.8})], floors(model, 1))
    last = table.splitlines()[-1]
    assert "GFLOP/s" in last
    assert table.splitlines()[2] == "| r |  | 200 ms | 1.00 | 0.500 | 900 ms | 1.00 | 0.500 |"


def test_the_peak_of_a_process_is_its_own() -> None:
    """And not what the one that started it had in memory by then."""
    held = np.ones(2**27)
    assert in_own_process(peak_memory) < peak_memory() - 0.5
    assert held.nbytes == 2**30


def test_no_rounds_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="--rounds is a number of at least 1, not 0"):
        main(rounds=0)


def test_where_the_time_of_a_training_step_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = PRESETS["default"]
    small = replace(
        recipe,
        model=replace(recipe.model, image_size=64, **SIZES),
        loss=replace(recipe.loss, view_size=32, discriminator_width=8),
        optimization=replace(recipe.optimization, batch_size=2),
    )
    monkeypatch.setitem(PRESETS, "default", small)
    parts = step_parts("default", steps=1)
    assert all(seconds > 0 for seconds in parts.values())
    assert {"samples", "encoder", "generator", "features of views", "discriminators", "optimiser"} < parts.keys()
    assert parts["backward of all"] > parts["encoder"]
