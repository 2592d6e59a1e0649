"""The objective's terms, and what each of them moves."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from sketch2photo import Sketch2Photo
from sketch2photo.training.augment import VIEW_NUMBERS
from sketch2photo.training.config import PRESETS, LossConfig
from sketch2photo.training.losses import (
    TERMS,
    Term,
    checkerboard_amplitude,
    discriminator_loss,
    generator_loss,
    misaligned,
)
from sketch2photo.training.losses import prior as prior_loss
from sketch2photo.training.objective import Objective


def batch(count: int = 3, size: int = 64, latent_dim: int = 8) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "sketch": torch.rand(count, 1, size, size, generator=generator) * 2 - 1,
        "photo": torch.rand(count, 3, size, size, generator=generator) * 2 - 1,
        "strictness": torch.ones(count),
        "trusted": torch.zeros(count, 1, size // 4, size // 4),
        "z": torch.randn(count, latent_dim, generator=generator),
        "eps": torch.randn(count, latent_dim, generator=generator),
        "view": torch.rand(count, VIEW_NUMBERS, generator=generator),
    }


def objective(**changes: float) -> Objective:
    torch.manual_seed(0)
    model = Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1), head=8)
    return Objective(model, LossConfig(ramp=0, **changes)).train()


EVERYWHERE = torch.ones(1, 1, 16, 16)
NOTHING = dict.fromkeys(("pixel", "gan", "latent", "kl", "checkerboard", "prior", "lines", "hints", "variety"), 0.0)


def moved(part: torch.nn.Module) -> bool:
    return any(p.grad is not None and p.grad.abs().max() > 1e-8 for p in part.parameters())


def only(term: str) -> Objective:
    whole, sample = objective(**NOTHING | {"feature": 1e-12} | {term: 1.0}), batch()
    sample["strictness"] = torch.full((3,), 0.5)
    loss, terms = whole(sample, 0)
    (loss - terms["d_vae"] - terms["d_lr"]).backward()
    return whole


def test_every_term_is_there_and_the_loss_is_their_weighted_sum() -> None:
    whole = objective()
    loss, terms = whole(batch(), 0)
    c = whole.config
    weights = {
        "pixel": c.pixel, "feature": c.feature, "kl": c.kl, "latent": c.latent, "prior": c.prior, "lines": c.lines,
        "hints": c.hints, "variety": c.variety, "checkerboard": c.checkerboard, "gan_vae": c.gan, "gan_lr": c.gan,
        "d_vae": 1, "d_lr": 1,
    }  # fmt: skip
    assert terms.keys() == weights.keys()
    assert loss.item() == pytest.approx(sum(weights[name] * value.item() for name, value in terms.items()), rel=1e-4)


def test_a_batch_has_the_terms_that_it_always_had() -> None:
    """Numbers from before the terms had a file of their own: a loss that is only moved or renamed stays what it is."""
    sample = batch() | {"strictness": torch.tensor([1.0, 0.4, 0.0])}
    expected = {
        "pixel": 0.328989, "feature": 2.13576, "kl": 0.003712, "prior": 9.383568, "latent": 0.870388, "lines": 0.31365,
        "hints": 0.471885, "variety": 0.276449, "checkerboard": 0.00646, "gan_vae": -0.018469, "gan_lr": -0.017483,
        "d_vae": 2.027869, "d_lr": 1.972064,
    }  # fmt: skip
    loss, terms = objective()(sample, 0)
    assert {name: value.item() for name, value in terms.items()} == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert loss.item() == pytest.approx(30.5886, rel=1e-4)


def test_a_loss_is_added_by_a_function_and_a_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class More(LossConfig):
        darkness: float = 3.0

    model, sample = objective().model, batch()
    nothing = NOTHING | {"feature": 0.0}
    without, with_it = Objective(model, LossConfig(ramp=0, **nothing)), Objective(model, More(ramp=0, **nothing))
    with_it.load_state_dict(without.state_dict())
    before, _ = without.eval()(sample, 0)
    monkeypatch.setitem(TERMS, "darkness", Term(lambda step: -step.fake_lr.mean()))
    loss, terms = with_it.eval()(sample, 0)
    assert terms["darkness"].item() == pytest.approx(-model(sample["sketch"], sample["z"]).mean().item(), abs=1e-5)
    assert loss.item() == pytest.approx(before.item() + 3 * terms["darkness"].item(), abs=1e-4)


def test_gan_and_variety_rise_over_the_first_steps() -> None:
    whole, sample = objective(), batch()
    whole.config = LossConfig(ramp=10)
    start, end = (whole(sample, number) for number in (0, 10))
    ramped = sum(
        getattr(whole.config, TERMS[n].weight or n) * end[1][n].item() for n in ("gan_vae", "gan_lr", "variety")
    )
    moving = whole.config.prior * (end[1]["prior"] - start[1]["prior"]).item()  # its moments run with each step
    assert (end[0] - start[0]).item() == pytest.approx(ramped + moving, abs=2e-3)


def test_the_latent_term_moves_the_generator_and_not_the_encoder() -> None:
    whole = only("latent")
    assert moved(whole.model.generator)
    assert not moved(whole.model.encoder)


def test_the_pixel_term_moves_both_generator_and_encoder() -> None:
    whole = only("pixel")
    assert moved(whole.model.generator)
    assert moved(whole.model.encoder)


def test_kl_moves_the_encoder_alone_and_is_the_closed_form() -> None:
    whole = only("kl")
    assert moved(whole.model.encoder)
    assert all(p.grad is None or p.grad.abs().max() < 1e-6 for p in whole.model.generator.parameters())
    sample = batch()
    mu, logvar = whole.model.encode(sample["photo"])
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mu, (0.5 * logvar).exp()), normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(whole(sample, 0)[1]["kl"], expected.detach(), rtol=1e-4, atol=1e-5)


def test_the_prior_term_is_the_closed_form_of_all_latents_and_centres_and_decorrelates_them() -> None:
    whole = only("prior")
    assert moved(whole.model.encoder)
    assert not moved(whole.model.generator)

    whole = objective()
    generator = torch.Generator().manual_seed(0)
    offset, mixing = torch.linspace(-1, 1, 8).requires_grad_(), torch.eye(8).add(0.3).requires_grad_()
    optimizer = torch.optim.Adam([offset, mixing], 3e-3)

    def latents(count: int) -> torch.Tensor:
        return torch.randn(count, 8, generator=generator) @ mixing + offset

    def aggregate_kl(z: torch.Tensor) -> torch.Tensor:
        z_mean, z_covariance = whole._latent_moments(z)
        return prior_loss(SimpleNamespace(config=whole.config, z_mean=z_mean, z_covariance=z_covariance))

    def far() -> float:
        z = latents(4000).detach().double()
        given = torch.distributions.MultivariateNormal(z.mean(0), torch.cov(z.T))
        inner = whole.config.photo_std**2 * torch.eye(8).double()
        wanted = torch.distributions.MultivariateNormal(torch.zeros(8).double(), inner)
        return torch.distributions.kl_divergence(given, wanted).item()

    start = far()
    with torch.no_grad():
        for _ in range(1500):
            measured = aggregate_kl(latents(8)).item()
    assert measured == pytest.approx(start, rel=0.2)
    for _ in range(1500):
        optimizer.zero_grad()
        aggregate_kl(latents(8)).backward()
        optimizer.step()
    assert far() < 0.1 * start


def test_lines_hints_and_variety_move_the_generator_alone() -> None:
    for term in ("lines", "hints", "variety"):
        whole = only(term)
        assert moved(whole.model.generator), term
        assert not moved(whole.model.encoder), term


def disc(across: float, colour: float) -> torch.Tensor:
    """A photograph (1, 3, 64, 64) of a disc of radius 12 px."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    inside = torch.sigmoid(12 - ((x - across).square() + (y - 32).square()).sqrt())
    return (colour * (2 * inside - 1)).expand(1, 3, 64, 64)


