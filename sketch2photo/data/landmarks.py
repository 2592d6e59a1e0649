"""Where the person and the features of the face are in photographs: what line drawings of them are made from in training.

MediaPipe's face mesh (Kartynnik et al., 2019) and selfie segmentation find them. Its last release with both networks inside the package
needs an older numpy than everything else here, so this runs as a program of its own:

    python -m venv parts && parts/bin/pip install mediapipe==0.10.21
    parts/bin/python sketch2photo/data/landmarks.py runs/parts.npz DIR [DIR ...]
    python train.py --photos DIR --parts runs/parts.npz

A photograph is known by its file's name without folder and suffix, so two of one name are refused.
"""

import filecmp
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from unicodedata import normalize
from zipfile import ZIP_STORED, BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

MASK = 128  # px, side of the stored masks

# Points of the face mesh by curve; left and right are the picture's.
CURVES: dict[str, list[int]] = {
    "oval": [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
             152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109],
    "left_upper_lid": [33, 246, 161, 160, 159, 158, 157, 173, 133],
    "left_lower_lid": [33, 7, 163, 144, 145, 153, 154, 155, 133],
    "left_iris": [468, 469, 470, 471, 472],
    "left_brow_top": [70, 63, 105, 66, 107],
    "left_brow_bottom": [46, 53, 52, 65, 55],
    "right_upper_lid": [263, 466, 388, 387, 386, 385, 384, 398, 362],
    "right_lower_lid": [263, 249, 390, 373, 374, 380, 381, 382, 362],
    "right_iris": [473, 474, 475, 476, 477],
    "right_brow_top": [300, 293, 334, 296, 336],
    "right_brow_bottom": [276, 283, 282, 295, 285],
    "nose_bridge": [168, 6, 197, 195, 5, 4],
    "nose_base": [129, 64, 98, 97, 2, 326, 327, 294, 358],
    "upper_lip": [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291],
    "lower_lip": [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291],
    "upper_lip_inside": [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308],
    "lower_lip_inside": [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308],
}  # fmt: skip
_ENDS = np.cumsum([len(points) for points in CURVES.values()])[:-1]


