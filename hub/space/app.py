"""The Space: the page on the model that README.md names first under `models`."""

from pathlib import Path
from typing import Any

from sketch2photo.studio.serve import fast_imports, serve

with fast_imports():
    try:
        import spaces  # On Spaces; before torch, which it changes on ZeroGPU. Elsewhere its decorator changes nothing.
    except ImportError:
        spaces = None

    from huggingface_hub import RepoCard

    from sketch2photo import Sketch2PhotoOutput, Sketch2PhotoPipeline


class SpacePipeline(Sketch2PhotoPipeline):
    """Asks ZeroGPU for its GPU each time that pictures are made, where there is ZeroGPU."""

    def __init__(self, *networks: Any) -> None:
        super().__init__(*networks)
        draw = super().__call__
        self.draw = spaces.GPU(duration=10)(draw) if spaces else draw  # bound: the weights are not sent along each time

    def __call__(self, *args: Any, **kwargs: Any) -> Sketch2PhotoOutput:
        return self.draw(*args, **kwargs)


if __name__ == "__main__":
    model = RepoCard.load(Path(__file__).parent / "README.md").data.models[0]
    pipe = SpacePipeline.from_pretrained(model)
    serve(pipe)
