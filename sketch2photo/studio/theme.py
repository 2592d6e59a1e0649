"""How the page looks and what it does by itself: Gradio's theme, shared.css and page.css over it, and the functions of its scripts."""

import re
from pathlib import Path

import gradio as gr

from . import SHARED

_OWN = [Path(__file__).with_name(name) for name in ("page.css", "page.js", "stream.js")]
_STYLES, _SCRIPTS = (
    [path.read_text("utf-8") for path in [*SHARED, *_OWN] if path.suffix == suffix] for suffix in (".css", ".js")
)
CSS = "".join(_STYLES)
_FUNCTIONS = re.compile(r"^export ((?:async )?function (\w+)\(.*?^})$", re.MULTILINE | re.DOTALL)
SCRIPTS = {found[2]: found[1] for script in _SCRIPTS for found in _FUNCTIONS.finditer(script)}  # by their names
THEME = gr.themes.Soft(
    primary_hue="orange",
    neutral_hue="slate",
    font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
).set(
    # As dark as WCAG AA wants text on white, or white text on it.
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover_dark="*primary_800",
    # What can be clicked is no white on white.
    button_secondary_background_fill="*neutral_100",
    button_secondary_background_fill_hover="*neutral_200",
    slider_color="*primary_700",
    body_text_color_subdued="*neutral_500",
    block_info_text_color="*neutral_500",
    block_title_background_fill="none",
    block_title_background_fill_dark="none",
    block_title_padding="0",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    block_title_text_weight="500",
    button_transition="none",  # some twenty of them change with each photograph: painted without a GPU, in each of twelve frames
)
