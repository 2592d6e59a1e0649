// A bad drawing of a face -> one that the generator can render: sketch2photo/calibration.py, step by step, with the same numbers.
// A sheet is a Float32Array of rows of n values in [0, 1], white = 1; a mask has 1 where it is; a point is [x, y] in px; a map of
// them is [[a, b, x], [c, d, y]]. A test holds both to the same drawings.

import {cubic, linear, scaleArea, separable, taps} from './drawing.js';

const {calibrator = {}, cell: CELL} = await (await fetch(new URL('config.json', import.meta.url))).json();
/** What hub/export_onnx.py writes of the calibrator; all undefined for a model without one, which nothing here is called for. */
const {image_size: LOOKED_AT, mean_face: MEAN_FACE, mirrored: MIRRORED, classes: CLASSES, parts: PARTS} = calibrator;
const {
  PEN,
  OPEN,
  IRIS,
  INK,
  REDRAWN,
  FAR,
  LINE,
  KEPT_TURN,
  FACE,
  THICK,
  TRUSTED,
  AROUND,
  FADING,
  HINT,
  NEAR,
  CROOKED,
  FRAMINGS,
} = calibrator.numbers ?? {};
/** Side of the sheet, in px, that `calibrate` is best given. */
export const CANVAS = calibrator.numbers?.CANVAS;

const SAME = [
  [1, 0, 0],
  [0, 1, 0],
];
const EYES = ['left eye', 'right eye'];
const BROWS = ['left brow', 'right brow'];
const AT = {}; // [start, stop] of each curve among the points
let count = 0;
for (const [name, length] of Object.entries(calibrator.curves ?? {})) {
  AT[name] = [count, count + length];
  count += length;
}
const GROUPS = Object.keys(PARTS ?? {});

/**
 * Frames a sketch, a square Float32Array in [-1, 1] of any size, and finds its face. `run` is the network:
 * (Float32Array of two drawings) -> its outputs by name. `size` is the result's side, and `reframe` tells whether the face is
 * brought to where faces are. -> what `correct` takes: {sheet, size, seen}
 */
export async function locate(run, sketch, size, reframe) {
  const paper = sketch.map(value => value / 2 + 0.5);
  const whole = framed(paper, SAME, size);
  let sheet = whole;
  let seen = await look(run, sheet, size);
  let matrix = SAME;
  const mean = MEAN_FACE.map(([x, y]) => [x * size, y * size]);
  for (let i = 0; i < (reframe ? FRAMINGS : 0); i++) {
    const step = framing(seen.believable, mean, size);
    if (!step || seen.certainty < FACE) break;
    matrix = rounded(chained(step, matrix));
    sheet = framed(paper, matrix, size);
    seen = await look(run, sheet, size);
  }
  return {sheet: seen.certainty < FACE ? whole : sheet, size, seen};
}

/**
 * Moves the lines of a sketch whose face was found, and completes it.
 * -> {sketch and added: Float32Array (size * size) in [-1, 1], trusted: Float32Array ((size / 4)^2) in [0, 1], followed, points,
 * certainty, distance, isFace, isCrooked}
 */
export function correct({sheet, size, seen}, strictness) {
  const {points, believable, certainty} = seen;
  const isFace = certainty >= FACE;
  const distance = distanceOf(seen);
  const found = (sheet, points, added, trusted, followed) => ({
    sketch: toTensor(sheet),
    points,
    certainty,
    distance,
    isFace,
    isCrooked: isFace && distance >= CROOKED,
    added: toTensor(added),
    trusted,
    followed,
  });
  const amount = 1 - strictness;
  if (amount === 0 || !isFace) {
    const blank = new Float32Array(size * size).fill(1);
    return found(sheet, points, blank, new Float32Array((size / CELL) ** 2), strictness);
  }
  const thin = thinned(sheet, size);
  const followed = strictness ** (1 + (HINT * distance) / CROOKED);
  const target = towards(points, believable, followed);
  const white = whiteOf(thin);
  const classes = classesOf(thin, size, seen.classes, white);
  const parts = partOf(classes, size, points);
  const anew = redrawn(classes, size, points, amount);
  const kept = without(anew, thin, size, classes, parts, points, white);
  const [drawn, goal] = head(classes, size, points, believable);
  const bent = thinPlateSpline(towards(drawn, goal, followed), drawn, size);
  const there = moved(kept, size, classes, parts, points, target, bent, white);
  const visible = anew.filter(part => !(EYES.includes(part) && isCovered(classes, size, part, points)));
  const added = features(target, visible, size);
  const sketch = there.map((value, i) => Math.min(value, added[i]));
  const trusted = trustedFeatures(target, size);
  return found(sketch, target, added, trusted, followed);
}

