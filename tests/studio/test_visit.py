"""A visit from its first second to its last: the page opens alive, and what was done lives through whatever happens."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.evaluation.browser import draw_stroke
from sketch2photo.evaluation.transfer import transferred
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.studio import page as studio
from sketch2photo.studio.pad import EXAMPLE
from tests.studio.visitor import (
    BLANK,
    OPEN,
    close,
    drawing,
    latents,
    like,
    open_example,
    pictures,
    rest,
    same,
    settled,
    slide,
    wait_for,
    watch,
)

# A network on which once, when `late` says so, the end of a stream comes after the ids of requests that the server was sent after it,
# or the id of a request after its result and the end of the stream that brought this; and after that no request is sent for a while.
# Streams are kept for .3 s.
CROSSING = """{
    const [ask, set] = [window.fetch, window.setTimeout];
    let [asked, ids, streams, ends] = [0, 0, 0, 0];
    const pause = time => new Promise(done => setTimeout(done, time));
    const until = async isSo => {
        const both = () => isSo() && performance.now() - asked > 1000;
        for (let look = 0; look < 500 && !both(); look++) await pause(10);
        if (both()) window.late = null;
    };
    window.setTimeout = (call, time, ...given) => set(call, time === 10_000 ? 300 : time, ...given);
    window.isOpen = () => streams > 0;
    window.fetch = async (request, options) => {
        const {pathname} = new URL(request.url ?? request, location.href);
        const [isJoin, isStream] = ['join', 'data'].map(name => pathname.endsWith(`/queue/${name}`));
        if (isJoin) asked = performance.now();
        const answer = await ask(request, options);
        if (isJoin) {
            await pause(20 * (++ids % 2)); // else two that were sent together open a stream together
            const before = ends;
            if (window.late === 'ids' && streams) await until(() => ends > before);
        }
        if (!isStream) return answer;
        streams = 1;
        const transform = async (chunk, controller) => {
            const before = ids;
            const isEnd = new TextDecoder().decode(chunk).includes('close_stream');
            if (isEnd && window.late === 'ends') await until(() => ids > before);
            controller.enqueue(chunk);
            if (isEnd) ends++;
        };
        request.signal.addEventListener('abort', () => { streams = 0; });
        return new Response(answer.body.pipeThrough(new TransformStream({transform})));
    };
}"""
LINE = [(150.0, 200.0), (250.0, 210.0), (350.0, 200.0)]


def ink(page: Any) -> int:
    return int((drawing(page) < 128).sum())


def test_the_page_opens_with_a_drawing_that_draws_itself_until_somebody_draws(visit: Callable[..., Any]) -> None:
    page = visit()
    page.wait_for_selector("#photo img")
    early, first = ink(page), pictures(page, "#photo")
    assert not pictures(page, "#variations")  # they come when it is finished
    page.wait_for_selector("#variations img")
    rest(page)
    expected = np.asarray(Image.open(EXAMPLES_FOLDER / f"{EXAMPLE}.png").convert("L")) < 128
    there = drawing(page) < 128
    assert (there & expected).sum() > 0.7 * (there | expected).sum()
    assert early < 0.9 * ink(page)
    assert not close(first, pictures(page, "#photo"), 2)
    assert len(pictures(page, "#history")) == 1  # nothing of what was not finished
    page.reload()  # nobody drew: it begins again
    page.wait_for_selector("#pad [data-example]")
    page.wait_for_selector("#photo img")
    draw_stroke(page, LINE)
    assert 100 < ink(page) < 2000
    assert not page.locator("#pad [data-example]").count()
    settled(page)
    mine = drawing(page)
    page.reload()
    page.wait_for_selector("#pad [data-do=undo]:enabled")
    wait_for(lambda: np.abs(drawing(page).astype(int) - mine).mean() < 0.1, "my line again")


def test_who_opens_a_picture_ends_the_example_and_reads_what_is_wrong_with_it(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "face.png").write_bytes(b"%PDF-1.7")
    page = visit()
    page.wait_for_selector("#pad [data-example]")
    page.wait_for_selector("#photo img")
    page.locator(OPEN).first.set_input_files(tmp_path / "face.png")
    told = page.locator("#hint").get_by_text("is not a picture that can be read")
    told.wait_for()
    rest(page)
    assert told.is_visible() and page.locator("#keep").is_disabled() and not pictures(page, "#photo")
    assert not page.locator("#pad [data-example]").count()
    assert ink(page) == 0


def test_what_was_made_of_the_example_lives_through_a_reload_and_a_touch_that_draws_nothing_ends_it(
    visit: Callable[..., Any],
) -> None:
    page = visit(reduced_motion="reduce")
    settled(page, "#variations")
    page.locator("#variations button").nth(2).click()
    wait_for(lambda: latents(page) != [0] * 8, "the latents of a variation")
    slide(page, "#direction-background", 0.8)
    rest(page)
    dials, photo, history = latents(page), pictures(page, "#photo"), pictures(page, "#history")
    page.reload()
    page.wait_for_selector("#history img")
    rest(page)
    assert latents(page) == dials
    assert close(pictures(page, "#photo"), photo, 1)
    assert close(pictures(page, "#history"), history, 0.01)
    assert page.locator("#pad [data-example]").count()
    page.get_by_role("button", name="Kit: parts of faces").click()
    page.locator("#pad canvas").click()
    wait_for(lambda: not pictures(page, "#photo") and page.locator("#keep").is_disabled(), "a cleared photograph")
    assert ink(page) == 0


def test_who_wants_nothing_to_move_finds_the_example_finished(visit: Callable[..., Any]) -> None:
    page = visit(reduced_motion="reduce")
    page.wait_for_selector("#pad [data-example]")
    there = ink(page)
    page.wait_for_selector("#photo img")
    assert ink(page) == there > 5000


def test_a_reload_loses_nothing(page: Any) -> None:
    open_example(page, "childish")
    draw_stroke(page, LINE)
    rest(page)
    page.locator("#variations button").nth(2).click()
    wait_for(lambda: latents(page) != [0] * 8, "the latents of a variation")
    slide(page, "#direction-background", 0.8)
    rest(page)
    before = {
        "drawing": drawing(page),
        "latents": latents(page),
        "background": page.locator("#direction-background input[type=number]").input_value(),
    }
    photo, variations, history = (pictures(page, where) for where in ("#photo", "#variations", "#history"))
    assert len(history) > 2
    like(page, 2, 5)
    page.reload()
    page.wait_for_selector("#history img")
    rest(page)
    assert np.abs(drawing(page).astype(int) - before["drawing"]).mean() < 0.2
    assert latents(page) == before["latents"]
    assert page.locator("#direction-background input[type=number]").input_value() == before["background"]
    assert close(pictures(page, "#photo"), photo, 1)
    assert close(pictures(page, "#variations"), variations, 1)
    assert close(pictures(page, "#history"), history, 0.01)
    hearts = page.locator("#liked input").evaluate_all("hearts => hearts.map(heart => heart.checked)")
    assert hearts == [False, True, False, False, True, False]
    assert page.locator("#breed").is_enabled()
    draw_stroke(page, [(y, x) for x, y in LINE])
    rest(page)
    later = drawing(page)
    page.locator("#history button").last.click()
    settled(page, different_from=photo)
    page.reload()
    wait_for(lambda: page.locator("#pad [data-do=undo]:disabled").count() == 0, "the drawing again")
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: np.abs(drawing(page).astype(int) - later).mean() < 0.2, "the drawing of before")


def test_a_drawing_has_one_picture_of_this_visit_as_it_grows_and_another_after_what_is_no_stroke(page: Any) -> None:
    def stroke(y: float) -> list[np.ndarray]:
        draw_stroke(page, [(x, y) for x, _ in LINE])
        rest(page)
        return pictures(page, "#history")

    assert len(first := stroke(200)) == 1
    assert len(grown := stroke(300)) == 1 and not close(first, grown, 0.1)
    page.get_by_role("button", name="Undo").click()
    rest(page)
    assert len(other := stroke(400)) == 2
    assert close(other[1:], grown, 0.1)
    page.locator("#variations button").nth(1).click()
    rest(page)
    assert len(stroke(450)) == 3
    page.get_by_role("button", name="Clear the canvas").click()
    assert len(stroke(200)) == 4


def test_however_answers_cross_on_a_slow_network_each_result_comes(visit: Callable[..., Any]) -> None:
    """Without keepStream (stream.js) the page waits for ever where the end of a stream is late."""
    page = visit(BLANK, CROSSING)
    open_example(page, "bun")
    rows = iter(range(100, 400, 10))
    for late in ("ends", "ids", None):
        page.evaluate("late => { window.late = late; }", late)
        before = None
        while before is None or page.evaluate("late"):  # until they have crossed
            before, row = pictures(page, "#variations"), next(rows)
            draw_stroke(page, [(150, row), (250, row + 10)])
            wait_for(lambda known=before: not same(pictures(page, "#variations"), known), f"variations: {late}", 15)
            rest(page)
        wait_for(lambda: not page.evaluate("isOpen()"), "end of a stream that nobody needs", 15)


def test_a_restarted_server_loses_nothing(browser: Any) -> None:
    def serve(port: int | None = None) -> tuple[Any, str]:
        model = Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1))
        app = studio.build(Sketch2PhotoPipeline(model))
        _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, i18n=studio.translations(model), server_port=port)
        return app, url

    app, url = serve()
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.add_init_script(BLANK)
    page = context.new_page()
    watch(page)
    try:
        page.goto(url)
        page.wait_for_selector("#pad [data-do=undo]:disabled")
        open_example(page, "outline")
        page.wait_for_selector("#history img")
        before = drawing(page)
        port = app.server_port
        app.close()
        draw_stroke(page, LINE)  # which nobody answers
        page.locator(".toast-body").get_by_text("The server cannot be reached: reconnecting").wait_for()
        page.evaluate("window.isOld = true")
        app, _ = serve(port)
        page.wait_for_function("() => !window.isOld")
        page.wait_for_selector("#history img")
        page.wait_for_selector("#photo img")
        assert ink(page) > (before < 128).sum()
    finally:
        context.close()
        app.close()


def test_pictures_of_a_visit_outlive_their_files(browser: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With seconds in place of minutes and hours."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(studio, "FILES_EXPIRE", (1, 3))
    model = Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1))
    app = studio.launch(Sketch2PhotoPipeline(model), prevent_thread_lock=True, quiet=True)
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.add_init_script(BLANK)
    page = context.new_page()
    watch(page)

    def expire() -> None:
        wait_for(lambda: not list(tmp_path.glob("*/sketch2photo.png")), "deleted files")

    try:
        page.goto(app.local_url)
        page.wait_for_selector("#pad [data-do=undo]:disabled")
        for name in ("outline", "bun"):
            open_example(page, name)
        assert page.locator("#history img").count() == 2
        bun = drawing(page)
        expire()
        page.locator("#history button").last.click()
        wait_for(lambda: not np.array_equal(drawing(page), bun), "the other drawing")
        rest(page)
        assert page.locator("#history img").count() == 2
        expire()
        draw_stroke(page, LINE)
        wait_for(lambda: page.locator("#history img").count() == 3, "the picture of what was drawn beside the others")
        rest(page)
        assert all(page.request.get(image.get_attribute("src")).ok for image in page.locator("#history img").all())
    finally:
        context.close()
        app.close()


def test_a_page_that_nobody_touches_asks_for_no_frames_and_no_value_is_cloned(visit: Callable[..., Any]) -> None:
    page = visit(
        BLANK,
        "const ask = requestAnimationFrame; window.frames = 0;"
        "window.requestAnimationFrame = call => { window.frames += 1; return ask(call); }",
        "const clone = structuredClone; window.cloned = 0;"
        "window.structuredClone = (...given) => { window.cloned += Object(given[0]) !== given[0]; return clone(...given); }",
    )

    def frames() -> int:
        before = page.evaluate("frames")
        page.wait_for_timeout(1000)
        return page.evaluate("frames") - before

    wait_for(lambda: frames() < 10, "end of what moves as the page comes")
    # What others do in a frame does not wait, a clock that they look at notwithstanding.
    waited = page.evaluate(
        "() => new Promise(tell => { const asked = performance.now(); requestAnimationFrame(() => tell(performance.now() - asked)); })"
    )
    assert waited < 500
    open_example(page, "outline")
    assert page.evaluate("cloned") == 0
    assert page.evaluate("structuredClone([1, 'a', {b: null}])") == [1, "a", {"b": None}]
    assert (
        page.evaluate("() => { try { structuredClone(() => 1) } catch (error) { return error.name } }")
        == "DataCloneError"
    )


def test_little_is_transferred_before_the_first_stroke_is_possible(browser: Any, url: str) -> None:
    sizes = transferred(browser, url)
    assert sizes["/"] < 80e3  # compressed
    assert 100e3 < sum(sizes.values()) < 600e3


def test_a_link_to_the_page_has_a_name_a_sentence_and_a_picture(url: str) -> None:
    page = httpx.get(url, headers={"x-forwarded-proto": "https", "x-forwarded-host": "faces.example"}).text
    assert page.count('property="og:title"') == page.count('property="og:image"') == 1
    assert '<meta property="og:title" content="Sketch2Photo">' in page
    assert '<meta property="og:image" content="https://faces.example/preview.jpg">' in page
    assert '<meta name="description" content="Draw a face, get photographs of people who could be it.">' in page
    assert 'Gradio" />' not in page
    picture = Image.open(io.BytesIO(httpx.get(f"{url}/preview.jpg").content))
    assert picture.size == (1200, 630)
