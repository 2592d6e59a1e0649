"""The page as a person meets it: a mouse draws in Chromium, against the real app in a process of its own."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.evaluation.browser import draw_stroke
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.studio import controls
from sketch2photo.studio import page as studio
from sketch2photo.studio.messages import Text
from tests import ROOT
from tests.studio.visitor import (
    BLANK,
    BORROW,
    OPEN,
    SIDE,
    close,
    download,
    draw,
    drawing,
    latents,
    open_example,
    open_expert,
    pictures,
    place_on,
    rest,
    same,
    settled,
    slide,
    wait_for,
)


def test_pictures_follow_the_pen(page: Any) -> None:
    assert not pictures(page, "#photo")
    draw(page, "quick_sketch")
    expected = np.asarray(Image.open(EXAMPLES_FOLDER / "quick_sketch.png").convert("L"))
    drawn, there = (np.asarray(Image.fromarray(lines).reduce(8)) < 250 for lines in (drawing(page), expected))
    assert (drawn & there).sum() > 0.7 * (drawn | there).sum()
    first = settled(page)
    assert first[0].shape == (SIDE, SIDE, 3)
    assert len(settled(page, "#variations")) == 6
    canvas = page.locator("#pad canvas").bounding_box()
    page.mouse.move(canvas["x"] + 100, canvas["y"] + 60)
    page.mouse.down()
    page.mouse.move(canvas["x"] + 300, canvas["y"] + 40)
    assert same(pictures(page, "#photo"), first)  # the pen is still down
    page.mouse.up()
    settled(page, different_from=first)
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: same(pictures(page, "#photo"), first), "picture of before")


def test_a_latent_and_a_named_direction_change_the_photograph_and_its_variations_and_not_the_drawing(page: Any) -> None:
    before = open_example(page, "careful woman")
    lines = drawing(page)
    open_expert(page)
    slider = page.locator("#latent-3 input[type=range]")
    page.mouse.move(*place_on(slider))
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(*place_on(slider, 0.5 + 0.05 * step))
    wait_for(lambda: not same(pictures(page, "#photo"), before), "picture while the slider is dragged")
    page.mouse.up()
    after = settled(page, different_from=before)
    assert latents(page)[2] > 2
    assert not close(after, before)
    assert np.array_equal(drawing(page), lines)
    page.locator("#average").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of all latents zero")
    before, variations = settled(page), settled(page, "#variations")
    slide(page, "#direction-background", 0.95)
    after = settled(page, different_from=before)
    settled(page, "#variations", different_from=variations)
    assert float(page.locator("#direction-background input[type=number]").input_value()) > 1.5
    corner = (slice(0, 6), slice(0, 6))
    assert after[0][corner].mean() > before[0][corner].mean() + 10
    page.locator("#average").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of before")


def test_named_sliders_show_what_their_ends_lead_to_and_a_click_goes_there(page: Any) -> None:
    before = open_example(page, "careful woman")
    high = page.locator("#direction-background .ends .max_value")
    high.wait_for()
    shown = "element => ['--strip', '--place'].map(name => getComputedStyle(element).getPropertyValue(name))"
    strip, place = high.evaluate(shown)
    picture = Image.open(io.BytesIO(page.request.get(strip.split('"')[1]).body()))
    side, sliders = picture.height, page.locator("#settings .ends").count()
    assert picture.width == 2 * side * sliders == 2 * side * page.locator("#settings [id^=direction-]").count()
    high.click()
    after = settled(page, different_from=before)
    assert page.locator("#direction-background input[type=number]").input_value() == "2.5"
    left = side * (2 * int(place) + 1)
    end = np.asarray(picture.crop((left, 0, left + side, side)).resize((SIDE, SIDE)))
    assert close(after, [end], 4) and not close(before, [end], 8)
    page.get_by_role("button", name="Clear the canvas").click()
    high.wait_for(state="hidden")


def test_strictness_changes_all_pictures(page: Any) -> None:
    before = open_example(page, "childish")
    variations = settled(page, "#variations")
    slider = page.locator("#strictness input[type=range]")
    page.mouse.move(*place_on(slider, 0.9))
    page.mouse.down()
    page.mouse.move(*place_on(slider, 0.05), steps=4)
    page.mouse.up()
    settled(page, different_from=before)
    settled(page, "#variations", different_from=variations)


def test_an_empty_canvas_and_a_dot_get_a_hint(page: Any) -> None:
    needing = ["new_seed", "keep", "keep_all", "average", "borrow", "enlarge", "straighten"]
    for button in needing:
        assert page.locator(f"#{button}").is_disabled(), button
    assert not pictures(page, "#photo")
    assert not page.locator("#with-variations").is_visible()
    canvas = page.locator("#pad canvas").bounding_box()
    page.mouse.click(canvas["x"] + 200, canvas["y"] + 200)
    page.locator("#hint").get_by_text("There is only a dot on the canvas: draw a face first.").wait_for()
    open_example(page, "outline")
    settled(page, "#variations")
    wait_for(lambda: not any(page.locator(f"#{button}").is_disabled() for button in needing), "buttons that work")
    page.get_by_role("button", name="Clear the canvas").click()
    wait_for(lambda: not pictures(page, "#photo") and not pictures(page, "#variations"), "cleared pictures")
    assert "The canvas is empty" in page.locator("#hint").inner_text()
    wait_for(lambda: page.locator("#new_seed").is_disabled(), "button that waits")
    assert (drawing(page) == 255).all()
    open_example(page, "outline")
    assert (drawing(page) < 128).any()


def test_a_small_head_is_enlarged_on_the_pad(page: Any) -> None:
    draw(page, "tiny_corner")
    before = settled(page)
    page.locator("#enlarge").click()
    settled(page, different_from=before)
    rows, columns = np.flatnonzero((drawing(page) < 128).any(1)), np.flatnonzero((drawing(page) < 128).any(0))
    assert len(rows) > 350 and 200 < columns.mean() < 312
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of before")


def test_an_example_can_be_drawn_on_and_erased(page: Any) -> None:
    open_example(page, "childish")  # whose face is where faces are
    assert np.array_equal(drawing(page), np.asarray(Image.open(EXAMPLES_FOLDER / "childish.png").convert("L")))
    before = settled(page)
    page.get_by_role("button", name="Eraser").click()
    page.get_by_role("button", name="Thick line").click()
    canvas = page.locator("#pad canvas").bounding_box()
    page.mouse.move(canvas["x"], canvas["y"] + canvas["height"] / 2)
    page.mouse.down()
    page.mouse.move(canvas["x"] + canvas["width"], canvas["y"] + canvas["height"] / 2, steps=5)
    page.mouse.up()
    settled(page, different_from=before)
    assert (drawing(page)[240:272] == 255).all()
    assert (drawing(page) < 128).any()


def test_a_file_is_opened_dropped_and_pasted(page: Any, tmp_path: Path) -> None:
    photo_of_paper = Image.open(EXAMPLES_FOLDER / "quick_sketch.png").convert("RGB").resize((900, 900))
    photo_of_paper.save(tmp_path / "paper.jpg")
    page.locator(OPEN).first.set_input_files(tmp_path / "paper.jpg")
    settled(page)
    assert (drawing(page) < 128).any()
    (tmp_path / "broken.png").write_bytes(b"%PDF-1.7 and nothing more")
    page.locator(OPEN).first.set_input_files(tmp_path / "broken.png")
    page.get_by_text("is not a picture that can be read").wait_for()
    give = """([data, kind]) => {
        const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0)), files = new DataTransfer();
        files.items.add(new File([bytes], 'face.png', {type: 'image/png'}));
        const event = new Event(kind, {bubbles: true, cancelable: true});
        event[kind === 'drop' ? 'dataTransfer' : 'clipboardData'] = files;
        document.body.dispatchEvent(event);
    }"""
    for name, kind in (("glasses_beard", "drop"), ("childish", "paste")):  # their faces are already where faces are
        content = (EXAMPLES_FOLDER / f"{name}.png").read_bytes()
        page.evaluate(give, [base64.b64encode(content).decode(), kind])
        face = np.asarray(Image.open(EXAMPLES_FOLDER / f"{name}.png").convert("L"))
        wait_for(lambda face=face: np.array_equal(drawing(page), face), f"what was given by {kind}")


def test_a_photograph_is_made_a_line_drawing_of(page: Any, tmp_path: Path) -> None:
    open_example(page, "careful woman")
    bundled = Sketch2PhotoPipeline.from_pretrained(
        str(ROOT / "hub" / "model")
    )  # the page's are too small to be taken for one
    (portrait,) = bundled(EXAMPLES_FOLDER / "careful_woman.png", num_images=1, seed=0).images
    portrait.resize((512, 512), Image.Resampling.LANCZOS).save(tmp_path / "photo.jpg", quality=95)
    before = pictures(page, "#photo")
    page.locator(OPEN).first.set_input_files(tmp_path / "photo.jpg")
    page.locator("#hint").get_by_text("That is a photograph: its lines were drawn.").wait_for()
    settled(page, different_from=before)
    assert (drawing(page) > 200).mean() > 0.6
    assert "without asking them" in page.locator("#hint").inner_text()
    page.locator("#pad canvas").click()
    page.locator("#hint").get_by_text("Click a variation").wait_for()  # it is a drawing of one's own now


def test_a_number_beyond_a_sliders_end_is_its_end(page: Any) -> None:
    before = open_example(page, "bun")
    open_expert(page)
    field = page.locator("#latent-1 input[type=number]")
    field.fill("99")
    far = settled(page, different_from=before)
    field.press("Tab")
    wait_for(lambda: latents(page)[0] == 3, "end of the slider")
    rest(page)
    assert same(pictures(page, "#photo"), far)
    assert "Click a variation" in page.locator("#hint").inner_text()
    assert not page.locator(".toast-body").count()


def test_colours_are_borrowed_and_compared(page: Any, tmp_path: Path) -> None:
    before = open_example(page, "careful man")
    Image.fromarray(np.full((300, 300, 3), (40, 60, 160), np.uint8)).save(tmp_path / "blue.jpg")
    page.locator(BORROW).first.set_input_files(tmp_path / "blue.jpg")
    settled(page, different_from=before)
    assert latents(page) != [0] * 8
    page.get_by_role("tab", name="Before and after").click()
    sizes = "images => images.map(image => image.complete && image.getBoundingClientRect().width && image.naturalWidth)"
    wait_for(lambda: page.locator("#compare img").evaluate_all(sizes) == [512, SIDE], "drawing and photograph")


def test_nothing_but_lines_is_in_the_drawing_and_a_drop_that_is_no_picture_is_told(page: Any) -> None:
    assert page.locator("#pad .guide").is_visible()
    assert (drawing(page) == 255).all()
    page.get_by_role("button", name="Face guide").click()
    assert not page.locator("#pad .guide").is_visible()
    drag = """kind => {
        const files = new DataTransfer();
        files.items.add(new File(['Dear Sir'], 'letter.txt', {type: 'text/plain'}));
        document.body.dispatchEvent(Object.assign(new Event(kind, {bubbles: true, cancelable: true}), {dataTransfer: files}));
    }"""
    outline = "document.querySelector('#pad canvas').computedStyleMap().get('outline-style').value"
    page.evaluate(drag, "dragover")
    assert page.evaluate(outline) == "dashed"
    page.evaluate(drag, "drop")
    assert page.evaluate(outline) == "none"
    page.get_by_text("That is no picture").wait_for()
    assert (drawing(page) == 255).all()


def test_a_russian_browser_gets_a_russian_page_and_examples_show_their_photographs(russian_page: Any) -> None:
    page = russian_page
    page.get_by_role("button", name="⚄ Другие").wait_for()
    page.get_by_role("button", name="Очистить холст").wait_for()
    open_expert(page)
    page.get_by_label("Ручка 8").first.wait_for()
    page.locator("#hint").get_by_text("Нарисуйте лицо").wait_for()
    page.locator("#pad canvas").click()
    page.locator("#hint").get_by_text("На холсте только точка").wait_for()
    first = page.get_by_role("button", name="Пример рисунка: пучок")
    first.wait_for()
    shown = "picture => getComputedStyle(picture).objectPosition"
    assert first.locator("img").evaluate(shown).startswith("0%")
    first.hover()
    assert first.locator("img").evaluate(shown).startswith("100%")


def test_messages_are_in_the_language_of_the_settings(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(BLANK)
    open_example(page, "bun")
    page.locator("#travel").click()
    page.wait_for_selector("#film img", timeout=60_000)
    page.get_by_role("button", name="Clear the canvas").click()
    page.locator("#pad canvas").click()
    page.locator("#hint").get_by_text("There is only a dot").wait_for()
    page.get_by_role("button", name="Kit: parts of faces").click()
    page.locator("button.settings").click()
    page.get_by_label("Language").click()
    page.get_by_role("option", name="Русский").click()
    page.keyboard.press("Escape")
    page.locator("#hint").get_by_text("На холсте только точка").wait_for()  # what is there already
    page.get_by_role("tab", name="До и после").wait_for()
    for button, words in (("#travel", "Оживить"), ("#record", "Фильм о рисунке")):
        assert (page.locator(button).text_content() or "").strip() == words
    page.get_by_role("toolbar", name="Инструменты").get_by_role("button", name="Набор: части лиц").wait_for()
    assert page.get_by_role("button", name="Отразить").inner_text() == "Отразить"
    assert page.get_by_role("button", name="Голова 1").get_attribute("title") == "Голова"
    page.evaluate(
        "document.body.dispatchEvent(Object.assign(new Event('drop', {bubbles: true}), {dataTransfer: new DataTransfer()}))"
    )
    page.locator("#pad .note").get_by_text("Это не картинка").wait_for()
    page.evaluate("document.documentElement.lang = 'en'")
    page.locator("#pad .note").get_by_text("That is no picture").wait_for()
    page.evaluate("document.documentElement.lang = 'ru'")
    Image.new("L", (200, 10), 255).save(tmp_path / "thin.png")
    page.locator(OPEN).first.set_input_files(tmp_path / "thin.png")
    page.locator("#hint").get_by_text("В картинке 200 x 10 пикселей").wait_for()
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    page.locator(OPEN).first.set_input_files(tmp_path / "letter.pdf")
    page.locator(".toast-body").get_by_text("Это не картинка: откройте PNG или JPEG.").wait_for()
    page.locator(".toast-body").get_by_text("Ошибка").wait_for()


def test_one_visitor_sees_nothing_of_another(page: Any, visit: Callable[..., Any]) -> None:
    open_example(page, "childish")
    wait_for(lambda: len(pictures(page, "#history")) > 0, "history")
    other = visit(BLANK)
    assert not pictures(other, "#photo")
    assert not pictures(other, "#history")
    assert (drawing(other) == 255).all()


def test_bad_files_get_one_sentence_and_nothing_is_lost(page: Any, tmp_path: Path) -> None:
    photo, lines = open_example(page, "careful man"), drawing(page)
    (tmp_path / "paper.png").write_bytes(b"%PDF-1.7 and nothing more")
    content = (EXAMPLES_FOLDER / "outline.png").read_bytes()
    (tmp_path / "corrupt.png").write_bytes(content[: len(content) // 2])
    Image.new("L", (10_000, 10), 255).save(tmp_path / "thin.png")
    Image.new("1", (30_000, 30_000), 1).save(tmp_path / "bomb.png")
    Image.new("L", (300, 300), 255).save(tmp_path / "blank.png")
    with (tmp_path / "large.png").open("wb") as large:
        large.truncate(200 * 2**20)
    uploads = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    for where in (OPEN, BORROW):
        page.locator(where).first.set_input_files(tmp_path / "large.png")
        page.locator(".toast-body").get_by_text("That file is too large").wait_for()
        page.locator(".toast-close").click()
        assert not uploads  # it is refused before it is sent
    for where in (OPEN, BORROW):
        for name, sentence in (
            ("paper.png", "is not a picture that can be read"),
            ("corrupt.png", "is damaged"),
            ("thin.png", "each side needs at least"),
            ("bomb.png", "is too large"),
            *([("blank.png", "Nothing is drawn on that picture")] if where == OPEN else []),
        ):
            page.locator(where).first.set_input_files(tmp_path / name)
            page.locator("#hint").get_by_text(sentence).wait_for()
    rest(page)
    assert not page.locator("[data-testid=status-tracker] .error >> visible=true").count()
    assert same(pictures(page, "#photo"), photo)
    assert np.array_equal(drawing(page), lines)


def test_a_hostile_models_words_and_a_hostile_files_name_are_shown_as_text(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "<img src=x onerror=alert(1)>"
    vector = {"vector": [1.0] * 8, "range": [-1.0, 1.0]}
    with pytest.raises(ValueError, match="name is a word of letters"):
        Sketch2Photo(directions={name: vector})
    monkeypatch.setitem(controls.DIRECTIONS, "beard", Text(name, name))
    model = Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1), directions={"beard": vector})
    app = studio.build(Sketch2PhotoPipeline(model))
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, i18n=studio.translations(model))
    (tmp_path / f"{name}.png").write_bytes(b"%PDF-1.7")
    page = browser.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    try:
        page.add_init_script(BLANK)
        page.goto(url)
        page.locator("#direction-beard").get_by_text(name).wait_for()
        page.locator(OPEN).first.set_input_files(tmp_path / f"{name}.png")
        page.get_by_text("is not a picture that can be read").wait_for()
        assert page.locator("[onerror]").count() == 0
        assert not dialogs
    finally:
        page.close()
        app.close()


def test_pictures_of_any_mode_are_opened_and_borrowed_from(page: Any, tmp_path: Path) -> None:
    face = Image.open(EXAMPLES_FOLDER / "glasses_beard.png").convert("L")  # its face is already where faces are
    face.convert("CMYK").save(tmp_path / "cmyk.jpg")
    Image.fromarray(np.asarray(face).astype(np.uint16) * 257).save(tmp_path / "deep.png")
    for name in ("cmyk.jpg", "deep.png"):
        open_example(page, "childish")
        page.locator(OPEN).first.set_input_files(tmp_path / name)
        wait_for(lambda: (np.abs(drawing(page).astype(int) - np.asarray(face)) > 90).mean() < 0.01, "drawing")
        page.locator("#average").click()
        wait_for(lambda: latents(page) == [0] * 8, "latents of zero")
        page.locator(BORROW).first.set_input_files(tmp_path / name)
        wait_for(lambda: latents(page) != [0] * 8, "borrowed latents")


def test_it_is_used_by_keyboard_and_every_control_has_a_name(page: Any) -> None:
    before = open_example(page, "outline")
    lines = drawing(page)
    page.get_by_role("button", name="Clear the canvas").focus()
    page.keyboard.press("Enter")
    wait_for(lambda: not pictures(page, "#photo"), "cleared photograph")
    page.keyboard.press("Control+z")
    wait_for(lambda: same(pictures(page, "#photo"), before), "the photograph again")
    assert np.array_equal(drawing(page), lines)
    page.keyboard.press("Control+y")
    wait_for(lambda: not pictures(page, "#photo"), "cleared photograph")
    page.keyboard.press("Control+z")
    open_expert(page)
    page.locator("#latent-2 input[type=range]").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    settled(page, different_from=before)
    assert latents(page)[1] == pytest.approx(0.4)
    variations = settled(page, "#variations")
    page.locator("#direction-background input[type=range]").focus()
    page.keyboard.press("End")
    settled(page, "#variations", different_from=variations)
    nameless = page.locator("button:visible, input:visible, [tabindex='0']:visible").evaluate_all(
        """controls => controls.filter(control => !(control.ariaLabel || control.title || control.textContent.trim()
            || control.labels?.length || control.querySelector('img[alt]:not([alt=""])'))).map(control => control.outerHTML)"""
    )
    assert not nameless


PRESS_UNDO = """key => document.activeElement.dispatchEvent(
    new KeyboardEvent('keydown', {key, code: 'KeyZ', ctrlKey: true, bubbles: true}))"""


def test_undo_is_on_the_key_of_any_layout_wherever_the_focus_is_but_in_text(page: Any) -> None:
    draw_stroke(page, [(100, 100), (200, 100)])
    draw_stroke(page, [(100, 200), (200, 200)])
    two = (drawing(page) < 128).sum()
    page.get_by_text("More settings").click()
    page.locator("#seed input").focus()
    page.evaluate(PRESS_UNDO, "z")
    assert (drawing(page) < 128).sum() == two
    page.locator("#strictness input[type=range]").focus()
    page.evaluate(PRESS_UNDO, "\u044f")
    assert (drawing(page) < 128).sum() == pytest.approx(two / 2, rel=0.1)
    page.locator("body").evaluate("body => document.activeElement.blur()")
    page.keyboard.press("Control+z")
    assert (drawing(page) == 255).all()


def test_each_of_quick_clicks_on_a_button_counts(page: Any) -> None:
    """Though the pointer trembles, from a line of the button's picture into the gap beside it."""
    for y in (100, 200, 300):
        draw_stroke(page, [(100, y), (200, y)])
    box = page.locator("#pad [data-do=undo] svg").bounding_box()
    for down in (0.375, 0.55, 0.375):
        page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + down * box["height"])
    assert (drawing(page) == 255).all()


