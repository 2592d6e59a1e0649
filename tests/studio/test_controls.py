"""A control is declared in one place, and is then everywhere: in the layout, in endpoints, in a recipe and in both languages."""

import inspect
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from gradio.utils import get_function_description
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoOutput, Sketch2PhotoPipeline
from sketch2photo.evaluation.load_test import data_url
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.latents import LIMIT, RESERVED
from sketch2photo.studio import controls
from sketch2photo.studio.actions import Actions
from sketch2photo.studio.controls import Control
from sketch2photo.studio.messages import Text
from sketch2photo.studio.page import build, translations

FACE = data_url(EXAMPLES_FOLDER / "outline.png")
STEERED = {"photograph", "generate", "other_faces", "breed", "mix", "borrow", "travel", "keep", "keep_all"}


def model(**kwargs: Any) -> Sketch2Photo:
    torch.manual_seed(0)
    return Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1), **kwargs)


def elements(page: Any) -> dict[str, dict[str, Any]]:
    """The properties of the page's elements, by their ids."""
    return {each["props"].get("elem_id"): each["props"] for each in page.config["components"]}


def parameters(page: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """The parameters of the named endpoints, as gradio_client sees them."""
    endpoints = page.get_api_info()["named_endpoints"]
    return {
        name.removeprefix("/"): {each["parameter_name"]: each for each in endpoint["parameters"]}
        for name, endpoint in endpoints.items()
    }


def descriptions(page: Any) -> dict[str, dict[str, str]]:
    """What programs are told of the parameters, as an MCP server tells them."""
    named = [fn for fn in page.fns.values() if fn.api_visibility == "public" and fn.api_name]
    return {fn.api_name: get_function_description(fn.fn)[1] for fn in named}


class Glowing(Sketch2PhotoPipeline):
    """Its call has one option more."""

    def __call__(self, *args: Any, glow: float = 0, **kwargs: Any) -> Sketch2PhotoOutput:
        output = super().__call__(*args, **kwargs)
        whiter = [Image.blend(image, Image.new("RGB", image.size, "white"), glow) for image in output.images]
        return output._replace(images=whiter)


def test_an_option_of_the_model_is_declared_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    glow = Control("glow", 0.25, Text("Glow", "Сияние"), "how much light there is", step=0.05, in_recipe=True)
    monkeypatch.setattr(controls, "OPTIONS", (*controls.OPTIONS, glow))
    pipe = Glowing(model(directions={}))
    page = build(pipe)

    slider = elements(page)["glow"]
    assert [slider[name] for name in ("minimum", "maximum", "step", "value")] == [0, 1, 0.05, 0.25]
    words = translations(pipe.model).translations_dict
    assert (words["en"]["glow"], words["ru"]["glow"]) == ("Glow", "Сияние")
    seen, told = parameters(page), descriptions(page)
    assert {name for name, each in seen.items() if "glow" in each} == STEERED | {"average"}
    for name in STEERED:
        assert (seen[name]["glow"]["parameter_has_default"], seen[name]["glow"]["parameter_default"]) == (True, 0.25)
        assert told[name]["glow"] == "how much light there is"

    actions = Actions(pipe)
    zeros = {f"latent_{number}": 0.0 for number in range(1, 9)}
    dark, light = (
        np.asarray(Image.open(actions.photograph(FACE, {"strictness": 1.0, "glow": amount}, zeros, {})))
        for amount in (0.0, 0.9)
    )
    assert light.mean() > dark.mean() + 50
    kept = actions.keep(FACE, {"seed": 3, "strictness": 0.5, "glow": 0.9}, zeros, {})
    assert actions.open(kept) == (FACE, 3, 0.5, 0.9, *[0.0] * 8)


def test_a_direction_in_the_models_config_is_a_slider() -> None:
    beard = {"beard_length": {"vector": [1.0, *[0.0] * 7], "range": [-1.0, 2.0]}}
    pipe = Sketch2PhotoPipeline(model(directions=beard))
    page = build(pipe)
    slider = elements(page)["direction-beard-length"]
    assert [slider[name] for name in ("minimum", "maximum", "value")] == [-1, 2, 0]
    assert translations(pipe.model).translations_dict["ru"]["direction_beard_length"] == "Beard length"
    seen, told = parameters(page), descriptions(page)
    assert {name for name, each in seen.items() if "beard_length" in each} == STEERED
    assert all("which the model was found to have" in told[name]["beard_length"] for name in STEERED)

    actions = Actions(pipe)
    recorded, zeros = {"seed": 3, "strictness": 0.5}, {f"latent_{number}": 0.0 for number in range(1, 9)}
    kept = actions.keep(FACE, recorded, zeros, {"beard_length": 1.5})
    assert actions.open(kept) == (FACE, 3, 0.5, *[0.0] * 8, 1.5)
    moved, still = (
        actions.photograph(FACE, {"strictness": 0.5}, zeros, {"beard_length": amount}) for amount in (2.0, 0.0)
    )
    assert moved != still  # the same picture has the same path


def test_variations_are_what_a_click_on_them_gives_beyond_the_sliders_reach_too() -> None:
    """Of people who are three times as different as usual, some are beyond it."""
    actions = Actions(Sketch2PhotoPipeline(model()))
    strict = {"strictness": 1.0}
    pictures, variations, _ = actions.new_variations(FACE, 4, 1, 3.0, strict, {})
    assert max(abs(value) for z in variations for value in z) == LIMIT
    for index, (picture, _) in enumerate(pictures):
        event: Any = SimpleNamespace(index=index)
        photo, *z = actions.choose(FACE, strict, variations, event, {})
        assert z == variations[index]
        one, other = (np.asarray(Image.open(path)).astype(int) for path in (photo, picture))
        assert np.abs(one - other).mean() < 0.5  # rounding, which depends on how many are made at once


def test_sliders_of_the_person_come_before_those_of_the_background() -> None:
    names = ["glow", "background", "light", "skin", "backdrop_tint", "hair"]  # as they lie in a config
    directions = {name: {"vector": [1.0, *[0.0] * 7], "range": [-1.0, 1.0]} for name in names}
    page = build(Sketch2PhotoPipeline(model(directions=directions)))
    sliders = [str(name)[10:] for name in elements(page) if str(name).startswith("direction-")]
    assert sliders == ["hair", "skin", "light", "background", "backdrop-tint", "glow"]
    assert list(parameters(page)["photograph"])[-6:] == [name.replace("-", "_") for name in sliders]


def test_a_model_has_a_slider_for_each_latent_and_no_direction_that_it_lacks() -> None:
    page = build(Sketch2PhotoPipeline(model(latent_dim=5, directions={})))
    assert sum(bool(re.fullmatch(r"latent-\d+", str(name))) for name in elements(page)) == 5
    assert not any(str(name).startswith("direction-") for name in elements(page))
    assert list(parameters(page)["photograph"]) == ["drawing", "strictness", *(f"latent_{n}" for n in range(1, 6))]
    assert all(all(each.values()) for each in descriptions(page).values())


def test_programs_find_the_arguments_where_they_were() -> None:
    latents = [f"latent_{number}" for number in range(1, 9)]
    page = build(Sketch2PhotoPipeline(model(directions={"age": {"vector": [1.0] * 8, "range": [-2.0, 2.0]}})))
    assert {name: list(each) for name, each in parameters(page).items()} == {
        "photograph": ["drawing", "strictness", *latents, "age"],
        "generate": ["drawing", "count", "seed", "difference", "strictness", *latents, "age"],
        "other_faces": ["drawing", "count", "seed", "difference", "strictness", "age"],
        "new_seed": ["locked", "seed"],
        "breed": ["drawing", "count", "strictness", "liked", "variations", *latents, "age"],
        "mix": ["drawing", "strictness", "share", "liked", "variations", "age"],
        "travel": ["drawing", "strictness", "liked", "variations", "age"],
        "borrow": ["photo", "drawing", "strictness", "age"],
        "average": ["drawing", "strictness"],
        "keep": ["drawing", "seed", "strictness", *latents, "age"],
        "keep_all": ["drawing", "seed", "strictness", "variations", *latents, "age"],
        "open": ["picture"],
    }


def test_no_direction_has_the_name_of_an_argument() -> None:
    """Of the pipeline's call, and of the page's controls and actions."""
    methods = [
        Sketch2PhotoPipeline.__call__,
        *(getattr(Actions, name) for name in dir(Actions) if not name.startswith("_")),
    ]
    names = {name for method in methods if callable(method) for name in inspect.signature(method).parameters}
    assert names | {control.name for control in (*controls.CONTROLS, *controls.OPTIONS)} <= RESERVED


def test_what_a_sliders_ends_lead_to_waits_for_the_photographs_that_somebody_waits_for() -> None:
    begun, go, asked = Event(), Event(), []

    class Slow(Sketch2PhotoPipeline):
        def __call__(self, *args: Any, **kwargs: Any) -> Sketch2PhotoOutput:
            asked.append(kwargs["age"])
            begun.set()
            assert go.wait(60)
            return super().__call__(*args, **kwargs)

    actions = Actions(Slow(model(directions={"age": {"vector": [1.0] * 8, "range": [-2.0, 2.0]}})))
    zeros = {f"latent_{number}": 0.0 for number in range(1, 9)}
    arguments = (FACE, {"strictness": 1.0}, zeros, {"age": 0.5})
    with ThreadPoolExecutor(2) as pool:
        photo = pool.submit(actions.photograph, *arguments)
        assert begun.wait(60)
        ends = pool.submit(actions.ends, *arguments)
        time.sleep(0.3)
        assert asked == [0.5]
        go.set()
        assert Path(photo.result()).exists()
    assert asked == [0.5, -2, 2]
    assert Image.open(ends.result()).size == (128, 64)
