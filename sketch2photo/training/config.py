"""Every number of a training run in one place: a recipe, and the presets.

Each can be set on the command line, as `python train.py --loss.variety 1.5`, and is kept in the run's training.json (history.py).
Lengths in px are at 256 px and scaled to the model's pictures.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from tyro.conf import arg

from ..images import Polarity
from ..model import Framing

Preset = Literal["default", "finish", "classic"]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Range = tuple[Positive, Positive]

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class ModelConfig:
    """The arguments of Sketch2Photo. None is the architecture's own default; a run that starts from weights has theirs."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    # a name in networks.ARCHITECTURES
    architecture: str = "modulated"
    # px, side of the pictures
    image_size: Annotated[int, arg(aliases=["--image-size"])] = 256
    # numbers of z
    latent_dim: int = 8
    # channels of each generator level, from the finest
    channels: tuple[int, ...] | None = None
    # residual blocks of each level
    blocks: tuple[int, ...] | None = None
    # channels of the stage at half resolution
    head: int | None = None
    # width of the network that z and strictness pass through
    mapping: int | None = None
    # 3 where sketches are coloured, 1 where they are not or their colours do not count; by default what the pairs' are
    sketch_channels: Literal[1, 3] | None = None
    # dark_on_light: sketches are lines, and light ones on dark are inverted; as_drawn: grey values that mean something
    polarity: Polarity | None = None
    # face: a calibrator frames drawings, that of the weights to begin with; whole: they are seen as they are, shoes say. By default
    # as with the weights to begin with, and whole without any
    framing: Framing | None = None

    def arguments(self) -> dict[str, Any]:
        """Those that are given."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Techniques:
    """The odds of each technique of data/photo_to_sketch.py, where a sketch is made of a photograph and is no line drawing."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    # extended difference of Gaussians, the most like a pencil
    xdog: Weight = 0.4
    # colour dodge, with shades
    dodge: Weight = 0.2
    # one-pixel edges
    canny: Weight = 0.15
    # few sure contours
    contours: Weight = 0.25


@dataclass(frozen=True)
class DataConfig:
    """What samples are made of."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    # items of the first source, at most a tenth of it, that only validation sees
    held_out: Annotated[int, Field(ge=1)] = 128
    # of the samples that are photographs, where there are pairs, too
    photos_share: Share = 0.5
    # of the pairs' samples that have a made sketch in place of the artist's: the data know few artists, and people are many
    made_share: Share = 0.25
    # of the made sketches that are line drawings, where the photograph's landmarks are known
    line_share: Share = 0.7
    # of the photographs whose landmarks are known that have a bad drawing, calibrated, for a sketch; where there is a calibrator
    calibrated_share: Share = 0.0
    # of the line drawings below strictness 1 whose features are exact and trusted, as calibration leaves them
    exact_share: Share = 0.0
    # of the other made sketches that show what is behind the person, too; people mostly draw the face alone
    background_share: Share = 0.3
    techniques: Techniques = Techniques()
    # sketches as an unsteady hand draws them, in proportion to 1 - strictness; without, all are at strictness 1
    by_hand: bool = True
    # of the samples at strictness 1; both ends are what people choose most
    strict_share: Share = 1 / 3
    # of the samples at strictness 0; the rest lies evenly between
    hint_share: Share = 1 / 6
    # of the random z that have one number anywhere up to a slider's ends, so that photographs there are believable, too
    slider_share: Share = 0.0
    # of the hands that are as steady as strictness says; the rest is steadier, since who draws well may want a hint, too
    steady_share: Share = 0.65
    # px (rms) by which a smooth field displaces sketch and photo together; 0: no zoom, turn and shift, either
    warp: Weight = 3.0
    # degrees at most by which they are turned to either side
    turn: Weight = 6.0
    # px at most by which they are shifted along each side
    shift: Weight = 6.0
    # by which pairs are zoomed, from and to; they are framed as training wants them
    zoom_pairs: Range = (0.98, 1.08)
    # the same for photographs alone, which are framed wider, and what people draw wider still
    zoom_photos: Range = (0.86, 1.12)


@dataclass(frozen=True)
class LossConfig:
    """Weights of the terms in losses.py, by their names there (0 leaves a term out), and below them the terms' own numbers."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    # of B' = B to the pixel
    pixel: Weight = 10.0
    # of B' = B in a network's features; 0: no feature network, and discriminators on patches of the picture
    feature: Weight = 4.0
    # of both discriminators' verdicts
    gan: Weight = 0.25
    # of finding z again in B~
    latent: Weight = 0.25
    # of each photograph's latents being N(0, I): little, as it costs reconstruction
    kl: Weight = 0.05
    # of all photographs' latents together being N(0, photo_std^2 I)
    prior: Weight = 1.0
    # of edges where the sketch has them, at strictness 1
    lines: Weight = 4.0
    # of coarse edges near where the sketch has them, at strictness 0
    hints: Weight = 8.0
    # of two photographs of one sketch differing
    variety: Weight = 0.25
    # of no patterns of single pixels
    checkerboard: Weight = 10.0

    # of the discriminators' verdicts
    adversarial: Literal["hinge", "least-squares"] = "hinge"
    # steps over which the weights of gan and variety rise from 0: at first neither has anything to say
    ramp: Count = 600
    # what pixel and the finer half of feature count for at strictness 0, where the sketch's lines are not where the photo's are
    hint_follow: Share = 0.25
    # of photographs' latents, where z has 1, so that random z reach as far as photographs differ
    photo_std: Positive = 0.45
    # a step's share in the running moments of photographs' latents
    prior_momentum: Share = 0.005
    # px of the picture, side of the cells whose edges lines compares
    lines_cell: Annotated[int, Field(ge=1)] = 2
    # px of the picture, the same for hints
    hints_cell: Annotated[int, Field(ge=1)] = 8
    # of two people's distance, which two photographs of one sketch are to have; more asks for bruises
    variety_share: Share = 0.6
    # px of the picture, side of the views that features are taken from: half of it, since features cost the most
    view_size: Annotated[int, Field(ge=32)] = 128
    # of the views that show the whole picture, the others being parts of it in more detail
    view_whole: Share = 0.5
    # channels of the discriminators on features
    discriminator_width: Annotated[int, Field(ge=1, le=1024)] = 64


