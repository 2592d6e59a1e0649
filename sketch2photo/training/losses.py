"""The terms of the objective, each a function with its formula, in one table: TERMS.

To add a loss, write its function here, give it a line in TERMS, and a weight of the same name in config.py's LossConfig.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..networks.blocks import smoothed
from ..networks.features import feature_distance
from .config import LossConfig

Maps = list[Tensor]


@dataclass(frozen=True)
class Verdict:
    """One discriminator's logits, a map for each depth or scale.

    fooled: of the fakes with the discriminator fixed, so that they move the generator alone.
    fake, real: with the pictures fixed, so that they move the discriminator alone.
    """

    fooled: Maps
    fake: Maps
    real: Maps


@dataclass(frozen=True)
class Step:
    """What both branches of a training step made of N samples: what a term may be of. Pictures are in [-1, 1], D is z's length.

    sketch (N, C, S, S) is A, photo (N, 3, S, S) B, strictness (N,) and trusted (N, 1, S/4, S/4) in [0, 1].
    cVAE-GAN: fake_vae (N, 3, S, S) is B' = G(A, z_B) of z_B = mu + eps exp(logvar / 2), with mu and logvar (N, D) = E(B).
    cLR-GAN: fake_lr (N, 3, S, S) is B~ = G(A, z), z (N, D) from N(0, I); z_again (N, D) is E's mu of B~, which moves G and not E.
    z_mean (D,) and z_covariance (D, D) are those of z_B over all photographs, running, with the gradient of this batch's share.
    features, features_vae, features_lr: of one random view of B, B' and B~, a map for each depth; none without a feature network.
    verdict_vae, verdict_lr: of the discriminators on B' and B~.
    """

    config: LossConfig
    sketch: Tensor
    photo: Tensor
    strictness: Tensor
    trusted: Tensor
    mu: Tensor
    logvar: Tensor
    fake_vae: Tensor
    z: Tensor
    fake_lr: Tensor
    z_again: Tensor
    z_mean: Tensor
    z_covariance: Tensor
    features: Maps
    features_vae: Maps
    features_lr: Maps
    verdict_vae: Verdict
    verdict_lr: Verdict

    @property
    def follow(self) -> Tensor:
        """How much B' must be B to the pixel (N,): where the sketch is only a hint, its lines are not where B's are."""
        return self.config.hint_follow + (1 - self.config.hint_follow) * self.strictness

    @property
    def exact(self) -> Tensor:
        """How exactly the sketch is to be followed in each of its cells (N, 1, S/4, S/4): by strictness, and where it is trusted by 1."""
        strictness = self.strictness[:, None, None, None]
        return strictness + (1 - strictness) * self.trusted


def pixel(step: Step) -> Tensor:
    """follow mean |B' - B| (pix2pix, Isola et al., 2017)."""
    return ((step.fake_vae - step.photo).abs().mean((1, 2, 3)) * step.follow).mean()


def feature(step: Step) -> Tensor:
    """feature_distance(view(B'), view(B)), its finer half times follow (LPIPS, Zhang et al., 2018; networks/features.py)."""
    fine = feature_distance(step.features_vae[:2], step.features[:2])
    return (fine * step.follow + feature_distance(step.features_vae[2:], step.features[2:])).mean()


def kl(step: Step) -> Tensor:
    """KL(N(mu, exp logvar) | N(0, I)) (VAE, Kingma & Welling, 2014)."""
    return 0.5 * (step.mu.square() + step.logvar.exp() - 1 - step.logvar).sum(1).mean()


def prior(step: Step) -> Tensor:
    """KL(N(m, C) | N(0, s^2 I)), m and C of z_B over all photographs, s = photo_std (ELBO surgery, Hoffman & Johnson, 2016).

    Without it the latents that E gives to photographs are correlated and off the centre, so most z from N(0, I), zero among
    them, are none that a photograph ever had, and their pictures fall apart. G's pictures of the latents of two photographs
    differ less than the photographs do, what E cannot say being averaged away; so photographs take the inner part of z's
    distribution (s < 1), and D_LR sees to it that the outer part gives photographs, too.
    """
    wide, covariance = step.config.photo_std**2, step.z_covariance
    square = step.z_mean.square().sum()
    return 0.5 * ((covariance.trace() + square) / wide - len(covariance) - torch.logdet(covariance / wide))


