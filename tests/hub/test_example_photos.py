"""The photographs that the pages show of the examples are of the weights that are here."""

import numpy as np
from PIL import Image

from hub import example_photos
from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.examples import EXAMPLES, WITH_PHOTO
from tests import ROOT


def test_photographs_of_examples_are_what_the_weights_make() -> None:
    assert {path.stem for path in WITH_PHOTO.iterdir()} == {path.stem for path in EXAMPLES}
    pipe = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))
    for path in EXAMPLES[::4]:
        shown = np.asarray(Image.open(WITH_PHOTO / f"{path.stem}.jpg"), float)
        made = np.asarray(example_photos.with_photo(pipe, str(path)), float)
        assert np.abs(shown - made).mean() < 4, f"{path.stem}: python -m hub.example_photos makes them anew"
