"""The kit for who cannot draw: parts to place, and lines that are mirrored and smooth."""

from typing import Any

import numpy as np
import pytest

from sketch2photo.evaluation.browser import draw_stroke
from tests.studio.visitor import drawing, open_example, rest, settled


def ink(page: Any) -> np.ndarray:
    return drawing(page) < 128


def middle(drawn: np.ndarray) -> np.ndarray:
    """(y, x) of the box around what is drawn."""
    at = np.argwhere(drawn)
    return (at.min(0) + at.max(0)) / 2


def test_a_face_is_put_together_of_parts_that_are_moved_scaled_and_mirrored(page: Any) -> None:
    def tap(name: str) -> np.ndarray:
        page.get_by_role("button", name=name, exact=True).click()
        return ink(page)

    tap("Kit: parts of faces")
    draw_stroke(page, [(100, 100), (200, 200)])
    page.locator("#pad .note").get_by_text("Choose a part above first").wait_for()
    head = tap("Head 1")
    eyes = tap("Eyes 1")
    others = tap("Eyes 4")  # in their place
    assert (eyes & ~head).sum() > 300
    assert (others & eyes & ~head).sum() < 0.8 * (eyes & ~head).sum()
    page.keyboard.press("Control+z")
    assert np.array_equal(ink(page), eyes)
    first = settled(page)
    nose = tap("Nose 1") & ~eyes
    flipped = tap("Flip") & ~eyes
    assert np.abs((nose & flipped).sum() / nose.sum()) < 0.8
    assert np.allclose(middle(nose), middle(flipped), atol=4)
    for _ in range(3):
        larger = tap("Larger") & ~eyes
    assert np.ptp(np.argwhere(larger)[:, 0]) > 1.15 * np.ptp(np.argwhere(nose)[:, 0])
    y, x = middle(larger)
    draw_stroke(page, [(x, y), (x + 20, y + 30)])
    assert np.allclose(middle(ink(page) & ~eyes) - (y, x), (30, 20), atol=4)
    settled(page, different_from=first)
    page.reload()
    page.wait_for_selector("#photo img")
    assert np.allclose(middle(ink(page) & ~eyes) - (y, x), (30, 20), atol=4)
    page.get_by_role("button", name="Pen", exact=True).click()
    assert not page.get_by_role("button", name="Head 1").is_visible()


