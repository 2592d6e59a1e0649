"""The sketchpad of the page: a plain 2D canvas as a Gradio component.

Gradio's own gr.Sketchpad paints with WebGL and sends three pictures for each line: on a computer without a GPU a move of
the pen took 400 ms, and 1.3 s passed from pen-up to the request. This one needs a few milliseconds for either.
"""

import base64
import binascii
import io
import json

import gradio as gr
from PIL import Image

SIZE = 512
MAX_CHARACTERS = 4_000_000  # of a drawing on its way to the server; one of 512 x 512 pixels has about 20,000

HTML = f"""
<div class="tools" role="toolbar" aria-label="Drawing tools">
  <button type="button" data-tool="pen" aria-pressed="true">
    <svg viewBox="0 0 24 24"><path d="M4 20l1-5L16 4l4 4L9 19zM13 7l4 4"/></svg><span>Pen</span></button>
  <button type="button" data-tool="eraser" aria-pressed="false">
    <svg viewBox="0 0 24 24"><path d="M9 20l-5-5L14 5l6 6-9 9zM8 11l6 6M9 20h11"/></svg><span>Eraser</span></button>
  <i></i>
  <button type="button" data-width="3" aria-pressed="true" aria-label="Thin line" title="Thin line"><b></b></button>
  <button type="button" data-width="6" aria-pressed="false" aria-label="Medium line" title="Medium line"><b></b></button>
  <button type="button" data-width="14" aria-pressed="false" aria-label="Thick line" title="Thick line"><b></b></button>
  <i></i>
  <button type="button" data-do="undo" aria-label="Undo" title="Undo (Ctrl+Z)">
    <svg viewBox="0 0 24 24"><path d="M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10H9"/></svg></button>
  <button type="button" data-do="redo" aria-label="Redo" title="Redo (Ctrl+Y)">
    <svg viewBox="0 0 24 24"><path d="M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h5"/></svg></button>
  <button type="button" data-do="clear" aria-label="Clear the canvas" title="Clear the canvas">
    <svg viewBox="0 0 24 24"><path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"/></svg></button>
  <button type="button" data-do="guide" aria-pressed="true" aria-label="Face guide" title="Face guide">
    <svg viewBox="0 0 24 24"><ellipse cx="12" cy="12" rx="7" ry="9"/><path d="M5 12h14M12 3v18"/></svg></button>
</div>
<div class="sheet">
  <canvas width="{SIZE}" height="{SIZE}" tabindex="0" role="img" aria-label="Canvas: draw a face here"></canvas>
  <svg class="guide" viewBox="0 0 512 512" aria-hidden="true"><g transform="translate(256 258) scale(1.1) translate(-256 -262)">
    <ellipse cx="256" cy="262" rx="128" ry="172"/>
    <path d="M256 90V434M134 254H378M176 254a28 14 0 0 1 56 0a28 14 0 0 1-56 0M280 254a28 14 0 0 1 56 0a28 14 0 0 1-56 0"/>
    <path d="M228 322q28 20 56 0M212 366q44 24 88 0M150 90Q256-8 362 90M212 424V492M300 424V492"/></g></svg>
</div>
"""

CSS = """
.sheet { position: relative; }
.guide { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; fill: none; stroke: #3b82f6;
         stroke-width: 2; stroke-dasharray: 6 7; opacity: .35; }
.guide.off { display: none; }
canvas { display: block; width: 100%; aspect-ratio: 1; background: white; touch-action: none; cursor: crosshair;
         border: 1px solid var(--border-color-primary); border-radius: var(--radius-lg); box-sizing: border-box; }
canvas:focus-visible { outline: 2px solid var(--color-accent); }
.tools { display: flex; align-items: center; gap: 4px; margin-bottom: 8px; }
.tools i { flex: 1; }
.tools button { min-width: 38px; height: 38px; padding: 0 8px; display: flex; align-items: center; justify-content: center;
                gap: 6px; font-size: 14px; color: var(--body-text-color); background: var(--background-fill-secondary);
                border: 1px solid var(--border-color-primary); border-radius: var(--radius-md); cursor: pointer; }
.tools button[aria-pressed=true] { border-color: var(--color-accent); box-shadow: inset 0 0 0 1px var(--color-accent); }
.tools button:disabled { opacity: .35; cursor: default; }
.tools svg { flex: none; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round;
             stroke-linecap: round; }
.tools b { background: currentColor; border-radius: 50%; width: 14px; height: 14px; }
.tools [data-width="3"] b { width: 4px; height: 4px; }
.tools [data-width="6"] b { width: 8px; height: 8px; }
@media (max-width: 1300px) { .tools button span { display: none; } }
@media (max-width: 480px) { .tools button { padding: 0 4px; min-width: 36px; } }
"""