/** How far each cell of CELL pixels is trusted: TRUSTED at the features of a face, 0 far away. */
function trustedFeatures(points, n) {
  const cells = n / CELL;
  const unit = n / 256;
  const hulls = GROUPS.map(part => hull(pointsOf(points, PARTS[part])));
  return Float32Array.from({length: cells * cells}, (_, i) => {
    const x = ((i % cells) + 0.5) * CELL;
    const y = (Math.floor(i / cells) + 0.5) * CELL;
    const beyond = Math.min(...hulls.map(sides => beyondHull(sides, x, y))) / unit;
    return TRUSTED * Math.min(Math.max(1 - (beyond - AROUND) / FADING, 0), 1);
  });
}

/** Of the points of a face from believable ones, on average, as a share of its height. */
function distanceOf({points, believable}) {
  const distances = believable.map(([x, y], k) => Math.hypot(x - points[k][0], y - points[k][1]));
  const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length;
  return mean / Math.max(heightOf(believable), 1);
}

function heightOf(points) {
  const ys = points.map(([, y]) => y);
  return Math.max(...ys) - Math.min(...ys);
}

const toTensor = sheet => sheet.map(value => 2 * value - 1);

// ---- looking -------------------------------------------------------------------------------------------------------

/** What the calibrator sees in a sheet and in its mirror image, on average. */
async function look(run, sheet, n) {
  const m = LOOKED_AT;
  const straight = scaleArea(toTensor(sheet), n, m);
  const both = new Float32Array(2 * m * m);
  both.set(straight);
  for (let i = 0; i < m * m; i++) both[m * m + i] = straight[i - (i % m) + m - 1 - (i % m)];
  const outputs = await run(both);
  const mean = values =>
    MIRRORED.map((twin, k) => {
      const at = 2 * (MIRRORED.length + twin);
      return [((values[2 * k] + 1 - values[at]) / 2) * n, ((values[2 * k + 1] + values[at + 1]) / 2) * n];
    });
  const half = outputs.classes.length / 2;
  const side = Math.sqrt(half / CLASSES.length);
  const classes = outputs.classes
    .slice(0, half)
    .map((value, i) => (value + outputs.classes[half + i - (i % side) + side - 1 - (i % side)]) / 2);
  const certainty = 1 / (1 + Math.exp(-(outputs.certainty[0] + outputs.certainty[1]) / 2));
  return {points: mean(outputs.points), believable: mean(outputs.believable), certainty, classes};
}

// ---- framing -------------------------------------------------------------------------------------------------------

/** The map that takes a face to where faces are, `mean`; null where it is there already. */
function framing(face, mean, side) {
  const [[a, b], [c, d]] = similarity(face, mean);
  const most = (KEPT_TURN * Math.PI) / 180;
  const kept = Math.min(Math.max(-Math.atan2(c, a), -most), most);
  const cos = Math.cos(kept);
  const sin = Math.sin(kept);
  const rotation = [
    [cos * a - sin * c, cos * b - sin * d],
    [sin * a + cos * c, sin * b + cos * d],
  ];
  const from = middle(face);
  const to = middle(mean);
  const matrix = rotation.map(([p, q], i) => [p, q, to[i] - p * from[0] - q * from[1]]);
  const corners = [
    [0, 0],
    [side, 0],
    [side, side],
    [0, side],
  ];
  const away = corners.map(corner => Math.hypot(...mapped(matrix, corner).map((value, i) => value - corner[i])));
  return Math.max(...away) < NEAR * side ? null : matrix;
}

/** A map to a quarter of a pixel: else each framing makes the rounding errors of the network's engine some times larger. */
function rounded(matrix) {
  const steps = [1024, 1024, 4];
  return matrix.map(row => row.map((value, i) => Math.round(value * steps[i]) / steps[i]));
}

