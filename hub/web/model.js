// The model as the page calls it; the work is done in worker.js.

import {MessageError} from './errors.js';

const worker = new Worker(new URL('worker.js', import.meta.url), {type: 'module'});
const waiting = new Map();
let last = 0;
let listens;
let progress = () => {};
/** What is sent before the worker's modules have run, of which one waits for a file, is lost. */
const listening = new Promise(resolve => {
  listens = resolve;
});

worker.onmessage = ({data: {id, answer, problem, loaded}}) => {
  if (loaded) return progress(loaded);
  if (id === undefined) return listens();
  const {resolve, reject} = waiting.get(id);
  waiting.delete(id);
  if (!problem) resolve(answer);
  else reject(problem.key ? new MessageError(problem.key, problem.values) : new Error(problem.message));
};
worker.onerror = () => {
  for (const {reject} of waiting.values()) reject(new MessageError('old_browser'));
};

function ask(task, given) {
  return new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, {resolve, reject});
    listening.then(() => worker.postMessage({id, task, ...given}));
  });
}

/**
 * Loads the model; engine is 'wasm', 'webgpu' or null for the better one. told(bytes) is called with how many have come.
 * -> {engine, threads}
 */
export function load(engine, told) {
  progress = told;
  return ask('load', {engine});
}

/** A picture that somebody has (ImageData) -> the drawing on it for the pad: a square picture (RGBA), `size` pixels a side. */
export const prepare = (picture, size) => ask('prepare', {picture, size});

/**
 * A drawing (ImageData), framed, calibrated and completed as far as `strictness` tells: {sketch and added: Float32Array
 * (size * size) in [-1, 1], points, certainty, distance, isFace, isCrooked}. With `reframe` its face is brought to where faces are.
 */
export const calibrate = (drawing, strictness, size, reframe) => ask('calibrate', {drawing, strictness, size, reframe});

/**
 * Pictures (RGBA) of a drawing (ImageData, or undefined for the last one of its `kind`), one for each of the latents. `options`
 * are the numbers that the generator takes beside them, by name. -> {pictures, calibrated: what the generator saw, as
 * `calibrate` makes it, with a model that has a calibrator}
 */
export const photographs = (drawing, latents, options, kind = 'pad') =>
  ask('photographs', {drawing, z: Float32Array.from(latents.flat()), options, kind});
