"""How the page is started, by `app.py` and on a Space alike. Imports nothing that takes seconds before it is asked to."""

import gc
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

    The model goes to the GPU where there is one, and else computes in bf16 where the CPU does. It can be neither trained nor saved then.

    Raises:
        OSError: the port is taken.
    """
    import torch

    from .. import machine
    from ..networks.packed import pack

    if torch.cuda.is_available():
        pipe.to("cuda")
    elif machine.has_bf16():
        pipe.to(torch.bfloat16)
    pack(pipe.model)
    if pipe.calibrator:
        pack(pipe.calibrator)
    os.environ.setdefault("MPLBACKEND", "agg")  # or Gradio has Matplotlib, where it is installed, look for a screen
    with fast_imports():
        from .page import launch
    launch(pipe, port, **kwargs)


@contextmanager
def fast_imports() -> Iterator[None]:
    """Where PyTorch and Gradio are imported faster: without the stub files (.pyi) that Gradio makes for editors, of all
    components anew, and without a look for garbage after each few hundred of the objects that come and stay.

    Nor does Python look through them later (gc.freeze), which takes .2 s, in which nobody would get a photograph.
    """
    getfile = inspect.getfile

    def of_others(thing: Any) -> str:
        # Gradio makes none of a class whose file is not known.
        if getattr(thing, "__module__", "").startswith("gradio."):
            raise OSError(f"The file of {thing} is not told.")
        return getfile(thing)

    gc.disable()
    try:
        with mock.patch.object(inspect, "getfile", of_others):
            yield
    finally:
        gc.freeze()
        gc.enable()