/** The resizing, turn and shift that takes points nearest to targets. */
function similarity(points, targets) {
  const from = middle(points);
  const to = middle(targets);
  let along = 0;
  let across = 0;
  let square = 0;
  points.forEach((point, k) => {
    const [ax, ay] = [point[0] - from[0], point[1] - from[1]];
    const [bx, by] = [targets[k][0] - to[0], targets[k][1] - to[1]];
    along += ax * bx + ay * by;
    across += ax * by - ay * bx;
    square += ax * ax + ay * ay;
  });
  const c = along / square;
  const s = across / square;
  return [
    [c, -s, to[0] - c * from[0] + s * from[1]],
    [s, c, to[1] - s * from[0] - c * from[1]],
  ];
}

const middle = points => [0, 1].map(i => points.reduce((sum, point) => sum + point[i], 0) / points.length);
const mapped = (matrix, [x, y]) => matrix.map(([a, b, shift]) => a * x + b * y + shift);

/** The map that is `first`, and then `second`. */
function chained(second, first) {
  return second.map(([a, b, shift]) => [
    a * first[0][0] + b * first[1][0],
    a * first[0][1] + b * first[1][1],
    a * first[0][2] + b * first[1][2] + shift,
  ]);
}

/** A sheet under a map that is given in px of the result, of `size`, or in a window of it; white beyond its border. */
function framed(paper, matrix, size, window, white) {
  let n = Math.sqrt(paper.length);
  let scale = (size / n) * Math.hypot(matrix[0][0], matrix[1][0]);
  for (; scale < 0.6 && n % 2 === 0; scale *= 2) {
    paper = halved(paper, n);
    n /= 2;
  }
  const unit = size / n;
  if (!window && unit === 1 && matrix.flat().every((value, i) => value === SAME.flat()[i])) return paper;
  const {left, top, right, bottom} = window ?? {left: 0, top: 0, right: size, bottom: size};
  const [[a, b, shiftX], [c, d, shiftY]] = matrix;
  const determinant = a * d - b * c;
  const width = right - left;
  const x = new Float64Array(width * (bottom - top));
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const u = left + (i % width) + 0.5 - shiftX;
    const v = top + Math.floor(i / width) + 0.5 - shiftY;
    x[i] = (d * u - b * v) / determinant / unit - 0.5;
    y[i] = (a * v - c * u) / determinant / unit - 0.5;
  }
  const found = sampled(paper, n, x, y, white ?? whiteOf(paper), scale > 1.2 ? cubic : linear);
  return found.map(value => Math.min(Math.max(value, 0), 1));
}

function halved(sheet, n) {
  const m = n / 2;
  const out = new Float32Array(m * m);
  for (let i = 0; i < out.length; i++) {
    const at = 2 * (Math.floor(i / m) * n + (i % m));
    out[i] = (sheet[at] + sheet[at + 1] + sheet[at + n] + sheet[at + n + 1]) / 4;
  }
  return out;
}

/** A sheet at places x and y, in px of it; white beyond its border. `weights` of the taps around a place: linear or cubic. */
function sampled(sheet, n, x, y, white, weights) {
  const out = new Float32Array(x.length).fill(white);
  const before = weights(0).length / 2 - 1;
  const isBare = (left, top) => {
    for (let v = Math.max(top - before, 0); v <= Math.min(top + before + 1, n - 1); v++)
      for (let u = Math.max(left - before, 0); u <= Math.min(left + before + 1, n - 1); u++)
        if (sheet[v * n + u] !== white) return false;
    return true;
  };
  for (let i = 0; i < out.length; i++) {
    const left = Math.floor(x[i]);
    const top = Math.floor(y[i]);
    if (isBare(left, top)) continue; // as most of a sheet is
    const across = weights(x[i] - left);
    const down = weights(y[i] - top);
    let sum = 0;
    for (let k = 0; k < down.length; k++) {
      const v = top + k - before;
      if (v < 0 || v >= n) continue;
      let row = 0;
      for (let j = 0; j < across.length; j++) {
        const u = left + j - before;
        if (u >= 0 && u < n) row += across[j] * (white - sheet[v * n + u]);
      }
      sum += down[k] * row;
    }
    out[i] = white - sum;
  }
  return out;
}

/** The level of bare paper. */
function whiteOf(sheet) {
  const at = Math.floor(0.9 * (sheet.length - 1));
  let most = 0;
  let below = 0; // of the values how many are darker than the lightest
  for (const value of sheet) if (value > most) most = value;
  for (const value of sheet) if (value < most) below++;
  return below <= at ? most : sheet.slice().sort()[at];
}