def test_misaligned_minds_where_the_edges_are_and_not_their_colours() -> None:
    photo = disc(32, 0.8)
    ring = ((photo[:, :1].abs() < 0.5).float() * -2 + 1).contiguous()
    same, inverted, moved_aside = (
        misaligned(x, photo, ring, 2, EVERYWHERE).item() for x in (photo, disc(32, -0.6), disc(38, 0.8))
    )
    assert same < 0.25
    assert inverted < 0.3
    assert moved_aside > 2 * max(same, inverted)
    assert misaligned(photo, photo, torch.ones(1, 1, 64, 64), 2, EVERYWHERE).item() == 0  # no ink, nothing to follow
    aside, above = disc(38, 0.8), torch.cat([torch.ones(1, 1, 8, 16), torch.zeros(1, 1, 8, 16)], 2)
    halves = [misaligned(aside, photo, ring, 2, where).item() for where in (above, 1 - above)]
    assert sum(halves) == pytest.approx(moved_aside, rel=1e-4)
    assert min(halves) > 0.3 * moved_aside


def test_where_the_sketch_is_a_hint_edges_may_be_near_but_not_missing() -> None:
    photo = disc(32, 0.8)
    ring = ((photo[:, :1].abs() < 0.5).float() * -2 + 1).contiguous()
    same, near, missing = (
        misaligned(x, photo, ring, 8, EVERYWHERE).item() for x in (photo, disc(35, 0.8), disc(32, 0))
    )
    assert near - same < 0.2 * (missing - same)
    assert missing > 0.95

    whole, sample = objective(), batch()
    for strictness, cell, counts, does_not in ((1.0, 2, "lines", "hints"), (0.0, 8, "hints", "lines")):
        sample["strictness"] = torch.full((3,), strictness)
        _, terms = whole(sample, 0)
        with torch.no_grad():
            apart = misaligned(
                whole.model(sample["sketch"], sample["z"], strictness),
                sample["photo"],
                sample["sketch"],
                cell,
                EVERYWHERE,
            )
        assert terms[counts].item() == pytest.approx(apart.mean().item(), rel=1e-3)
        assert terms[does_not].item() == 0
    sample["trusted"] = torch.ones_like(sample["trusted"])
    _, terms = whole(sample, 0)
    assert terms["lines"].item() > 0 and terms["hints"].item() == 0, "at strictness 0, where all is trusted"