def test_a_lost_connection_is_said(visit: Callable[..., Any]) -> None:
    page = visit(BLANK)
    open_example(page, "bun")
    page.evaluate("window.isOld = true")
    page.route("**/queue/join*", lambda route: route.abort())
    page.locator("#new_seed").click()
    page.locator("#hint").get_by_text("The server cannot be reached").wait_for()
    page.unroute("**/queue/join*")
    page.wait_for_function("() => !window.isOld")  # Gradio loads the page again once there is a connection
    page.wait_for_selector("#photo img")
    rest(page)


def test_two_fingers_never_draw(phone: Any) -> None:
    page = phone
    box = page.locator("#pad canvas").bounding_box()
    devtools = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": box["x"] + x, "y": box["y"] + y, "id": number} for number, (x, y) in enumerate(places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (100, 100))
    touch("touchMove", (120, 110))
    touch("touchStart", (120, 110), (200, 200))
    for step in range(5):
        touch("touchMove", (120 - 8 * step, 110 - 8 * step), (200 + 8 * step, 200 + 8 * step))
    touch("touchEnd")
    page.wait_for_timeout(200)
    assert (drawing(page) == 255).all()
    assert page.locator("#pad [data-do=undo]:disabled").count()
    touch("touchStart", (100, 100))
    for step in range(5):
        touch("touchMove", (100 + 40 * step, 100))
    touch("touchEnd")
    wait_for(lambda: bool((drawing(page) < 128).any()), "a line of one finger")
    touch("touchStart", (100, 200))
    page.wait_for_timeout(600)  # the pen would have rested
    touch("touchStart", (100, 200), (200, 200))
    touch("touchEnd")
    settled(page, "#variations")
    devtools.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 1})


