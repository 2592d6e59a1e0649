"""What is wrong with a page's layout in Chromium, and with its accessibility, both pages' alike."""

from pathlib import Path
from typing import Any

from hub import build_web

# Of the window; the last two are half of 1280 and 1440 px, which is what a zoom of 200 % leaves.
SIZES = [
    (320, 640),
    (360, 740),
    (375, 812),
    (390, 844),
    (500, 660),
    (768, 660),
    (801, 660),
    (1024, 660),
    (1180, 660),
    (1280, 660),
    (1440, 660),
    (640, 360),
    (720, 450),
]
SIDE_BY_SIDE, HIGH_ENOUGH = 500, 660

# Sentences about what is cut off, what lies over something else, and whether the page can be pushed sideways; what is in sight.
MEASURE = Path(__file__).with_suffix(".js").read_text().partition("\n\n")[2].rstrip(";\n")
# Nothing moves any more: an arrow that turns is larger while it does.
SETTLED = """async () => {
    scrollTo(0, 0);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 60)));
    const moving = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime < Infinity);
    await Promise.allSettled(moving.map(each => each.finished));
}"""
# Sentences about what lies behind something else once it has the focus, and about sliders beside which the photograph is out of
# sight, from the first control to the last and back again.
FOCUS = """photo => {
    const where = 'button, input:not([type=number]), canvas[tabindex], summary, textarea'; // a number that is left is sent by Gradio
    const controls = [...document.querySelectorAll(where)].filter(
        control => control.checkVisibility({opacityProperty: true, visibilityProperty: true}) && control.tabIndex >= 0);
    const isBehind = control => {
        const {left, top, width, height} = control.getBoundingClientRect();
        return [0.1, 0.5, 0.9].every(across => [0.1, 0.5, 0.9].every(down => {
            const there = document.elementFromPoint(left + across * width, top + down * height);
            return !(there && (control.contains(there) || there.contains(control)));
        }));
    };
    const found = new Set();
    for (const control of [...controls, ...controls.toReversed()]) {
        control.focus();
        if (control !== document.activeElement) continue;
        const name = control.id || control.ariaLabel || control.outerHTML.slice(0, 60);
        if (isBehind(control)) found.add(`${name} has the focus behind something else`);
        const {top, bottom} = document.querySelector(photo).getBoundingClientRect();
        if (control.type === 'range' && innerHeight >= 450 && (top < 0 || bottom > innerHeight))
            found.add(`the photograph is out of sight at ${name}`);
    }
    document.activeElement.blur();
    document.querySelector('#settings').scrollTo(0, 0);
    scrollTo(0, 0);
    return [...found];
}"""
SHEET = "#settings"


def faults(page: Any, photo: str) -> dict[tuple[int, int], list[str]]:
    """Sentences about a page with a drawing and a photograph on it, by the sizes of the window that they are true of."""
    told = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(SETTLED)
        seen = page.evaluate(MEASURE, ["#pad canvas", photo])
        found = [*seen["found"], *page.evaluate(FOCUS, photo)]
        if width >= SIDE_BY_SIDE and height >= HIGH_ENOUGH and not (seen["paper"] and seen["picture"]):
            found.append("canvas and photograph are not both in sight")
        if width < SIDE_BY_SIDE:
            page.locator(f"[aria-controls={SHEET[1:]}]").click()
            seen = page.evaluate(MEASURE, ["#pad canvas", photo, SHEET])
            found += [f"with the sliders open {fault}" for fault in [*seen["found"], *page.evaluate(FOCUS, photo)]]
            if seen["inSight"] < 120:
                found.append("the photograph is out of sight at the sliders")
            page.keyboard.press("Escape")
        if found:
            told[width, height] = found
    return told


def axe_findings(page: Any) -> list[str]:
    """What axe-core calls serious or critical."""
    build_web.install()
    page.evaluate((build_web.SOURCE / "node_modules" / "axe-core" / "axe.min.js").read_text())
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
