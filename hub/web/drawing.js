// What is on the pad, or in a file -> the network's input: sketch2photo/preprocess.py, step by step, with the same numbers.
// A grey picture is a Float32Array of rows of n values in [0, 1], white = 1. A test holds both to the same answers.

import {MessageError} from './errors.js';

const text = await (await fetch(new URL('preprocess.json', import.meta.url))).text();
/** The numbers that Python and this file share: each is written with its unit. */
export const THRESHOLDS = JSON.parse(text, (_, entry) => (entry.unit ? entry.value : entry));
const {inverted, paper, clean, shadow, ink, contrast} = THRESHOLDS;

/** ImageData on white -> Float32Array (size * size) in [-1, 1]. Throws a MessageError. */
export function toSketch({data, width, height}, size) {
  const isInverted = isLightOnDark(data, width);
  let grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const red = data[4 * i];
    const green = data[4 * i + 1];
    const blue = data[4 * i + 2];
    grey[i] = (isInverted ? 255 - Math.max(red, green, blue) : Math.min(red, green, blue)) / 255;
  }
  if (!isClean(grey, width)) grey = flattenPaper(grey, width);
  const level = paperLevel(grey, width);
  checkDrawn(grey, width, level);
  return restoreContrast(scale(squared(grey, width, level), Math.max(width, height), size), size).map(
    value => 2 * value - 1,
  );
}

/** A sketch -> a picture (RGBA). */
export function toPixels(sketch) {
  const pixels = new Uint8ClampedArray(4 * sketch.length).fill(255);
  sketch.forEach((value, i) => {
    pixels.fill((value + 1) * 127.5, 4 * i, 4 * i + 3);
  });
  return pixels;
}

// ---- paper and ink -------------------------------------------------------------------------------------------------

/** Whether light lines were drawn on a dark ground: a dim photograph of paper is dark, too, but its lines are darker still. */
function isLightOnDark(data, n) {
  const luma = new Float32Array(data.length / 4);
  for (let i = 0; i < luma.length; i++)
    luma[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  const {side} = inverted;
  const small = scaleArea(luma, n, side).map(value => Math.round(value));
  const isBorder = i => Math.min(i, side - 1 - i) < inverted.border;
  const border = small.filter((_, i) => isBorder(i % side) || isBorder(Math.floor(i / side)));
  if (percentile(small, 50) > inverted.dark || percentile(border, 50) > inverted.dark) return false;
  const around = medianBlur(small, side, inverted.around);
  let lighter = 0;
  let darker = 0;
  small.forEach((value, i) => {
    const square = (value - around[i]) ** 2;
    if (value > around[i]) lighter += square;
    else darker += square;
  });
  return lighter > darker;
}

/** A small version, and where in it bare paper shows: smooth, and not much darker than its surroundings. */
function findPaper(grey, n) {
  const {side, around, neighbourhood} = paper;
  const small = scaleArea(grey, n, side);
  const mean = blur(small, side, around);
  const meanSquare = blur(
    small.map(value => value * value),
    side,
    around,
  );
  const lightest = dilate(small, side, neighbourhood);
  const isPaper = small.map((value, i) => {
    const deviation = Math.sqrt(Math.max(meanSquare[i] - mean[i] ** 2, 0));
    return deviation < paper.deviation && value > paper.darkness * lightest[i] ? 1 : 0;
  });
  return {side, small, isPaper};
}

function isClean(grey, n) {
  const {small, isPaper} = findPaper(grey, n);
  const bare = small.filter((_, i) => isPaper[i]);
  if (bare.length / small.length < clean.paper) return true;
  return percentile(bare, clean.darkest) > clean.darkest_level && paperLevel(grey, n) > clean.level;
}

function flattenPaper(grey, n) {
  const {side, small, isPaper} = findPaper(grey, n);
  const light = new Float32Array(side * side);
  const total = new Float32Array(side * side);
  const bare = small.map((value, i) => value * isPaper[i]);
  shadow.sigmas.forEach((sigma, k) => {
    const lit = gaussian(bare, side, sigma);
    const weight = gaussian(isPaper, side, sigma);
    for (let i = 0; i < light.length; i++) {
      light[i] += shadow.weights[k] * lit[i];
      total[i] += shadow.weights[k] * weight[i];
    }
  });
  const smallLight = light.map((value, i) => value / Math.max(total[i], 1e-12));
  const everywhere = separable(smallLight, side, taps(side, n, linear), taps(side, grey.length / n, linear));
  const flat = grey.map((value, i) => value / Math.max(everywhere[i], shadow.darkest));
  const sample = flat.filter((_, i) => (i % n) % 2 === 0 && Math.floor(i / n) % 2 === 0);
  const black = Math.min(percentile(sample, shadow.ink), shadow.lightest_ink);
  return flat.map(value => clip(((value - black) / (shadow.white - black)) * (1 - shadow.black) + shadow.black));
}

function paperLevel(grey, n) {
  return percentile(scaleArea(grey, n, paper.level_side), paper.level);
}

/** Throws a MessageError where nothing is drawn, or nothing but a dot; specks are nothing. */
function checkDrawn(grey, n, level) {
  const limit = level - ink.depth;
  const isFilled = new Uint8Array(grey.length);
  const parts = [];
  for (let i = 0; i < grey.length; i++)
    if (!isFilled[i] && grey[i] < limit) parts.push(fillPart(grey, n, i, limit, isFilled));
  if (!parts.length) throw new MessageError('empty');
  const largest = parts.reduce((a, b) => (b.area > a.area ? b : a));
  const width = largest.right - largest.left;
  const height = largest.bottom - largest.top;
  const dot = largest.area / (width * height) > ink.filled ? ink.filled_dot : ink.line_dot;
  const isAlone = parts.every(part => part === largest || part.area < ink.speck * largest.area);
  if (isAlone && Math.max(width, height) / Math.max(n, grey.length / n) < dot) throw new MessageError('dot');
}

/** The connected part (of 8 neighbours) around a pixel, which is marked in `isFilled`. */
function fillPart(grey, n, start, limit, isFilled) {
  const height = grey.length / n;
  const part = {area: 0, left: n, right: 0, top: height, bottom: 0};
  const stack = [start];
  isFilled[start] = 1;
  while (stack.length) {
    const i = stack.pop();
    const x = i % n;
    const y = (i - x) / n;
    part.area++;
    part.left = Math.min(part.left, x);
    part.right = Math.max(part.right, x + 1);
    part.top = Math.min(part.top, y);
    part.bottom = Math.max(part.bottom, y + 1);
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++)
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, n - 1); u++) {
        const next = v * n + u;
        if (isFilled[next] || grey[next] >= limit) continue;
        isFilled[next] = 1;
        stack.push(next);
      }
  }
  return part;
}

