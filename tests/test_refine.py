"""The second step: diffusers' real pipeline, from files in its format, with components small enough for a test."""

import io
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from sketch2photo.refine import Refiner
from sketch2photo.studio import page as studio

pytest.importorskip("transformers")

from sketch2photo import Sketch2Photo, Sketch2PhotoOutput, Sketch2PhotoPipeline
from tests import diffusion

HOW = {"steps": 4, "size": 64, "seed": 0}


@pytest.fixture(scope="module")
def refiner(tmp_path_factory: pytest.TempPathFactory) -> Refiner:
    folder = tmp_path_factory.mktemp("diffusion")
    diffusion.save(folder)
    return Refiner(str(folder / "model"), str(folder / "controlnet"), device="cpu")


@pytest.fixture(scope="module")
def draft() -> Sketch2PhotoOutput:
    torch.manual_seed(0)
    pipe = Sketch2PhotoPipeline(Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1), head=8))
    page = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(page).ellipse((60, 30, 240, 270), outline=0, width=8)
    return pipe(page, num_images=2, seed=0)


def pixels(images: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(image) for image in images]).astype(float)


def test_draft_drawing_and_prompt_all_matter(refiner: Refiner, draft: Sketch2PhotoOutput) -> None:
    refined = pixels(refiner(draft, "a face", **HOW))
    assert refined.shape == (2, 64, 64, 3)
    assert np.array_equal(pixels(refiner(draft, "a face", **HOW)), refined)
    other_draft = Sketch2PhotoOutput(draft.images[::-1], draft.latents, draft.sketch)
    other_drawing = Sketch2PhotoOutput(draft.images, draft.latents, draft.sketch.flip(2).roll(9, 3))
    for changed in (
        refiner(other_draft, "a face", **HOW),
        refiner(other_drawing, "a face", **HOW),
        refiner(draft, "an old man", **HOW),
        refiner(draft, "a face", **{**HOW, "seed": 7}),
    ):
        assert not np.array_equal(pixels(changed), refined)
    without_control = {**HOW, "control": 0.0}
    assert np.array_equal(
        pixels(refiner(draft, "a face", **without_control)), pixels(refiner(other_drawing, "a face", **without_control))
    )


def test_strength_is_the_distance_from_the_draft(refiner: Refiner, draft: Sketch2PhotoOutput) -> None:
    through_vae = pixels(refiner(draft, "a face", strength=0.02, steps=50, size=64, seed=0))
    near, far = (pixels(refiner(draft, "a face", strength=s, steps=20, size=64, seed=0)) for s in (0.1, 1.0))
    assert np.abs(near - through_vae).mean() < np.abs(far - through_vae).mean()


def test_fewer_pictures_are_the_first_of_more(refiner: Refiner, draft: Sketch2PhotoOutput) -> None:
    one = Sketch2PhotoOutput(draft.images[:1], draft.latents[:1], draft.sketch)
    assert np.abs(pixels(refiner(one, "a face", **HOW))[0] - pixels(refiner(draft, "a face", **HOW))[0]).max() <= 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"strength": 0}, "strength is"), ({"steps": 1}, "strength x steps"), ({"size": 100}, "64")],
)
def test_bad_numbers_get_one_sentence(draft: Sketch2PhotoOutput, arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Refiner()(draft, "a face", **arguments)


def test_models_that_are_not_there_are_named(draft: Sketch2PhotoOutput, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be loaded"):
        Refiner(str(tmp_path), str(tmp_path), device="cpu")(draft, "a face", **HOW)


def test_the_page_has_the_button_where_it_can_run(refiner: Refiner, browser: Any) -> None:
    torch.manual_seed(0)
    model = Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1), head=8, directions={})
    page_of = {
        True: studio.build(Sketch2PhotoPipeline(model), partial(refiner, steps=4)),
        False: studio.build(Sketch2PhotoPipeline(model)),
    }
    for can_run, blocks in page_of.items():
        _, url, _ = blocks.launch(prevent_thread_lock=True, quiet=True, i18n=studio.translations(model))
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(url)
        page.locator("#examples button").first.click()
        page.wait_for_selector("#photo img")
        button = page.get_by_role("button", name="Make it sharp")
        assert button.count() == can_run
        if can_run:
            page.get_by_label("What the picture should show").fill("an old man")
            button.click()
            source = page.wait_for_selector("#sharpened img").get_attribute("src")
            picture = Image.open(io.BytesIO(page.request.get(source).body()))
            assert picture.size == (512, 512)
            assert np.ptp(np.asarray(picture)) > 20
        page.close()
        blocks.close()
