// The sketchpad, for the app (as a Gradio component, __init__.py) and for the page without a server (hub/web).
//
// What is on the canvas is a list of steps (strokes.js), so that each can be undone. The guide and the calibrated lines lie
// over the canvas and are never in its pixels.

import {drawItself} from './example.js';
import {takeFiles} from './files.js';
import {changed, fillKit, hasParts, isGround, newPart, partAt, partsLeft} from './kit.js';
import {keep, keepSteps, kept, keptSteps, loadPicture, moments, paintLine, paintSteps, smoothed} from './strokes.js';

const PAUSE = 500; // ms without a new line until the pen rests
const NOTE = 6000; // ms that a note over the canvas stays
const OFFER = 2000; // ms of rest until calibrated lines are offered

/**
 * Puts the words of `words` ({key: text}) where elements ask for them: data-text, data-label (for screen readers, with
 * data-number after it), data-title.
 */
export function label(element, words) {
  for (const part of element.querySelectorAll('[data-text], [data-label], [data-title]')) {
    const asked = part.dataset;
    if (asked.text) part.textContent = words[asked.text];
    if (asked.label) part.ariaLabel = [words[asked.label], asked.number].filter(Boolean).join(' ');
    if (asked.title) part.title = words[asked.title];
  }
}

/**
 * Brings the sketchpad of pad.html in `element` to life.
 *
 * Each change is sent as a PNG's data URL: props.value is set and trigger('input') called, and trigger('pause') once the
 * pen rests ('change' is Gradio's own, at each new value). watch(keys of props, put) is called once: `put` lays a
 * props.value that was set from outside on the canvas, as a step of its own (none empties it and all its steps), and
 * props.calibrated over it: `face`, the curves that the guide follows, by their names, and `lines`, the address of a picture, until the
 * drawing changes. Where it `offers` them it does so after a while, with a question; once that has been answered it is not
 * asked again until all is cleared, and trigger('apply') tells of a yes. A picture that is dropped or pasted anywhere on the
 * page goes the way of one that is chosen by the file input with the selector `fileInput`.
 *
 * The drawing lives as long as the tab: where the page is loaded again, trigger('retry') tells that it is there again.
 * Otherwise `example` ({width, strokes}) draws itself, until somebody draws; once it is finished it lives as long, as an example.
 * `parts` are the kit's (kit.js).
 *
 * What comes back is a function that puts other words in place of `words`. The element .sketchpad has two methods: moments(count),
 * the drawing as it came about, and begun(), when it was begun, which tells one from the next.
 */