def test_a_card_of_drawing_and_photograph_is_passed_on(page: Any, phone: Any, tmp_path: Path) -> None:
    open_example(page, "glasses beard")
    photo = pictures(page, "#photo")[0]
    card = Image.open(download(page, "#pass_on", tmp_path)).convert("RGB")
    assert card.size == (1080, 1080)
    there = np.asarray(card.crop((552, 270, 1044, 762)).resize((SIDE, SIDE), Image.Resampling.BOX))
    inside = (slice(5, -5), slice(5, -5))
    assert close([there[inside]], [photo[inside]], 6)
    assert (np.asarray(card.crop((36, 270, 528, 762)).convert("L")) < 128).mean() > 0.02
    phone.evaluate(
        "() => { navigator.canShare = () => true; navigator.share = async ({files}) => { window.shared = files[0].name; }; }"
    )
    open_example(phone, "outline")
    phone.locator("#pass_on").click()
    assert phone.wait_for_function("() => window.shared").json_value() == "sketch2photo-card.png"
    assert not phone.locator("#share-film").is_visible()  # there is no film yet
    phone.locator("#travel").click()
    phone.wait_for_function("() => window.film", timeout=60_000)
    phone.locator("#share-film").click()
    assert (
        phone.wait_for_function("() => window.shared.endsWith('mp4') && window.shared").json_value()
        == "sketch2photo.mp4"
    )
