"""BicycleGAN's objective (Zhu et al., 2017): both branches of one training step, every term with its formula.

With A a sketch, B its photograph, G the generator, E the encoder, z ~ N(0, I):

    cVAE-GAN   mu, logvar = E(B);  z_B = mu + eps exp(logvar / 2);  B' = G(A, z_B)
      pixel    weight_pixel    mean |B' - B|                                 (pix2pix, Isola et al., 2017)
      feature  weight_feature  feature_distance(view(B'), view(B))           (LPIPS, Zhang et al., 2018; features.py)
      gan_vae  weight_gan      adversarial(D_VAE(B'))
      kl       weight_kl       KL(N(mu, exp logvar) | N(0, I))               (VAE, Kingma & Welling, 2014)
      prior    weight_prior    KL(N(m, C) | N(0, s^2 I)), m and C of z_B over all photographs, s = photo_std   (ELBO surgery,
                               Hoffman & Johnson, 2016)
    cLR-GAN    B~ = G(A, z)
      gan_lr   weight_gan      adversarial(D_LR(B~))
      latent   weight_latent   mean |mu(B~) - z|, which moves G and not E
      lines    weight_lines    strictness misaligned(B~, B), at 1/2 resolution near A's ink
                               (normalised gradient fields, Haber & Modersitzki, 2006)
      hints    weight_hints    (1 - strictness) misaligned(B~, B), at 1/8 resolution near A's ink
      variety  weight_variety  strictness max(0, share - distance(B~, B') / distance of two people)   (mode seeking, Mao et al., 2019)
      checkerboard  weight_checkerboard  checkerboard(B~)

Without `prior` the latents that E gives to photographs are correlated and off the centre, so most z from N(0, I), zero among
them, are none that a photograph ever had, and their pictures fall apart. `lines` and `variety` share z's work out: B~ has no
photograph that it must equal, so without the first z comes to move the eyes and the outline, and without the second it moves
little else than colours. Where the sketch is only a hint, it leaves room enough by itself. G's pictures of the latents of two
photographs differ less than the photographs do, what E cannot say being averaged away; so photographs take the inner part of
z's distribution (s < 1), and D_LR sees to it that the outer part gives photographs, too.

Each discriminator learns to tell its branch's fakes from B; adversarial is the hinge loss (Lim & Ye, 2017) or least
squares (LSGAN, Mao et al., 2017). G, E and both discriminators are updated at once from the same pictures, which is the
paper's alternation without a second pass. Where a sketch is only a hint (strictness 0), its lines are not where B's are: pixel and
the finer half of feature count for a quarter, and of B's edges only the coarse ones, so that eyes and mouth are somewhere near
(with nothing but the discriminators to say so, some z had faces without them). variety does not count there.
"""

from collections.abc import Sequence

import torch
from accelerate.utils import reduce
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from ..model import Sketch2Photo
from ..networks.blocks import smoothed
from ..networks.features import EfficientNetLite, available, feature_distance
from .augment import views
from .config import TrainConfig
from .discriminators import FeatureDiscriminator, PatchDiscriminator
from .samples import Sample


