"""Variations and what chooses between them, as a person meets them in Chromium."""

import io
import json
import time
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from sketch2photo import Sketch2PhotoPipeline
from sketch2photo.evaluation.browser import draw_stroke
from sketch2photo.examples import EXAMPLES_FOLDER, example_strokes
from sketch2photo.latents import spread_latents
from sketch2photo.studio.files import to_jpeg
from tests.studio.visitor import (
    OPEN,
    SIDE,
    close,
    download,
    drawing,
    latents,
    like,
    open_example,
    pictures,
    place_on,
    rest,
    same,
    settled,
    slide,
    wait_for,
)


def test_clicking_a_variation_puts_its_latents_into_the_sliders(page: Any, model: Path) -> None:
    open_example(page, "glasses beard")
    variation = settled(page, "#variations")[3]
    assert latents(page) == [0] * 8
    page.locator("#variations button").nth(3).click()
    wait_for(lambda: latents(page) != [0] * 8, "latents in the sliders")
    photo = settled(page)[0]
    expected = Sketch2PhotoPipeline.from_pretrained(str(model))(
        EXAMPLES_FOLDER / "glasses_beard.png", latents=spread_latents(4, 8, seed=0), reframe=False
    )
    assert latents(page) == pytest.approx(expected.latents[3].clamp(-3, 3).tolist(), abs=0.006)
    assert close([photo], [variation], tolerance=1.5)  # the sliders round to 0.01
    sent = np.asarray(Image.open(io.BytesIO(to_jpeg(expected.images[3]))))
    assert close([variation], [sent], tolerance=1.5)  # the page may compute in bf16
    page.locator("#average").click()
    wait_for(lambda: latents(page) == [0] * 8, "latents of zero")
    page.locator("#variations button").nth(3).click()
    wait_for(lambda: same(pictures(page, "#photo"), [photo]), "the variation again")


def test_other_people_have_no_mark_and_each_of_them_can_be_clicked(page: Any) -> None:
    marked, third = page.locator("#variations .selected"), page.locator("#variations button").nth(2)
    open_example(page, "bun")
    for other in ("#new_seed", "#breed", "#examples button >> nth=3"):
        photo = settled(page)
        third.click()
        settled(page, different_from=photo)
        assert marked.count() == 1
        like(page, 1)
        page.locator(other).click()
        wait_for(lambda: not marked.count(), f"strip without a mark after {other}")
        rest(page)


def test_a_seed_gives_the_same_pictures_and_another_seed_others(page: Any) -> None:
    open_example(page, "bun")
    first = settled(page, "#variations")
    page.locator("#new_seed").click()
    others = settled(page, "#variations", different_from=first)
    assert not any(same([one], [other]) for one in first for other in others)
    page.get_by_text("More settings").click()
    seed = page.locator("#seed input")
    assert seed.input_value() != "0"
    seed.fill("0")
    rest(page)  # the page knows what stands in the field
    seed.press("Enter")
    again = settled(page, "#variations", different_from=others)
    assert same(again, first)
    assert latents(page) != [0] * 8  # those of the first variation
    photo = settled(page)
    page.locator("#latent-1 input[type=number]").fill("")  # on the way to typing another number
    settled(page, different_from=photo)


def test_liked_variations_are_bred_mixed_and_travelled(page: Any, tmp_path: Path) -> None:
    photo = open_example(page, "bun")
    variations = settled(page, "#variations")
    page.locator("#travel").click()
    page.wait_for_selector("#film img", timeout=60_000)
    film = Image.open(io.BytesIO(page.request.get(page.locator("#film img").get_attribute("src")).body()))
    assert film.format == "GIF"
    assert film.n_frames == 12 * len(variations)
    assert [Path(a.get_attribute("download") or "").suffix for a in page.locator("#files a").all()] == [".gif", ".mp4"]
    wait_for(lambda: page.evaluate("Boolean(window.film)"), "file to pass on")
    passed_on = download(page, "#share-film", tmp_path)
    assert passed_on.name == "sketch2photo.mp4" and passed_on.read_bytes()[4:8] == b"ftyp"
    like(page, 2, 4)
    slide(page, "#share", 0.5)
    mixed = settled(page, different_from=photo)
    assert latents(page) != [0] * 8
    slide(page, "#share", 0.995)
    end = settled(page, different_from=mixed)
    assert close([end[0]], [variations[3]], tolerance=2.5)
    page.locator("#breed").click()
    settled(page, "#variations", different_from=variations)
    wait_for(lambda: page.locator("#liked input:checked").count() == 0, "a new generation without hearts")
    wait_for(lambda: page.locator("#breed").is_disabled(), "button that waits for hearts")
    wait_for(lambda: page.locator("#share input[type=number]").input_value() == "0", "mix of nobody")