// ---- strokes -------------------------------------------------------------------------------------------------------

/** The points of some curves. */
const pointsOf = (points, names) => names.flatMap(name => points.slice(...AT[name]));

/** The class of each pixel with ink, -1 elsewhere; a line that is nearly all of one class is all of it. */
function classesOf(sheet, n, logits, white) {
  const limit = Math.fround(white - INK);
  const side = Math.sqrt(logits.length / CLASSES.length);
  const places = taps(side, n, linear);
  const classes = new Int8Array(n * n).fill(-1);
  for (let i = 0; i < classes.length; i++) {
    if (sheet[i] >= limit) continue;
    let most = -Infinity;
    const [[top, above], [bottom, below]] = places[Math.floor(i / n)];
    const [[left, before], [right, after]] = places[i % n];
    for (let k = 0; k < CLASSES.length; k++) {
      const [high, low] = [(k * side + top) * side, (k * side + bottom) * side];
      const sum =
        above * (before * logits[high + left] + after * logits[high + right]) +
        below * (before * logits[low + left] + after * logits[low + right]);
      if (sum <= most) continue;
      most = sum;
      classes[i] = k;
    }
  }
  const isDone = new Uint8Array(n * n);
  for (let i = 0; i < classes.length; i++) {
    if (classes[i] < 0 || isDone[i]) continue;
    const line = fill(classes, n, i, isDone);
    const counts = CLASSES.map(() => 0);
    for (const at of line) counts[classes[at]]++;
    const most = Math.max(...counts);
    if (most > 0.65 * line.length) for (const at of line) classes[at] = counts.indexOf(most);
  }
  return classes;
}

/** The pixels of a class that are connected, by 8 neighbours, with one of them. */
function fill(classes, n, start, isDone) {
  const found = [start];
  isDone[start] = 1;
  for (let i = 0; i < found.length; i++) {
    const x = found[i] % n;
    const y = (found[i] - x) / n;
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, n - 1); v++)
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, n - 1); u++) {
        const next = v * n + u;
        if (classes[next] < 0 || isDone[next]) continue;
        isDone[next] = 1;
        found.push(next);
      }
  }
  return found;
}

/** The sides of the convex hull of points: [x and y of the direction away from it, how far that way it reaches]. */
function hull(points) {
  const corners = convexHull(points.map(point => point.map(Math.fround)));
  const [x, y] = middle(corners);
  return corners.map((from, k) => {
    const to = corners[(k + 1) % corners.length];
    const length = Math.max(Math.hypot(to[0] - from[0], to[1] - from[1]), 1e-9);
    const normal = [(to[1] - from[1]) / length, (from[0] - to[0]) / length];
    const sign = Math.sign(normal[0] * (from[0] - x) + normal[1] * (from[1] - y)); // away from the middle
    const [across, down] = normal.map(value => sign * value);
    return [across, down, across * from[0] + down * from[1]];
  });
}

/** How many px a place is beyond a hull, whose corners stay sharp; below 0 inside. */
function beyondHull(sides, x, y) {
  let most = -Infinity;
  for (const [across, down, reach] of sides) {
    const away = across * x + down * y - reach;
    if (away > most) most = away;
  }
  return most;
}

