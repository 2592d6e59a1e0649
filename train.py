"""Train a Sketch2Photo: `python train.py --pairs DIR --photos DIR`, or with no argument on faces that it draws itself."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from sketch2photo import cli
from sketch2photo.data.layouts import Side
from sketch2photo.data.sources import (
    DataOptions,
    Photos,
    WeightedSource,
    find_channels,
    open_landmarks,
    open_training_data,
)
from sketch2photo.model import Sketch2Photo
from sketch2photo.training import card, history
from sketch2photo.training.checkpoint import check_unused
from sketch2photo.training.config import PRESETS, ModelConfig, Preset, Recipe, checked
from sketch2photo.training.history import Terms
from sketch2photo.training.trainer import Precision, Trainer, checkpoint_record, starting_config

PROGRAM = "train.py"


@dataclass(frozen=True)
class Arguments:
    """Train a Sketch2Photo. Each number of the recipe is an option, too: see training/config.py for what they are."""

    # default; finish, for the last hours of a run of the default, resumed; classic, the first Sketch2Photo's. Where neither this
    # nor --recipe is given, it is the default, or what a run that is resumed had
    preset: Preset | None = None
    # a training.json, of hub/model or of a run's best/, whose recipe this run has
    recipe: Path | None = None
    # folder with photo/ and sketch/ of the same names or another layout of data/layouts.py, or a Hub data set; may be repeated;
    # DIR=2 counts double
    pairs: tyro.conf.UseAppendAction[list[str]] = field(default_factory=list)
    # folder of photographs, or a Hub data set; their sketches are made; may be repeated; DIR=2 counts double
    photos: tyro.conf.UseAppendAction[list[str]] = field(default_factory=list)
    # of data sets: the columns of photographs and of sketches, "image conditioning_image" say
    columns: tuple[str, ...] = ()
    # of pairs in A/ and B/, or side by side in one picture: which is the sketch
    sketch_side: Side = "A"
    # file that sketch2photo/data/landmarks.py made of the photographs: some made sketches are then line drawings
    parts: Path | None = None
    # folder of sharp photographs that training does not see: validation compares what is made of line drawings of them with them
    sharp: Path | None = None
    # folder for checkpoint.pt, best/ (loads with from_pretrained), samples/ and logs/ (TensorBoard)
    out: Path = Path("runs/latest")
    # stop after so many minutes of this run; without data and --steps after 3, else never
    minutes: float | None = None
    # stop at so many steps in all
    steps: int | None = None
    # go on from the checkpoint in --out, if there is one
    resume: bool = False
    # begin with the weights of a model folder or Hub id
    start_from: str | None = None
    # of the weights, for their card: an id as apache-2.0, or other; weights to begin with pass theirs on
    license: str | None = None
    # of other terms, as my-terms-1.0
    license_name: str | None = None
    # address of other terms, or a text file with them, which goes with the weights
    license_link: str | None = None
    # no, bf16 or fp16; auto is what accelerate launch was told, and without it bf16 where the hardware has it
    precision: Precision = "auto"
    # torch.compile the step
    compile: bool = False
    # processes that make samples
    workers: int | None = None
    # of weights, data order and everything random
    seed: int = 0
    # minutes between checkpoints
    save_minutes: float = 5.0
    # minutes between validations
    validate_minutes: float = 10.0
    config: Annotated[Recipe, tyro.conf.arg(name="")] = PRESETS["default"]


def parsed() -> Arguments:
    """The command line, read twice: first for where the recipe comes from, then for what it changes in it."""
    first, _ = tyro.cli(Arguments, prog=PROGRAM, return_unknown_args=True, add_help=False)
    recipe = _starting_recipe(first)
    arguments = tyro.cli(Arguments, prog=PROGRAM, default=Arguments(config=recipe))
    weights = "the run to resume" if first.resume and checkpoint_record(first.out) else first.start_from
    for name, value in asdict(recipe.model).items():
        given = getattr(arguments.config.model, name)
        if weights and given != value and (name, given) != ("framing", "whole"):  # no calibrator is needed for that
            raise ValueError(
                f"{name} of {weights} is {value}, not {given}: leave it out, or begin without those weights."
            )
    return arguments


def _starting_recipe(given: Arguments) -> Recipe:
    earlier = checkpoint_record(given.out) if given.resume else None
    if given.preset and given.recipe:
        raise ValueError("--preset and --recipe are two recipes: give one of them.")
    if given.recipe:
        recipe = history.read(given.recipe).recipe
    elif earlier and not given.preset:
        return earlier.recipe
    else:
        recipe = PRESETS[given.preset or "default"]
        if not given.pairs and not given.photos:
            recipe = replace(recipe, model=replace(recipe.model, image_size=128))
    if earlier:
        model, place = earlier.recipe.model, f"The run in {given.out}"
    elif given.start_from:
        model, place = starting_config(given.start_from), given.start_from
    else:
        return recipe
    if (given.preset or given.recipe) and model.architecture != recipe.model.architecture:
        raise ValueError(
            f"{place} is of another model, {model.architecture} and not {recipe.model.architecture}: "
            "give its own preset, or begin without those weights."
        )
    return replace(recipe, model=model)


def check(arguments: Arguments) -> None:
    """Raises ValueError for numbers that no run can have."""
    cli.check_range(1, steps=arguments.steps)
    cli.check_range(
        0, save_minutes=arguments.save_minutes, validate_minutes=arguments.validate_minutes, seed=arguments.seed
    )
    cli.check_range(0, cli.MOST_WORKERS, workers=arguments.workers)
    cli.check_above_zero(minutes=arguments.minutes)


def terms_of(arguments: Arguments) -> Terms:
    """The terms of the run's weights: of those that it begins with, or what is given."""
    earlier = checkpoint_record(arguments.out) if arguments.resume else None
    before = earlier.terms if earlier else Terms()
    if not earlier and arguments.start_from:
        before = card.inherited(
            arguments.start_from, Sketch2Photo.from_pretrained(arguments.start_from, directions=None).beside
        )
    return card.chosen(arguments.license, arguments.license_name, arguments.license_link, before)