class Objective(nn.Module):
    """Model and discriminators, with one forward that gives the loss of them all."""

    def __init__(self, model: Sketch2Photo, config: TrainConfig) -> None:
        super().__init__()
        self.z_mean: Tensor
        self.z_square: Tensor
        self.model, self.config = model, config
        self.features = EfficientNetLite("lite0") if config.weight_feature and available("lite0") else None
        self.d_vae, self.d_lr = (
            PatchDiscriminator() if self.features is None else FeatureDiscriminator(self.features.channels)
            for _ in range(2)
        )
        # Running means of z_B and z_B z_B^T.
        self.register_buffer("z_mean", torch.zeros(model.latent_dim))
        self.register_buffer("z_square", torch.eye(model.latent_dim))

    def learned(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Parameters of generator and encoder, and of the discriminators."""
        return list(self.model.parameters()), [*self.d_vae.parameters(), *self.d_lr.parameters()]

    def forward(self, sample: Sample, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The step's loss, and its terms unweighted, for a batch of samples.py's samples."""
        config, sketch, photo, strictness = self.config, sample["sketch"], sample["photo"], sample["strictness"]
        mu, logvar = self.model.encode(photo)
        mu, logvar = mu.float(), logvar.float()
        z_photo = mu + sample["eps"] * torch.exp(0.5 * logvar)
        fake_vae, fake_lr = self._generate(sketch, [z_photo, sample["z"]], strictness)

        follow = 0.25 + 0.75 * strictness
        terms = {
            "pixel": ((fake_vae - photo).abs().mean((1, 2, 3)) * follow).mean(),
            "kl": 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean(),
            "latent": (self._encode_fixed(fake_lr) - sample["z"]).abs().mean(),
        }
        if config.weight_prior:
            terms["prior"] = self._aggregate_kl(z_photo)
        if config.weight_checkerboard:
            terms["checkerboard"] = checkerboard(fake_lr)
        if config.weight_lines:
            terms["lines"] = (misaligned(fake_lr, photo, sketch, 2) * strictness).mean()
        if config.weight_hints:
            terms["hints"] = (misaligned(fake_lr, photo, sketch, 8) * (1 - strictness)).mean()
        real, seen_vae, seen_lr = self._seen(photo, fake_vae, fake_lr, sample["view"])
        if self.features is not None:
            fine = feature_distance(seen_vae[:2], real[:2])
            terms["feature"] = (fine * follow + feature_distance(seen_vae[2:], real[2:])).mean()
            if config.weight_variety:
                people = feature_distance(real, [m.roll(1, 0) for m in real]).mean()
                between = feature_distance(seen_lr, [m.detach() for m in seen_vae])
                terms["variety"] = (F.relu(config.variety - between / people) * strictness).mean()
        for name, discriminator, seen in (("vae", self.d_vae, seen_vae), ("lr", self.d_lr, seen_lr)):
            judged, guess, truth = self._judge(discriminator, seen, real)
            terms[f"gan_{name}"] = self._fool(judged)
            terms[f"d_{name}"] = self._tell(truth, guess)

        ramp = min(1.0, step / config.gan_ramp) if config.gan_ramp else 1.0
        weights = {
            "pixel": config.weight_pixel,
            "feature": config.weight_feature,
            "kl": config.weight_kl,
            "latent": config.weight_latent,
            "prior": config.weight_prior,
            "lines": config.weight_lines,
            "hints": config.weight_hints,
            "variety": config.weight_variety * ramp,
            "checkerboard": config.weight_checkerboard,
            "gan_vae": config.weight_gan * ramp,
            "gan_lr": config.weight_gan * ramp,
            "d_vae": 1.0,
            "d_lr": 1.0,
        }
        loss = torch.stack([weights[name] * value for name, value in terms.items()]).sum()
        return loss, {name: value.detach() for name, value in terms.items()}

    def _generate(self, sketch: Tensor, latents: Sequence[Tensor], strictness: Tensor) -> list[Tensor]:
        """One photograph of each sketch for each latent, in one pass."""
        photos = self.model(sketch, torch.cat(list(latents)), strictness.repeat(len(latents)))
        return list(photos.float().chunk(len(latents)))

    def _aggregate_kl(self, z: Tensor) -> Tensor:
        """KL(N(m, C) | N(0, s^2 I)) at the running mean and covariance of z (N, D), with the gradient of this batch's share in them."""
        mean, square = z.mean(0), (z[:, :, None] * z[:, None, :]).mean(0)
        with torch.no_grad():
            self.z_mean.lerp_(reduce(mean.detach(), "mean"), 0.005)
            self.z_square.lerp_(reduce(square.detach(), "mean"), 0.005)
        m = self.z_mean + mean - mean.detach()
        c = self.z_square + square - square.detach() - m[:, None] * m
        wide = self.config.photo_std**2
        return 0.5 * ((c.trace() + m.square().sum()) / wide - len(m) - torch.logdet(c / wide))

    def _encode_fixed(self, photo: Tensor) -> Tensor:
        """mu of E with E's parameters as constants: gradients reach the photograph only."""
        fixed = {name: value.detach() for name, value in self.model.encoder.state_dict().items()}
        return functional_call(self.model.encoder, fixed, (photo,))[0].float()

    def _seen(self, photo: Tensor, fake_vae: Tensor, fake_lr: Tensor, numbers: Tensor) -> list[list[Tensor]]:
        """What is compared, of B, B' and B~: features of the same random view, or the pictures themselves."""
        if self.features is None:
            return [[photo], [fake_vae], [fake_lr]]
        size = min(self.config.view_size, photo.shape[-1])
        with torch.autocast(photo.device.type, enabled=False):  # Depthwise convolutions gain nothing from bf16.
            with torch.no_grad():
                real = self.features(views(photo, numbers, size))
            fakes = self.features(views(torch.cat([fake_vae, fake_lr]), numbers.repeat(2, 1), size))
        halves = [m.chunk(2) for m in fakes]
        return [real, [a for a, _ in halves], [b for _, b in halves]]

    def _judge(
        self, discriminator: nn.Module, fake: list[Tensor], real: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Logits of the fakes with the discriminator fixed (for G), and of fakes and reals with the pictures fixed (for D)."""
        fixed = {name: value.detach() for name, value in discriminator.state_dict().items()}
        judged = functional_call(discriminator, fixed, (fake,))
        both = discriminator([torch.cat([f.detach(), r]) for f, r in zip(fake, real, strict=True)])
        guess, truth = zip(*(logits.float().chunk(2) for logits in both), strict=True)
        return [logits.float() for logits in judged], list(guess), list(truth)

    def _fool(self, fake: list[Tensor]) -> Tensor:
        if self.config.gan_loss == "hinge":
            return torch.stack([-logits.mean() for logits in fake]).mean()
        return torch.stack([(logits - 1).square().mean() for logits in fake]).sum()

    def _tell(self, real: list[Tensor], fake: list[Tensor]) -> Tensor:
        if self.config.gan_loss == "hinge":
            return torch.stack(
                [F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real, fake, strict=True)]
            ).mean()
        return torch.stack([(r - 1).square().mean() + f.square().mean() for r, f in zip(real, fake, strict=True)]).sum()


def checkerboard(photo: Tensor) -> Tensor:
    """Mean amplitude of patterns with a period of 2 px in windows of 16 x 16 px of photographs (N, C, H, W).

    Sub-pixel convolution can draw checkerboards and stripes of single pixels and strided feature networks take them for
    texture, so nothing else in the objective minds them. In a real photograph, without its smooth part, the sub-pixels of
    each cell (a b / c d) cancel over a window: a - b - c + d for a checkerboard, a - b + c - d and a + b - c - d for stripes.
    """
    fine = photo - smoothed(photo)
    a, b, c, d = F.pixel_unshuffle(fine, 2).unflatten(1, (-1, 4)).unbind(2)
    patterns = torch.cat([a - b - c + d, a - b + c - d, a + b - c - d], 1) / 4
    return F.avg_pool2d(patterns, 8).abs().mean() * 3


def misaligned(ours: Tensor, photo: Tensor, sketch: Tensor, cell: int) -> Tensor:
    """How far the edges of ours, (N, 3, H, W), run across those of the photograph, near the sketch's ink: (N,) in [0, 1].

    Mean of 1 - (n(a) . n(b))^2 over cells of cell x cell px with n(x) = grad x / sqrt(|grad x|^2 + e^2) of the brightness, weighted by
    |n(b)| and by the darkest ink within two cells. Neither an edge's strength nor its sign counts, so light hair may replace dark hair.
    """
    a, b = (_edges(F.avg_pool2d(x.mean(1, keepdim=True), cell)) for x in (ours, photo))
    ink = F.max_pool2d(F.avg_pool2d((1 - sketch) / 2, cell), 5, 1, 2)[..., 1:-1, 1:-1]
    weight = ink * b.square().sum(1, keepdim=True).sqrt()
    apart = 1 - (a * b).sum(1, keepdim=True).square()
    return (weight * apart).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp_min(1e-3)


def _edges(x: Tensor) -> Tensor:
    """Normalised gradient (N, 2, h - 2, w - 2) of pictures (N, 1, h, w) in [-1, 1], by Sobel's smoothed differences."""
    smooth, step = torch.tensor([1.0, 2.0, 1.0]) / 4, torch.tensor([-0.5, 0.0, 0.5])
    kernels = torch.stack([smooth[:, None] * step, step[:, None] * smooth])[:, None]
    gradient = F.conv2d(x, kernels.to(x))
    return gradient / (gradient.square().sum(1, keepdim=True) + 0.03**2).sqrt()