/** The corners of the convex hull, in order (Andrew, 1979). */
function convexHull(points) {
  const sorted = points.slice().sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const isRight = ([ax, ay], [bx, by], [cx, cy]) => (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) <= 0;
  const chain = list => {
    const found = [];
    for (const point of list) {
      while (found.length > 1 && isRight(found.at(-2), found.at(-1), point)) found.pop();
      found.push(point);
    }
    return found.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

/** The pixels in which a part of the face is, and so many px at 256 around. */
function box(part, points, n, grow) {
  return around(n, pointsOf(points, PARTS[part]), (grow * n) / 256);
}

/** The pixels of a sheet within reach of points. */
function around(n, points, reach) {
  const [xs, ys] = [0, 1].map(i => points.map(point => point[i]));
  const inside = value => Math.min(Math.max(value, 0), n);
  return {
    left: inside(Math.floor(Math.min(...xs) - reach)),
    top: inside(Math.floor(Math.min(...ys) - reach)),
    right: inside(Math.ceil(Math.max(...xs) + reach)),
    bottom: inside(Math.ceil(Math.max(...ys) + reach)),
  };
}

/** The parts that are drawn anew: those of which the author's lines show less than a share that grows with the amount. */
function redrawn(classes, n, points, amount) {
  const feature = CLASSES.indexOf('feature');
  const shown = near(
    n,
    classes.map(one => one === feature),
  );
  const inside = value => Math.min(Math.max(Math.floor(value), 0), n - 1);
  const shares = {};
  for (const part of GROUPS) {
    const own = pointsOf(points, PARTS[part]);
    shares[part] = own.filter(([x, y]) => shown[inside(y) * n + inside(x)]).length / own.length;
  }
  for (const [one, other] of [EYES, BROWS]) shares[one] = shares[other] = (shares[one] + shares[other]) / 2;
  return GROUPS.filter(part => shares[part] < REDRAWN * amount);
}

/** Whether an eye is behind dark glasses. */
function isCovered(classes, n, eye, points) {
  const {left, top, right, bottom} = box(eye, points, n, 0);
  const glasses = CLASSES.indexOf('glasses');
  let found = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) found += classes[y * n + x] === glasses;
  return found > 0.6 * (right - left) * (bottom - top);
}

/** The mask and two pixels around it: the pale rim of lines, and where they go on in another layer. */
function near(n, mask) {
  const rows = new Uint8Array(n * n);
  const out = new Uint8Array(n * n);
  for (let i = 0; i < mask.length; i++)
    if (mask[i]) rows.fill(1, Math.max(i - 2, i - (i % n)), Math.min(i + 3, i - (i % n) + n));
  for (let i = 0; i < rows.length; i++)
    if (rows[i]) for (let at = i - 2 * n; at <= i + 2 * n; at += n) if (at >= 0 && at < out.length) out[at] = 1;
  return out;
}

/**
 * The sheet without the lines of some parts of the face, and without what is no part of the person; `classes` and `parts`, which
 * tell of each pixel what its ink belongs to, follow.
 */
function without(gone, sheet, n, classes, parts, points, white) {
  const sides = hull(pointsOf(points, ['oval']));
  const beyond = i => (beyondHull(sides, (i % n) + 0.5, Math.floor(i / n) + 0.5) * 256) / n;
  const numbers = gone.map(part => GROUPS.indexOf(part));
  const background = CLASSES.indexOf('background');
  const worn = ['glasses', 'beard', 'hat'].map(name => CLASSES.indexOf(name));
  const isGone = classes.map(
    (one, i) => (numbers.includes(parts[i]) && beyond(i) <= 6) || (one === background && beyond(i) > 0),
  );
  for (const part of gone) {
    const {left, top, right, bottom} = box(part, points, n, 2);
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const i = y * n + x;
        if (classes[i] >= 0 && parts[i] < 0 && !worn.includes(classes[i])) isGone[i] = 1;
      }
  }
  const cleared = near(n, isGone);
  const left = sheet.map((value, i) => (cleared[i] && (classes[i] < 0 || isGone[i]) ? white : value));
  for (let i = 0; i < isGone.length; i++) if (isGone[i]) classes[i] = parts[i] = -1;
  return left;
}

/** Points on their way to believable ones: what is not far away goes a share of the way, what is far nearly all of it. */
function towards(points, believable, strictness) {
  const most = Math.max((FAR * heightOf(believable) * strictness) / (1 - strictness), 1e-9);
  return points.map(([x, y], k) => {
    const [goalX, goalY] = believable[k];
    const kept = [strictness * (x - goalX), strictness * (y - goalY)];
    const shortened = Math.sqrt(1 + (kept[0] ** 2 + kept[1] ** 2) / most ** 2);
    return [goalX + kept[0] / shortened, goalY + kept[1] / shortened];
  });
}

