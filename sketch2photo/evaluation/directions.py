"""Finds what z moves and names it: `python -m sketch2photo.evaluation.directions --model DIR --pairs DIR` writes `directions`.

For many sketches and random z, each named attribute is measured on the pictures (colours of their parts, no labels). Within a
sketch only z differs, so a linear regression of the attributes, less their mean over the sketch, on z says how z moves them:
R, one row per attribute, in units of the attribute's standard deviation over real photographs. The direction of attribute k is that
of the shortest vector that moves k and no other, a column of R's pseudo-inverse (with some ridge), at length 1. Its effect is
measured again, on other sketches, and attributes that z does not move by themselves are left out.
"""

import json
from itertools import compress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from tqdm import tqdm

from .. import machine
from ..cli import check_model, check_range, run
from ..data.layouts import Side
from ..data.sources import DataOptions, Source, fixed_samples, open_source, split
from ..files import write_whole
from ..images import Floats, Picture, to_pictures
from ..model import Sketch2Photo
from .metrics import Mask, border_colour
from .persons import ApparentReader, PersonReader
from .regions import Regions

SAMPLES = 24  # of each sketch
RIDGE = 0.003  # of the largest eigenvalue: with ten times that, skin moved lips by half of what it moves itself
LENGTH = 2.5  # of the longest step along a direction, in standard deviations of z
LEAST = 0.25  # standard deviations of an attribute that its direction must move it by per unit, or nobody sees it
OWN_SHARE = 1.5  # how many times more a direction must move its own attribute than any other


def attributes(pictures: Picture, regions: Regions, apparent: ApparentReader) -> dict[str, Floats]:
    """The measured attributes of pictures (N, H, W, 3) with the same geometry, (N,) each; Lab's L is 0 to 100.

    background: lightness of the border. backdrop_warmth: its yellow less blue (Lab's b). backdrop_tint: its red less green (Lab's
    a). light: lightness of the right cheek less the left. skin: lightness of the cheeks. warmth: yellow less blue of the cheeks.
    hair: lightness above the forehead. lips: their red beyond the skin's. age: apparent, in years. femininity: from -1 to 1. The last
    two are nan for a picture without a face.
    """
    lab = np.stack([cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for picture in pictures])
    border = cv2.cvtColor((border_colour(pictures) / 255).astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0]

    def mean(mask: Mask, channel: int) -> Floats:
        found: Floats = lab[:, mask, channel].mean(1) if mask.any() else np.full(len(pictures), np.nan)
        return found

    persons = np.array([apparent(picture) or (np.nan, np.nan) for picture in pictures])
    return {
        "background": border[:, 0],
        "backdrop_warmth": border[:, 2],
        "backdrop_tint": border[:, 1],
        "light": mean(regions.right, 0) - mean(regions.left, 0),
        "skin": mean(regions.skin, 0),
        "warmth": mean(regions.skin, 2),
        "hair": mean(regions.hair, 0),
        "lips": mean(regions.lips, 1) - mean(regions.skin, 1),
        "age": persons[:, 0],
        "femininity": persons[:, 1],
    }


@torch.inference_mode()
def measure(
    model: Sketch2Photo, sketches: torch.Tensor, reader: PersonReader, z: torch.Tensor, kept: Mask
) -> tuple[list[str], Floats, Floats]:
    """Names (K) of the attributes that are kept, z (M, n, D), and they (M, n, K) in pictures of those sketches (S, 1, H, W) that z = 0
    makes a face of.

    z (S, n, D) begins with 0 for each, whose face's landmarks stand for all. Attributes are less their mean over the sketch, and nan
    where a picture has none.
    """
    names: list[str] = []
    given, moved = [], []
    for sketch, latents in tqdm(list(zip(sketches.split(1), z, strict=True)), "measuring", leave=False, disable=None):
        pictures = to_pictures(torch.cat([model(sketch, part).float() for part in latents.split(8)]))
        landmarks = reader.finder(pictures[0])
        if landmarks is None:
            continue
        found = attributes(pictures, Regions.of(landmarks, pictures.shape[1]), reader.apparent)
        names = list(compress(found, kept))
        values = np.stack(list(compress(found.values(), kept)), 1)
        if np.isfinite(values).any(0).all():
            moved.append(values - np.nanmean(values, 0))
            given.append(latents.numpy())
    if not moved:
        raise ValueError("No face was found in any of the model's pictures, so there is nothing to find directions by.")
    return names, np.stack(given), np.stack(moved)