@pytest.mark.parametrize(("visitor", "kit"), [("phone", "Kit: parts of faces"), ("russian_page", "Набор: части лиц")])
def test_on_a_phone_all_that_is_done_with_parts_is_in_sight(
    visitor: str, kit: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(visitor)
    page.get_by_role("button", name=kit).click()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        for button in page.locator("#pad .actions button").all():
            box = button.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_the_part_that_was_dragged_is_scaled_and_each_change_is_a_step(page: Any) -> None:
    for name in ("Kit: parts of faces", "Eyes 1", "Mouth 1"):
        page.get_by_role("button", name=name, exact=True).click()
    there = ink(page)
    y, x = middle(there[:320])
    draw_stroke(page, [(x, y), (x, y - 40)])
    moved = ink(page)
    assert np.allclose(middle(moved[:320]) - (y, x), (-40, 0), atol=4)
    for name in ("Larger", "Flip"):
        page.get_by_role("button", name=name, exact=True).click()
    changed = ink(page)
    assert np.array_equal(changed[320:], there[320:]) and not np.array_equal(changed[:320], moved[:320])
    for _ in range(2):
        page.keyboard.press("Control+z")
    assert np.array_equal(ink(page), moved)
    page.keyboard.press("Control+z")
    assert np.array_equal(ink(page), there)
    rest(page)


def test_what_was_rubbed_out_of_a_part_stays_so_as_it_is_moved_scaled_and_flipped(page: Any) -> None:
    def tap(*names: str) -> np.ndarray:
        for name in names:
            page.get_by_role("button", name=name, exact=True).click()
        return ink(page)

    kit, left, right = "Kit: parts of faces", slice(0, 256), slice(256, 512)
    eyes = tap(kit, "Eyes 1")
    tap("Eraser", "Thick line")
    draw_stroke(page, [(150, 240), (240, 260)])
    assert eyes[:, left].any() and not ink(page)[:, left].any()
    other = ink(page)
    larger = tap(kit, "Larger")
    assert not larger[:, left].any() and larger[:, right].sum() > 1.02 * other[:, right].sum()
    y, x = middle(larger)
    draw_stroke(page, [(x, y), (x + 9, y + 40)])
    moved = ink(page)
    assert not moved[:, left].any() and np.allclose(middle(moved) - (y, x), (40, 9), atol=4)
    flipped = tap("Flip")
    assert flipped[:, left].sum() > 100 and not flipped[:, right].any()
    assert tap("Eyes 4")[:, right].any()  # another one is whole
    rest(page)


def test_lines_are_mirrored_and_smooth_where_that_is_asked_for(page: Any) -> None:
    page.get_by_role("button", name="Kit: parts of faces").click()
    page.get_by_role("button", name="Draw both sides").click()
    page.get_by_role("button", name="Pen", exact=True).click()
    draw_stroke(page, [(100, 100), (150, 160), (200, 170)])
    both = ink(page)
    assert both[:, 256:].any() and (both ^ both[:, ::-1]).sum() < 0.3 * both.sum()
    page.keyboard.press("Control+z")
    assert not ink(page).any()
    page.get_by_role("button", name="Kit: parts of faces").click()
    page.get_by_role("button", name="Draw both sides").click()
    page.get_by_role("button", name="Pen", exact=True).click()
    shaky = [(100 + 5 * step, 300 + 8 * (step % 2)) for step in range(40)]
    draw_stroke(page, shaky, every=1)
    rough = np.argwhere(ink(page))[:, 0].std()
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Kit: parts of faces").click()
    page.get_by_role("button", name="Smooth lines").click()
    page.get_by_role("button", name="Pen", exact=True).click()
    draw_stroke(page, shaky, every=1)
    assert np.argwhere(ink(page))[:, 0].std() < 0.6 * rough
    rest(page)


def test_a_part_takes_the_place_of_what_somebody_drew_and_that_is_one_step(page: Any) -> None:
    """Once in lines, of which whole ones go, and once in a picture that was opened, in which its place is rubbed out."""

    def tap(name: str) -> np.ndarray:
        page.get_by_role("button", name=name, exact=True).click()
        return ink(page)

    for x, y, across, down in ((256, 258, 150, 190), (200, 250, 26, 12), (312, 250, 26, 12), (256, 380, 40, 6)):
        draw_stroke(page, [(x + across * np.sin(at), y - down * np.cos(at)) for at in np.linspace(0, 6.28, 40)])
    settled(page)
    drawn = ink(page)
    tap("Kit: parts of faces")
    headed = tap("Head 1")
    crown, features = (slice(60, 90), slice(200, 312)), (slice(230, 395), slice(170, 342))
    assert drawn[crown].sum() > 100 and not headed[crown].any()
    assert np.array_equal(headed[features], drawn[features])
    eyed = tap("Eyes 1")
    assert (headed & ~eyed)[features].sum() > 100
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert np.array_equal(ink(page), drawn)
    rest(page)
    open_example(page, "careful woman")
    before = ink(page)
    with_mouth = tap("Mouth 1")
    assert (before & ~with_mouth).sum() > 100
    page.keyboard.press("Control+z")
    assert np.array_equal(ink(page), before)
    tap("Clear the canvas")
    assert abs(np.ptp(np.argwhere(tap("Head 1"))[:, 1]) - 330) < 4  # where the guide is, as nothing is there any more


def test_hair_and_glasses_take_the_place_of_those_that_are_plainly_drawn(page: Any) -> None:
    """Hair where the head is whole without it, glasses around eyes; a head, ears and eyes stay."""

    def ring(x: float, y: float, across: float, down: float) -> list[tuple[float, float]]:
        return [(x + across * np.sin(at), y - down * np.cos(at)) for at in np.linspace(0, 6.28, 40)]

    def tap(name: str) -> np.ndarray:
        page.get_by_role("button", name=name, exact=True).click()
        return ink(page)

    face = [ring(256, 268, 148, 185), ring(199, 254, 28, 11), ring(313, 254, 28, 11), ring(256, 385, 45, 9)]
    face += [[(160, 222), (200, 212), (236, 220)], [(276, 220), (312, 212), (352, 222)]]
    face += [[(256, 270), (240, 335), (272, 338)], ring(415, 270, 12, 28)]
    for stroke in face:
        draw_stroke(page, stroke, every=1)
    bare = ink(page)
    draw_stroke(page, [(150, 110), (200, 20), (310, 16), (360, 110)], every=1)
    for x in (199, 313):
        draw_stroke(page, ring(x, 254, 48, 32), every=1)
    draw_stroke(page, [(247, 250), (265, 250)], every=1)
    settled(page)
    assert page.locator("#pad .guide .face").get_attribute("d")
    drawn = ink(page)
    tap("Kit: parts of faces")
    haired = tap("Hair 1")
    assert (drawn & ~haired)[:60].sum() > 300 and haired[bare].all()
    glassed = tap("Glasses 2")
    assert (haired & ~glassed)[210:300].sum() > 300 and glassed[bare].all()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert np.array_equal(ink(page), drawn)
