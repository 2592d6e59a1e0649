// Parts of faces for who cannot draw: to tap, move, scale and mirror. On the pad each is a step {kind, strokes, width, x, y,
// scale, mirrored, instead, over, box}: moved by (x, y) px, and scaled about its middle, `instead` of the lines that are the steps of
// these numbers, and of what runs along the curves `over` in a picture; `box` is what it took up before an eraser went over it.

const SIDE = 512; // px of the canvas
const SMALLEST = 0.5;
const LARGEST = 1.8;
const CURVES = {head: /^oval/, eyes: /_lid$/, brows: /_brow_/, noses: /^nose/, mouths: /_lip/}; // of a face, by the kinds of parts
const SKULL = 1.34; // as high as it is wide
const curve = points => points.split(' ').map(point => point.split(',').map(Number));
// What is where on the face guide, for a drawing in which no face was found yet.
const GUIDE = {
  oval: skull({left: 115, right: 397, bottom: 447}),
  left_brow_top: curve('161,218 237,218'),
  right_brow_top: curve('275,218 351,218'),
  left_upper_lid: curve('168,249 199,234 230,249'),
  left_lower_lid: curve('168,249 199,264 230,249'),
  right_upper_lid: curve('282,249 313,234 344,249'),
  right_lower_lid: curve('282,249 313,264 344,249'),
  nose_bridge: curve('256,250 256,318'),
  nose_base: curve('225,324 256,335 287,324'),
  lower_lip: curve('208,372 256,386 304,372'),
};
const BESIDE = {hair: 'head', glasses: 'eyes', beards: 'mouths'}; // what the others lie at
const REACH = 0.1; // of the face's width: what was drawn so near to a curve, on average, is what the curve is

/** {left, top, right, bottom} of strokes. */
function bounds(strokes) {
  const [xs, ys] = [0, 1].map(axis => strokes.flat().map(point => point[axis]));
  return {left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys)};
}

