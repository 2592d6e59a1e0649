"""Measures models: `python -m sketch2photo.evaluation.evaluate --model DIR_OR_ID --pairs DIR`, on pairs that they were not trained on,
and `--drawings DIR --photos DIR`, on drawings that have no photograph, by themselves or beside the pairs.

| figure | meaning | better |
|---|---|---|
| kernel distance | KID's estimate x1000 on EfficientNet-Lite2 features, one sample per sketch against the photographs | lower |
| FID, KID x1000 | the usual ones on Inception features, with `--features inception` | lower |
| faces | share of the samples in which a detector finds a face | higher |
| landmark error | of 68 landmarks against the photograph's, in eye distances, where both faces are found | lower |
| diversity | mean feature distance between 6 samples of one sketch, as a share of that between photographs | higher |
| background | standard deviation of the mean border colour (0 to 255) over the 6 samples of one sketch | higher |
| following | how well the picture's lines lie on the sketch's, within 2 px at 256 (metrics.following) | near the real one's |
| bleed | colour on the wrong side of the outline (metrics.bleed) | lower |
| bleed, broken | the same from sketches with half of the outline erased | lower |
| reconstruction | mean absolute error, 0 to 255, of G(A, mu of E(B)) to B | lower |
| drawn faces | as faces, in 8 samples of each drawing in `--drawings` | higher |
| drawn kernel distance | as kernel distance, of those samples to the photographs in `--photos` | lower |
| drawn sharpness | median variance of the Laplacian of those samples, as a share of those photographs' (images.sharpness) | near 1 |

With pairs three rows stand beside the models': the photographs themselves (kernel distance is then between random halves, background over
all photographs), photographs of other people, which is what ignoring the sketch would score, and the sketches themselves, whose
landmarks are off, too, where an artist drew a face freely. With `--photos` there is a row of those. Everything is measured at the
picture size of the largest model, to which the others' photographs are enlarged. Pairs measure the networks alone, drawings
all that the pipeline does: calibration, too. Diversity and background mean something
only beside a good kernel distance: blotches are diverse too.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor

from .. import machine
from ..cli import check_range, check_writable, run
from ..data.layouts import Side
from ..data.sources import DataOptions, Photos, Source, open_source, split
from ..files import write_whole
from ..pipeline import Sketch2PhotoPipeline
from ..training.history import label
from .drawing_evaluator import DrawingEvaluator
from .metrics import FaceFinder
from .pair_evaluator import PairEvaluator
from .report import Row, drawing_files, grid, table
from .resized import Resized

GRID_ROWS = 8  # of pairs
MOST_ROWS = 400  # of drawings: 64,000 px, and a JPEG has at most 65,500


def main(
    model: list[str],
    pairs: Path | None = None,
    drawings: Path | None = None,
    photos: Path | None = None,
    out: Path | None = None,
    strictness: tuple[float, ...] = (1.0,),
    limit: int | None = None,
    features: Literal["lite2", "inception"] = "lite2",
    seed: int = 0,
    columns: tuple[str, ...] = (),
    sketch_side: Side = "A",
) -> None:
    """Measure models on pairs, on drawings, or on both, and print one Markdown table.

    Args:
        model: model folders or Hub ids.
        pairs: folder with photo/ and sketch/ of the same names or another layout of data/layouts.py, or a Hub data set, which no
            model was trained on.
        drawings: folder of drawings, of which grid.jpg shows the first 400 in place of the pairs' sketches.
        photos: folder of sharp photographs, to compare the pictures of the drawings with.
        out: folder for metrics.json and grid.jpg: sketches, never photographs, and calibrated ones beside their samples.
        strictness: measure each model at each of these, in [0, 1].
        limit: measure on so many pairs, evenly spread, in place of all.
        features: lite2, or inception for FID and KID beside it on pairs (downloads Inception's weights).
        seed: of every z.
        columns: of data sets, the columns of photographs and of sketches.
        sketch_side: of pairs in A/ and B/, or side by side in one picture: which is the sketch.
    """
    if not model or not strictness:
        raise ValueError("Nothing to measure: name at least one model and one strictness.")
    if not pairs and not drawings:
        raise ValueError("Nothing to measure on: give --pairs, --drawings or both.")
    if photos and not drawings:
        raise ValueError("Photographs are what pictures of drawings are compared with: give --drawings, too.")
    if any(not 0 <= value <= 1 for value in strictness):
        raise ValueError(f"Strictness is in [0, 1], not {strictness}.")
    check_range(1, limit=limit)
    check_range(0, seed=seed)
    if out:
        check_writable(out)
    source: Source | None = open_source(str(pairs), DataOptions("pairs", columns, sketch_side)) if pairs else None
    if source and limit is not None and limit < len(source):
        source = split(source, limit)[1]
    drawn = drawing_files(drawings) if drawings else []
    sharp = Photos.open(photos) if photos else None
    machine.keep_freed_memory()
    pipes = [Sketch2PhotoPipeline.from_pretrained(name) for name in model]
    size = max(pipe.model.image_size for pipe in pipes)
    finder = FaceFinder() if FaceFinder.available() else None
    if finder is None:
        print("No faces, landmark error or bleed: pip install dlib-bin face-recognition-models", file=sys.stderr)

    form = pipes[0].model.sketch_format
    if any(pipe.model.sketch_format != form for pipe in pipes):
        raise ValueError(
            "Models of lines, of grey values and of coloured sketches cannot be measured together: give one kind."
        )
    on_pairs = PairEvaluator(source, size, finder, features == "inception", seed, form) if source else None
    on_drawings = DrawingEvaluator(drawn, size, finder, sharp, seed) if drawn else None
    references = [row for evaluator in (on_pairs, on_drawings) if evaluator for row in evaluator.references()]
    results: list[Row] = []
    for name, pipe in zip(model, pipes, strict=True):
        for value in strictness:
            figures = on_pairs.evaluate(Resized(pipe.model, size), value) if on_pairs else {}
            if on_drawings:
                figures |= on_drawings.evaluate(pipe, value)
            results.append(Row(label(name) or name, pipe.model.image_size, value, figures))
    print(table(references + results))

    if out:
        folders = {"pairs": pairs, "drawings": drawings, "photos": photos}
        report: dict[str, Any] = {name: folder.resolve().name for name, folder in folders.items() if folder}
        for evaluator in (on_pairs, on_drawings):
            report |= evaluator.counts() if evaluator else {}
        report |= {"seed": seed, **machine.description()}
        report |= {"references": [asdict(row) for row in references], "results": [asdict(row) for row in results]}
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / "metrics.json", json.dumps(report, indent=1) + "\n")
        shown: list[Any] = drawn[:MOST_ROWS]
        if on_pairs and not shown:
            shown = _some_sketches(on_pairs.sketch)
        grid(pipes, shown, strictness, seed).save(out / "grid.jpg", quality=90)


def _some_sketches(sketches: Tensor) -> list[Tensor]:
    """At most 8 of (N, 1, S, S), evenly spread, (1, 1, S, S) each."""
    rows = np.linspace(0, len(sketches) - 1, min(GRID_ROWS, len(sketches))).round().astype(int).tolist()
    return [sketches[i : i + 1] for i in rows]


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.evaluate")