@dataclass(frozen=True)
class OptimizationConfig:
    """Adam, its schedule, and the mean of the weights that is published."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    # samples a step, over all processes; each goes through both branches
    batch_size: Annotated[int, arg(aliases=["--batch-size"]), Field(ge=1, le=2**16)] = 8
    # of generator and encoder
    learning_rate: Annotated[float, arg(aliases=["--learning-rate"]), Field(gt=0)] = 2e-4
    # the discriminators' learning rate, as a multiple of that
    discriminator_rate: Positive = 0.7
    # Adam's; no momentum, since in a game the slope turns with the other side's steps
    betas: tuple[Share, Share] = (0.0, 0.99)
    # largest norm of the gradient; 0: any
    clip: Weight = 5.0
    # steps over which the learning rate rises
    warmup: Count = 100
    # validations without a better score after which the learning rate halves; 0: never
    patience: Count = 6
    # of the learning rate; the run stops where another would follow
    halvings: Count = 3
    # of the running mean of the weights, at most: at step n it is 1 - (1 + n / inv_gamma)^-power
    ema_decay: Share = 0.998
    # steps
    ema_inv_gamma: Positive = 1.0
    # see ema_decay
    ema_power: Positive = 0.75


@dataclass(frozen=True)
class Recipe:
    """All numbers of a run."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()
    loss: LossConfig = LossConfig()
    optimization: OptimizationConfig = OptimizationConfig()


def checked(values: dict[str, Any]) -> Recipe:
    """The recipe of nested values, as asdict or JSON has them; ValueError, one sentence, for one that is none or out of its range."""
    try:
        recipe = TypeAdapter(Recipe).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(key) for key in first["loc"])
        raise ValueError(f"{name} of the recipe is {first['input']!r}: {first['msg']}.") from error
    if recipe.data.strict_share + recipe.data.hint_share > 1 + 1e-9:
        raise ValueError("data.strict_share and data.hint_share are shares of the same samples: together at most 1.")
    if not sum(asdict(recipe.data.techniques).values()):
        raise ValueError("Of data.techniques one at least needs odds above 0.")
    loss, side = recipe.loss, recipe.model.image_size
    for name, weight, cell in (("lines", loss.lines, loss.lines_cell), ("hints", loss.hints, loss.hints_cell)):
        if weight and 0 < side < 3 * cell:  # an edge lies between cells, and is compared with those around it
            raise ValueError(
                f"loss.{name}_cell of the recipe is {cell}, and at most a third of the pictures' {side} px."
            )
    return recipe


def flat(recipe: Recipe) -> dict[str, Any]:
    """Its values by their names on the command line: {"loss.variety": 0.25, ...}."""

    def walk(values: dict[str, Any], prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values.items():
            found |= walk(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        return found

    return walk(asdict(recipe), "")


PRESETS: dict[Preset, Recipe] = {
    "default": Recipe(),
    # The last hours of a run of the default, resumed, when its validation stands still: discriminators that learn eight times
    # as fast as G see more than chance, and say more. With gan at 3 they break faces at strictness 0.
    "finish": Recipe(
        loss=LossConfig(gan=1.5, variety=1.5),
        optimization=OptimizationConfig(learning_rate=5e-5, discriminator_rate=8.0),
    ),
    # The first Sketch2Photo as its author trained it.
    "classic": Recipe(
        model=ModelConfig(architecture="classic", image_size=128, channels=(64, 128, 256, 512, 512, 512)),
        data=DataConfig(photos_share=0.0, made_share=0.0, by_hand=False, warp=0.0),
        loss=LossConfig(
            feature=0.0,
            gan=1.0,
            latent=0.6,
            kl=0.02,
            prior=0.0,
            lines=0.0,
            hints=0.0,
            variety=0.0,
            checkerboard=0.0,
            adversarial="least-squares",
            ramp=0,
        ),
        optimization=OptimizationConfig(
            batch_size=16,
            learning_rate=5e-4,
            discriminator_rate=1.0,
            betas=(0.6, 0.999),
            clip=0.0,
            warmup=0,
            patience=0,
            ema_decay=0.0,
        ),
    ),
}
