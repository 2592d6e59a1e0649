"""Nothing is cut and nothing lies over another, from the smallest phone to the desk, in both languages; and axe-core finds nothing."""

from typing import Any

import pytest

from tests.layout import axe_findings, faults
from tests.studio.visitor import open_example, rest


@pytest.fixture(params=["page", "russian_page"])
def drawn(request: pytest.FixtureRequest) -> Any:
    """The page with all that it ever shows."""
    page = request.getfixturevalue(request.param)
    page.locator("#examples button").first.click()
    page.wait_for_selector("#history img")
    rest(page)
    page.locator("#latents > button").click()
    page.locator("#more > button").click()
    page.mouse.move(2, 2)
    return page


def test_nothing_is_cut_and_nothing_lies_over_another_at_any_width(drawn: Any) -> None:
    assert faults(drawn, "#photo") == {}


@pytest.mark.parametrize("drawn", ["page"], indirect=True)
def test_axe_finds_nothing_serious(drawn: Any) -> None:
    for scheme in ("light", "dark"):
        drawn.emulate_media(color_scheme=scheme)
        drawn.evaluate("dark => document.body.classList.toggle('dark', dark)", scheme == "dark")
        drawn.wait_for_timeout(500)  # colours change slowly
        assert axe_findings(drawn) == [], scheme


@pytest.mark.parametrize("visitor", ["phone", "russian_page"])
def test_on_a_phone_the_hint_is_in_sight_and_lies_over_nothing(visitor: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(visitor)
    page.set_viewport_size({"width": 390, "height": 844})
    open_example(page, "outline")
    for where in ("#pad canvas", "#average"):
        page.locator(where).evaluate("element => element.scrollIntoView()")
        page.wait_for_timeout(100)
        hint, photo, canvas = (page.locator(part).bounding_box() for part in ("#hint", "#photo img", "#pad canvas"))
        assert hint["y"] >= 0 and hint["y"] + hint["height"] <= 844
        assert photo["x"] + photo["width"] <= hint["x"]
        assert where != "#pad canvas" or canvas["y"] + canvas["height"] <= hint["y"]
        middle = [hint["x"] + hint["width"] / 2, hint["y"] + 10]
        assert page.evaluate("at => Boolean(document.elementFromPoint(...at).closest('#hint'))", middle)
