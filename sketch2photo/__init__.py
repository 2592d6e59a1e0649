"""Draw a face, get photographs."""

from .model import Sketch2Photo
from .pipeline import Sketch2PhotoOutput, Sketch2PhotoPipeline

__all__ = ["Sketch2Photo", "Sketch2PhotoOutput", "Sketch2PhotoPipeline"]
