"""The page as a person meets it: a mouse draws in Chromium, against the real app in a process of its own."""

import base64
import io
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import numpy as np
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sketch2photo.evaluation.browser import draw_stroke, run_app
from sketch2photo.evaluation.load_test import Visitor, data_url
from sketch2photo.examples import EXAMPLES_FOLDER, example_strokes
from sketch2photo.studio import page as studio
from tests import ROOT

gradio_client = pytest.importorskip("gradio_client")

from sketch2photo import Sketch2PhotoPipeline  # noqa: E402

OPEN, BORROW = "input:has(+ #open)", "input:has(+ #borrow)"


@pytest.fixture(scope="module")
def model() -> Path:
    return ROOT / "hub" / "model"


@pytest.fixture
def page(browser: Any, url: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A new visitor; whatever the page does, it asks no other host for anything and has no error of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(15_000)
    requested, errors = [], []
    context.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.wait_for_selector("#pad [data-do=undo]:disabled")  # Its script has run: a picture can be dropped.
    page.wait_for_selector("input:has(+ #open)", state="attached")
    yield page
    if folder := request.config.getoption("--screenshots"):
        page.screenshot(path=Path(folder) / f"{request.node.name}.png", full_page=True)
    context.close()
    assert len(requested) > 10
    assert {urlsplit(address).hostname for address in requested if address.startswith(("http", "ws"))} == {"127.0.0.1"}
    assert not errors


def draw(page: Any, name: str) -> None:
    """One of the example drawings by mouse, stroke by stroke."""
    for stroke in example_strokes(name):
        draw_stroke(page, stroke)


def drawing(page: Any) -> np.ndarray:
    """(512, 512) uint8: the canvas."""
    data = page.evaluate("document.querySelector('#pad canvas').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("L"))


def pictures(page: Any, where: str) -> list[np.ndarray]:
    """The (256, 256, 3) uint8 pictures that a part of the page shows: '#photo' or '#variations'."""
    sources = page.locator(f"{where} img").evaluate_all("images => images.map(image => image.src)")
    return [np.asarray(Image.open(io.BytesIO(page.request.get(source).body())).convert("RGB")) for source in sources]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def close(one: list[np.ndarray], other: list[np.ndarray], tolerance: float = 0.5) -> bool:
    """The same but for rounding, which depends on how many pictures were made at once."""
    return len(one) == len(other) and all(
        np.abs(a.astype(int) - b).mean() < tolerance for a, b in zip(one, other, strict=True)
    )


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.1)


def settled(page: Any, where: str = "#photo", different_from: list[np.ndarray] | None = None) -> list[np.ndarray]:
    """The pictures there once there are some (other ones), and they have stopped changing."""
    before = different_from or []
    wait_for(lambda: bool(now := pictures(page, where)) and not same(now, before), f"new picture in {where}")
    while True:
        shown = pictures(page, where)
        time.sleep(0.5)
        if same(shown, pictures(page, where)):
            return shown


def latents(page: Any) -> list[float]:
    return [float(page.locator(f"#latent-{number} input[type=number]").input_value()) for number in range(1, 9)]


def open_example(page: Any, name: str) -> list[np.ndarray]:
    page.locator(f"#examples button:has(img[alt='{name}'])").click()
    return settled(page)


def test_pictures_follow_the_pen(page: Any) -> None:
    assert not pictures(page, "#photo")
    draw(page, "quick_sketch")
    expected = np.asarray(Image.open(EXAMPLES_FOLDER / "quick_sketch.png").convert("L"))
    drawn, there = (np.asarray(Image.fromarray(lines).reduce(8)) < 250 for lines in (drawing(page), expected))
    assert (drawn & there).sum() > 0.7 * (drawn | there).sum()
    first = settled(page)
    assert first[0].shape == (256, 256, 3)
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


def test_a_slider_changes_the_photograph_and_not_the_drawing(page: Any) -> None:
    before = open_example(page, "careful woman")
    lines = drawing(page)
    slider = page.locator("#latent-3 input[type=range]").bounding_box()
    y = slider["y"] + slider["height"] / 2
    page.mouse.move(slider["x"] + slider["width"] / 2, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(slider["x"] + slider["width"] * (0.5 + 0.05 * step), y)
    wait_for(lambda: not same(pictures(page, "#photo"), before), "picture while the slider is dragged")
    page.mouse.up()
    after = settled(page, different_from=before)
    assert latents(page)[2] > 2
    assert not close(after, before)
    assert np.array_equal(drawing(page), lines)
    page.locator("#average").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of all latents zero")


def test_strictness_changes_all_pictures(page: Any) -> None:
    before = open_example(page, "childish")
    variations = settled(page, "#variations")
    slider = page.locator("#strictness input[type=range]").bounding_box()
    y = slider["y"] + slider["height"] / 2
    page.mouse.move(slider["x"] + 0.9 * slider["width"], y)
    page.mouse.down()
    page.mouse.move(slider["x"] + 0.05 * slider["width"], y, steps=4)
    page.mouse.up()
    settled(page, different_from=before)
    settled(page, "#variations", different_from=variations)


def test_clicking_a_variation_puts_its_latents_into_the_sliders(page: Any, model: Path) -> None:
    open_example(page, "glasses beard")
    variation = settled(page, "#variations")[3]
    assert latents(page) == [0] * 8
    page.locator("#variations button").nth(3).click()
    wait_for(lambda: latents(page) != [0] * 8, "latents in the sliders")
    photo = settled(page)[0]
    expected = Sketch2PhotoPipeline.from_pretrained(str(model))(
        EXAMPLES_FOLDER / "glasses_beard.png", num_images=4, seed=0
    )
    assert latents(page) == pytest.approx(expected.latents[3].clamp(-3, 3).tolist(), abs=0.006)
    assert close([photo], [variation], tolerance=1.5)  # the sliders round to 0.01
    assert close([variation], [np.asarray(expected.images[3])], tolerance=1.5)  # the page may compute in bf16
    page.locator("#average").click()
    wait_for(lambda: latents(page) == [0] * 8, "latents of zero")
    page.locator("#variations button").nth(3).click()
    wait_for(lambda: same(pictures(page, "#photo"), [photo]), "the variation again")


def test_a_seed_gives_the_same_pictures_and_another_seed_others(page: Any) -> None:
    open_example(page, "bun")
    first = settled(page, "#variations")
    page.locator("#new_seed").click()
    others = settled(page, "#variations", different_from=first)
    assert not any(same([one], [other]) for one in first for other in others)
    page.get_by_text("More settings").click()
    seed = page.locator("#seed input")
    assert seed.input_value() != "0"
    page.wait_for_timeout(500)  # a person takes as long, and the page then knows what stands in the field
    seed.fill("0")
    page.wait_for_timeout(500)
    seed.press("Enter")
    again = settled(page, "#variations", different_from=others)
    assert same(again, first)
    assert latents(page) != [0] * 8  # those of the first variation
    photo = settled(page)
    page.locator("#latent-1 input[type=number]").fill("")  # on the way to typing another number
    settled(page, different_from=photo)


def test_an_empty_canvas_and_a_dot_get_a_hint(page: Any) -> None:
    page.locator("#new_seed").click()
    page.get_by_text("The canvas is empty: draw a face first.").wait_for()
    assert not pictures(page, "#photo")
    assert not page.locator("#with-variations").is_visible()
    canvas = page.locator("#pad canvas").bounding_box()
    page.mouse.click(canvas["x"] + 200, canvas["y"] + 200)
    page.locator("#hint").get_by_text("There is only a dot on the canvas: draw a face first.").wait_for()
    open_example(page, "outline")
    settled(page, "#variations")
    page.get_by_role("button", name="Clear the canvas").click()
    wait_for(lambda: not pictures(page, "#photo") and not pictures(page, "#variations"), "cleared pictures")
    assert "The canvas is empty" in page.locator("#hint").inner_text()
    assert (drawing(page) == 255).all()
    open_example(page, "outline")
    assert (drawing(page) < 128).any()


def test_a_small_head_is_enlarged_on_the_pad(page: Any) -> None:
    page.locator("#enlarge").click()
    page.get_by_text("The canvas is empty: draw a face first.").wait_for()
    draw(page, "tiny_corner")
    before = settled(page)
    page.locator("#enlarge").click()
    settled(page, different_from=before)
    rows, columns = np.flatnonzero((drawing(page) < 128).any(1)), np.flatnonzero((drawing(page) < 128).any(0))
    assert len(rows) > 350 and 200 < columns.mean() < 312
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of before")


def test_an_example_can_be_drawn_on_and_erased(page: Any) -> None:
    open_example(page, "careful man")
    assert np.array_equal(drawing(page), np.asarray(Image.open(EXAMPLES_FOLDER / "careful_man.png").convert("L")))
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


def test_a_file_is_opened_on_the_pad(page: Any, tmp_path: Path) -> None:
    photo_of_paper = Image.open(EXAMPLES_FOLDER / "quick_sketch.png").convert("RGB").resize((900, 900))
    photo_of_paper.save(tmp_path / "paper.jpg")
    page.locator(OPEN).first.set_input_files(tmp_path / "paper.jpg")
    settled(page)
    assert (drawing(page) < 128).any()
    (tmp_path / "broken.png").write_bytes(b"%PDF-1.7 and nothing more")
    page.locator(OPEN).first.set_input_files(tmp_path / "broken.png")
    page.get_by_text("is not a picture that can be read").wait_for()


def test_it_fits_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_example(page, "curly hair")
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    canvas, photo = page.locator("#pad canvas").bounding_box(), page.locator("#photo").bounding_box()
    assert canvas["width"] > 330
    assert photo["width"] > 330
    assert photo["y"] > canvas["y"] + canvas["height"]


def slide(page: Any, where: str, share: float) -> None:
    """A click on a slider's track, at this share of its length."""
    slider = page.locator(f"{where} input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def tick(page: Any, *numbers: int) -> None:
    for number in numbers:
        page.locator("#liked label").nth(number - 1).click()
    wait_for(lambda: page.locator("#liked input:checked").count() == len(numbers), "ticks")


def download(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as event:
        page.locator(button).click()
    path = folder / event.value.suggested_filename
    event.value.save_as(path)
    return path


def test_a_named_direction_moves_the_photograph_and_its_variations(page: Any) -> None:
    before, variations = open_example(page, "careful woman"), settled(page, "#variations")
    slide(page, "#direction-background", 0.95)
    after = settled(page, different_from=before)
    settled(page, "#variations", different_from=variations)
    assert float(page.locator("#direction-background input[type=number]").input_value()) > 1.5
    corner = (slice(0, 24), slice(0, 24))
    assert after[0][corner].mean() > before[0][corner].mean() + 10
    page.locator("#average").click()
    wait_for(lambda: close(pictures(page, "#photo"), before), "picture of before")


def test_ticked_variations_are_bred_mixed_and_travelled(page: Any, tmp_path: Path) -> None:
    photo = open_example(page, "bun")
    variations = settled(page, "#variations")
    page.locator("#travel").click()
    page.wait_for_selector("#film img", timeout=60_000)
    film = Image.open(io.BytesIO(page.request.get(page.locator("#film img").get_attribute("src")).body()))
    assert film.format == "GIF"
    assert film.n_frames == 12 * len(variations)
    assert [Path(a.get_attribute("download") or "").suffix for a in page.locator("#files a").all()] == [".gif", ".mp4"]
    tick(page, 2, 4)
    slide(page, "#share", 0.5)
    mixed = settled(page, different_from=photo)
    assert latents(page) != [0] * 8
    slide(page, "#share", 0.995)
    end = settled(page, different_from=mixed)
    assert close([end[0]], [variations[3]], tolerance=2.5)
    page.locator("#breed").click()
    settled(page, "#variations", different_from=variations)
    wait_for(lambda: page.locator("#liked input:checked").count() == 0, "a new generation without ticks")
    page.locator("#breed").click()
    page.get_by_text("Tick the variations that you like first.").wait_for()


def test_what_is_kept_brings_everything_back(page: Any, tmp_path: Path) -> None:
    open_example(page, "glasses beard")
    settled(page, "#variations")
    page.locator("#variations button").nth(2).click()
    wait_for(lambda: latents(page) != [0] * 8, "latents of the variation")
    photo, dials, lines = settled(page), latents(page), drawing(page)
    kept = download(page, "#keep", tmp_path)
    assert close([np.asarray(Image.open(kept).convert("RGB"))], photo, tolerance=2)
    with zipfile.ZipFile(download(page, "#keep_all", tmp_path)) as archive:
        assert len(archive.namelist()) == 7
        assert Image.open(archive.open(archive.namelist()[3])).info["sketch2photo"]
    other = open_example(page, "outline")
    page.locator("#average").click()
    wait_for(lambda: latents(page) == [0] * 8, "latents of zero")
    page.locator(OPEN).first.set_input_files(kept)
    wait_for(lambda: latents(page) == dials, "latents of what was kept")
    wait_for(lambda: same(pictures(page, "#photo"), photo), "the photograph again")
    assert np.array_equal(drawing(page), lines)
    assert not same(other, photo)
    page.locator("#history button").last.click()
    wait_for(lambda: latents(page) == [0] * 8, "the first picture of this visit")


def test_colours_are_borrowed_and_compared(page: Any, tmp_path: Path) -> None:
    before = open_example(page, "careful man")
    Image.fromarray(np.full((300, 300, 3), (40, 60, 160), np.uint8)).save(tmp_path / "blue.jpg")
    page.locator(BORROW).first.set_input_files(tmp_path / "blue.jpg")
    settled(page, different_from=before)
    assert latents(page) != [0] * 8
    page.get_by_role("tab", name="Before and after").click()
    sizes = "images => images.map(image => image.complete && image.getBoundingClientRect().width && image.naturalWidth)"
    wait_for(lambda: page.locator("#compare img").evaluate_all(sizes) == [512, 256], "drawing and photograph")


def test_the_guide_is_never_in_the_drawing(page: Any) -> None:
    assert page.locator("#pad .guide").is_visible()
    assert (drawing(page) == 255).all()
    page.get_by_role("button", name="Face guide").click()
    assert not page.locator("#pad .guide").is_visible()


def test_a_russian_browser_gets_a_russian_page(browser: Any, url: str) -> None:
    context = browser.new_context(locale="ru-RU")
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="⚄ Другие").wait_for()
    page.get_by_role("button", name="Очистить холст").wait_for()
    page.get_by_label("Ручка 8").first.wait_for()
    page.locator("#new_seed").click()
    page.get_by_text("Холст пуст: сначала нарисуйте лицо.").wait_for()
    context.close()


def test_one_visitor_sees_nothing_of_another(page: Any, browser: Any, url: str) -> None:
    open_example(page, "childish")
    wait_for(lambda: len(pictures(page, "#history")) > 0, "history")
    context = browser.new_context()
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector("#pad canvas")
    assert not pictures(other, "#photo")
    assert not pictures(other, "#history")
    assert (drawing(other) == 255).all()
    context.close()


def test_programs_call_the_endpoints(url: str, model: Path) -> None:
    client = gradio_client.Client(url, verbose=False)
    face = data_url(EXAMPLES_FOLDER / "outline.png")
    pipe = Sketch2PhotoPipeline.from_pretrained(str(model))
    none = [0] * len(pipe.model.directions)
    _, _, gallery, variations, _ = client.predict(face, 3, 7, 1, 1, *[0] * 8, *none, api_name="/generate")
    expected = pipe(EXAMPLES_FOLDER / "outline.png", num_images=3, seed=7)
    assert np.array(variations) == pytest.approx(pipe.random_latents(3, seed=7).numpy(), abs=1e-5)
    shown = np.asarray(Image.open(gallery[2]["image"]).convert("RGB"))
    assert close([shown], [np.asarray(expected.images[2])], tolerance=2)  # the page may compute in bf16
    chosen = client.predict(face, 1, *variations[2], *none, api_name="/photograph")
    assert close([np.asarray(Image.open(chosen).convert("RGB"))], [shown], tolerance=2)
    kept = client.predict(face, 7, 1, *variations[2], *none, api_name="/keep")
    back = client.predict(gradio_client.handle_file(kept), api_name="/open")
    assert back[:3] == (face, 7, 1)
    assert list(back[3:11]) == pytest.approx(variations[2])
    opened = client.predict(gradio_client.handle_file(EXAMPLES_FOLDER / "bun.png"), api_name="/open")
    assert opened[0].startswith("data:image/png")
    for bad, sentence in (
        (data_url(EXAMPLES_FOLDER / "outline.png")[:200], "does not hold a PNG|damaged"),
        ("file:///etc/passwd", "must be the data URL of a PNG"),
        (None, "The canvas is empty"),
    ):
        with pytest.raises(Exception, match=sentence):
            client.predict(bad, 3, 7, 1, 1, *[0] * 8, *none, api_name="/generate")


def with_notes(path: Path, notes: str) -> None:
    info = PngInfo()
    info.add_text("sketch2photo", notes)
    Image.open(EXAMPLES_FOLDER / "outline.png").save(path, pnginfo=info)


@pytest.mark.parametrize("where", [OPEN, BORROW])
def test_bad_files_get_one_sentence_and_nothing_is_lost(page: Any, tmp_path: Path, where: str) -> None:
    photo, lines = open_example(page, "careful man"), drawing(page)
    (tmp_path / "paper.png").write_bytes(b"%PDF-1.7 and nothing more")
    content = (EXAMPLES_FOLDER / "outline.png").read_bytes()
    (tmp_path / "corrupt.png").write_bytes(content[: len(content) // 2])
    Image.new("L", (10_000, 10), 255).save(tmp_path / "thin.png")
    Image.new("1", (30_000, 30_000), 1).save(tmp_path / "bomb.png")
    with (tmp_path / "large.png").open("wb") as large:
        large.truncate(200 * 2**20)
    uploads = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    for name, sentence in (
        ("large.png", "exceed the maximum allowed size"),
        ("paper.png", "is not a picture that can be read"),
        ("corrupt.png", "is damaged"),
        ("thin.png", "each side needs at least"),
        ("bomb.png", "is too large"),
    ):
        page.locator(where).first.set_input_files(tmp_path / name)
        page.get_by_text(sentence).wait_for()
        assert name != "large.png" or not uploads  # it is refused before it is sent
    assert same(pictures(page, "#photo"), photo)
    assert np.array_equal(drawing(page), lines)


@pytest.mark.parametrize(
    "notes",
    [
        "}{",
        "[" * 600_000,
        '{"sketch": "x", "seed": 0, "latents": [NaN], "directions": {}, "strictness": 1, "model": ""}',
        '{"sketch": 5, "seed": [], "latents": "abc", "directions": [], "strictness": {}, "model": 1}',
    ],
)
def test_hostile_notes_in_a_picture_are_refused(url: str, tmp_path: Path, notes: str) -> None:
    with_notes(tmp_path / "hostile.png", notes)
    client = gradio_client.Client(url, verbose=False)
    with pytest.raises(Exception, match="notes on how it was made cannot be read"):
        client.predict(gradio_client.handle_file(tmp_path / "hostile.png"), api_name="/open")


def test_pictures_of_any_mode_are_opened_and_borrowed_from(page: Any, tmp_path: Path) -> None:
    face = Image.open(EXAMPLES_FOLDER / "outline.png").convert("L")
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


def test_a_large_upload_is_refused_before_it_is_read(url: str) -> None:
    host, _, port = url.rpartition("/")[2].partition(":")
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="large.png"\r\n\r\n'
    lines = ("POST /gradio_api/upload HTTP/1.1", f"Host: {host}", "Content-Type: multipart/form-data; boundary=x")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, f"Content-Length: {200 * 2**20}", "", ""]).encode() + head)
        for _ in range(22):  # of 200 MiB
            connection.sendall(bytes(2**20))
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_twenty_visitors_at_once_are_told_their_place_and_get_no_error(url: str, page: Any) -> None:
    open_example(page, "outline")
    face = data_url(EXAMPLES_FOLDER / "bun.png")
    with ThreadPoolExecutor(20) as pool:
        visitors = list(pool.map(Visitor, [url] * 20))
        answers = [pool.submit(visitor.photograph, face) for _ in range(6) for visitor in visitors]
        answers[0].result()  # by now the others are waiting
        slide(page, "#latent-1", 0.9)
        page.locator("#photo").get_by_text("queue: ").wait_for()
        assert len({answer.result() for answer in answers}) == 1
    page.locator("#photo").get_by_text("queue: ").wait_for(state="hidden")


def test_variations_stay_while_the_drawing_and_the_sliders_change(page: Any) -> None:
    open_example(page, "careful man")
    first = settled(page, "#variations")
    tick(page, 1, 3)
    page.locator("#breed").click()
    bred = settled(page, "#variations", different_from=first)
    tick(page, 2)
    slide(page, "#strictness", 0.4)
    hinted = settled(page, "#variations", different_from=bred)
    canvas = page.locator("#pad canvas").bounding_box()
    page.mouse.click(canvas["x"] + 0.4 * canvas["width"], canvas["y"] + 0.6 * canvas["height"])  # a freckle
    settled(page, "#variations", different_from=hinted)
    slide(page, "#strictness", 0.999)
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: close(pictures(page, "#variations"), bred, tolerance=1), "the same people")
    assert page.locator("#liked label:has(input:checked)").all_inner_texts() == ["2"]


def test_there_are_up_to_sixteen_variations(page: Any) -> None:
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


def test_the_locked_seed_stays(page: Any) -> None:
    open_example(page, "bun")
    page.get_by_text("More settings").click()
    page.get_by_label("Lock the seed").check()
    page.locator("#new_seed").click()
    wait_for(lambda: latents(page) != [0] * 8, "the first of its variations")
    assert page.locator("#seed input").input_value() == "0"


def test_a_drawing_is_dropped_and_pasted(page: Any) -> None:
    give = """([data, kind]) => {
        const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0)), files = new DataTransfer();
        files.items.add(new File([bytes], 'face.png', {type: 'image/png'}));
        const event = new Event(kind, {bubbles: true, cancelable: true});
        event[kind === 'drop' ? 'dataTransfer' : 'clipboardData'] = files;
        document.body.dispatchEvent(event);
    }"""
    for name, kind in (("outline", "drop"), ("bun", "paste")):
        content = (EXAMPLES_FOLDER / f"{name}.png").read_bytes()
        page.evaluate(give, [base64.b64encode(content).decode(), kind])
        face = np.asarray(Image.open(EXAMPLES_FOLDER / f"{name}.png").convert("L"))
        wait_for(lambda face=face: np.array_equal(drawing(page), face), f"what was given by {kind}")


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
    page.locator("#latent-2 input[type=range]").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    settled(page, different_from=before)
    assert latents(page)[1] == pytest.approx(0.4)
    nameless = page.locator("button:visible, input:visible, [tabindex='0']:visible").evaluate_all(
        """controls => controls.filter(control => !(control.ariaLabel || control.title || control.textContent.trim()
            || control.labels?.length || control.querySelector('img[alt]:not([alt=""])'))).map(control => control.outerHTML)"""
    )
    assert not nameless


def test_an_mcp_server_lists_the_actions_and_draws(model: Path) -> None:
    async def ask(address: str) -> tuple[dict[str, Any], Any]:
        async with streamablehttp_client(address) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            drawn = await session.call_tool(
                "photograph", {"drawing": data_url(EXAMPLES_FOLDER / "bun.png"), "latent_1": 2}
            )
            return tools, drawn

    with run_app(model, "--mcp") as app, ThreadPoolExecutor(1) as thread:  # Playwright's loop is in this one
        tools, drawn = thread.submit(anyio.run, ask, f"{app.url}/gradio_api/mcp/").result()
    assert {"photograph", "generate", "breed", "mix", "borrow", "travel", "keep", "keep_all"} <= tools.keys()
    properties = tools["generate"].inputSchema["properties"]
    assert {"drawing", "count", "seed", "strictness", "latent_8"} <= properties.keys()
    assert all(tool.description and "param_" not in str(tool.inputSchema) for tool in tools.values())
    assert all(each["description"] for tool in tools.values() for each in tool.inputSchema["properties"].values())
    picture = next(part for part in drawn.content if part.type == "image")
    assert Image.open(io.BytesIO(base64.b64decode(picture.data))).size == (256, 256)


def test_a_bad_model_is_one_sentence() -> None:
    command = [sys.executable, str(ROOT / "app.py"), "--model", "/nonexistent"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "/nonexistent" in done.stderr


def test_a_picture_that_is_made_again_is_not_written_under_its_readers(url: str) -> None:
    client = gradio_client.Client(url, verbose=False, download_files=False)
    none = [0] * (len(client.view_api(return_format="dict")["named_endpoints"]["/photograph"]["parameters"]) - 2)

    def shown() -> list[Path]:
        answer = client.predict(data_url(EXAMPLES_FOLDER / "outline.png"), 3, 7, 1, 1, *none, api_name="/generate")
        return [Path(answer[1]["path"]), *[Path(each["image"]["path"]) for each in answer[2]]]

    first = shown()
    files = [path.open("rb") for path in first]
    before = [path.stat().st_mtime_ns for path in first]
    assert shown() == first
    for path, file, written in zip(first, files, before, strict=True):
        with file:
            untouched = path.stat().st_mtime_ns == written
            assert untouched or path.stat().st_ino != os.fstat(file.fileno()).st_ino


def test_files_expire(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With seconds in place of minutes and hours."""
    monkeypatch.setattr(studio, "FILES_EXPIRE", (1, 2))
    page = studio.build(Sketch2PhotoPipeline.from_pretrained(str(model)))
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True)
    client = gradio_client.Client(url, verbose=False, download_files=False)
    zeros = [0] * (8 + len(Sketch2PhotoPipeline.from_pretrained(str(model)).model.directions))
    made = Path(client.predict(data_url(EXAMPLES_FOLDER / "outline.png"), 1.0, *zeros, api_name="/photograph")["path"])
    try:
        assert made.exists()
        wait_for(lambda: not made.exists(), "file that has expired")
    finally:
        page.close()
