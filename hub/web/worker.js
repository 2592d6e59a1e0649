// Runs the model, away from the thread that the pen needs. model.js talks to it.

import {CANVAS, correct, locate} from './calibration.js';
import {toPixels, toSketch} from './drawing.js';
import {MessageError} from './errors.js';

let ort;
let session;
let calibrator;
let facts;
// What is known of the last drawing of each kind: its sketch, or what is wrong with it (`problem`), its face (`located`), and
// what `correct` made of that (`calibrated`), and at which strictness.
const drawings = {};

let loaded = 0; // bytes of files like that

/** A file that was compressed when the page was built, so that it travels small whatever the server does. */
async function fetched(name) {
  const response = await fetch(`${name}.gzip`);
  if (!response.ok) throw new Error(response.status);
  const count = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.length;
      self.postMessage({loaded});
      controller.enqueue(chunk);
    },
  });
  const stream = response.body.pipeThrough(count).pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function unpacked(name) {
  try {
    return await fetched(name);
  } catch ({message}) {
    throw new MessageError('not_loaded', {name, status: message}); // or the connection was lost on the way
  }
}

async function start(engine, weights, calibratorsWeights) {
  const name = engine === 'webgpu' ? 'ort-wasm-simd-threaded.asyncify' : 'ort-wasm-simd-threaded';
  ort = await import(`./ort.${engine}.min.mjs`);
  ort.env.wasm.wasmPaths = {mjs: new URL(`${name}.mjs`, import.meta.url).href};
  ort.env.wasm.wasmBinary = await unpacked(`${name}.wasm`);
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 4) : 1;
  session = await ort.InferenceSession.create(weights, {executionProviders: [engine]});
  // Small, and its points are to be the same everywhere: on the processor.
  calibrator =
    calibratorsWeights && (await ort.InferenceSession.create(calibratorsWeights, {executionProviders: ['wasm']}));
  // The first run is slow: not a visitor's.
  const white = new Float32Array(facts.image_size ** 2).fill(1);
  const [blank] = await photographs({sketch: white}, new Float32Array(facts.latent_dim), {strictness: 1});
  if (!isAsExpected(blank)) throw new MessageError('wrong_pictures');
  return {engine, threads: ort.env.wasm.numThreads};
}

/** Whether a picture (RGBA) of a blank sketch is that of PyTorch: GPUs and their drivers are many. */
function isAsExpected(picture) {
  const pixels = facts.image_size ** 2;
  const differences = facts.blank.map((value, k) => {
    const i = 1009 * k;
    const channel = Math.floor(i / pixels);
    return Math.abs(picture[4 * (i - channel * pixels) + channel] - 127.5 * (value + 1));
  });
  return differences.reduce((a, b) => a + b) / differences.length < 3;
}

/** On the GPU where there is a real one and it works, else on the processor. */
async function load(wanted) {
  facts = await (await fetch('config.json')).json();
  const weights = await Promise.all([unpacked('generator.onnx'), facts.calibrator && unpacked('calibrator.onnx')]);
  const adapter = wanted === 'wasm' ? null : await navigator.gpu?.requestAdapter().catch(() => null);
  if (adapter && (wanted === 'webgpu' || !adapter.info?.isFallbackAdapter)) {
    try {
      return await start('webgpu', ...weights);
    } catch (error) {
      console.warn('WebGPU does not work here:', error);
    }
  }
  return await start('wasm', ...weights);
}

/** The calibrator's outputs, by name, for two drawings. */
async function look(drawings) {
  const side = facts.calibrator.image_size;
  const outputs = await calibrator.run({drawing: new ort.Tensor('float32', drawings, [2, 1, side, side])});
  return Object.fromEntries(Object.entries(outputs).map(([name, {data}]) => [name, data]));
}

/** A drawing (ImageData), calibrated as Sketch2PhotoPipeline.calibrate does it. */
async function calibratedDrawing(drawing, strictness, size, reframe) {
  return correct(await locate(look, toSketch(drawing, CANVAS), size, reframe), strictness);
}

/** A sketch and where it is trusted, latents (K * D), and options that are the same for all -> K pictures, RGBA. */
async function photographs({sketch, trusted}, z, options) {
  const count = z.length / facts.latent_dim;
  const size = facts.image_size;
  const pixels = size * size;
  const cells = size / facts.cell;
  const inputs = {
    sketch: new ort.Tensor('float32', sketch, [1, 1, size, size]),
    z: new ort.Tensor('float32', z, [count, facts.latent_dim]),
    trusted: new ort.Tensor('float32', trusted ?? new Float32Array(cells * cells), [1, 1, cells, cells]),
  };
  for (const [name, value] of Object.entries(options))
    inputs[name] = new ort.Tensor('float32', new Float32Array(count).fill(value), [count]);
  const {photo} = await session.run(inputs);
  const values = await photo.getData();
  return Array.from({length: count}, (_, k) => {
    const picture = new Uint8ClampedArray(4 * pixels).fill(255);
    for (let channel = 0; channel < 3; channel++) {
      const from = (3 * k + channel) * pixels;
      for (let i = 0; i < pixels; i++) picture[4 * i + channel] = (values[from + i] + 1) * 127.5; // the array rounds and clamps
    }
    return picture;
  });
}

const tasks = {
  load: ({engine}) => load(engine),
  calibrate: ({drawing, strictness, size, reframe}) => calibratedDrawing(drawing, strictness, size, reframe),
  /** Somebody's picture (ImageData) -> the drawing on it, its face where faces are, as a picture (RGBA), `size` pixels a side. */
  async prepare({picture, size}) {
    return toPixels(calibrator ? (await calibratedDrawing(picture, 1, size, true)).sketch : toSketch(picture, size));
  },
  /** A drawing is sent only when it changed; there is a last one of each `kind`. */
  async photographs({drawing, z, options, kind}) {
    if (drawing) {
      drawings[kind] = {};
      try {
        drawings[kind].sketch = toSketch(drawing, calibrator ? CANVAS : facts.image_size);
      } catch (error) {
        drawings[kind].problem = error;
      }
    }
    const last = drawings[kind];
    if (last.problem) throw last.problem;
    if (!calibrator) return {pictures: await photographs(last, z, options)};
    const {strictness} = options;
    last.located ??= await locate(look, last.sketch, facts.image_size, false);
    if (last.calibrated?.strictness !== strictness)
      last.calibrated = {strictness, ...correct(last.located, strictness)};
    const {calibrated} = last;
    return {pictures: await photographs(calibrated, z, {...options, strictness: calibrated.followed}), calibrated};
  },
};

async function answer({id, task, ...given}) {
  try {
    self.postMessage({id, answer: await tasks[task](given)});
  } catch ({key, values, message}) {
    self.postMessage({id, problem: {key, values, message}});
  }
}

// One after the other: two sessions cannot run at once.
let last = Promise.resolve();
self.onmessage = ({data}) => {
  last = last.then(() => answer(data));
};
self.postMessage({}); // It listens from now on.