def with_channels(arguments: Arguments, model: ModelConfig, sources: list[WeightedSource]) -> ModelConfig:
    """The model with the channels that the pairs' sketches have, where it does not say how many."""
    made = bool(arguments.photos or arguments.parts)
    begun = arguments.start_from or (arguments.resume and checkpoint_record(arguments.out))
    inverted = model.polarity != "as_drawn"
    if arguments.pairs and not begun and not model.sketch_channels and find_channels(sources, not made, inverted) == 3:
        return replace(model, sketch_channels=3)
    if made and (model.sketch_channels == 3 or not inverted):
        raise ValueError(
            "Sketches that are made of photographs are dark lines, without colours: leave out --photos and --parts, or give "
            "--model.sketch-channels 1 and --model.polarity dark_on_light."
        )
    return model


def main(arguments: Arguments) -> None:
    check(arguments)
    recipe = checked(asdict(arguments.config))
    if not arguments.resume:
        check_unused(arguments.out)
    cli.check_writable(arguments.out)
    terms = terms_of(arguments)
    pairs, photos, out = arguments.pairs, arguments.photos, arguments.out
    sources, validation = open_training_data(
        pairs,
        photos,
        recipe.data.photos_share,
        recipe.data.held_out,
        recipe.model.image_size,
        DataOptions(columns=arguments.columns, sketch_side=arguments.sketch_side),
    )
    recipe = replace(recipe, model=with_channels(arguments, recipe.model, sources))
    sharp = Photos.open(arguments.sharp) if arguments.sharp else None
    seen = [*(weighted.source for weighted in sources), *([sharp] if sharp else [])]
    trainer = Trainer(
        recipe,
        sources,
        validation,
        out,
        arguments.seed,
        arguments.start_from,
        arguments.precision,
        arguments.compile,
        arguments.workers,
        open_landmarks(arguments.parts, seen) if arguments.parts else None,
        sharp,
        terms,
    )
    if arguments.resume:
        trainer.resume()
    own_faces = not pairs and not photos
    minutes = 3.0 if own_faces and arguments.minutes is None and arguments.steps is None else arguments.minutes
    trainer.run(minutes, arguments.steps, arguments.save_minutes, arguments.validate_minutes)
    if trainer.accelerator.is_main_process:
        best = out / "best"
        print(f'Best weights: {best} (score {trainer.best:.2f}). Sketch2Photo.from_pretrained("{best}") loads them.')
        if own_faces:
            print(
                "These were drawn faces. Next, your own: python train.py --pairs DIR (photo/ and sketch/ inside) --photos DIR"
            )
        else:
            print(f"Next: python app.py --model {best}")


if __name__ == "__main__":
    with cli.one_sentence(PROGRAM):
        main(parsed())
