"""How the page is started, by `app.py` and on a Space alike. Imports nothing that takes seconds before it is asked to."""

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from ..pipeline import Sketch2PhotoPipeline


def serve(pipe: "Sketch2PhotoPipeline", port: int | None = None, **kwargs: Any) -> None:
    """Serves the page of a pipeline as fast as the hardware allows, until interrupted; further arguments are page.launch's.

    The model goes to the GPU where there is one, and else computes in bf16 where the CPU does.

    Raises:
        OSError: the port is taken.
    """
    import torch

    from .. import machine

    if torch.cuda.is_available():
        pipe.to("cuda")
    elif machine.has_bf16():
        pipe.to(torch.bfloat16)
    os.environ.setdefault("MPLBACKEND", "agg")  # or Gradio has Matplotlib, where it is installed, look for a screen
    with without_stubs():
        from .page import launch
    launch(pipe, port, **kwargs)


@contextmanager
def without_stubs() -> Iterator[None]:
    """Where Gradio may be imported in half its time: without the stub files (.pyi) that it makes for editors, of all components anew.

    It makes none of a class whose file is not known.
    """
    getfile = inspect.getfile

    def of_others(thing: Any) -> str:
        if getattr(thing, "__module__", "").startswith("gradio."):
            raise OSError(f"The file of {thing} is not told.")
        return getfile(thing)

    with mock.patch.object(inspect, "getfile", of_others):
        yield
