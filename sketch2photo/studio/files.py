"""Files that the page hands out."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from gradio.route_utils import delete_files_created_by_app
from gradio.utils import get_upload_folder
from PIL import Image

from .messages import MessageError

_FOLDERS = threading.Lock()  # so that none goes between being made and being filled


def store(content: bytes, name: str) -> str:
    """The path of a file in the page's cache, from where it is served, and where it expires.

    The same content has the same path; it appears there at once, since another visitor may be reading it already.
    """
    folder = Path(get_upload_folder(), hashlib.sha256(content).hexdigest())
    with _FOLDERS:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(content)
    return str(Path(file.name).replace(folder / name))


def delete_files(page: Any, age: int | None = None) -> None:
    """Deletes the files of a page (gr.Blocks), those older than `age` seconds or all, and the folders that are left empty."""
    delete_files_created_by_app(page, age)
    with _FOLDERS:
        for folder in Path(get_upload_folder()).glob("[0-9a-f]" * 64):
            with suppress(OSError):  # it is not empty
                folder.rmdir()


def read_stored(path: str) -> bytes:
    """A file that a program uploaded to the page's cache, or that was stored there for it."""
    cache = Path(get_upload_folder()).resolve()
    if "\0" in path or not (file := Path(path).resolve()).is_relative_to(cache) or not file.is_file():
        raise MessageError("no_such_file")
    return file.read_bytes()


def to_zip(pngs: Sequence[bytes]) -> bytes:
    """All of them in one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, png in enumerate(pngs, 1):
            archive.writestr(f"sketch2photo-{number:02}.png", png)
    return file.getvalue()


def to_jpeg(photo: Image.Image, **kwargs: Any) -> bytes:
    """As it is shown while people draw: a PNG takes longer to write than the picture to make."""
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92, **kwargs)
    return file.getvalue()
