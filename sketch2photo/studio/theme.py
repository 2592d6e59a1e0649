"""How the page looks: Gradio's theme, and page.css over it."""

from importlib.resources import files

import gradio as gr

CSS = (files(__package__) / "page.css").read_text(encoding="utf-8")
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
