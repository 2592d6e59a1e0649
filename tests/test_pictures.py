"""The bundled weights make the same pictures as they did before the code was moved into its rooms."""

import json
from pathlib import Path

import numpy as np
import pytest

from sketch2photo import Sketch2PhotoPipeline

HERE = Path(__file__).parent
PICTURES = json.loads((HERE / "pictures.json").read_text())  # every 211th value of two pictures of each drawing


@pytest.mark.parametrize("drawing", PICTURES)
def test_the_pictures_are_the_same(drawing: str) -> None:
    expected = PICTURES[drawing]
    pipe = Sketch2PhotoPipeline.from_pretrained(str(HERE.parent / "hub" / "model"))
    out = pipe(HERE.parent / drawing, num_images=2, seed=1, strictness=expected["strictness"])
    for picture, values in zip(out.images, expected["values"], strict=True):
        assert np.abs(np.asarray(picture).ravel()[::211].astype(int) - values).max() <= 1