def test_the_adversarial_term_of_the_generator_does_not_move_the_discriminators() -> None:
    whole = objective()
    for name, fixed in (("d_vae", whole.d_vae), ("d_lr", whole.d_lr)):
        whole.zero_grad()
        maps = [torch.randn(2, c, 4, 4, requires_grad=True) for c in whole.features.channels]
        verdict = whole._verdict(fixed, maps, [m.detach() for m in maps])
        generator_loss(verdict.fooled, "hinge").backward()
        assert not moved(fixed), name
        assert all(m.grad is not None for m in maps)
        gradients = [m.grad.clone() for m in maps]
        discriminator_loss(verdict.real, verdict.fake, "hinge").backward()
        assert moved(fixed), name
        assert all(torch.equal(m.grad, g) for m, g in zip(maps, gradients, strict=True)), "pictures stay where they are"


def test_a_hint_relaxes_the_pixel_term() -> None:
    strict, loose = batch(), batch()
    loose["strictness"] = torch.zeros(3)
    whole = objective().eval()
    with torch.no_grad():
        whole.model.generator.mapping[0].weight[:, -1] = 0  # the same pictures at both
        for path in (*whole.model.generator.skip[:-1], whole.model.generator.head_sketch):
            path.weight.zero_()
            path.bias.zero_()
    assert whole(loose, 0)[1]["pixel"].item() == pytest.approx(0.25 * whole(strict, 0)[1]["pixel"].item(), rel=1e-3)


def test_checkerboard_sees_checkerboards_and_stripes_and_nothing_else() -> None:
    rows, columns = torch.arange(64.0)[:, None], torch.arange(64.0)
    board = (0.2 * (-1) ** (rows + columns)).expand(1, 3, 64, 64)
    smooth = torch.sin(rows / 5) * torch.cos(columns / 7).expand(1, 3, 64, 64)
    ramp = ((rows + 2 * columns) / 192).expand(1, 3, 64, 64)
    grain = 0.2 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    stripes = (0.2 * (-1) ** columns).expand(1, 3, 64, 64)
    assert checkerboard_amplitude(board).item() == pytest.approx(0.2, rel=0.1)
    assert checkerboard_amplitude(stripes).item() == pytest.approx(0.2, rel=0.1)
    assert checkerboard_amplitude(smooth) < 0.01
    assert checkerboard_amplitude(ramp) < 0.002
    assert checkerboard_amplitude(grain) < 0.04


def test_classic_has_the_terms_of_its_author() -> None:
    torch.manual_seed(0)
    recipe = PRESETS["classic"]
    model = Sketch2Photo(**recipe.model.arguments() | {"image_size": 64})
    whole = Objective(model, recipe.loss).train()
    loss, terms = whole(batch(), 0)
    assert terms.keys() == {"pixel", "kl", "latent", "gan_vae", "gan_lr", "d_vae", "d_lr"}
    assert torch.isfinite(loss)
    assert (recipe.loss.pixel, recipe.loss.latent, recipe.loss.kl) == (10, 0.6, 0.02)
