"""The mean of two trained models, which is often better than both: `python -m sketch2photo.training.average A B --pairs DIR --out DIR`.

Weights of runs that began at the same weights can be averaged one by one (model soups, Wortsman et al., 2022). The share of the first
is the one whose mean scores best on the pairs that training holds out, by the score that training chooses its best weights by.
"""

import copy
from dataclasses import replace
from pathlib import Path

import torch
from tyro.conf import Positional

from .. import cli, machine
from ..data.layouts import Side
from ..data.sources import DataOptions, Photos, hold_out, open_landmarks, open_source
from ..hub_download import model_folder
from ..model import Sketch2Photo
from . import card, history
from .checkpoint import export
from .config import PRESETS
from .validation import Validation

SHARES = (1.0, 0.8, 0.65, 0.5, 0.35, 0.2, 0.0)


def mean(first: Sketch2Photo, second: Sketch2Photo, share: float) -> Sketch2Photo:
    """`share` of the first's weights and 1 - `share` of the second's; ValueError where their shapes differ."""
    ours, theirs = first.state_dict(), second.state_dict()
    if {name: value.shape for name, value in ours.items()} != {name: value.shape for name, value in theirs.items()}:
        raise ValueError("The two models differ in shape, so their weights have no mean: give two of one architecture.")
    both = copy.deepcopy(first)
    both.load_state_dict({name: torch.lerp(theirs[name].float(), value.float(), share) for name, value in ours.items()})
    return both


def main(
    first: Positional[str],
    second: Positional[str],
    pairs: Path,
    out: Path,
    parts: Path | None = None,
    sharp: Path | None = None,
    columns: tuple[str, ...] = (),
    sketch_side: Side = "A",
) -> None:
    """Score means of two models on held-out pairs and keep the best.

    Args:
        first: folder or Hub id of a model.
        second: of another that was trained from the same start.
        pairs: the first folder or Hub data set of pairs that both were trained on: what training held out counts.
        out: new or empty folder for the best mean's weights and the first's calibrator, without named directions: find them anew.
        parts: file that sketch2photo/data/landmarks.py made of the photographs, if training had it: line drawings count then.
        sharp: folder of sharp photographs that training did not see, if it had them: the line drawings are of those.
        columns: of a data set, as training had them.
        sketch_side: of pairs in A/ and B/, or side by side in one picture, as training had it.
    """
    cli.check_empty(out)
    machine.keep_freed_memory()
    one, other = (Sketch2Photo.from_pretrained(name, directions=None) for name in (first, second))
    source = open_source(str(pairs), DataOptions("pairs", columns, sketch_side))
    other_source = Photos.open(sharp) if sharp else None
    landmarks = open_landmarks(parts, filter(None, (source, other_source))) if parts else None
    record = history.of_model(first)
    known = (first, one.beside) if card.inherited(first, one.beside).license else (second, other.beside)
    if record:
        record.terms = card.inherited(*known)
    data = record.recipe.data if record else PRESETS["default"].data
    kept = hold_out(source, data.held_out)[1]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    validation = Validation(
        kept,
        one.image_size,
        one.latent_dim,
        device,
        data,
        landmarks,
        other_source,
        one.sketch_format,
    )
    best = float("inf")
    for share in SHARES:
        both = mean(one, other, share)
        both.beside = card.beside_terms(*known)
        scores = validation.score(both.to(device))
        print(f"share {share:.2f}  " + "  ".join(f"{name} {value:.2f}" for name, value in scores.items()), flush=True)
        if scores["score"] < best:
            best = scores["score"]
            names = history.label(first), history.label(second)
            stage = history.Stage(
                0, names[0], score=round(best, 3), note=f"mean of {share} {names[0]} and {1 - share:.2f} {names[1]}"
            )
            stages = record and replace(record, history=[*record.history, stage])
            export(both, out, stages, model_folder(first))
    print(f"Best mean: {out} (score {best:.2f}).")


if __name__ == "__main__":
    cli.run(main, "python -m sketch2photo.training.average")
