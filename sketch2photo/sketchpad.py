"""The sketchpad of the page: a plain 2D canvas as a Gradio component.

Gradio's own gr.Sketchpad paints with WebGL and sends three pictures for each line: on a computer without a GPU a move of
the pen took 400 ms, and 1.3 s passed from pen-up to the request. This one needs a few milliseconds for either.
"""

import base64
import binascii
import io
from typing import Any

import gradio as gr
from PIL import Image

SIZE = 512
MAX_CHARACTERS = 4_000_000  # of a drawing on its way to the server; one of 512 x 512 pixels has about 20,000

HTML = f"""
<div class="tools" role="toolbar" aria-label="Drawing tools">
  <button type="button" data-tool="pen" aria-pressed="true">✏️ <span>Pen</span></button>
  <button type="button" data-tool="eraser" aria-pressed="false">🧽 <span>Eraser</span></button>
  <i></i>
  <button type="button" data-width="3" aria-pressed="true" aria-label="Thin line" title="Thin line"><b></b></button>
  <button type="button" data-width="6" aria-pressed="false" aria-label="Medium line" title="Medium line"><b></b></button>
  <button type="button" data-width="14" aria-pressed="false" aria-label="Thick line" title="Thick line"><b></b></button>
  <i></i>
  <button type="button" data-do="undo" aria-label="Undo" title="Undo (Ctrl+Z)">↶</button>
  <button type="button" data-do="redo" aria-label="Redo" title="Redo (Ctrl+Y)">↷</button>
  <button type="button" data-do="clear" aria-label="Clear the canvas" title="Clear the canvas">🗑</button>
</div>
<canvas width="{SIZE}" height="{SIZE}" tabindex="0" role="img" aria-label="Canvas: draw a face here"></canvas>
"""

CSS = """
canvas { display: block; width: 100%; aspect-ratio: 1; background: white; touch-action: none; cursor: crosshair;
         border: 1px solid var(--border-color-primary); border-radius: var(--radius-lg); box-sizing: border-box; }
canvas:focus-visible { outline: 2px solid var(--color-accent); }
.tools { display: flex; align-items: center; gap: 4px; margin-bottom: 8px; }
.tools i { flex: 1; }
.tools button { min-width: 38px; height: 38px; padding: 0 8px; display: flex; align-items: center; justify-content: center;
                gap: 6px; font-size: 16px; color: var(--body-text-color); background: var(--background-fill-secondary);
                border: 1px solid var(--border-color-primary); border-radius: var(--radius-md); cursor: pointer; }
.tools button[aria-pressed=true] { border-color: var(--color-accent); box-shadow: inset 0 0 0 1px var(--color-accent); }
.tools button:disabled { opacity: .35; cursor: default; }
.tools button span { font-size: 14px; }
.tools b { background: currentColor; border-radius: 50%; width: 14px; height: 14px; }
.tools [data-width="3"] b { width: 4px; height: 4px; }
.tools [data-width="6"] b { width: 8px; height: 8px; }
@media (max-width: 480px) { .tools button { padding: 0 4px; min-width: 36px; } .tools button span { display: none; } }
"""

