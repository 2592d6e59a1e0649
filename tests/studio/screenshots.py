"""Pictures of the pages for people to look at: `python -m tests.studio.screenshots`.

Screenshots (of ten widths, light and dark, English and Russian) and a GIF of the page opening with the face that draws itself. With
`--readme hub/pictures` the two that the README shows are written there; with `--web build/web`, where hub/build_web.py has built
the page without a server, there are screenshots of that as well.
"""

import io
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from sketch2photo.cli import run
from sketch2photo.evaluation.browser import host, open_chromium, run_app
from tests import ROOT
from tests.studio.visitor import BLANK, place_on, rest, watch

SIZES = [
    (1440, 1000),
    (1280, 800),
    (1180, 660),
    (1024, 768),
    (801, 660),
    (768, 1024),
    (390, 844),
    (375, 812),
    (360, 740),
    (320, 640),
]
LANGUAGES = {"english": "en-US", "russian": "ru-RU"}
FACE = "glasses beard"
GIF_WIDTH = 560
FRAME = 140  # ms
REST = 4000  # ms until the sliders have the pictures of their ends, too
PHONE = 500  # px of width below which the sliders lie in a sheet


def visitor(browser: Any, url: str, **kwargs: Any) -> Any:
    context = browser.new_context(**kwargs)
    context.add_init_script(BLANK)
    page = context.new_page()
    watch(page)
    page.goto(url)
    page.wait_for_selector("#pad canvas")
    return page


def use(page: Any) -> None:
    """What somebody does first: open an example, click a variation, give two a heart, move a slider."""
    page.locator(f"#examples button:has(img[alt='{FACE}'])").click()
    page.wait_for_selector("#variations img")
    rest(page)
    page.locator("#variations button").first.click()
    rest(page)
    for number in (1, 4):
        page.locator("#liked input").nth(number).click()
    slider = page.locator("#direction-background input[type=range]")
    if slider.count():
        page.mouse.click(*place_on(slider, 0.7))
    rest(page)
    page.mouse.move(2, 2)
    page.evaluate("scrollTo(0, 0)")


def use_static(page: Any) -> None:
    """The same on the page without a server."""

    def settle() -> None:
        page.wait_for_selector("body:not([data-busy]):has(#variations > :nth-child(6)):has(#speed:not(:empty))")

    page.wait_for_selector("body[data-ready]", timeout=60_000)
    page.locator(f"#examples button:has(img[src^='{FACE.replace(' ', '_')}'])").click()
    settle()
    page.locator("#variations button").first.click()
    settle()
    for number in (1, 4):
        page.locator(".heart").nth(number).click()
    page.locator("#direction-background").evaluate(
        "slider => { slider.value = 1; for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind)); }"
    )
    settle()
    page.mouse.move(2, 2)
    page.evaluate("scrollTo(0, 0)")


def screenshots(browser: Any, url: str, out: Path, use: Callable[[Any], None] = use, name: str = "") -> None:
    for scheme in ("light", "dark"):
        for language, locale in LANGUAGES.items():
            page = visitor(browser, url, viewport={"width": 1440, "height": 1000}, color_scheme=scheme, locale=locale)
            use(page)
            page.wait_for_timeout(REST)
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(300)
                path = out / f"{name}{width}-{scheme}-{language}.png"
                page.screenshot(path=path, full_page=True)
                if width < PHONE:
                    page.locator("#sliders").click()
                    page.screenshot(path=path.with_stem(f"{path.stem}-sliders"))
                    page.keyboard.press("Escape")
            page.context.close()


def film(browser: Any, url: str, path: Path) -> None:
    """A GIF of canvas and photograph as the page opens: the example draws itself, in the page's own time."""
    page = browser.new_page(viewport={"width": 1200, "height": 1000}, color_scheme="light")
    page.clock.install()
    page.goto(url)
    page.wait_for_selector("#pad [data-example]")
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 0.5"))
    pad, photo = (page.locator(f"#{part}").bounding_box() for part in ("pad", "photo"))
    clip = {"x": pad["x"] - 6, "y": pad["y"] - 6, "width": photo["x"] + photo["width"] - pad["x"] + 12}
    clip["height"] = photo["y"] + photo["height"] - pad["y"] + 12
    frames = []
    while page.locator("#variations img").count() == 0 and len(frames) < 100:
        page.clock.run_for(FRAME)
        time.sleep(0.4)  # for the photograph
        picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
        frames.append(picture.resize((GIF_WIDTH, round(GIF_WIDTH * picture.height / picture.width))))
    palette = frames[-1].quantize(128)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME] * (len(frames) - 1) + [3000]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)
    page.close()


def main(
    out: Path = Path("build/screenshots"),
    readme: Path | None = None,
    web: Path | None = None,
    model: str = str(ROOT / "hub" / "model"),
) -> None:
    """Make all of them.

    Args:
        out: folder for the pictures.
        readme: folder for the README's picture and GIF.
        web: folder of the page without a server, where there is one.
        model: folder or Hub id.
    """
    out.mkdir(parents=True, exist_ok=True)
    with run_app(model) as app, open_chromium() as browser:
        screenshots(browser, app.url, out)
        film(browser, app.url, out / "drawing.gif")
        if web:
            with host(web) as url:
                screenshots(browser, url, out, use_static, "web-")
    if readme:
        readme.mkdir(parents=True, exist_ok=True)
        Image.open(out / "1440-light-english.png").convert("RGB").save(readme / "page.jpg", quality=88)
        shutil.copy(out / "drawing.gif", readme)
    print("\n".join(f"{path} {path.stat().st_size / 2**20:.2f} MiB" for path in sorted(out.iterdir())))


if __name__ == "__main__":
    run(main, "python -m tests.studio.screenshots")