/** A part's strokes where they lie on the canvas. */
export function placed({strokes, x, y, scale, mirrored, box = bounds(strokes)}) {
  const {left, top, right, bottom} = box;
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

/** Those of which an eraser has left something, as it has left them: what was rubbed out does not come back where they are changed. */
export function partsLeft(steps) {
  return partsOf(steps)
    .map(part => leftOf(part, steps))
    .filter(isSeen);
}

/** Whether there are any, with as little work as that takes: it is asked at each stroke. */
export function hasParts(steps) {
  return partsOf(steps).some(part => isSeen(leftOf(part, steps)));
}

function isSeen({strokes}) {
  return strokes.length > 0;
}

/** A part as the erasers after it have left it. */
function leftOf(part, steps) {
  return steps
    .slice(steps.indexOf(part) + 1)
    .filter(({tool}) => tool === 'eraser')
    .reduce(rubbed, part);
}

/** A part without what lies under an eraser's line. */
function rubbed(part, {points, width, mirrored}) {
  const STEP = 2; // px between points at which a stroke may be cut
  const lines = mirrored ? [points, points.map(([x, y]) => [SIDE - x, y])] : [points];
  const [pieces, {left, top, right, bottom}, reach] = [lines.flatMap(piecesOf), bounds(lines), 2 * width];
  const isUnder = ([x, y]) =>
    Math.max(left - x, x - right, top - y, y - bottom) < reach && pieces.some(piece => toPiece([x, y], piece) < reach);
  const box = part.box ?? bounds(part.strokes);
  const strokes = part.strokes.flatMap(stroke => {
    const fine = piecesOf(stroke).flatMap(([[a, b], [c, d]]) => {
      const count = Math.ceil((part.scale * Math.hypot(c - a, d - b)) / STEP) || 1;
      return Array.from({length: count}, (_, i) => [a + ((c - a) * (i + 1)) / count, b + ((d - b) * (i + 1)) / count]);
    });
    const under = placed({...part, strokes: [fine], box})[0].map(isUnder);
    if (!under.includes(true)) return [stroke];
    const runs = [[]];
    fine.forEach((point, i) => {
      if (under[i]) runs.push([]);
      else runs.at(-1).push(point);
    });
    return runs.filter(run => run.length > 1);
  });
  return {...part, strokes, box};
}

/** The newest part at a point of the canvas, or the newest of all. */
export function partAt(steps, [x, y]) {
  const parts = partsLeft(steps).reverse();
  const isThere = part => {
    const {left, top, right, bottom} = bounds(placed(part));
    return left - 10 < x && x < right + 10 && top - 10 < y && y < bottom + 10;
  };
  return parts.find(isThere) ?? parts[0];
}

/**
 * A part in place of the one of its kind that there is: where that was, and as large; otherwise where it belongs on the face that
 * was `found`, curves by their names, or on the guide, instead of what somebody drew of that kind. Beards lie over it, and so do hair and
 * glasses unless what was drawn is plainly such.
 */
export function newPart(kind, strokes, width, steps, found = {}) {
  const before = partsOf(steps).find(step => step.kind === kind);
  if (before) return {...before, strokes, width, box: undefined};
  const last = steps.at(-1);
  const isBlank = !last || (isGround(last) && !last.picture); // the face is of what was cleared
  const face = found.oval && !isBlank ? found : GUIDE;
  const part = {kind, strokes, width, ...placeOn(face, kind, strokes), mirrored: false, instead: [], over: []};
  if (!CURVES[kind]) {
    if (face === found) part.instead = {hair: hairOf, glasses: glassesOf}[kind]?.(steps, face) ?? [];
    return part;
  }
  if (face === found && steps.findLast(isGround)?.picture) part.over = curvesOf(kind, face);
  part.instead = linesOf(kind, [...curvesOf(kind, face), ...placed(part)], steps, face);
  return part;
}

/** {x, y, scale} that bring a part from the guide to a face. */
function placeOn(face, kind, strokes) {
  const [own, there, guide] = [strokes, [face.oval], [GUIDE.oval]].map(bounds);
  const scale = Math.min(Math.max((there.right - there.left) / (guide.right - guide.left), SMALLEST), LARGEST);
  const [middle, centre] = [(own.left + own.right) / 2, (own.top + own.bottom) / 2];
  const [[fromX, fromY], [toX, toY]] = [GUIDE, face].map(which => anchor(BESIDE[kind] ?? kind, which));
  return {x: toX - middle - scale * (fromX - middle), y: toY - centre - scale * (fromY - centre), scale};
}

/** The middle of what a face has of a kind, but of a head the chin. */
function anchor(kind, face) {
  const {left, top, right, bottom} = bounds(curvesOf(kind, face));
  return [(left + right) / 2, kind === 'head' ? bottom : (top + bottom) / 2];
}

/** A face's oval ends at its hair, and a head that somebody draws above it. */
function curvesOf(kind, face) {
  const names = Object.keys(face).filter(name => CURVES[kind].test(name));
  const curves = names.map(name => face[name]);
  return kind === 'head' ? [...curves, skull(bounds(curves))] : curves;
}

/** The guide's ellipse, as wide as a face and on its chin. */
function skull({left, right, bottom}) {
  const [across, down] = [(right - left) / 2, ((right - left) / 2) * SKULL];
  const turns = Array.from({length: 25}, (_, i) => (i * Math.PI) / 12);
  return turns.map(at => [left + across + across * Math.sin(at), bottom - down - down * Math.cos(at)]);
}

/** The numbers of the steps that are lines along curves, and nearer to these than to what else there is of a face. */
function linesOf(kind, curves, steps, face) {
  const {left, top, right, bottom} = bounds([face.oval]);
  const others = Object.keys(CURVES).filter(other => other !== kind);
  const ground = steps.findLastIndex(isGround);
  return steps.flatMap(({points, tool}, i) => {
    if (i < ground || tool !== 'pen') return [];
    const far = distance(points, curves);
    const isNear =
      far < REACH * (right - left) && others.every(other => far <= distance(points, curvesOf(other, face)));
    const isHair = kind === 'head' && points.every(([, y]) => y < (top + bottom) / 2);
    return isNear && !isHair ? [i] : [];
  });
}

/** The pen's lines since all were hidden: {points, number: of the step}. */
function drawnIn(steps) {
  const ground = steps.findLastIndex(isGround);
  const lines = steps.map(({points, tool}, number) => ({points, tool, number}));
  return lines.filter(({points, tool, number}) => points && tool === 'pen' && number > ground);
}

/** The lines of hair, where the head is whole without them: those that go higher than the brows, and below them only beside the head. */
function hairOf(steps, face) {
  const [head, brows, mouth] = ['head', 'brows', 'mouths'].map(kind => bounds(curvesOf(kind, face)));
  const size = head.right - head.left;
  const isHead = ({points}) => {
    const {top, bottom} = bounds([points]);
    const isAround =
      top < brows.top && bottom > mouth.bottom && distance(points, curvesOf('head', face)) < REACH * size;
    return isAround && distance([points[0]], [points.slice(-1)]) < size / 4;
  };
  const drawn = drawnIn(steps);
  const heads = drawn.filter(isHead);
  if (!heads.length && !partsOf(steps).some(({kind}) => kind === 'head')) return [];
  const isBeside = ([x, y]) => y < brows.top || x < head.left || x > head.right;
  const isHair = ({points}) => bounds([points]).top < brows.top - REACH * size && points.every(isBeside);
  return drawn.filter(line => !heads.includes(line) && isHair(line)).map(({number}) => number);
}

/** The lines of glasses: one or two that go around both eyes, which are drawn in them, and what lies between and beside those. */
function glassesOf(steps, face) {
  const {left, right} = bounds([face.oval]);
  const size = right - left;
  const drawn = drawnIn(steps).map(line => ({...line, ...bounds([line.points])}));
  const eyes = ['left', 'right'].map(side => bounds([face[`${side}_upper_lid`], face[`${side}_lower_lid`]]));
  const rings = eyes.map(eye => {
    const beyond = (eye.right - eye.left) / 10;
    const isAround = line =>
      line.bottom - line.top < size / 2 &&
      Math.min(eye.left - line.left, line.right - eye.right, eye.top - line.top, line.bottom - eye.bottom) > beyond;
    return drawn.filter(isAround);
  });
  const all = [...new Set(rings.flat())];
  const isLid = (line, eye) =>
    !all.includes(line) &&
    line.right - line.left > (eye.right - eye.left) / 2 &&
    isWithin(line, eye, (eye.right - eye.left) / 4);
  const hasEyes = eyes.every(eye => drawn.some(line => isLid(line, eye)));
  const isPart = partsOf(steps).some(({kind}) => kind === 'eyes');
  if (!rings.every(lines => lines.length) || !(hasEyes || isPart)) return [];
  const band = {...bounds(all.map(({points}) => points)), left: -Infinity, right: Infinity};
  const ends = all.map(({points}) => points);
  const isJoined = ({points}) => [points[0], points.at(-1)].some(end => distance([end], ends) < (REACH * size) / 2);
  const isBow = line =>
    isWithin(line, band, 0) && isJoined(line) && eyes.every(eye => line.right < eye.left || line.left > eye.right);
  return drawn.filter(line => all.includes(line) || isBow(line)).map(({number}) => number);
}

/** Whether one box lies in another that is so much larger on each side. */
function isWithin(one, other, beyond) {
  return (
    Math.min(one.left - other.left, other.right - one.right, one.top - other.top, other.bottom - one.bottom) > -beyond
  );
}

/** The straight pieces of a curve, from its first point to that on. */
function piecesOf(curve) {
  return curve.map((end, i) => [curve[Math.max(i - 1, 0)], end]);
}

/** How far a point is from a straight piece. */
function toPiece([x, y], [[a, b], [c, d]]) {
  const [across, down] = [c - a, d - b];
  const along = ((x - a) * across + (y - b) * down) / (across ** 2 + down ** 2 || 1);
  const share = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - a - share * across, y - b - share * down);
}

/** How far points are from curves, on average. */
function distance(points, curves) {
  const pieces = curves.flatMap(piecesOf);
  const all = points.map(point => Math.min(...pieces.map(piece => toPiece(point, piece))));
  return all.reduce((sum, each) => sum + each, 0) / all.length;
}

/** The steps that parts have taken the place of. */
export function hiddenIn(steps) {
  return new Set(partsOf(steps).flatMap(({instead}) => instead.map(number => steps[number])));
}

/** A part as one of the panel's buttons changes it. */
export function changed(part, action) {
  const {scale, mirrored} = part;
  if (action === 'mirror') return {...part, mirrored: !mirrored};
  return {...part, scale: action === 'larger' ? Math.min(1.08 * scale, LARGEST) : Math.max(scale / 1.08, SMALLEST)};
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
