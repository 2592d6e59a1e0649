"""How the page looks and what it does by itself: Gradio's theme, page.css over it, and the functions of page.js by their names."""

import re
from pathlib import Path

import gradio as gr

CSS = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_FUNCTIONS = re.compile(r"^export (function (\w+)\(.*?^})$", re.MULTILINE | re.DOTALL)
SCRIPTS = {
    found[2]: found[1] for found in _FUNCTIONS.finditer(Path(__file__).with_name("page.js").read_text(encoding="utf-8"))
}
THEME = gr.themes.Soft(
    primary_hue="orange",
    neutral_hue="slate",
    font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
    font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
).set(
    block_title_background_fill="none",
    block_title_background_fill_dark="none",
    block_title_padding="0",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    block_title_text_weight="500",
)
