"""Small data sets of drawn faces in every layout that people have them in, and files that no picture can be read from."""

import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
from datasets import Dataset, DatasetDict, Features
from datasets import Image as ImageColumn
from PIL import Image

from sketch2photo.data.synthetic_faces import draw_face
from tests.test_preprocess import png_header

SIZE = 64
COUNT = 12


def faces(count: int = COUNT, size: int = SIZE) -> list[tuple[Image.Image, Image.Image]]:
    """Photographs and their sketches."""
    drawn = (draw_face(np.random.default_rng(i), size) for i in range(count))
    return [(Image.fromarray(photo), Image.fromarray(sketch)) for photo, sketch in drawn]


def halves(
    photo: str, sketch: str, photo_name: str = "{}.png", sketch_name: str = "{}.png"
) -> Callable[[Path], list[str]]:
    """A maker of two folders."""

    def make(folder: Path) -> list[str]:
        for i, pair in enumerate(faces()):
            for half, name, picture in zip((photo, sketch), (photo_name, sketch_name), pair, strict=True):
                path = folder / half / name.format(i)
                path.parent.mkdir(parents=True, exist_ok=True)
                picture.save(path)
        return ["--pairs", str(folder)]

    return make


def joined(sketch_left: bool, inside: str = "train") -> Callable[[Path], list[str]]:
    """A maker of pix2pix's pictures."""

    def make(folder: Path) -> list[str]:
        (folder / inside).mkdir(parents=True)
        for i, (photo, sketch) in enumerate(faces()):
            both = Image.new("RGB", (2 * SIZE, SIZE))
            both.paste(sketch.convert("RGB"), (0 if sketch_left else SIZE, 0))
            both.paste(photo, (SIZE if sketch_left else 0, 0))
            both.save(folder / inside / f"{i}.jpg", quality=95)
        return ["--pairs", str(folder), *([] if sketch_left else ["--sketch-side", "B"])]

    return make


def rows(photo: str = "image", sketch: str = "conditioning_image") -> Dataset:
    """A data set with two columns of pictures and one of text."""
    pairs = faces()
    columns = {photo: [a for a, _ in pairs], sketch: [b for _, b in pairs]}
    return Dataset.from_dict(columns, Features({name: ImageColumn() for name in columns})).add_column(
        "text", ["a face"] * len(pairs)
    )


def parquet(folder: Path) -> list[str]:
    (folder / "data").mkdir(parents=True)
    rows().to_parquet(folder / "data" / "train-00000-of-00001.parquet")
    return ["--pairs", str(folder)]


def saved(folder: Path) -> list[str]:
    DatasetDict(train=rows("before", "after"), test=rows("before", "after")).save_to_disk(folder)
    return ["--pairs", str(folder), "--columns", "before", "after"]


def imagefolder(folder: Path) -> list[str]:
    halves("train/photos", "train/lines")(folder)
    lines = [
        {"image_file_name": f"photos/{i}.png", "conditioning_image_file_name": f"lines/{i}.png", "text": "a face"}
        for i in range(COUNT)
    ]
    (folder / "train" / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return ["--pairs", str(folder)]


def photographs(folder: Path) -> list[str]:
    for i, (photo, _) in enumerate(faces()):
        path = folder / "year=2020" / f"album {i % 3}" / f"{i}.{('jpg', 'tif', 'png', 'webp')[i % 4]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.save(path)
    return ["--photos", f"{folder / 'year=2020'}=2"]


def accents(folder: Path) -> list[str]:
    """Names whose accents a Mac writes in two letters and Linux in one."""
    decomposed = unicodedata.normalize("NFD", "é{}.png")
    return halves("photo", "sketch", "é{}.png", decomposed)(folder)


LAYOUTS: dict[str, Callable[[Path], list[str]]] = {
    "photo and sketch": halves("photo", "sketch"),
    "A and B": halves("B", "A"),
    "B is the sketch": lambda folder: [*halves("A", "B")(folder), "--sketch-side", "B"],
    "trainA and trainB": halves("trainB", "trainA"),
    "nested": halves("photo", "sketch", "part{0}/{0}.png", "part{0}/{0}.png"),
    "train inside": halves("photo/train", "sketch/train"),
    "ControlNet": halves("target", "source"),
    "TIFF and JPEG": halves("photo", "sketch", "{}.jpg", "{}.TIF"),
    "pix2pix": joined(sketch_left=True),
    "pix2pix, sketch on the right": joined(sketch_left=False, inside="."),
    "parquet": parquet,
    "save_to_disk": saved,
    "imagefolder": imagefolder,
    "photographs": photographs,
    "accents": accents,
}


def _truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _replaced(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def bad(path: Path) -> None:
        path.unlink()
        make(path)

    return bad


# What can become of a PNG: told by its header, but for the first.
BAD_FILES: dict[str, Callable[[Path], None]] = {
    "truncated": _truncated,
    "empty": lambda path: path.write_bytes(b"") and None,
    "text": lambda path: path.write_text("no picture") and None,
    "dead link": _replaced(lambda path: path.symlink_to(path.with_name("nowhere.png"))),
    "a pipe": _replaced(lambda path: os.mkfifo(path)),
    "400 megapixels": lambda path: path.write_bytes(png_header(20_000, 20_000)) and None,
    "hidden": lambda path: path.rename(path.with_name("._" + path.name)) and None,
    "a folder": _replaced(lambda path: path.mkdir()),
}
