"""Draw a face, get photographs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Sketch2Photo
    from .pipeline import Sketch2PhotoOutput, Sketch2PhotoPipeline

__all__ = ["Sketch2Photo", "Sketch2PhotoOutput", "Sketch2PhotoPipeline"]


def __getattr__(name: str) -> Any:
    """Each at its first use: PyTorch takes seconds to import, for which a program's --help and its refusals need not wait."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".model" if name == "Sketch2Photo" else ".pipeline", __name__), name)
