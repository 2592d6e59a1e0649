"""Train a Sketch2Photo: `python train.py --pairs DIR --photos DIR`, or with no argument on faces that it draws itself."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tyro

from sketch2photo import cli
from sketch2photo.data.landmarks import LandmarksFile
from sketch2photo.data.sources import Pairs, Photos, Source, SyntheticFaces, hold_out, open_source
from sketch2photo.training.config import PRESETS, Preset
from sketch2photo.training.trainer import Precision, Trainer


def main(
    preset: Preset = "default",
    pairs: tyro.conf.UseAppendAction[list[str]] = [],  # noqa: B006 (tyro reads it, nothing writes it)
    photos: tyro.conf.UseAppendAction[list[str]] = [],  # noqa: B006
    parts: Path | None = None,
    out: Path = Path("runs/latest"),
    minutes: float | None = None,
    steps: int | None = None,
    resume: bool = False,
    start_from: str | None = None,
    image_size: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    precision: Precision = "auto",
    compile: bool = False,
    workers: int | None = None,
    seed: int = 0,
    save_minutes: Annotated[float, tyro.conf.arg(help="between checkpoints")] = 5.0,
    validate_minutes: Annotated[float, tyro.conf.arg(help="between validations")] = 10.0,
) -> None:
    """Train a Sketch2Photo.

    Args:
        preset: the recipe: default; finish, for the last hours of a run of the default, resumed; classic, the first Sketch2Photo's.
        pairs: folder with photo/ and sketch/ of the same names, or a Hub data set; may be repeated; DIR=2 counts double.
        photos: folder of photographs, or a Hub data set; their sketches are made; may be repeated; DIR=2 counts double.
        parts: file that sketch2photo/data/landmarks.py made of the photographs: some made sketches are then line drawings.
        out: folder for checkpoint.pt, best/ (loads with from_pretrained), samples/ and logs/ (TensorBoard).
        minutes: stop after so many minutes of this run. Default: 3 with no data, else no limit.
        steps: stop at so many steps in all.
        resume: go on from the checkpoint in --out, if there is one.
        start_from: begin with the weights of a model folder or Hub id.
        image_size: side of the pictures in pixels, in place of the preset's.
        batch_size: samples a step over all processes, in place of the preset's.
        learning_rate: of generator and encoder, in place of the preset's; the discriminators' follows in proportion.
        precision: no, bf16 or fp16; auto is bf16 where the hardware has it.
        compile: torch.compile the step.
        workers: processes that make samples.
        seed: of weights, data order and everything random.
    """
    config = PRESETS[preset]
    rate = learning_rate or config.learning_rate
    config = replace(
        config,
        batch_size=batch_size or config.batch_size,
        learning_rate=rate,
        learning_rate_discriminator=config.learning_rate_discriminator * rate / config.learning_rate,
    )
    own_faces = not pairs and not photos
    if own_faces:
        minutes = 3.0 if minutes is None and steps is None else minutes
        image_size = image_size or 128
    if image_size is not None:
        config = replace(config, model=config.model | {"image_size": image_size})

    sources, validation = _sources(
        config.model.get("image_size", 256), config.photos_share, config.held_out, pairs, photos
    )
    known = LandmarksFile(parts) if parts else None
    trainer = Trainer(config, sources, validation, out, seed, start_from, precision, compile, workers, known)
    if resume:
        trainer.resume()
    trainer.run(minutes, steps, save_minutes, validate_minutes)
    if trainer.accelerator.is_main_process:
        print(
            f'Best weights: {out / "best"} (score {trainer.best:.2f}). Sketch2Photo.from_pretrained("{out / "best"}") loads them.'
        )
        if own_faces:
            print(
                "These were drawn faces. Next, your own: python train.py --pairs DIR (photo/ and sketch/ inside) --photos DIR"
            )
        else:
            print(f"Next: python app.py --model {out / 'best'}")


def _sources(
    size: int, photos_share: float, held_out: int, pairs: list[str], photos: list[str]
) -> tuple[list[tuple[Source, float]], Source]:
    """What training draws from, with weights, and what only validation sees."""
    if not pairs and not photos:
        return [(SyntheticFaces(size), 1.0)], SyntheticFaces(size, count=64, first=10**6)
    opened = {kind: [_weighted(text, kind) for text in texts] for kind, texts in ((Pairs, pairs), (Photos, photos))}
    first = opened[Pairs] or opened[Photos]
    rest, kept = hold_out(first[0][0], held_out)
    first[0] = (rest, first[0][1])
    share = {Pairs: 1 - photos_share, Photos: photos_share} if pairs and photos else {Pairs: 1.0, Photos: 1.0}
    sources = []
    for kind, found in opened.items():
        total = sum(weight for _, weight in found)
        sources += [(source, share[kind] * weight / total) for source, weight in found if share[kind]]
    return sources, kept


def _weighted(text: str, kind: type[Pairs] | type[Photos]) -> tuple[Source, float]:
    location, _, weight = text.partition("=")
    try:
        return open_source(location, kind), float(weight or 1)
    except ValueError as error:
        if "could not convert" in str(error):
            raise ValueError(f"The weight in {text!r} is not a number: write DIR=2.") from error
        raise


if __name__ == "__main__":
    cli.run(main, "train.py")
