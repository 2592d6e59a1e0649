"""Latents that are drawn to differ."""

import pytest
import torch

from sketch2photo.latents import max_norm, random_latents, spread_latents


@pytest.mark.parametrize("dim", [8, 16])
def test_spread_latents_are_farther_apart_than_random_ones(dim: int) -> None:
    def nearest(z: torch.Tensor) -> float:
        return float(torch.pdist(z).min())

    ratios = []
    for seed in range(20):
        spread, plain = spread_latents(6, dim, seed), random_latents(6, dim, seed)
        assert spread.norm(dim=1).max() <= max_norm(dim) + 1e-4
        ratios.append(nearest(spread) / nearest(plain))
    assert min(ratios) > 1
    assert sum(ratios) > 1.3 * len(ratios)


def test_a_seed_fixes_spread_latents_and_the_first_of_more_are_those_of_fewer() -> None:
    six, sixteen = spread_latents(6, 8, seed=3), spread_latents(16, 8, seed=3)
    assert torch.equal(sixteen[:6], six)
    assert torch.equal(spread_latents(6, 8, seed=3), six)
    assert not torch.equal(spread_latents(6, 8, seed=4), six)
    assert spread_latents(100, 8, seed=0).unique(dim=0).shape == (100, 8)