def latent(step: Step) -> Tensor:
    """mean |mu(B~) - z|, which moves G and not E (BicycleGAN, Zhu et al., 2017)."""
    return (step.z_again - step.z).abs().mean()


def lines(step: Step) -> Tensor:
    """misaligned(B~, B) in cells of lines_cell px, as far as they are exact.

    B~ has no photograph that it must equal, so without this z comes to move the eyes and the outline.
    """
    return misaligned(step.fake_lr, step.photo, step.sketch, step.config.lines_cell, step.exact).mean()


def hints(step: Step) -> Tensor:
    """misaligned(B~, B) in cells of hints_cell px, as far as they are not exact.

    Of a hint only the coarse edges count, so that eyes and mouth are somewhere near: with nothing but the discriminators to say
    so, some z had faces without them.
    """
    return misaligned(step.fake_lr, step.photo, step.sketch, step.config.hints_cell, 1 - step.exact).mean()


def variety(step: Step) -> Tensor:
    """strictness max(0, share - distance(B~, B') / distance of two people) (mode seeking, Mao et al., 2019).

    Without this z moves little else than colours. A hint leaves room enough by itself.
    """
    people = feature_distance(step.features, [m.roll(1, 0) for m in step.features]).mean()
    between = feature_distance(step.features_lr, [m.detach() for m in step.features_vae])
    return (F.relu(step.config.variety_share - between / people) * step.strictness).mean()


def checkerboard(step: Step) -> Tensor:
    """checkerboard_amplitude(B~)."""
    return checkerboard_amplitude(step.fake_lr)


def gan_vae(step: Step) -> Tensor:
    """generator_loss(D_VAE(B'))."""
    return generator_loss(step.verdict_vae.fooled, step.config.adversarial)


def gan_lr(step: Step) -> Tensor:
    """generator_loss(D_LR(B~))."""
    return generator_loss(step.verdict_lr.fooled, step.config.adversarial)


def d_vae(step: Step) -> Tensor:
    """discriminator_loss(D_VAE(B), D_VAE(B'))."""
    return discriminator_loss(step.verdict_vae.real, step.verdict_vae.fake, step.config.adversarial)


def d_lr(step: Step) -> Tensor:
    """discriminator_loss(D_LR(B), D_LR(B~))."""
    return discriminator_loss(step.verdict_lr.real, step.verdict_lr.fake, step.config.adversarial)


@dataclass(frozen=True)
class Term:
    """A term of the objective.

    value: the unweighted scalar of a step.
    weight: the field of LossConfig that is its weight; the term's own name where it is "", and 1 where it is None.
    ramped: whether the weight rises from 0 over the first steps, in which a discriminator knows nothing.
    features: whether it is of features, and left out where there is no feature network.
    """

    value: Callable[[Step], Tensor]
    weight: str | None = ""
    ramped: bool = False
    features: bool = False


TERMS: dict[str, Term] = {
    "pixel": Term(pixel),
    "feature": Term(feature, features=True),
    "kl": Term(kl),
    "prior": Term(prior),
    "latent": Term(latent),
    "lines": Term(lines),
    "hints": Term(hints),
    "variety": Term(variety, ramped=True, features=True),
    "checkerboard": Term(checkerboard),
    "gan_vae": Term(gan_vae, weight="gan", ramped=True),
    "gan_lr": Term(gan_lr, weight="gan", ramped=True),
    "d_vae": Term(d_vae, weight=None),
    "d_lr": Term(d_lr, weight=None),
}


