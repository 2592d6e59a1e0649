"""Calibration on the page: lines over the drawing, the guide on the face, and one click that makes them the drawing."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.calibration import CANVAS, DEFAULT_STRICTNESS, Calibrated
from sketch2photo.evaluation.browser import draw_stroke
from sketch2photo.evaluation.load_test import data_url
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.images import to_images
from sketch2photo.preprocess import to_sketch
from sketch2photo.studio import actions as module
from sketch2photo.studio.actions import Actions
from sketch2photo.studio.files import to_jpeg
from sketch2photo.studio.pad import HTML, from_value
from sketch2photo.studio.page import build
from sketch2photo.studio.recipe import weights_revision
from tests import ROOT
from tests.studio.visitor import (
    OPEN,
    SIDE,
    client_of,
    close,
    draw,
    drawing,
    open_example,
    pictures,
    place_on,
    rest,
    same,
    settled,
    slide,
    wait_for,
)

FACE = data_url(EXAMPLES_FOLDER / "childish.png")
LINES, GUIDE = "#pad .calibrated", "#pad .face"


@pytest.fixture(scope="module")
def pipe(model: Path) -> Sketch2PhotoPipeline:
    return Sketch2PhotoPipeline.from_pretrained(str(model))


@pytest.fixture
def actions(pipe: Sketch2PhotoPipeline) -> Actions:
    return Actions(pipe)


def zeros(actions: Actions, group: str) -> dict[str, float]:
    return {control.name: 0.0 for control in actions.controls[group]}


def over_the_drawing(page: Any) -> np.ndarray:
    """(S, S, 4) uint8: the calibrated lines as they show."""
    source = page.locator(LINES).get_attribute("src")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGBA"))


def guide_of(page: Any) -> np.ndarray:
    """(N, 2): the places on the canvas, in its pixels, that the guide goes through; none where it follows no face."""
    path = page.locator(GUIDE).get_attribute("d") or ""
    return np.array([place.split(",") for place in path.replace("M", " ").replace("Z", " ").split()], float)


def is_calibrated_as(lines: np.ndarray, expected: Calibrated) -> bool:
    """Whether (S, S) lines are those, but for the rounding of another number of threads: a few pixels by a grey level."""
    return close([lines], [np.asarray(to_images(expected.sketch)[0])], tolerance=0.01)


# In the browser


def test_strictness_shows_calibrated_lines_until_the_drawing_changes(page: Any) -> None:
    first = open_example(page, "childish")
    lines = drawing(page)
    assert not page.locator(LINES).is_visible()
    slide(page, "#strictness", 0.02)
    settled(page, different_from=first)
    assert page.locator(LINES).is_visible()
    shown = over_the_drawing(page)
    colours = {tuple(colour) for colour in shown[shown[..., 3] > 100][:, :3]}
    assert len(colours) >= 2 and (0, 0, 0) not in colours  # the author's lines and others, and none like ink
    assert (shown[..., 3] == 0).mean() > 0.7
    assert np.array_equal(drawing(page), lines)
    slide(page, "#strictness", 0.99)
    rest(page)
    assert not page.locator(LINES).is_visible()
    slide(page, "#strictness", 0.5)
    rest(page)
    assert page.locator(LINES).is_visible()
    x, y = place_on(page.locator("#pad canvas"), 0.05)
    page.mouse.move(x, y)
    page.mouse.down()
    assert not page.locator(LINES).is_visible()
    page.mouse.move(x + 20, y)
    page.mouse.up()
    rest(page)
    assert not page.locator(LINES).is_visible()


def test_straightening_is_one_step_that_can_be_undone(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    straighten = page.locator("#straighten")
    assert straighten.is_disabled()
    open_example(page, "childish")
    slide(page, "#strictness", 0.99)
    rest(page)
    straighten.click()
    page.get_by_text("Every line is followed as it is").wait_for()
    slide(page, "#strictness", 0.02)
    rest(page)
    before, lines = pictures(page, "#photo"), drawing(page)
    straighten.click()
    settled(page, different_from=before)
    expected = pipe.calibrate(Image.fromarray(lines), 0.0, reframe=False, size=CANVAS)
    assert is_calibrated_as(drawing(page), expected)
    assert not np.array_equal(drawing(page), lines)
    assert not page.locator(LINES).is_visible()  # they are the drawing now
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of before")
    assert np.array_equal(drawing(page), lines)
    page.get_by_role("button", name="Clear the canvas").click()
    wait_for(straighten.is_disabled, "button that is disabled")


def test_a_crooked_face_gets_a_quiet_offer_to_straighten_it(page: Any, pipe: Sketch2PhotoPipeline) -> None:
    asked, no = (
        page.get_by_role("button", name="Straighten it?"),
        page.get_by_role("button", name="No, leave it as it is"),
    )
    open_example(page, "careful man")
    page.locator(OPEN).first.set_input_files(ROOT / "tests" / "drawings" / "anime_eyes.png")
    asked.wait_for()
    lines, before = drawing(page), pictures(page, "#photo")
    assert page.locator(LINES).is_visible()  # a preview
    asked.click()
    settled(page, different_from=before)
    expected = pipe.calibrate(Image.fromarray(lines), DEFAULT_STRICTNESS, reframe=False, size=CANVAS)
    assert expected.is_crooked
    assert is_calibrated_as(drawing(page), expected)
    assert not page.locator(LINES).is_visible() and not asked.is_visible()
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of before")
    assert np.array_equal(drawing(page), lines)
    page.get_by_role("button", name="Clear the canvas").click()
    page.get_by_role("button", name="Undo").click()
    asked.wait_for()
    no.click()
    assert not page.locator(LINES).is_visible() and np.array_equal(drawing(page), lines)
    draw_stroke(page, [(240, 20), (260, 24)])
    rest(page)
    page.wait_for_timeout(2200)
    assert not asked.is_visible()  # once is enough


@pytest.mark.parametrize(("name", "is_crooked"), [("quick_man", False), ("curly", False), ("child", True)])
def test_only_faces_far_from_believable_ones_are_crooked(
    pipe: Sketch2PhotoPipeline, name: str, is_crooked: bool
) -> None:
    path = ROOT / "tests" / "drawings" / f"{name}.png"
    assert [pipe.calibrate(path, strictness).is_crooked for strictness in (1.0, 0.2)] == 2 * [is_crooked]


def test_the_guide_follows_the_face(page: Any) -> None:
    assert not len(guide_of(page)) and page.locator("#pad .guide g").is_visible()
    draw(page, "tiny_corner")
    settled(page)
    rows, columns = np.nonzero(drawing(page) < 128)
    face = guide_of(page)
    assert not page.locator("#pad .guide g").is_visible()
    for axis, ink in enumerate((columns, rows)):
        assert ink.min() - 20 < face[:, axis].min() < face[:, axis].max() < ink.max() + 20
    page.locator("#enlarge").click()
    rest(page)
    assert np.ptp(guide_of(page), 0).min() > 2 * np.ptp(face, 0).max()
    page.get_by_role("button", name="Clear the canvas").click()
    wait_for(lambda: not len(guide_of(page)), "guide of before")


def test_a_drawing_of_no_face_is_said_to_be_none(page: Any) -> None:
    for x in range(100, 500, 40):
        draw_stroke(page, [(x, 60), (x, 450)])
    before = settled(page)
    assert "No face was found" in page.locator("#hint").inner_text()
    assert not len(guide_of(page))
    page.locator("#new_seed").click()
    settled(page, different_from=before)
    assert "No face was found" in page.locator("#hint").inner_text()
    slide(page, "#strictness", 0.02)
    rest(page)
    assert not page.locator(LINES).is_visible()
    page.locator("#straighten").click()
    rest(page)
    assert "No face was found" in page.locator("#hint").inner_text()


# Without it


def test_a_drawing_is_calibrated_once_for_all_its_pictures(actions: Actions, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Any] = []
    assert actions.pipe.calibrator
    hook = actions.pipe.calibrator.register_forward_hook(lambda *_: looks.append(1))
    monkeypatch.setattr(module, "CALIBRATED", 2)
    actions = Actions(actions.pipe)
    latents, directions = zeros(actions, "latents"), zeros(actions, "directions")

    def follow(drawing: str, strictness: float) -> int:
        before = len(looks)
        actions.follow(drawing, {"strictness": strictness}, latents, directions)
        return len(looks) - before

    def corrections() -> int:
        return actions._calibrated.cache_info().misses

    try:
        assert follow(FACE, 0.5) == 1
        actions.preview(FACE, {"strictness": 0.5}, latents, directions)
        actions.new_variations(FACE, 2, 0, 1.0, {"strictness": 0.5}, directions)
        actions.keep(FACE, {"seed": 0, "strictness": 0.5}, latents, directions)
        assert len(looks) == corrections() == 1
        assert [follow(FACE, strictness) for strictness in (0.4, 0.5, 0.3, 0.2, 0.5)] == 5 * [0]  # one look for all
        assert corrections() == 5  # no more than two are kept
        others = [data_url(EXAMPLES_FOLDER / f"{name}.png") for name in ("outline", "bun")]
        turns = ((others[0], 0.5), (FACE, 0.1), (others[1], 0.5), (others[0], 0.5))
        assert [follow(*turn) for turn in turns] == [1, 0, 1, 1]  # and no more than two looks
    finally:
        hook.remove()


def test_nothing_is_reframed_while_it_is_drawn(actions: Actions) -> None:
    tiny = data_url(EXAMPLES_FOLDER / "tiny_corner.png")
    latents, directions = zeros(actions, "latents"), zeros(actions, "directions")
    for strictness in (1.0, 0.3):
        photo = actions.photograph(tiny, {"strictness": strictness}, latents, directions)
        still, moved = (
            actions.pipe(
                from_value(tiny), latents=actions.pipe.random_latents(1) * 0, strictness=strictness, reframe=reframe
            )
            for reframe in (False, True)
        )
        shown = [np.asarray(Image.open(photo))]
        sent, other = ([np.asarray(Image.open(io.BytesIO(to_jpeg(each.images[0]))))] for each in (still, moved))
        assert close(shown, sent, tolerance=2)
        assert not close(shown, other, tolerance=2)


def test_a_drawing_that_is_opened_does_not_move_afterwards(actions: Actions, tmp_path: Path) -> None:
    sheet = Image.new("RGB", (1500, 800), "white")
    sheet.paste(Image.open(EXAMPLES_FOLDER / "careful_man.png").resize((300, 300)), (1100, 60))
    sheet.save(tmp_path / "corner.webp", lossless=True)
    opened = actions.open(str(tmp_path / "corner.webp"))[0]
    framed = actions.pipe.calibrate(sheet, 1.0, size=CANVAS)
    picture = from_value(opened)
    assert picture and same([np.asarray(picture)], [np.asarray(to_images(framed.sketch)[0])])
    live, alone = (actions.pipe.calibrate(picture, 1.0, reframe=reframe) for reframe in (False, True))
    assert live.is_face and np.abs(live.points * CANVAS / SIDE - framed.points).mean() < 4
    assert np.abs(live.points - alone.points).mean() * CANVAS / SIDE < 6


def test_the_pad_is_as_large_as_the_sheet_on_which_a_face_is_found() -> None:
    side = str(CANVAS)
    (canvas,) = re.findall(r"<canvas ([^>]*)>", HTML.read_text())
    assert f'width="{side}" height="{side}"' in canvas
    assert f'viewBox="0 0 {side} {side}"' in HTML.read_text()


def test_programs_straighten(url: str, pipe: Sketch2PhotoPipeline) -> None:
    client = client_of(url)
    straightened = client.predict(drawing=FACE, strictness=0.2, api_name="/straighten")
    expected = pipe.calibrate(from_value(FACE), 0.2, reframe=False, size=CANVAS)
    lines = from_value(straightened)
    assert lines is not None and is_calibrated_as(np.asarray(lines), expected)
    for bad, sentence in ((None, "The canvas is empty"), ("x", "A picture is sent as a file")):
        with pytest.raises(Exception, match=sentence):
            client.predict(drawing=bad, strictness=0.2, api_name="/straighten")


def test_a_model_without_a_calibrator_has_no_control_for_it(pipe: Sketch2PhotoPipeline, tmp_path: Path) -> None:
    plain = Sketch2PhotoPipeline(pipe.model)
    for each, is_there in ((pipe, True), (plain, False)):
        page = build(each)
        parts = {part["props"].get("elem_id"): part["props"] for part in page.config["components"]}
        assert ("straighten" in parts) == ("enlarge" in parts) == is_there
        assert parts["strictness"]["value"] == (DEFAULT_STRICTNESS if is_there else 1)
        assert ({"/straighten", "/enlarge"} <= page.get_api_info()["named_endpoints"].keys()) == is_there
    actions = Actions(plain)
    latents, directions = zeros(actions, "latents"), zeros(actions, "directions")
    hint, photo, _ = actions.preview(FACE, {"strictness": 0.3}, latents, directions)
    assert hint.key == "next"
    z = pipe.random_latents(1) * 0
    expected = plain(from_value(FACE), latents=z, strictness=0.3, reframe=False).images[0]
    sent = Image.open(io.BytesIO(to_jpeg(expected)))
    assert close([np.asarray(Image.open(photo))], [np.asarray(sent)], tolerance=2)
    wide = Image.new("L", (900, 450), 255)  # without one it is seen as a whole
    wide.paste(Image.open(EXAMPLES_FOLDER / "outline.png").resize((150, 150)), (700, 20))
    wide.save(tmp_path / "wide.png")
    opened = np.asarray(from_value(actions.open(str(tmp_path / "wide.png"))[0]))
    assert same([opened], [np.asarray(to_images(to_sketch(wide, CANVAS))[0])])
    assert np.nonzero(opened < 128)[1].min() > 700 / 900 * CANVAS


def test_a_recipes_revision_is_the_calibrators_too(pipe: Sketch2PhotoPipeline) -> None:
    assert pipe.calibrator
    revision = weights_revision(pipe.model, pipe.calibrator)
    assert Actions(pipe).revision == revision != weights_revision(pipe.model)


def test_a_model_of_coloured_sketches_sees_what_was_opened_in_its_colours(tmp_path: Path) -> None:
    coloured = Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1), head=8, mapping=8, sketch_channels=3)
    actions = Actions(Sketch2PhotoPipeline(coloured))
    labels = Image.new("RGB", (300, 300), (0, 0, 170))
    labels.paste((255, 85, 0), (100, 100, 200, 300))
    labels.save(tmp_path / "labels.png")
    value = actions.open(str(tmp_path / "labels.png"))[0]
    expected = np.asarray(labels.resize((CANVAS, CANVAS))).astype(int)
    assert (np.abs(np.asarray(from_value(value)) - expected).max(2) < 3).mean() > 0.98
    _, photo, _ = actions.preview(value, {"strictness": 1.0}, zeros(actions, "latents"), zeros(actions, "directions"))
    assert Image.open(photo).size == (64, 64)
