"""Nothing is cut and nothing lies over another, from the smallest phone to the desk, in both languages; and axe-core finds nothing."""

from typing import Any

import pytest

from tests.layout import axe_findings, faults
from tests.studio.visitor import BLANK, rest, watch


@pytest.fixture(params=["en-US", "ru-RU"])
def drawn(browser: Any, url: str, request: pytest.FixtureRequest) -> Any:
    """The page with all that it ever shows."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale=request.param)
    context.add_init_script(BLANK)
    page = context.new_page()
    watch(page)
    page.goto(url)
    page.locator("#examples button").first.click()
    page.wait_for_selector("#history img")
    rest(page)
    page.locator("#latents > button").click()
    page.locator("#more > button").click()
    page.mouse.move(2, 2)
    yield page
    context.close()


def test_nothing_is_cut_and_nothing_lies_over_another_at_any_width(drawn: Any) -> None:
    assert faults(drawn, "#photo") == {}


@pytest.mark.parametrize("drawn", ["en-US"], indirect=True)
def test_axe_finds_nothing_serious(drawn: Any) -> None:
    for scheme in ("light", "dark"):
        drawn.emulate_media(color_scheme=scheme)
        drawn.evaluate("dark => document.body.classList.toggle('dark', dark)", scheme == "dark")
        drawn.wait_for_timeout(500)  # colours change slowly
        assert axe_findings(drawn) == [], scheme
