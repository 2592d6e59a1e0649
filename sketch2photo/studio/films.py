"""Films, as both pages make them: through variations, and of a drawing as it came about."""

from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

FPS = 12
MAX_STOPS = 8  # variations that one goes through
MOMENTS = 48  # of a drawing
LAST = 12  # frames that the drawing's end stays


def to_films(frames: list[Image.Image]) -> tuple[bytes, bytes]:
    """A looping GIF and an MP4 of them."""
    # Here, since importing it takes a quarter of the page's start.
    from diffusers.utils import export_to_gif, export_to_video

    with TemporaryDirectory() as folder:
        gif, mp4 = Path(folder, "film.gif"), Path(folder, "film.mp4")
        export_to_gif(frames, str(gif), fps=FPS)
        export_to_video(frames, str(mp4), fps=FPS)
        return gif.read_bytes(), mp4.read_bytes()
