"""BicycleGAN's objective (Zhu et al., 2017): both branches of one training step.

With A a sketch, B its photograph, G the generator, E the encoder, z ~ N(0, I):

    cVAE-GAN   mu, logvar = E(B);  z_B = mu + eps exp(logvar / 2);  B' = G(A, z_B)
    cLR-GAN    B~ = G(A, z)

losses.py has every term that is of these, with its formula. Each discriminator learns to tell its branch's fakes from B. G, E and
both discriminators are updated at once from the same pictures, which is the paper's alternation without a second pass.
"""

from collections.abc import Sequence

import torch
from accelerate.utils import reduce
from torch import Tensor, nn
from torch.func import functional_call

from ..model import Sketch2Photo
from ..networks.features import EfficientNetLite, available
from .augment import views
from .config import LossConfig
from .discriminators import FeatureDiscriminator, PatchDiscriminator
from .losses import Maps, Step, Verdict, weighted
from .samples import Sample


class Objective(nn.Module):
    """Model and discriminators, with one forward that gives the loss of them all."""

    def __init__(self, model: Sketch2Photo, config: LossConfig) -> None:
        super().__init__()
        self.z_mean: Tensor
        self.z_square: Tensor
        self.model, self.config = model, config
        self.features = EfficientNetLite("lite0") if config.feature and available("lite0") else None
        self.d_vae, self.d_lr = (
            PatchDiscriminator()
            if self.features is None
            else FeatureDiscriminator(self.features.channels, config.discriminator_width)
            for _ in range(2)
        )
        # Running means of z_B and z_B z_B^T.
        self.register_buffer("z_mean", torch.zeros(model.latent_dim))
        self.register_buffer("z_square", torch.eye(model.latent_dim))

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Parameters of generator and encoder, and of the discriminators."""
        return list(self.model.parameters()), [*self.d_vae.parameters(), *self.d_lr.parameters()]

    def forward(self, sample: Sample, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of step `number`, and its terms unweighted, for a batch of samples.py's samples."""
        sketch, photo, strictness = sample["sketch"], sample["photo"], sample["strictness"]
        mu, logvar = self.model.encode(photo)
        mu, logvar = mu.float(), logvar.float()
        z_photo = mu + sample["eps"] * torch.exp(0.5 * logvar)
        fake_vae, fake_lr = self._generate(sketch, [z_photo, sample["z"]], strictness, sample["trusted"])
        z_mean, z_covariance = self._latent_moments(z_photo)
        features = self._features_of_view([photo, fake_vae, fake_lr], sample["view"])
        real, seen_vae, seen_lr = features if self.features else ([photo], [fake_vae], [fake_lr])
        step = Step(
            config=self.config,
            sketch=sketch,
            photo=photo,
            strictness=strictness,
            trusted=sample["trusted"],
            mu=mu,
            logvar=logvar,
            fake_vae=fake_vae,
            z=sample["z"],
            fake_lr=fake_lr,
            z_again=self._encode_fixed(fake_lr),
            z_mean=z_mean,
            z_covariance=z_covariance,
            features=features[0],
            features_vae=features[1],
            features_lr=features[2],
            verdict_vae=self._verdict(self.d_vae, seen_vae, real),
            verdict_lr=self._verdict(self.d_lr, seen_lr, real),
        )
        return weighted(step, number)

    def _generate(self, sketch: Tensor, latents: Sequence[Tensor], strictness: Tensor, trusted: Tensor) -> list[Tensor]:
        """One photograph of each sketch for each latent, in one pass."""
        photos = self.model(sketch, torch.cat(list(latents)), strictness, trusted)
        return list(photos.float().chunk(len(latents)))

    def _latent_moments(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Running mean (D,) and covariance (D, D) of z (N, D), with the gradient of this batch's share in them."""
        mean, square = z.mean(0), (z[:, :, None] * z[:, None, :]).mean(0)
        with torch.no_grad():
            self.z_mean.lerp_(reduce(mean.detach(), "mean"), self.config.prior_momentum)
            self.z_square.lerp_(reduce(square.detach(), "mean"), self.config.prior_momentum)
        m = self.z_mean + mean - mean.detach()
        return m, self.z_square + square - square.detach() - m[:, None] * m

    def _encode_fixed(self, photo: Tensor) -> Tensor:
        """mu of E with E's parameters as constants: gradients reach the photograph only."""
        fixed = {name: value.detach() for name, value in self.model.encoder.state_dict().items()}
        return functional_call(self.model.encoder, fixed, (photo,))[0].float()

    def _features_of_view(self, pictures: Sequence[Tensor], numbers: Tensor) -> list[Maps]:
        """Feature maps of the same random view of the photograph and of its fakes, with gradients to the fakes alone."""
        if self.features is None:
            return [[] for _ in pictures]
        photo, *fakes = pictures
        size, whole = min(self.config.view_size, photo.shape[-1]), self.config.view_whole
        with torch.autocast(photo.device.type, enabled=False):  # Depthwise convolutions gain nothing from bf16.
            with torch.no_grad():
                real = self.features(views(photo, numbers, size, whole))
            seen = self.features(views(torch.cat(fakes), numbers.repeat(len(fakes), 1), size, whole))
        chunks = [m.chunk(len(fakes)) for m in seen]
        return [real, *([chunk[k] for chunk in chunks] for k in range(len(fakes)))]

    def _verdict(self, discriminator: nn.Module, fake: Maps, real: Maps) -> Verdict:
        fixed = {name: value.detach() for name, value in discriminator.state_dict().items()}
        fooled = functional_call(discriminator, fixed, (fake,))
        both = discriminator([torch.cat([f.detach(), r]) for f, r in zip(fake, real, strict=True)])
        seen, truth = zip(*(logits.float().chunk(2) for logits in both), strict=True)
        return Verdict([logits.float() for logits in fooled], list(seen), list(truth))
