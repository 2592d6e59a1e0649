// The model as the page calls it; the work is done in worker.js.

const worker = new Worker(new URL('worker.js', import.meta.url), {type: 'module'}), waiting = new Map();
let last = 0;

worker.onmessage = ({data: {id, answer, sentence}}) => {
    const {resolve, reject} = waiting.get(id);
    waiting.delete(id);
    if (sentence === undefined) resolve(answer);
    else reject(new Error(sentence));
};
worker.onerror = () => {
    for (const {reject} of waiting.values()) reject(new Error('The model cannot run in this browser: try a newer one.'));
};

function ask(task, given) {
    return new Promise((resolve, reject) => {
        waiting.set(++last, {resolve, reject});
        worker.postMessage({id: last, task, ...given});
    });
}

/** Loads the model; engine is 'wasm', 'webgpu' or null for the better one. -> {engine, threads} */
export const load = engine => ask('load', {engine});

/** A picture that somebody has (ImageData) -> the drawing on it, ready for the pad: a square picture (RGBA) of so many pixels a side. */
export const prepare = (picture, size) => ask('prepare', {picture, size});

/** Pictures (RGBA) of a drawing (ImageData, or undefined for the last one), one for each row of z (K * D). */
export const photographs = (drawing, z, strictness) => ask('photographs', {drawing, z, strictness});