def weighted(step: Step, number: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum of all terms in their weights at step `number`, and each unweighted; those whose weight is 0 are left out."""
    config = step.config
    ramp = min(1.0, number / config.ramp) if config.ramp else 1.0
    values: dict[str, Tensor] = {}
    total = []
    for name, term in TERMS.items():
        weight = 1.0 if term.weight is None else float(getattr(config, term.weight or name))
        if weight and (step.features or not term.features):
            values[name] = term.value(step)
            total.append(weight * (ramp if term.ramped else 1.0) * values[name])
    return torch.stack(total).sum(), {name: value.detach() for name, value in values.items()}


# ---- formulas ------------------------------------------------------------------------------------------------------


def generator_loss(fake: Maps, kind: str) -> Tensor:
    """What the logits of fakes cost the generator.

    "hinge": mean -D(fake) (Lim & Ye, 2017); "least-squares": mean (D(fake) - 1)^2, summed over scales (LSGAN, Mao et al., 2017).
    """
    if kind == "hinge":
        return torch.stack([-logits.mean() for logits in fake]).mean()
    return torch.stack([(logits - 1).square().mean() for logits in fake]).sum()


def discriminator_loss(real: Maps, fake: Maps, kind: str) -> Tensor:
    """What the logits of reals and fakes cost the discriminator.

    "hinge": mean max(0, 1 - D(real)) + max(0, 1 + D(fake)); "least-squares": mean (D(real) - 1)^2 + D(fake)^2, summed over scales.
    """
    pairs = zip(real, fake, strict=True)
    if kind == "hinge":
        return torch.stack([F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in pairs]).mean()
    return torch.stack([(r - 1).square().mean() + f.square().mean() for r, f in pairs]).sum()


def checkerboard_amplitude(photo: Tensor) -> Tensor:
    """Mean amplitude of patterns with a period of 2 px in windows of 16 x 16 px of photographs (N, C, H, W).

    Sub-pixel convolution can draw checkerboards and stripes of single pixels and strided feature networks take them for
    texture, so nothing else in the objective minds them. In a real photograph, without its smooth part, the sub-pixels of
    each cell (a b / c d) cancel over a window: a - b - c + d for a checkerboard, a - b + c - d and a + b - c - d for stripes.
    """
    fine = photo - smoothed(photo)
    a, b, c, d = F.pixel_unshuffle(fine, 2).unflatten(1, (-1, 4)).unbind(2)
    patterns = torch.cat([a - b - c + d, a - b + c - d, a + b - c - d], 1) / 4
    return F.avg_pool2d(patterns, 8).abs().mean() * 3


def misaligned(ours: Tensor, photo: Tensor, sketch: Tensor, cell: int, counts: Tensor) -> Tensor:
    """How far the edges of ours, (N, 3, H, W), run across those of the photograph, near the sketch's ink: (N,) in [0, 1].

    What is found in a place counts as much as `counts`, (N, 1, h, w) in [0, 1], says there.

    Mean of counts (1 - (n(a) . n(b))^2) over cells of cell x cell px with n(x) = grad x / sqrt(|grad x|^2 + e^2) of the brightness,
    weighted by |n(b)| and by the darkest ink within two cells (normalised gradient fields, Haber & Modersitzki, 2006). Neither an edge's
    strength nor its sign counts, so light hair may replace dark hair.
    """
    a, b = (_edges(F.avg_pool2d(x.mean(1, keepdim=True), cell)) for x in (ours, photo))
    ink = F.max_pool2d(F.avg_pool2d((1 - sketch.amin(1, keepdim=True)) / 2, cell), 5, 1, 2)[..., 1:-1, 1:-1]
    weight = ink * b.square().sum(1, keepdim=True).sqrt()
    apart = 1 - (a * b).sum(1, keepdim=True).square()
    side = ours.shape[-1] // cell
    counts = F.adaptive_avg_pool2d(counts, side) if counts.shape[-1] > side else F.interpolate(counts, size=side)
    return (weight * apart * counts[..., 1:-1, 1:-1]).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp_min(1e-3)


def _edges(x: Tensor) -> Tensor:
    """Normalised gradient (N, 2, h - 2, w - 2) of pictures (N, 1, h, w) in [-1, 1], by Sobel's smoothed differences."""
    smooth, step = torch.tensor([1.0, 2.0, 1.0]) / 4, torch.tensor([-0.5, 0.0, 0.5])
    kernels = torch.stack([smooth[:, None] * step, step[:, None] * smooth])[:, None]
    gradient = F.conv2d(x, kernels.to(x))
    return gradient / (gradient.square().sum(1, keepdim=True) + 0.03**2).sqrt()  # e: fainter edges than this fade out