def test_what_is_kept_brings_everything_back(page: Any, tmp_path: Path) -> None:
    open_example(page, "glasses beard")
    settled(page, "#variations")
    page.locator("#variations button").nth(2).click()
    wait_for(lambda: latents(page) != [0] * 8, "latents of the variation")
    photo, dials, lines = settled(page), latents(page), drawing(page)
    kept = download(page, "#keep", tmp_path)
    saved = Image.open(kept).convert("RGB")
    assert saved.size == (512, 512)
    assert close([np.asarray(saved.resize((SIDE, SIDE), Image.Resampling.BOX))], photo, tolerance=4)
    with zipfile.ZipFile(download(page, "#keep_all", tmp_path)) as archive:
        assert len(archive.namelist()) == 7
        assert Image.open(archive.open(archive.namelist()[3])).info["sketch2photo"]
    open_example(page, "outline")
    other = settled(page, different_from=photo)
    page.locator("#average").click()
    wait_for(lambda: latents(page) == [0] * 8, "latents of zero")
    page.locator(OPEN).first.set_input_files(kept)
    wait_for(lambda: latents(page) == dials, "latents of what was kept")
    wait_for(lambda: same(pictures(page, "#photo"), photo), "the photograph again")
    assert np.array_equal(drawing(page), lines)
    assert not same(other, photo)
    page.locator("#history button").last.click()
    wait_for(lambda: latents(page) == [0] * 8, "the first picture of this visit")


def test_variations_stay_while_the_drawing_and_the_sliders_change(page: Any) -> None:
    open_example(page, "careful man")
    first = settled(page, "#variations")
    like(page, 1, 3)
    page.locator("#breed").click()
    bred = settled(page, "#variations", different_from=first)
    like(page, 2)
    slide(page, "#strictness", 0.4)
    hinted = settled(page, "#variations", different_from=bred)
    page.mouse.click(*place_on(page.locator("#pad canvas"), 0.4))  # a freckle
    settled(page, "#variations", different_from=hinted)
    slide(page, "#strictness", 0.5)
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: close(pictures(page, "#variations"), bred, tolerance=1), "the same people")
    assert page.locator("#liked input").evaluate_all("all => all.map(one => one.checked).indexOf(true)") == 1


AT_ONCE = """([where, number, end]) => {
    document.querySelectorAll(where)[number].click();
    const slider = document.querySelector('#direction-background input[type=range]');
    slider.value = slider[end];
    for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind, {bubbles: true}));
    slider.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
}"""


def test_whatever_is_done_while_others_come_the_pictures_are_of_those_who_are_there(page: Any) -> None:
    """Of people who are bred or chosen as a slider is moved, once all go to the middle, and after a canvas was cleared."""

    def are_theirs(number: int) -> bool:
        before = pictures(page, "#variations")
        page.locator("#variations button").nth(number).click()
        rest(page)
        return close(pictures(page, "#photo"), [before[number]], tolerance=3)

    open_example(page, "careful man")
    first = settled(page, "#variations")
    like(page, 1, 3)
    page.evaluate(AT_ONCE, ["#breed", 0, "max"])
    bright = settled(page, "#variations", different_from=first)
    assert are_theirs(1)
    page.evaluate(AT_ONCE, ["#variations button", 3, "min"])
    dark = settled(page, "#variations", different_from=bright)
    assert close(pictures(page, "#photo"), [dark[3]], tolerance=3)
    page.locator("#average").click()
    bred = settled(page, "#variations", different_from=dark)
    assert are_theirs(2)
    page.get_by_role("button", name="Clear the canvas").click()
    wait_for(lambda: not pictures(page, "#variations"), "cleared variations")
    rest(page)
    page.get_by_role("button", name="Undo").click()
    assert close(settled(page, "#variations"), bred)