/** [where the line around the face is, in the directions of the oval's points; where it would be around a believable one]. */
function head(classes, n, points, believable) {
  const oval = pointsOf(points, ['oval']);
  const goal = pointsOf(believable, ['oval']);
  const from = middle(oval);
  const to = middle(goal);
  const ways = oval.map(([x, y]) => [x - from[0], y - from[1]]);
  const reaches = ways.map(way => Math.hypot(...way));
  const angles = ways.map(([x, y]) => Math.atan2(y, x));
  const beside = ways.map(() => []); // how far out the pixels of that line are, as shares of the oval's reach
  const outline = CLASSES.indexOf('outline');
  for (let i = 0; i < classes.length; i++) {
    if (classes[i] !== outline) continue;
    const x = (i % n) + 0.5 - from[0];
    const y = Math.floor(i / n) + 0.5 - from[1];
    const radius = Math.hypot(x, y);
    const angle = Math.atan2(y, x);
    angles.forEach((other, k) => {
      const turn = Math.abs(angle - other);
      const share = radius / reaches[k];
      const isBeside = Math.min(turn, 2 * Math.PI - turn) < (0.6 * Math.PI) / angles.length;
      if (isBeside && share > 0.6 && share < 1.7) beside[k].push(share);
    });
  }
  const found = beside.map((shares, k) => {
    if (shares.length < 3) return null;
    const nearest = shares.reduce((best, share) => (Math.abs(share - 1) < Math.abs(best - 1) ? share : best));
    return median(shares.filter(share => Math.abs(share - nearest) * reaches[k] < (LINE * n) / 256));
  });
  const above = ways.map(([, y], k) => Math.min(Math.max((-2 * y) / reaches[k] - 0.2, 0), 1));
  const top = found.filter((share, k) => share !== null && above[k] > 0.5);
  const farther = top.length > 1 ? median(top) : 1;
  const outwards = above.map(share => 1 + share * (farther - 1));
  return [
    ways.map((way, k) => way.map((value, i) => from[i] + value * (found[k] ?? outwards[k]))),
    goal.map((point, k) => point.map((value, i) => to[i] + (value - to[i]) * outwards[k])),
  ];
}