# What is on the canvas is a list of steps (lines, a loaded picture, a clearing), so that each can be undone; the pixels
# depend on the steps alone. Each change is sent as a PNG by an 'input' event; a value from the server is a step of its own.
JAVASCRIPT = """
const canvas = element.querySelector('canvas'), context = canvas.getContext('2d', {willReadFrequently: true});
const buttons = [...element.querySelectorAll('button')];
let steps = [], undone = [], line = null, tool = 'pen', width = 3, sent = props.value;

function paintLine({tool, width, points}, from = 0) {
    context.strokeStyle = tool === 'pen' ? 'black' : 'white';
    context.lineWidth = tool === 'pen' ? width : 4 * width;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(...points[Math.max(from - 1, 0)]);
    points.slice(from).forEach(point => context.lineTo(...point));
    context.stroke();
}
function paint() {
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const step of steps) {
        if (step.points) paintLine(step);
        else context.fillRect(0, 0, canvas.width, canvas.height);
        if (step.picture) context.drawImage(step.picture, 0, 0, canvas.width, canvas.height);
    }
    for (const button of buttons) {
        if (button.dataset.do) button.disabled = !(button.dataset.do === 'redo' ? undone : steps).length;
        if (button.dataset.tool) button.setAttribute('aria-pressed', button.dataset.tool === tool);
        if (button.dataset.width) button.setAttribute('aria-pressed', Number(button.dataset.width) === width);
    }
}
function send() {
    paint();
    props.value = sent = canvas.toDataURL('image/png');
    trigger('input');
}
function act(name) {
    if (name === 'undo' && steps.length) undone.push(steps.pop());
    else if (name === 'redo' && undone.length) steps.push(undone.pop());
    else if (name === 'clear' && steps.length) { steps.push({}); undone = []; }
    else return;
    send();
}
function extend(event) {
    const box = canvas.getBoundingClientRect(), from = line.points.length;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const {clientX, clientY} of moves.length ? moves : [event])
        line.points.push([(clientX - box.left) / box.width * canvas.width, (clientY - box.top) / box.height * canvas.height]);
    paintLine(line, from);
}
function finish() {
    if (!line) return;
    steps.push(line);
    undone = [];
    line = null;
    send();
}
canvas.addEventListener('pointerdown', event => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    line = {tool, width, points: []};
    extend(event);
});
canvas.addEventListener('pointermove', event => { if (line && event.isPrimary) extend(event); });
canvas.addEventListener('pointerup', finish);
canvas.addEventListener('pointercancel', finish);
element.addEventListener('keydown', event => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || (key !== 'z' && key !== 'y')) return;
    event.preventDefault();
    act(key === 'y' || event.shiftKey ? 'redo' : 'undo');
});
for (const button of buttons) button.addEventListener('click', () => {
    tool = button.dataset.tool ?? tool;
    width = Number(button.dataset.width ?? width);
    if (button.dataset.do) act(button.dataset.do);
    else paint();
});
watch('value', async () => {
    if (!props.value || props.value === sent) return;
    const picture = new Image();
    picture.src = sent = props.value;
    await picture.decode();
    steps.push({picture});
    undone = [];
    paint();
});
paint();
"""


class Sketchpad(gr.HTML):
    """A square white canvas with pen, eraser, three widths, undo, redo and clear.

    Its event `input` is triggered when a line is finished, undone, redone or all are cleared, and its value then is what
    is seen. In Python the value is a PIL image or None; between browser and server it is the data URL of a PNG.
    """

    def __init__(self, elem_id: str | None = None) -> None:
        super().__init__(None, html_template=HTML, css_template=CSS, js_on_load=JAVASCRIPT, elem_id=elem_id)

    def preprocess(self, payload: str | None) -> Image.Image | None:
        """The drawing; gr.Error for anything but the data URL of a PNG of at most 2048 x 2048 pixels."""
        if not payload:
            return None
        header, _, data = payload[:MAX_CHARACTERS].partition(",")
        try:
            if header != "data:image/png;base64":
                raise ValueError(header)
            picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)), formats=["PNG"])
            if max(picture.size) > 2048:
                raise ValueError(picture.size)
            picture.load()
        except (ValueError, binascii.Error, OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise gr.Error(
                "A drawing must be the data URL of a PNG of at most 2048 x 2048 pixels.", print_exception=False
            ) from error
        return picture

    def postprocess(self, value: Image.Image | None) -> str | None:
        """A PIL image as the data URL of a PNG."""
        if value is None:
            return None
        file = io.BytesIO()
        value.save(file, "PNG")
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": "data URL of a PNG: data:image/png;base64,..."}

    def example_payload(self) -> str | None:
        return self.postprocess(Image.new("L", (16, 16), "white"))