def test_there_are_up_to_sixteen_variations_and_one_is_neither_mixed_nor_animated(page: Any) -> None:
    open_example(page, "bun")
    six = settled(page, "#variations")
    page.get_by_text("More settings").click()
    slide(page, "#count", 0.999)
    wait_for(lambda: len(pictures(page, "#variations")) == 16, "sixteen variations")
    sixteen = settled(page, "#variations")
    assert close(sixteen[:6], six, tolerance=2)
    slide(page, "#difference", 0.01)
    alike = settled(page, "#variations", different_from=sixteen)
    assert close(alike[:1] * 16, alike, tolerance=2)
    assert page.locator("#travel").is_enabled()
    slide(page, "#count", 0.001)
    wait_for(lambda: len(pictures(page, "#variations")) == 1, "one variation")
    wait_for(lambda: page.locator("#travel").is_disabled(), "button that cannot work")


@pytest.mark.parametrize(
    ("visitor", "draw_first", "choose_part", "tick_some", "tick_two"),
    [
        ("phone", "Draw a face first", "Choose a part", "Give the variations that you like", "Give two or more"),
        (
            "russian_page",
            "Сначала нарисуйте лицо",
            "Сначала выберите часть",
            "Сначала поставьте сердечко вар",
            "Сначала поставьте сердечко двум",
        ),
    ],
)
def test_what_cannot_be_used_yet_says_why(
    visitor: str, draw_first: str, choose_part: str, tick_some: str, tick_two: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(visitor)

    def says(where: str, why: str) -> None:
        control = page.locator(where).first
        wait_for(lambda: control.is_disabled() and bool(control.get_attribute("title")), "reason")
        described = page.locator(f"#{control.get_attribute('aria-describedby')}").text_content()
        assert control.get_attribute("title") == described and described.startswith(why)
        at = place_on(control)
        lies = page.evaluate("at => document.elementFromPoint(...at)?.outerHTML", at)
        if visitor == "phone":
            page.touchscreen.tap(*at)
        else:
            page.mouse.move(*at)
            place = control.bounding_box()
            page.mouse.down()
            assert control.bounding_box() == place  # it does not slip away under the pointer
            page.mouse.up()
        told = page.locator("#hint").get_by_text(why)
        wait_for(told.is_visible, f"reason, of a press on {lies:.300}: {page.locator('#hint').inner_html()}", 15)
        rest(page)
        assert told.is_visible()  # nothing else that the press did took it away again

    says("#enlarge", draw_first)
    page.locator("#pad [data-tool=kit]").click()
    says("#pad [data-part=larger]", choose_part)
    open_example(page, "bun")
    assert not page.locator("#enlarge").get_attribute("title")
    says("#breed", tick_some)
    says("#share input[type=range]", tick_two)
    like(page, 3)
    says("#travel", tick_two)
    assert not page.locator("#breed").get_attribute("aria-describedby")
    page.locator("#liked input").nth(4).click()
    assert page.locator("#share input[type=range]").is_enabled() and page.locator("#travel").is_enabled()


def test_what_is_wrong_stays_in_sight_until_something_else_is_done(page: Any, tmp_path: Path) -> None:
    """A film's progress, a photograph that follows and the second of two clicks leave it, and a film shows over no empty canvas."""
    open_example(page, "bun")
    settled(page, "#variations")
    (tmp_path / "face.png").write_bytes(b"%PDF-1.7")
    page.locator("#travel").click()
    page.locator("#hint").get_by_text("The animation is being made").wait_for()
    page.mouse.click(*place_on(page.locator("#breed")))
    told = page.locator("#hint").get_by_text("Give the variations that you like")
    told.wait_for()
    page.wait_for_selector("#film img", timeout=60_000)
    rest(page)
    assert told.is_visible()
    page.locator(OPEN).first.set_input_files(tmp_path / "face.png")
    page.evaluate("document.querySelector('#direction-background input[type=range]').dispatchEvent(new Event('input'))")
    told = page.locator("#hint").get_by_text("is not a picture that can be read")
    told.wait_for()
    draw_stroke(page, [(200, 480), (300, 480)])
    page.locator("#hint").get_by_text("Click a variation").wait_for()
    like(page, 1, 2)
    page.locator("#breed").dblclick()
    wait_for(lambda: page.locator("#breed").is_disabled(), "another generation")
    rest(page)
    assert page.locator("#hint").inner_text().strip().startswith("Click a variation")
    page.locator("#travel").click()
    page.locator("#cancel").wait_for()
    page.get_by_role("button", name="Clear the canvas").click()
    rest(page)
    assert not page.locator("#film").is_visible()


def test_a_locked_seed_stays_and_says_so_and_one_that_is_typed_is_drawn_with_and_saved(
    page: Any, tmp_path: Path
) -> None:
    photo = open_example(page, "bun")
    first = settled(page, "#variations")
    page.get_by_text("More settings").click()
    page.get_by_label("Lock the seed").check()
    page.locator("#new_seed").click()
    page.locator("#hint").get_by_text("The seed is locked").wait_for()
    rest(page)
    assert page.locator("#seed input").input_value() == "0"
    assert same(pictures(page, "#photo"), photo)
    page.locator("#seed input").fill("12")
    typed = settled(page, "#variations", different_from=first)
    page.locator("#seed input").fill("99999999999")  # beyond its end
    settled(page, "#variations", different_from=typed)
    kept = download(page, "#keep", tmp_path)
    assert json.loads(Image.open(kept).info["sketch2photo"])["seed"] == 2**31 - 1


def test_a_film_of_the_drawing_shows_its_lines_being_drawn_and_the_photograph_that_follows(page: Any) -> None:
    assert page.locator("#record").is_disabled()
    photo = open_example(page, "bun")
    page.locator("#record").click()
    page.locator("#hint").get_by_text("this drawing was opened as a picture").wait_for()
    page.locator("#travel").wait_for()
    page.get_by_role("button", name="Clear the canvas").click()
    for stroke in example_strokes("childish")[:5]:
        draw_stroke(page, stroke, every=4)
    photo = settled(page, different_from=photo)
    page.locator("#record").click()
    page.wait_for_selector("#film img", timeout=60_000)
    film: Any = Image.open(io.BytesIO(page.request.get(page.locator("#film img").get_attribute("src")).body()))
    frames = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(film)]
    assert 12 < len(frames) <= 60
    assert frames[0].shape == (SIDE, 2 * SIDE, 3)
    ink = [(255 - frame[:, :SIDE]).mean() for frame in frames]
    assert all(later > earlier - 0.5 for earlier, later in pairwise(ink))
    assert 0 < ink[0] < 0.2 * ink[-1]  # nothing of what was cleared
    lines = np.asarray(Image.fromarray(drawing(page)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    assert np.abs(frames[-1][:, :SIDE, 0] - lines).mean() < 3
    assert close([frames[-1][:, SIDE:].astype(np.uint8)], photo, tolerance=8)  # a GIF has 256 colours
    assert not close([frames[len(frames) // 3][:, SIDE:].astype(np.uint8)], photo, tolerance=8)
    assert page.locator("#files a").count() == 2
    rest(page)
    at, frame = (page.locator(where).bounding_box() for where in ("#film", "#photo"))
    assert at == frame and 0 <= at["y"] <= page.viewport_size["height"] - at["height"] + 1
    page.locator("#film").click()
    assert not page.locator("#film").is_visible()


def test_an_animation_is_cancelled_and_a_second_click_starts_no_second(page: Any) -> None:
    open_example(page, "bun")
    settled(page, "#variations")
    page.get_by_text("More settings").click()
    slide(page, "#count", 0.999)
    wait_for(lambda: len(pictures(page, "#variations")) == 16, "sixteen variations")
    rest(page)
    page.locator("#travel").press("Enter")
    page.wait_for_function(  # all at once, for it may be finished in a second
        """() => /The animation is being made: [1-9]\\d? %/.test(document.querySelector('#hint').textContent)
            && !document.querySelector('#travel')?.checkVisibility()"""
    )
    page.locator("#cancel").click()
    page.locator("#travel").wait_for()
    next_hint = page.locator("#hint").get_by_text("Click a variation")
    next_hint.wait_for()
    rest(page)
    page.evaluate("document.body.dataset.wrong = ''")  # as a failure that says nothing does, of what is cancelled
    assert next_hint.is_visible()
    assert not page.locator("#film").is_visible() and not page.locator("#cancel").is_visible()
    like(page, 1, 2)
    page.get_by_role("tab", name="Before and after").click()
    at = place_on(page.locator("#travel"), 0.97)
    for _ in range(5):
        page.mouse.click(*at)
        clicked = time.monotonic()
        page.locator("#cancel").wait_for()
        page.mouse.click(*at)  # the second of two, on what lies there now
        if time.monotonic() - clicked < 0.45:
            break
        page.locator("#travel").wait_for()  # on a slow machine it was another click, which cancelled
    page.wait_for_selector("#film img", timeout=60_000)
    page.locator("#travel").wait_for()
    draw_stroke(page, [(200, 480), (300, 480)])
    page.locator("#film").wait_for(state="hidden")
