// A drawing as the steps that it was made in: lines, parts of the kit, loaded pictures and clearings. Its pixels depend on them
// alone.

import {hiddenIn, isGround, partsOf, placed} from './kit.js';

/**
 * Paints a line {tool, width, points: [x, y] in pixels of the canvas, mirrored: whether it is on both sides of the face}, or
 * what it has from its point `from` on.
 */
export function paintLine(context, {tool, width, points, mirrored}, from = 0) {
  if (mirrored) {
    const others = points.map(([x, y]) => [context.canvas.width - x, y]);
    paintLine(context, {tool, width, points: others}, from);
  }
  context.strokeStyle = tool === 'pen' ? 'black' : 'white';
  context.lineWidth = tool === 'pen' ? width : 4 * width;
  context.lineCap = context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(...points[Math.max(from - 1, 0)]);
  for (const [x, y] of points.slice(from)) context.lineTo(x + 0.01, y); // a path without any length would not be painted
  context.stroke();
}

/** A line without the tremor of the hand, its ends where they are. */
export function smoothed(points) {
  let smooth = points;
  for (let pass = 0; pass < 4; pass++)
    smooth = smooth.map((point, i) => {
      const [before, after] = [smooth[i - 1], smooth[i + 1]];
      return before && after ? point.map((value, axis) => (before[axis] + 2 * value + after[axis]) / 4) : point;
    });
  return smooth;
}

const RUB = 6; // width of the eraser that goes along what a part of the kit takes the place of

/** Paints all steps on white: lines, parts, {picture: Image} and {} for a clearing. */
export function paintSteps(context, steps) {
  const {width, height} = context.canvas;
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  const [parts, hidden] = [partsOf(steps), hiddenIn(steps)];
  for (const step of steps) {
    if (hidden.has(step)) continue;
    if (step.points) paintLine(context, step);
    else if (isGround(step)) context.fillRect(0, 0, width, height);
    else if (parts.includes(step))
      for (const points of placed(step)) paintLine(context, {tool: 'pen', width: step.width, points});
    if (!step.picture) continue;
    context.drawImage(step.picture, 0, 0, width, height);
    for (const points of parts.flatMap(({over}) => over)) paintLine(context, {tool: 'eraser', width: RUB, points});
  }
}

/**
 * A drawing as it came about: at most `count` moments of it, as addresses of PNGs, from its first points to all of them. What
 * was there before all was cleared is left out, and so is the way to a picture that was opened; none where no line was drawn.
 */
export function moments(steps, {width, height}, count) {
  const context = Object.assign(document.createElement('canvas'), {width, height}).getContext('2d');
  const ground = steps.findLastIndex(isGround);
  const [parts, hidden] = [partsOf(steps), hiddenIn(steps)];
  const lines = steps.slice(ground + 1).flatMap(step => {
    if (hidden.has(step)) return [];
    if (step.points) return [step];
    return parts.includes(step) ? placed(step).map(points => ({tool: 'pen', width: step.width, points})) : [];
  });
  const all = lines.flatMap(line => line.points.map((_, from) => [line, from])); // every point, with its line
  paintSteps(context, steps.slice(Math.max(ground, 0), ground + 1));
  const most = Math.min(count, all.length);
  return Array.from({length: most}, (_, moment) => {
    const [before, now] = [moment, moment + 1].map(part => Math.round((part * all.length) / most));
    for (const [line, from] of all.slice(before, now))
      paintLine(context, {...line, points: line.points.slice(0, from + 1)}, from);
    return context.canvas.toDataURL('image/png');
  });
}

/** The picture at an address, ready to be painted. */
export async function loadPicture(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  return picture;
}

/** Keeps the steps for as long as the tab lives, through reloads, under a key. */
export function keepSteps(key, steps) {
  const kept = steps.map(step => {
    if (step.picture) return {picture: step.picture.src};
    return step.points
      ? {...step, points: step.points.map(point => point.map(value => Math.round(10 * value) / 10))}
      : step;
  });
  keep(key, kept);
}

/** The steps that were kept, or null. */
export async function keptSteps(key) {
  const steps = kept(key);
  if (!Array.isArray(steps)) return null;
  try {
    return await Promise.all(
      steps.map(async step => (step.picture ? {picture: await loadPicture(step.picture)} : step)),
    );
  } catch {
    return null; // somebody else's, or from another version of the page
  }
}

/** Keeps a value for this tab, for this page alone, and tells whether there was room; some browsers let no page keep anything. */
export function keep(key, value) {
  try {
    sessionStorage.setItem(`${location.pathname}#${key}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** What was kept, or null. */
export function kept(key) {
  try {
    return JSON.parse(sessionStorage.getItem(`${location.pathname}#${key}`));
  } catch {
    return null;
  }
}