/** The whole picture in the middle of a square of paper. */
function squared(grey, n, level) {
  const height = grey.length / n;
  const side = Math.max(n, height);
  const square = new Float32Array(side * side).fill(level);
  const left = (side - n) >> 1;
  const top = (side - height) >> 1;
  for (let y = 0; y < height; y++) square.set(grey.subarray(y * n, (y + 1) * n), (top + y) * side + left);
  return square;
}

function scale(grey, side, size) {
  if (side === size) return grey;
  return (side > size ? scaleArea(grey, side, size) : separable(grey, side, taps(side, size, cubic))).map(clip);
}

function restoreContrast(grey, n) {
  const level = paperLevel(grey, n);
  const darkness = grey.map(value => 1 - value / Math.max(level, contrast.darkest_paper));
  const lines = darkness.filter(value => value > contrast.ink);
  const strength = lines.length ? percentile(lines, contrast.strength) : 1;
  if (strength >= contrast.faint) return grey;
  return darkness.map(value => clip(level * (1 - value * (contrast.restored / strength))));
}

// ---- what NumPy and OpenCV do in Python ----------------------------------------------------------------------------

const clip = value => Math.min(Math.max(value, 0), 1);

function percentile(values, percent) {
  const sorted = values.slice().sort(),
    at = ((sorted.length - 1) * percent) / 100,
    low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

/** Position i reflected into 0 .. n - 1, without repeating the edge. */
function reflected(i, n) {
  while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
  return i;
}

/** Rows of n values, weighted along rows and then along columns: tap lists of [position, weight] for each place of the result. */
export function separable(values, n, lists, down = lists) {
  const height = values.length / n,
    m = lists.length,
    rows = new Float32Array(height * m),
    out = new Float32Array(m * down.length);
  const {ends, places, weights} = flat(lists);
  for (let y = 0; y < height; y++)
    for (let x = 0, k = 0; x < m; x++) {
      let sum = 0;
      for (; k < ends[x]; k++) sum += weights[k] * values[y * n + places[k]];
      rows[y * m + x] = sum;
    }
  const sums = new Float64Array(m);
  down.forEach((list, y) => {
    sums.fill(0);
    for (const [at, weight] of list) for (let x = 0; x < m; x++) sums[x] += weight * rows[at * m + x];
    out.set(sums, y * m);
  });
  return out;
}

/** Lists of [position, weight] one after the other, and where each ends: a loop over pairs takes ten times as long. */
function flat(lists) {
  const pairs = lists.flat();
  let count = 0;
  return {
    ends: Uint32Array.from(lists, list => (count += list.length)),
    places: Uint32Array.from(pairs, ([at]) => at),
    weights: Float64Array.from(pairs, ([, weight]) => weight),
  };
}

/** m * m values: the mean over what a pixel of the smaller picture covers; no side is shorter. */
export function scaleArea(values, n, m) {
  return separable(values, n, means(n, m), means(values.length / n, m));
}

function means(n, m) {
  const step = n / m;
  return Array.from({length: m}, (_, i) => {
    const list = [];
    for (let at = Math.floor(i * step); at < Math.min(Math.ceil((i + 1) * step), n); at++)
      list.push([at, (Math.min(at + 1, (i + 1) * step) - Math.max(at, i * step)) / step]);
    return list;
  });
}

/** Taps of an interpolation of n to m values; the edge is repeated. */
export function taps(n, m, weights) {
  return Array.from({length: m}, (_, i) => {
    const at = ((i + 0.5) * n) / m - 0.5,
      whole = Math.floor(at),
      list = weights(at - whole);
    return list.map((weight, k) => [Math.min(Math.max(whole + k + 1 - list.length / 2, 0), n - 1), weight]);
  });
}

export const linear = t => [1 - t, t];

export function cubic(t) {
  const a = -0.75,
    far = d => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a,
    near = d => ((a + 2) * d - (a + 3)) * d * d + 1;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** The mean of what is up to `reach` aside and above or below. */
function blur(values, n, reach) {
  const window = Array.from({length: 2 * reach + 1}, (_, k) => k - reach);
  return separable(
    values,
    n,
    Array.from({length: n}, (_, i) => window.map(k => [reflected(i + k, n), 1 / window.length])),
  );
}

function gaussian(values, n, sigma) {
  const reach = (Math.round(sigma * 8 + 1) | 1) >> 1,
    bell = [];
  for (let k = -reach; k <= reach; k++) bell.push(Math.exp((-k * k) / (2 * sigma * sigma)));
  const sum = bell.reduce((a, b) => a + b);
  return separable(
    values,
    n,
    Array.from({length: n}, (_, i) => bell.map((v, k) => [reflected(i + k - reach, n), v / sum])),
  );
}

/** The median of what is up to `reach` aside and above or below, of whole numbers up to 255; the edge is repeated. */
function medianBlur(values, n, reach) {
  const inside = i => Math.min(Math.max(i, 0), n - 1),
    half = (2 * reach + 1) ** 2 / 2,
    out = new Float32Array(n * n);
  for (let y = 0; y < n; y++) {
    const counts = new Uint16Array(256);
    const count = (x, by) => {
      for (let v = y - reach; v <= y + reach; v++) counts[values[inside(v) * n + inside(x)]] += by;
    };
    for (let x = -reach; x < reach; x++) count(x, 1);
    for (let x = 0; x < n; x++) {
      count(x + reach, 1);
      let value = 0,
        seen = counts[0];
      while (seen < half) seen += counts[++value];
      out[y * n + x] = value;
      count(x - reach, -1);
    }
  }
  return out;
}

/** The largest value of what is up to `reach` aside and above or below. */
function dilate(values, n, reach) {
  const rows = values.slice(),
    out = new Float32Array(n * n);
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++) {
      const end = y * n + Math.min(x + reach, n - 1);
      for (let i = y * n + Math.max(x - reach, 0); i <= end; i++)
        if (values[i] > rows[y * n + x]) rows[y * n + x] = values[i];
    }
  for (let y = 0; y < n; y++) {
    const own = out.subarray(y * n, (y + 1) * n);
    for (let v = Math.max(y - reach, 0); v <= Math.min(y + reach, n - 1); v++)
      for (let x = 0; x < n; x++) if (rows[v * n + x] > own[x]) own[x] = rows[v * n + x];
  }
  return out;
}