export function sketchpad(element, {props, trigger, watch, words, fileInput, example, parts}) {
  const root = element.querySelector('.sketchpad');
  const canvas = element.querySelector('canvas');
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const buttons = [...element.querySelectorAll('button')];
  const guide = element.querySelector('.guide');
  const calibrated = element.querySelector('.calibrated');
  const noted = element.querySelector('.note');
  const offer = element.querySelector('.offer');
  const kit = element.querySelector('.kit');
  const steps = [];
  const touching = new Set();
  let undone = [];
  let line = null;
  let moved = null; // {part, from: where the pen was, copy: the part where it is now}
  let chosen = null; // the kind of the part that was touched last
  let tool = 'pen';
  let width = 3;
  let sent = props.value;
  let pause = null;
  let offering = null;
  let isAnswered = false;
  let isExample = false;
  let isUntold = false; // whether the example was cleared, and nothing has been sent since
  let begun = Date.now();
  let before = []; // the steps at the last change
  let isLess = false; // whether that took some away

  function paint() {
    paintSteps(context, steps);
    const hasPart = hasParts(steps);
    for (const button of buttons) {
      const {do: action, tool: itsTool, width: itsWidth, part} = button.dataset;
      if (part) button.disabled = !hasPart;
      if (action)
        button.disabled = !button.hasAttribute('aria-pressed') && !(action === 'redo' ? undone : steps).length;
      if (itsTool) button.setAttribute('aria-pressed', itsTool === tool);
      if (itsWidth) button.setAttribute('aria-pressed', Number(itsWidth) === width);
    }
  }

  function layOver({face = {}, lines, offers}) {
    const path = guide.querySelector('.face');
    const curves = Object.values(face).map(points => `M${points.join(' ')}`);
    if (curves.length) path.setAttribute('d', curves.join(''));
    else path.removeAttribute('d');
    cover(lines, offers);
  }

  /** Puts calibrated lines over the drawing, or none, and asks for them where they are an offer. */
  function cover(lines = '', offers = false) {
    clearTimeout(offering);
    calibrated.hidden = offer.hidden = true;
    if (!lines) return;
    function show() {
      if (line || moved || (offers && (isAnswered || isExample))) return;
      calibrated.src = lines;
      calibrated.hidden = false;
      offer.hidden = !offers;
    }
    if (offers) offering = setTimeout(show, OFFER);
    else show();
  }

  /** Puts a word over the canvas, or none. */
  function note(key = '') {
    noted.dataset.text = key;
    noted.textContent = words[key] ?? '';
  }

  function tell(key) {
    note(key);
    setTimeout(() => {
      if (noted.dataset.text === key) note();
    }, NOTE);
  }

  /** A drawing goes on as long as it grows. Another begins on a new ground, or as steps are taken away, which is one change in a row. */
  function follow() {
    const wasLess = isLess;
    isLess = before.some((step, i) => step !== steps[i]);
    before = [...steps];
    const isNew = steps.length > 0 && isGround(steps.at(-1));
    if (isNew || (isLess && !wasLess)) begun = Date.now();
  }

  /** Tells of a change; unless more follows by itself, the pen rests then. */
  function send(isDone = true) {
    cover();
    paint();
    follow();
    if (isDone) keepDrawing();
    isUntold = false;
    props.value = sent = canvas.toDataURL('image/png');
    trigger('input');
    clearTimeout(pause);
    if (isDone) pause = setTimeout(rest, PAUSE);
  }

  /** The pen rests, unless it draws again: what it draws then may yet be dropped. */
  function rest() {
    if (line || moved) pause = setTimeout(rest, PAUSE);
    else trigger('pause');
  }

  function keepDrawing() {
    keepSteps('drawing', steps);
    keep('example', isExample);
  }

  /** What is there is the visitor's own from now on. */
  function own() {
    isExample = false;
    delete root.dataset.example;
    note();
  }

  /** Whether a switch is on: the guide, mirrored or smooth lines. */
  const isOn = name => element.querySelector(`[data-do=${name}]`).getAttribute('aria-pressed') === 'true';

  function act(action) {
    const button = element.querySelector(`[data-do=${action}]`);
    if (button.hasAttribute('aria-pressed')) {
      button.setAttribute('aria-pressed', !isOn(action));
      guide.classList.toggle('off', !isOn('guide'));
      return;
    }
    if (line || moved) return;
    own();
    if (action === 'undo' && steps.length) undone.push(steps.pop());
    else if (action === 'redo' && undone.length) steps.push(undone.pop());
    else if (action === 'clear' && steps.length) {
      steps.push({});
      undone = [];
      isAnswered = false;
    } else return;
    send();
  }

  // ---- drawing -----------------------------------------------------------------------------------------------------

  function clearExample() {
    if (!isExample) return;
    own();
    steps.length = 0;
    isUntold = true;
    paint();
  }

  function tellCleared() {
    if (isUntold) send();
  }

  function begin(event) {
    clearExample();
    canvas.setPointerCapture(event.pointerId);
    cover();
    if (tool === 'kit') {
      const part = partAt(steps, place(event));
      if (part) moved = {part, from: place(event)};
      else {
        tellCleared();
        tell('no_part');
      }
      return;
    }
    line = {tool, width, points: [], mirrored: isOn('mirror')};
    extend(event);
  }

  /** Where on the canvas an event is. */
  function place({clientX, clientY}) {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * canvas.width, ((clientY - box.top) / box.height) * canvas.height];
  }

  function extend(event) {
    const from = line.points.length;
    const moves = event.getCoalescedEvents?.() ?? [];
    line.points.push(...(moves.length ? moves : [event]).map(place));
    paintLine(context, line, from);
  }

  function move(event) {
    const [x, y] = place(event);
    const {part, from, copy} = moved;
    if (copy) steps.pop();
    moved.copy = {...part, x: part.x + x - from[0], y: part.y + y - from[1]};
    steps.push(moved.copy);
    paint();
  }

  function finish() {
    if (line) steps.push(isOn('smooth') ? {...line, points: smoothed(line.points)} : line);
    if (moved) chosen = moved.part.kind;
    const isChanged = line || moved.copy;
    line = moved = null;
    if (!isChanged) return;
    undone = [];
    send();
  }

  /** Two fingers zoom and move the page, and what the first of them began to draw goes. */
  function drop() {
    if (moved?.copy) steps.pop();
    line = moved = null;
    paint();
    tellCleared();
  }

  canvas.addEventListener('pointerdown', event => {
    touching.add(event.pointerId);
    if (line || moved) drop();
    else if (touching.size === 1 && !event.button && event.isPrimary) begin(event);
  });
  canvas.addEventListener('pointermove', event => {
    if (!event.isPrimary) return;
    if (line) extend(event);
    if (moved) move(event);
  });
  for (const kind of ['pointerup', 'pointercancel'])
    canvas.addEventListener(kind, event => {
      touching.delete(event.pointerId);
      if (!(line || moved) || !event.isPrimary) return;
      if (kind === 'pointerup') finish();
      else drop();
    });

  // ---- buttons, keys and files -------------------------------------------------------------------------------------

  for (const button of buttons)
    button.addEventListener('click', () => {
      tool = button.dataset.tool ?? tool;
      width = Number(button.dataset.width ?? width);
      kit.hidden = tool !== 'kit';
      if (button.dataset.do) act(button.dataset.do);
      else if (button.dataset.part) changePart(button.dataset.part);
      else paint();
    });
  if (parts) fillKit(kit.querySelector('.parts'), parts, choosePart);

  function choosePart(kind, strokes) {
    clearExample();
    addPart(newPart(kind, strokes, width, steps, props.calibrated?.face));
  }

  function changePart(action) {
    const parts = partsLeft(steps);
    addPart(changed(parts.find(({kind}) => kind === chosen) ?? parts.at(-1), action));
  }

  function addPart(part) {
    chosen = part.kind;
    steps.push(part);
    undone = [];
    send();
  }

  offer.addEventListener('click', ({target}) => {
    const {answer} = target.dataset;
    if (!answer) return;
    isAnswered = true;
    cover();
    canvas.focus({preventScroll: true});
    if (answer === 'yes') trigger('apply');
  });

  document.addEventListener('keydown', event => {
    // Where the layout has no Latin letters, the key that has Z on others.
    const key = (/^[a-z]$/i.test(event.key) ? event.key : event.code.replace('Key', '')).toLowerCase();
    const isText = event.target.closest?.('textarea, [contenteditable], input:not([type=range], [type=checkbox])');
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isText || (key !== 'z' && key !== 'y')) return;
    event.preventDefault();
    act(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  });

  takeFiles(root, fileInput, () => tell('no_picture'));
  // Who opens a picture has no eyes for an example, whose photographs would take the place of what is said about the picture.
  document.addEventListener('change', ({target}) => {
    if (!target.matches?.(fileInput)) return;
    clearExample();
    tellCleared();
  });

  watch(Object.keys(props), async () => {
    layOver(props.calibrated ?? {});
    if (props.value === sent || !(props.value || sent)) return;
    sent = props.value;
    cover(); // what lay there was of another drawing
    const picture = props.value && (await loadPicture(props.value));
    if (isExample || !picture) steps.length = 0;
    own();
    if (picture) steps.push({picture});
    undone = [];
    paint();
    follow();
    keepDrawing();
  });

  // ---- what is there at first --------------------------------------------------------------------------------------

  function showExample() {
    isExample = true;
    root.dataset.example = '';
    note('example');
  }

  async function drawExample() {
    showExample();
    for await (const {line, rests, isLast} of drawItself(context, example, () => isExample)) {
      steps.push(line);
      if (rests) send(isLast);
    }
  }

  async function start() {
    const there = await keptSteps('drawing');
    if (there?.length) {
      steps.unshift(...there);
      if (kept('example')) showExample();
      paint();
      props.value = sent = canvas.toDataURL('image/png');
      trigger('retry');
    } else if (!there && !steps.length && !line) await drawExample();
  }

  root.moments = count => moments(steps, canvas, count);
  root.begun = () => begun;
  label(element, words);
  paint();
  start();
  return others => {
    words = others;
    label(element, words);
  };
}
