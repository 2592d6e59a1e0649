// The sketchpad, for the app (as a Gradio component, __init__.py) and for the page without a server (hub/web).
//
// What is on the canvas is a list of steps (lines, a loaded picture, a clearing), so that each can be undone; the pixels
// depend on the steps alone. The guide and the calibrated lines lie over the canvas and are never in its pixels.

const PAUSE = 500; // ms without a new line until the pen rests

/** Puts the words of `words` ({key: text}) where elements ask for them: data-text, data-label (for screen readers), data-title. */
export function label(element, words) {
  for (const part of element.querySelectorAll('[data-text], [data-label], [data-title]')) {
    const asked = part.dataset;
    if (asked.text) part.textContent = words[asked.text];
    if (asked.label) part.ariaLabel = words[asked.label];
    if (asked.title) part.title = words[asked.title];
  }
}

/**
 * Brings the sketchpad of pad.html in `element` to life.
 *
 * Each change is sent as a PNG's data URL: props.value is set and trigger('input') called, and trigger('pause') once the
 * pen rests ('change' is Gradio's own, at each new value). watch(keys of props, put) is called once: `put` lays a
 * props.value that was set from outside on the canvas, as a step of its own, and props.calibrated over it: `face`, the
 * path that the guide follows, and `lines`, the address of a picture, until the drawing changes. A picture that is dropped
 * or pasted anywhere on the page goes the way of one that is chosen by the file input with the selector `fileInput`.
 */
export function sketchpad(element, props, trigger, watch, words, fileInput) {
  const canvas = element.querySelector('canvas');
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const buttons = [...element.querySelectorAll('button')];
  const guide = element.querySelector('.guide');
  const calibrated = element.querySelector('.calibrated');
  const steps = [];
  let undone = [];
  let line = null;
  let tool = 'pen';
  let width = 3;
  let sent = props.value;
  let pause = null;

  function paintLine({tool, width, points}, from = 0) {
    context.strokeStyle = tool === 'pen' ? 'black' : 'white';
    context.lineWidth = tool === 'pen' ? width : 4 * width;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(...points[Math.max(from - 1, 0)]);
    for (const [x, y] of points.slice(from)) context.lineTo(x + 0.01, y); // a path without any length would not be painted
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
      const {do: action, tool: itsTool, width: itsWidth} = button.dataset;
      if (action) button.disabled = action !== 'guide' && !(action === 'redo' ? undone : steps).length;
      if (itsTool) button.setAttribute('aria-pressed', itsTool === tool);
      if (itsWidth) button.setAttribute('aria-pressed', Number(itsWidth) === width);
    }
  }

  function layOver({face, lines}) {
    const path = guide.querySelector('.face');
    if (face) path.setAttribute('d', face);
    else path.removeAttribute('d');
    calibrated.hidden = !lines;
    if (lines) calibrated.src = lines;
  }

  function send() {
    calibrated.hidden = true;
    paint();
    props.value = sent = canvas.toDataURL('image/png');
    trigger('input');
    clearTimeout(pause);
    pause = setTimeout(() => line || trigger('pause'), PAUSE);
  }

  function act(action) {
    if (action === 'guide') {
      const off = guide.classList.toggle('off');
      element.querySelector('[data-do=guide]').setAttribute('aria-pressed', !off);
      return;
    }
    if (action === 'undo' && steps.length) undone.push(steps.pop());
    else if (action === 'redo' && undone.length) steps.push(undone.pop());
    else if (action === 'clear' && steps.length) {
      steps.push({});
      undone = [];
    } else return;
    send();
  }

  function extend(event) {
    const box = canvas.getBoundingClientRect();
    const from = line.points.length;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const {clientX, clientY} of moves.length ? moves : [event])
      line.points.push([
        ((clientX - box.left) / box.width) * canvas.width,
        ((clientY - box.top) / box.height) * canvas.height,
      ]);
    paintLine(line, from);
  }

  function finish() {
    if (!line) return;
    steps.push(line);
    undone = [];
    line = null;
    send();
  }

  function openFile(event, files) {
    const file = [...(files ?? [])].find(file => file.type.startsWith('image/'));
    const input = document.querySelector(fileInput);
    if (event.type === 'drop') event.preventDefault();
    if (!file || !input) return;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
  }

  canvas.addEventListener('pointerdown', event => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    calibrated.hidden = true;
    line = {tool, width, points: []};
    extend(event);
  });
  canvas.addEventListener('pointermove', event => {
    if (line && event.isPrimary) extend(event);
  });
  canvas.addEventListener('pointerup', finish);
  canvas.addEventListener('pointercancel', finish);
  element.addEventListener('keydown', event => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || (key !== 'z' && key !== 'y')) return;
    event.preventDefault();
    act(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  });
  for (const button of buttons)
    button.addEventListener('click', () => {
      tool = button.dataset.tool ?? tool;
      width = Number(button.dataset.width ?? width);
      if (button.dataset.do) act(button.dataset.do);
      else paint();
    });
  document.addEventListener('dragover', event => event.preventDefault());
  document.addEventListener('drop', event => openFile(event, event.dataTransfer.files));
  document.addEventListener('paste', event => openFile(event, event.clipboardData.files));
  watch(Object.keys(props), async () => {
    layOver(props.calibrated ?? {});
    if (!props.value || props.value === sent) return;
    calibrated.hidden = true; // it was of another drawing
    const picture = new Image();
    picture.src = sent = props.value;
    await picture.decode();
    steps.push({picture});
    undone = [];
    paint();
  });
  label(element, words);
  paint();
}