@dataclass
class Landmarks:
    """What is known of one photograph: its curves, each (K, 2) x and y in pixels of a square picture, and mask (H, H), 1 on the person."""

    curves: dict[str, NDArray[Any]]
    mask: NDArray[Any]

    def mirrored(self) -> "Landmarks":
        """Left and right exchanged."""
        last = len(self.mask) - 1
        swapped = {"left": "right", "right": "left"}
        curves = {}
        for name, points in self.curves.items():
            side, _, rest = name.partition("_")
            curves[f"{swapped[side]}_{rest}" if side in swapped else name] = points * (-1, 1) + (last, 0)
        # Curves across the face go from left to right.
        for name in ("oval", "nose_base", "upper_lip", "lower_lip", "upper_lip_inside", "lower_lip_inside"):
            start = np.roll(curves[name], -1, 0) if name == "oval" else curves[name]
            curves[name] = start[::-1]
        return Landmarks(curves, np.ascontiguousarray(self.mask[:, ::-1]))

    def warped(self, offset: NDArray[Any]) -> "Landmarks":
        """As a picture of which every pixel is taken from `offset` (H, H, 2) px away: points go the other way."""
        side = len(self.mask)
        ramp = np.arange(side, dtype=np.float32)
        mask = cv2.remap(
            self.mask.astype(np.float32), ramp + offset[..., 0], ramp[:, None] + offset[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        curves = {}
        for name, points in self.curves.items():
            at = points
            for _ in range(4):  # a fixed point of p + offset(p) = point; the field is smooth and small
                x, y = at.round().astype(int).clip(0, side - 1).T
                at = points - offset[y, x]
            curves[name] = at
        return Landmarks(curves, mask)


def known_by(stem: str) -> str:
    """What a photograph's landmarks are known by, its file's name without suffix: one for all ways in which systems write a letter."""
    return normalize("NFC", stem)


class LandmarksFile:
    """The landmarks of many photographs, by the stem of their file's name; they stay on the disk until they are asked for.

    Raises:
        ValueError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.points, self.masks, names = (_mapped(path, name) for name in ("points", "masks", "names"))
        except (OSError, KeyError, ValueError, BadZipFile) as error:
            raise ValueError(f"{path} is no file of landmarks that landmarks.py wrote: {error}") from error
        self.row = {known_by(str(name)): row for row, name in enumerate(names)}

    def of(self, name: str | None, size: int) -> Landmarks | None:
        """The landmarks of the photograph of that name, at `size` pixels; None where no face was found in it."""
        row = self.row.get(known_by(name or ""))
        if row is None:
            return None
        curves = np.split(self.points[row].astype(np.float32) * size, _ENDS)
        mask = np.unpackbits(self.masks[row]).reshape(MASK, MASK).astype(np.float32)
        return Landmarks(dict(zip(CURVES, curves, strict=True)), cv2.resize(mask, (size, size)))


def _mapped(path: Path, name: str) -> NDArray[Any]:
    """An array of an .npz, of which only what is asked for comes into memory, unless it is compressed there."""
    with np.load(path) as file:  # which refuses what is no such file
        info = file.zip.getinfo(f"{name}.npy")
        if info.compress_type != ZIP_STORED:
            return file[name]
    with path.open("rb") as file:
        # In a ZIP's local header: the lengths of two fields, behind which the content is.
        file.seek(info.header_offset + 26)
        file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.hasobject:
            raise ValueError(f"{name} holds objects")
        return np.memmap(path, dtype, "r", file.tell(), shape)


def by_name(files: Iterable[Path]) -> dict[str, Path]:
    """Photographs by what their landmarks are known by; ValueError where two that differ have one name."""
    found: dict[str, Path] = {}
    for file in files:
        first = found.setdefault(known_by(file.stem), file)
        if first != file and not filecmp.cmp(first, file, shallow=False):
            raise ValueError(
                f"{first} and {file} have one name, by which landmarks are known: rename one, so that each has its own."
            )
    return found


def photographs(folders: list[Path]) -> list[Path]:
    """All in folders (or in photo/ in them) and below, each once. Raises ValueError as by_name, and where there are none."""
    files: list[Path] = []
    for folder in folders:
        photos = folder / "photo" if (folder / "photo").is_dir() else folder
        files += (file for file in sorted(photos.rglob("*")) if file.is_file() and cv2.haveImageReader(str(file)))
    if not files:
        raise ValueError(f"There are no photographs in {', '.join(map(str, folders))}.")
    return list(by_name(files).values())


def find(folders: list[Path], path: Path) -> int:
    """Writes the landmarks of all photographs in folders (or in photo/ in them) and below to a file; how many faces were found."""
    files = photographs(folders)
    if path.suffix != ".npz":
        raise ValueError(f"{path} is no name of the file to write: it ends in .npz.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=path.parent):  # raises where nothing can be written, before the work
        pass
    try:
        from mediapipe.python.solutions.face_mesh import FaceMesh
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation
    except ImportError as error:
        raise ImportError("mediapipe is not here: sketch2photo/training/README.md says how to install it.") from error

    mesh = FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=1, min_detection_confidence=0.3)
    segmentation = SelfieSegmentation(model_selection=0)
    wanted = [index for curve in CURVES.values() for index in curve]
    names, points, masks = [], [], []
    for file in files:
        picture = cv2.imread(str(file))
        if picture is None:
            continue
        height, width = picture.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = cv2.cvtColor(picture[top : top + side, left : left + side], cv2.COLOR_BGR2RGB)
        square = cv2.resize(square, (256, 256))
        faces = mesh.process(square).multi_face_landmarks
        if not faces:
            continue
        found = np.array([(point.x, point.y) for point in faces[0].landmark])[wanted]
        mask = cv2.resize(segmentation.process(square).segmentation_mask, (MASK, MASK)) > 0.5
        names.append(file.stem)
        points.append(found.astype(np.float16))
        masks.append(np.packbits(mask))
    whole = path.with_name(f"{path.stem}.partial.npz")  # a training may read the one before, from the disk
    try:
        np.savez(whole, names=np.array(names), points=np.array(points), masks=np.array(masks))
        whole.replace(path)
    finally:
        whole.unlink(missing_ok=True)
    return len(names)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print("usage: landmarks.py FILE.npz FOLDER [FOLDER ...]", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"Faces in {find([Path(folder) for folder in sys.argv[2:]], Path(sys.argv[1]))} photographs.")
    except (ValueError, ImportError, OSError) as error:
        print(f"landmarks.py: {error}", file=sys.stderr)
        sys.exit(2)
