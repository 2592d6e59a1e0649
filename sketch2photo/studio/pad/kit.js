// Parts of faces for who cannot draw: to tap, move, scale and mirror. On the pad each is a step {kind, strokes, width, x, y,
// scale, mirrored}: moved by (x, y) px, and scaled about its middle.

const SMALLEST = 0.5;
const LARGEST = 1.8;

/** {left, top, right, bottom} of strokes. */
function bounds(strokes) {
  const [xs, ys] = [0, 1].map(axis => strokes.flat().map(point => point[axis]));
  return {left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys)};
}

/** A part's strokes where they lie on the canvas. */
export function placed({strokes, x, y, scale, mirrored}) {
  const {left, top, right, bottom} = bounds(strokes);
  const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
  const across = mirrored ? -scale : scale;
  return strokes.map(points =>
    points.map(([a, b]) => [middle + x + across * (a - middle), centre + y + scale * (b - centre)]),
  );
}

/** Whether a step hides all before it: a picture that was opened, or a clearing. */
export function isGround(step) {
  return !step.points && !step.kind;
}

/** The steps that are parts and are seen: the last of each kind since all were cleared. */
export function partsOf(steps) {
  const cleared = steps.findLastIndex(isGround);
  return steps.filter(
    (step, i) => step.kind && i > cleared && i === steps.findLastIndex(({kind}) => kind === step.kind),
  );
}

/** The newest part at a point of the canvas, or the newest of all. */
export function partAt(steps, [x, y]) {
  const parts = partsOf(steps).reverse();
  const isThere = part => {
    const {left, top, right, bottom} = bounds(placed(part));
    return left - 10 < x && x < right + 10 && top - 10 < y && y < bottom + 10;
  };
  return parts.find(isThere) ?? parts[0];
}

/** A part as it is placed first, or where and as large as the one of its kind was that it replaces. */
export function newPart(kind, strokes, width, before) {
  return {x: 0, y: 0, scale: 1, mirrored: false, ...before, kind, strokes, width};
}

/** Changes a part by one of the panel's buttons. */
export function change(part, action) {
  if (action === 'mirror') part.mirrored = !part.mirrored;
  if (action === 'larger') part.scale = Math.min(1.08 * part.scale, LARGEST);
  if (action === 'smaller') part.scale = Math.max(part.scale / 1.08, SMALLEST);
}

/**
 * Fills an element with a button for each of the parts ({kind: lists of strokes}), which asks for its words (label in
 * pad.js); choose(kind, strokes) tells of a tap.
 */
export function fillKit(element, parts, choose) {
  for (const [kind, list] of Object.entries(parts))
    list.forEach((strokes, number) => {
      const button = document.createElement('button');
      button.type = 'button';
      Object.assign(button.dataset, {label: kind, number: number + 1, title: kind});
      button.append(pictureOf(strokes));
      button.addEventListener('click', () => choose(kind, strokes));
      element.append(button);
    });
}

function pictureOf(strokes) {
  const {left, top, right, bottom} = bounds(strokes);
  const side = Math.max(right - left, bottom - top) + 20;
  const corner = [(left + right - side) / 2, (top + bottom - side) / 2];
  const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  picture.setAttribute('viewBox', `${corner.join(' ')} ${side} ${side}`);
  picture.setAttribute('stroke-width', side / 24);
  for (const points of strokes) {
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('points', points.join(' '));
    picture.append(line);
  }
  return picture;
}