# What is on the canvas is a list of steps (lines, a loaded picture, a clearing), so that each can be undone; the pixels
# depend on the steps alone. Each change is sent as a PNG by an 'input' event, and once the pen has rested for REST ms there is
# a 'pause' event ('change' is Gradio's own, at each new value); a value from the server is a step of its own. The guide lies
# over the canvas and is never in its pixels. A picture that is dropped or pasted anywhere on the page goes the way of one that
# is chosen by the button INPUT.
RUSSIAN = {
    "Drawing tools": "Инструменты",
    "Pen": "Перо",
    "Eraser": "Ластик",
    "Thin line": "Тонкая линия",
    "Medium line": "Средняя линия",
    "Thick line": "Толстая линия",
    "Undo": "Отменить",
    "Undo (Ctrl+Z)": "Отменить (Ctrl+Z)",
    "Redo": "Вернуть",
    "Redo (Ctrl+Y)": "Вернуть (Ctrl+Y)",
    "Clear the canvas": "Очистить холст",
    "Face guide": "Подсказка пропорций",
    "Canvas: draw a face here": "Холст: рисуйте лицо здесь",
}
REST = 500

JAVASCRIPT = """
const canvas = element.querySelector('canvas'), context = canvas.getContext('2d', {willReadFrequently: true});
const buttons = [...element.querySelectorAll('button')];
const guide = element.querySelector('.guide');
let steps = [], undone = [], line = null, tool = 'pen', width = 3, sent = props.value, rest = null;

if (navigator.language.startsWith('ru')) for (const part of element.querySelectorAll('[aria-label], [title], span')) {
    for (const name of ['aria-label', 'title'])
        if (part.hasAttribute(name)) part.setAttribute(name, RUSSIAN[part.getAttribute(name)]);
    if (part.tagName === 'SPAN') part.textContent = RUSSIAN[part.textContent];
}

function paintLine({tool, width, points}, from = 0) {
    context.strokeStyle = tool === 'pen' ? 'black' : 'white';
    context.lineWidth = tool === 'pen' ? width : 4 * width;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(...points[Math.max(from - 1, 0)]);
    points.slice(from).forEach(([x, y]) => context.lineTo(x + .01, y));  // a path without any length would not be painted
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
        if (button.dataset.do === 'guide') button.disabled = false;
        if (button.dataset.tool) button.setAttribute('aria-pressed', button.dataset.tool === tool);
        if (button.dataset.width) button.setAttribute('aria-pressed', Number(button.dataset.width) === width);
    }
}
function send() {
    paint();
    props.value = sent = canvas.toDataURL('image/png');
    trigger('input');
    clearTimeout(rest);
    rest = setTimeout(() => line || trigger('pause'), REST);
}
function act(name) {
    if (name === 'guide') {
        const off = guide.classList.toggle('off');
        element.querySelector('[data-do=guide]').setAttribute('aria-pressed', !off);
        return;
    }
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
function openFile(event, files) {
    const file = [...files ?? []].find(file => file.type.startsWith('image/')), input = document.querySelector('INPUT');
    if (event.type === 'drop') event.preventDefault();
    if (!file || !input) return;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
}
document.addEventListener('dragover', event => event.preventDefault());
document.addEventListener('drop', event => openFile(event, event.dataTransfer.files));
document.addEventListener('paste', event => openFile(event, event.clipboardData.files));
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


def sketchpad(elem_id: str, file_input: str) -> gr.HTML:
    """A square white canvas with pen, eraser, three widths, undo, redo, clear and a guide of a face's proportions.

    Its event `input` is triggered when a line is finished, undone, redone or all are cleared, and `pause` when the pen
    has rested after that. Its value is what is seen then, as the data URL of a PNG; `from_value` and `to_value` turn it
    into a PIL image and back. `file_input` is the CSS selector of the input that gets dropped and pasted pictures.
    """
    javascript = JAVASCRIPT.replace("REST", str(REST)).replace("INPUT", file_input)
    labels = json.dumps(RUSSIAN, ensure_ascii=False)
    return gr.HTML(
        html_template=HTML,
        css_template=CSS,
        js_on_load=f"const RUSSIAN = {labels};\n{javascript}",
        apply_default_css=False,
        elem_id=elem_id,
    )


def from_value(value: str | None) -> Image.Image | None:
    """The drawing of a sketchpad's value: None for no value; ValueError where it is none."""
    if not value:
        return None
    header, _, data = value.partition(",")
    if header != "data:image/png;base64" or len(data) > MAX_CHARACTERS:
        raise ValueError(f"A drawing must be the data URL of a PNG of at most {MAX_CHARACTERS:,} characters.")
    try:
        return Image.open(io.BytesIO(base64.b64decode(data, validate=True)), formats=["PNG"])
    except (binascii.Error, OSError, Image.DecompressionBombError) as error:
        raise ValueError("The drawing's data URL does not hold a PNG.") from error


def to_value(picture: Image.Image) -> str:
    """A picture as a sketchpad's value."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