def photographs(photos: Picture, reader: PersonReader) -> Floats:
    """Standard deviation (K,) of each attribute over photographs (N, H, W, 3): its unit, 0 where fewer than two have it."""
    rows = []
    for picture in photos:
        landmarks = reader.finder(picture)
        if landmarks is not None:
            found = attributes(picture[None], Regions.of(landmarks, len(picture)), reader.apparent)
            rows.append([value[0] for value in found.values()])
    if len(rows) < 2:
        raise ValueError("No faces were found in the photographs, so an attribute has no unit.")
    values = np.array(rows)
    known = np.isfinite(values).sum(0) > 1
    spread: Floats = np.nanstd(np.where(known, values, 0.0), axis=0)
    return spread


def responses(latents: Floats, moved: Floats) -> Floats:
    """How much of each attribute one unit of each latent moves, (K, D): a regression of (S, n, K), which may have nan, on (S, n, D)."""
    found = []
    for values in np.moveaxis(moved, -1, 0):
        known = np.isfinite(values)
        centred = latents - latents.mean(1, keepdims=True, where=known[..., None])
        found.append(np.linalg.lstsq(centred[known], values[known], rcond=None)[0])
    return np.stack(found)


def vectors(response: Floats) -> Floats:
    """One direction (D,) per attribute that moves it by 1 and the others by as little as can be: response (K, D) -> (K, D)."""
    gram = response @ response.T
    ridge = RIDGE * float(np.linalg.eigvalsh(gram)[-1])
    found: Floats = np.linalg.solve(gram + ridge * np.eye(len(gram)), response)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def find(model: Sketch2Photo, pairs: Source, count: int, seed: int = 0) -> dict[str, dict[str, Any]]:
    """The named directions of a model, found on one half of `count` sketches and measured on the other."""
    reader = PersonReader()
    source = split(pairs, min(count, len(pairs)))[1]
    sketches, photos = fixed_samples(source, model.image_size, count, form=model.sketch_format)
    unit = photographs(to_pictures(photos), reader)
    kept = unit > 0
    unit = unit[kept]
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(len(sketches), SAMPLES, model.latent_dim, generator=generator)
    z[:, 0] = 0
    names, latents, moved = measure(model, sketches[::2], reader, z[::2], kept)
    found = vectors(responses(latents, moved / unit))
    far = LENGTH * torch.tensor(found, dtype=torch.float32)
    steps = torch.cat([torch.zeros(1, model.latent_dim), -far, far])
    _, _, ends = measure(model, sketches[1::2], reader, steps.expand(len(sketches[1::2]), -1, -1), kept)
    directions = {}
    for k, name in enumerate(names):
        moved_by = ends[:, 1 + len(names) + k] - ends[:, 1 + k]
        effect = np.nanmean(moved_by / unit, axis=0) / (2 * LENGTH)
        others = np.abs(np.delete(effect, k)).max()
        print(f"{name}: " + ", ".join(f"{n} {e:+.2f}" for n, e in zip(names, effect, strict=True)))
        if effect[k] > LEAST and effect[k] > OWN_SHARE * others:
            directions[name] = {
                "vector": [round(float(x), 4) for x in found[k]],
                "range": [-LENGTH, LENGTH],
                "effect": {n: round(float(e), 3) for n, e in zip(names, effect, strict=True)},
            }
    return directions


def main(
    model: Path,
    pairs: Path,
    count: int = 120,
    seed: int = 0,
    columns: tuple[str, ...] = (),
    sketch_side: Side = "A",
) -> None:
    """Find the named directions of a model and write them into its config.json.

    Args:
        model: folder of the model.
        pairs: folder with photo/ and sketch/ of the same names or another layout of data/layouts.py, or a Hub data set.
        count: of sketches, half to find directions on and half to measure them.
        seed: of z.
        columns: of a data set, the columns of photographs and of sketches.
        sketch_side: of pairs in A/ and B/, or side by side in one picture: which is the sketch.
    """
    check_range(2, count=count)
    check_range(0, seed=seed)
    check_model(model)
    machine.keep_freed_memory()
    source = open_source(str(pairs), DataOptions("pairs", columns, sketch_side))
    directions = find(Sketch2Photo.from_pretrained(str(model)), source, count, seed)
    path = model / "config.json"
    config = json.loads(path.read_text()) | {"directions": directions}
    write_whole(path, json.dumps(config, indent=2, sort_keys=True))
    print("Named: " + (", ".join(directions) or "none"))


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.directions")
