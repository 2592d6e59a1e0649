"""Nothing is cut and nothing lies over another, from the smallest phone to the desk, in both languages; and axe-core finds nothing."""

from typing import Any

import pytest

from tests.layout import axe_findings, faults
from tests.studio.visitor import open_example, rest, settled, slide


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
    for where in ("#pad canvas", "#examples"):
        page.locator(where).evaluate("element => element.scrollIntoView()")
        page.wait_for_timeout(100)
        hint, photo, canvas = (page.locator(part).bounding_box() for part in ("#hint", "#photo img", "#pad canvas"))
        assert hint["y"] >= 0 and hint["y"] + hint["height"] <= 844
        assert photo["x"] + photo["width"] <= hint["x"]
        assert where != "#pad canvas" or canvas["y"] + canvas["height"] <= hint["y"]
        middle = [hint["x"] + hint["width"] / 2, hint["y"] + 10]
        assert page.evaluate("at => Boolean(document.elementFromPoint(...at).closest('#hint'))", middle)
    assert page.locator("footer .divider:visible").count() == 0  # Gradio's link before it is hidden


@pytest.mark.parametrize(("visitor", "name"), [("phone", "Sliders"), ("russian_page", "Ползунки")])
def test_on_a_phone_the_sliders_lie_in_a_sheet_under_the_photograph(
    visitor: str, name: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(visitor)
    page.set_viewport_size({"width": 390, "height": 844})
    handle = page.get_by_role("button", name=name, exact=True)
    slider = page.locator("#direction-background input[type=range]")
    assert not handle.is_visible()  # nothing is drawn yet
    before = open_example(page, "outline")
    assert handle.get_attribute("aria-expanded") == "false" and not slider.is_visible()
    handle.click()
    assert handle.get_attribute("aria-expanded") == "true"
    slide(page, "#direction-background", 0.9)
    settled(page, different_from=before)
    photo, sheet = page.locator("#photo img").bounding_box(), handle.bounding_box()
    assert photo["y"] >= 0 and photo["y"] + photo["height"] <= sheet["y"] < slider.bounding_box()["y"]
    assert axe_findings(page) == []
    page.keyboard.press("Escape")
    assert not slider.is_visible()
    assert handle.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("#settings").evaluate("sheet => sheet.contains(document.activeElement)")
    page.get_by_role("button", name="Очистить холст" if visitor == "russian_page" else "Clear the canvas").click()
    handle.wait_for(state="hidden")
    assert not slider.is_visible()
    page.keyboard.press("Escape")
