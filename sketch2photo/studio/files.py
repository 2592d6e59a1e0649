"""Files that the page hands out."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from gradio.utils import get_upload_folder
from PIL import Image

FPS = 12


def store(content: bytes, name: str) -> str:
    """The path of a file in the page's cache, from where it is served, and where it expires.

    The same content has the same path; it appears there at once, since another visitor may be reading it already.
    """
    folder = Path(get_upload_folder(), hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(content)
    return str(Path(file.name).replace(folder / name))


def to_zip(pngs: Sequence[bytes]) -> bytes:
    """All of them in one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, png in enumerate(pngs, 1):
            archive.writestr(f"sketch2photo-{number:02}.png", png)
    return file.getvalue()


def to_films(frames: list[Image.Image]) -> tuple[bytes, bytes]:
    """A looping GIF and an MP4 of them."""
    # Here, since importing it takes a quarter of the page's start.
    from diffusers.utils import export_to_gif, export_to_video

    with TemporaryDirectory() as folder:
        gif, mp4 = Path(folder, "film.gif"), Path(folder, "film.mp4")
        export_to_gif(frames, str(gif), fps=FPS)
        export_to_video(frames, str(mp4), fps=FPS)
        return gif.read_bytes(), mp4.read_bytes()


def to_jpeg(photo: Image.Image, **kwargs: Any) -> bytes:
    """As it is shown while people draw: a PNG takes longer to write than the picture to make."""
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92, **kwargs)
    return file.getvalue()
