"""Every number of a training run in one place."""

from dataclasses import dataclass, field
from typing import Any, Literal

Preset = Literal["default", "finish", "classic"]


@dataclass(frozen=True)
class TrainConfig:
    """A recipe. `PRESETS` holds those that exist; each weight's formula is in objective.py."""

    # Model: the arguments of Sketch2Photo.
    model: dict[str, Any] = field(default_factory=dict)

    # Objective
    gan_loss: Literal["hinge", "least-squares"] = "hinge"
    weight_pixel: float = 10.0
    weight_feature: float = 4.0  # 0: no features, and discriminators on patches of the picture
    weight_gan: float = 0.25
    weight_latent: float = 0.25
    weight_kl: float = 0.05
    weight_prior: float = 1.0
    photo_std: float = 0.45  # of photographs' latents, where z has 1
    weight_lines: float = 4.0
    weight_hints: float = 8.0
    weight_variety: float = 0.25
    variety: float = 0.6  # the share of two people's distance that two photographs of one sketch are to have
    weight_checkerboard: float = 10.0
    gan_ramp: int = 600  # steps over which the adversarial weight rises from 0
    view_size: int = 128  # px of the crops that features are taken from

    # Data
    hand: bool = True  # sketches as an unsteady hand draws them, in proportion to 1 - strictness
    photos_share: float = 0.5  # of the samples, where there are pairs and photos
    made_share: float = 0.25  # of the pairs' samples, a made sketch in place of the artist's
    line_share: float = 0.7  # of the made sketches, a line drawing, where the photograph's parts are known
    warp: float = 3.0  # px at 256, displacement of sketch and photo together
    held_out: int = 128  # pairs, at most a tenth, that only validation sees

    # Optimisation
    batch_size: int = 8  # over all processes; each sample goes through both branches
    learning_rate: float = 2e-4
    learning_rate_discriminator: float = 1.4e-4
    betas: tuple[float, float] = (0.0, 0.99)
    warmup: int = 100  # steps
    clip: float = 5.0  # gradient norm
    ema_decay: float = 0.998
    patience: int = 6  # validations without a better score after which the learning rate halves; 0: never
    halvings: int = 3  # of the learning rate; the run stops where another would follow


PRESETS: dict[Preset, TrainConfig] = {
    "default": TrainConfig(),
    # The last hours of a run of the default, resumed, when its validation stands still: discriminators that learn eight times
    # as fast as G see more than chance, and say more. With a weight of 3 they break faces at strictness 0.
    "finish": TrainConfig(weight_gan=1.5, weight_variety=1.5, learning_rate=5e-5, learning_rate_discriminator=4e-4),
    # The first Sketch2Photo as its author trained it.
    "classic": TrainConfig(
        model={"architecture": "classic", "image_size": 128, "channels": (64, 128, 256, 512, 512, 512)},
        gan_loss="least-squares",
        weight_feature=0.0,
        weight_gan=1.0,
        weight_latent=0.6,
        weight_kl=0.02,
        weight_prior=0.0,
        weight_lines=0.0,
        weight_hints=0.0,
        weight_variety=0.0,
        weight_checkerboard=0.0,
        gan_ramp=0,
        hand=False,
        photos_share=0.0,
        made_share=0.0,
        warp=0.0,
        batch_size=16,
        learning_rate=5e-4,
        learning_rate_discriminator=5e-4,
        betas=(0.6, 0.999),
        warmup=0,
        clip=float("inf"),
        ema_decay=0.0,
        patience=0,
    ),
}