function median(values) {
  const sorted = values.slice().sort((one, other) => one - other);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The sheet with its features, and glasses, moved as wholes from points to target, and all else to where `bent` says it comes from. */
function moved(sheet, n, classes, parts, points, target, bent, white) {
  const ofPart = near(
    n,
    parts.map(part => part >= 0),
  );
  const ofRest = near(
    n,
    classes.map((one, i) => one >= 0 && parts[i] < 0),
  );
  const rest = sheet.map((value, i) => (ofPart[i] && !ofRest[i] ? white : value));
  const out = sampled(rest, n, ...bent, white, linear).map(value => Math.min(value, white));
  [...GROUPS, 'glasses'].forEach((part, number) => {
    const own = parts.map(one => one === number);
    const first = own.indexOf(1);
    if (first < 0) return;
    const names = part === 'glasses' ? EYES.flatMap(eye => PARTS[eye]) : PARTS[part];
    const matrix = similarity(pointsOf(points, names), pointsOf(target, names));
    const itsNear = near(n, own);
    const alone = sheet.map((value, i) => (itsNear[i] ? value : white));
    const corners = cornersOf(itsNear, n, 8); // as far as sampling reaches in a sheet of an eighth
    const window = around(
      n,
      corners.map(corner => mapped(matrix, corner)),
      0,
    );
    const width = window.right - window.left;
    framed(alone, matrix, n, window, white).forEach((value, i) => {
      const at = (window.top + Math.floor(i / width)) * n + window.left + (i % width);
      if (value < out[at]) out[at] = value;
    });
  });
  return out;
}

/** The corners of a box around a mask, and so many px around. */
function cornersOf(mask, n, reach) {
  let [left, top, right, bottom] = [n, n, 0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const x = i % n;
    const y = (i - x) / n;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return [left - reach, right + reach].flatMap(x => [top - reach, bottom + reach].map(y => [x, y]));
}

/** Which part the ink of each pixel belongs to, as a number in GROUPS; after those the glasses; -1 all else. */
function partOf(classes, n, points) {
  const feature = CLASSES.indexOf('feature');
  const glasses = CLASSES.indexOf('glasses');
  const groups = GROUPS.map(part => pointsOf(points, PARTS[part]));
  return classes.map((one, i) => {
    if (one === glasses) return GROUPS.length;
    if (one !== feature) return -1;
    const x = (i % n) + 0.5;
    const y = Math.floor(i / n) + 0.5;
    let least = Infinity;
    let nearest = -1;
    groups.forEach((own, number) => {
      for (const [u, v] of own) {
        const away = (x - u) ** 2 + (y - v) ** 2;
        if (away >= least) continue;
        least = away;
        nearest = number;
      }
    });
    return nearest;
  });
}

/** The sheet with lines of the width that the generator knows, where a small head was enlarged or the pen was a marker. */
function thinned(sheet, n) {
  const unit = n / 256;
  const limit = Math.fround(whiteOf(sheet) - 0.3);
  const isInk = (x, y) => x < 0 || y < 0 || x >= n || y >= n || sheet[y * n + x] < limit;
  let ink = 0;
  let border = 0;
  for (let i = 0; i < sheet.length; i++) {
    if (sheet[i] >= limit) continue;
    const x = i % n;
    const y = (i - x) / n;
    ink++;
    if (!(isInk(x - 1, y) && isInk(x + 1, y) && isInk(x, y - 1) && isInk(x, y + 1))) border++;
  }
  const width = (1.8 * ink) / Math.max(border, 1);
  if (width <= THICK * unit) return sheet;
  const radius = (width - 0.75 * THICK * unit) / 2;
  const reach = Math.trunc(radius);
  const out = sheet.slice();
  for (let v = -reach; v <= reach; v++)
    for (let u = -reach; u <= reach; u++) {
      if (u * u + v * v > radius ** 2) continue;
      for (let y = Math.max(-v, 0); y < Math.min(n - v, n); y++)
        for (let x = Math.max(-u, 0); x < Math.min(n - u, n); x++) {
          const value = sheet[(y + v) * n + x + u];
          if (value > out[y * n + x]) out[y * n + x] = value;
        }
    }
  return out;
}

/** Where each pixel comes from, [x, y] of all, if points are to show what is at targets; a ring around the picture stays. */
function thinPlateSpline(points, targets, n, grid = 32, smoothing = 3) {
  const ring = Array.from({length: 16}, (_, k) => {
    const angle = (2 * Math.PI * k) / 16;
    return [n / 2 + 0.85 * n * Math.cos(angle), n / 2 + 0.85 * n * Math.sin(angle)];
  });
  const knots = [...points, ...ring].map(([x, y]) => [x / n, y / n]);
  const terms = ([x, y]) => [
    ...knots.map(([u, v]) => {
      const squared = (x - u) ** 2 + (y - v) ** 2;
      return squared * Math.log(squared + 1e-12);
    }),
    1,
    x,
    y,
  ];
  const system = knots.map((knot, k) => {
    const row = terms(knot);
    row[k] += smoothing * 3e-5;
    const move = k < points.length ? [0, 1].map(i => (targets[k][i] - points[k][i]) / n) : [0, 0];
    return [...row, ...move];
  });
  for (const side of [() => 1, ([x]) => x, ([, y]) => y]) system.push([...knots.map(side), 0, 0, 0, 0, 0]);
  const weights = solve(system, 2);
  const coarse = [new Float32Array(grid * grid), new Float32Array(grid * grid)];
  for (let i = 0; i < grid * grid; i++) {
    const row = terms([((i % grid) + 0.5) / grid, (Math.floor(i / grid) + 0.5) / grid]);
    for (const k of [0, 1]) coarse[k][i] = row.reduce((sum, value, j) => sum + value * weights[j][k], 0);
  }
  const lists = taps(grid, n, linear);
  const [x, y] = coarse.map(values => Float64Array.from(separable(values, grid, lists)));
  for (let i = 0; i < x.length; i++) {
    x[i] = (i % n) + n * x[i];
    y[i] = Math.floor(i / n) + n * y[i];
  }
  return [x, y];
}

/** Solves linear equations whose rows end with `count` right sides; they are changed. */
function solve(rows, count) {
  const m = rows.length;
  for (let k = 0; k < m; k++) {
    let pivot = k;
    for (let i = k + 1; i < m; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = 0; i < m; i++) {
      if (i === k) continue;
      const share = rows[i][k] / rows[k][k];
      for (let j = k; j < m + count; j++) rows[i][j] -= share * rows[k][j];
    }
  }
  return rows.map((row, k) => row.slice(m).map(value => value / row[k]));
}

// ---- completing ----------------------------------------------------------------------------------------------------

/** Parts of a face as lines on white, in the style of training's line drawings: lids, irises, brows, nose base, lips. */
function features(points, parts, n) {
  const sheet = new Float32Array(n * n).fill(1);
  const curve = name => points.slice(...AT[name]);
  const halfway = (one, other) => one.map((point, k) => point.map((value, i) => (value + other[k][i]) / 2));
  for (const side of ['left', 'right']) {
    if (parts.includes(`${side} eye`)) {
      const [upper, lower] = ['upper_lid', 'lower_lid'].map(lid => smooth(curve(`${side}_${lid}`)));
      const [centre, ...rim] = curve(`${side}_iris`);
      const radius = rim.reduce((sum, [x, y]) => sum + Math.hypot(x - centre[0], y - centre[1]), 0) / rim.length;
      line(sheet, n, upper);
      line(sheet, n, lower);
      iris(sheet, n, centre, IRIS * radius, upper, lower);
    }
    if (parts.includes(`${side} brow`))
      line(sheet, n, smooth(halfway(curve(`${side}_brow_top`), curve(`${side}_brow_bottom`))));
  }
  if (parts.includes('nose')) line(sheet, n, smooth(curve('nose_base')));
  if (parts.includes('mouth')) {
    line(sheet, n, smooth(curve('upper_lip')));
    line(sheet, n, smooth(curve('lower_lip')));
    const top = curve('upper_lip_inside');
    const bottom = curve('lower_lip_inside');
    const gaps = top.map(([, y], k) => Math.abs(bottom[k][1] - y)).slice(2, -2);
    if (gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length > (OPEN * n) / 256) {
      line(sheet, n, smooth(top));
      line(sheet, n, smooth(bottom));
    } else line(sheet, n, smooth(halfway(top, bottom)));
  }
  return sheet;
}

/** Draws a curve with the pen; its border falls from ink to paper within one pixel. */
function line(sheet, n, curve) {
  const half = ((PEN / 2) * n) / 256;
  darken(sheet, n, around(n, curve, half + 1), (x, y) => {
    let least = Infinity;
    for (let k = 1; k < curve.length; k++) {
      const [fromX, fromY] = curve[k - 1];
      const alongX = curve[k][0] - fromX;
      const alongY = curve[k][1] - fromY;
      const at = ((x - fromX) * alongX + (y - fromY) * alongY) / Math.max(alongX ** 2 + alongY ** 2, 1e-12);
      const share = Math.min(Math.max(at, 0), 1);
      const away = (x - fromX - share * alongX) ** 2 + (y - fromY - share * alongY) ** 2;
      if (away < least) least = away;
    }
    return half + 0.5 - Math.sqrt(least);
  });
}

/** Draws a disc of which only what is between the lids is seen. */
function iris(sheet, n, centre, radius, upper, lower) {
  const [top, bottom] = [upper, lower].map(lid => lid.slice().sort((p, q) => p[0] - q[0]));
  darken(sheet, n, around(n, [centre], radius + 1), (x, y) =>
    Math.min(
      radius + 0.5 - Math.hypot(x - centre[0], y - centre[1]),
      Math.min(y - heightAt(top, x), heightAt(bottom, x) - y) + 0.5,
    ),
  );
}

/** Darkens the pixels of a window to ink(x, y) of their middles, which is clipped to [0, 1]. */
function darken(sheet, n, {left, top, right, bottom}, ink) {
  for (let v = top; v < bottom; v++)
    for (let u = left; u < right; u++) {
      const grey = 1 - Math.min(Math.max(ink(u + 0.5, v + 0.5), 0), 1);
      if (grey < sheet[v * n + u]) sheet[v * n + u] = grey;
    }
}

/** y of a curve at x, whose points are in the order of their x; level beyond its ends. */
function heightAt(curve, x) {
  const after = curve.findIndex(point => point[0] > x);
  if (after < 0) return curve.at(-1)[1];
  if (after === 0) return curve[0][1];
  const [[fromX, fromY], [toX, toY]] = curve.slice(after - 1, after + 1);
  return fromY + ((x - fromX) / (toX - fromX)) * (toY - fromY);
}

/** A curve through the same points with three others between any two (Catmull and Rom, 1974). */
function smooth(curve) {
  const padded = [curve[0], ...curve, curve.at(-1)];
  const found = [];
  for (let k = 0; k < curve.length - 1; k++) {
    const [before, start, stop, after] = padded.slice(k, k + 4);
    for (const t of [0, 0.25, 0.5, 0.75])
      found.push(
        [0, 1].map(
          i =>
            0.5 *
            (2 * start[i] +
              (stop[i] - before[i]) * t +
              (2 * before[i] - 5 * start[i] + 4 * stop[i] - after[i]) * t ** 2 +
              (3 * start[i] - before[i] - 3 * stop[i] + after[i]) * t ** 3),
        ),
      );
  }
  return [...found, curve.at(-1)];
}
