// Films: what is on them, one canvas after the other, and their files, GIFs, which gif.js makes, a worker, away from the pen and
// from the model.

import {loadPicture} from './strokes.js';

const TOGETHER = 3; // photographs, after which what is drawn meanwhile has its turn

function newCanvas(width, height) {
  const canvas = Object.assign(document.createElement('canvas'), {width, height});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  return [canvas, context];
}

/** The photographs of latents, of `side` pixels: {canvas, share: of all}; photographs(latents) makes those (RGBA) of some. */
export async function* travel(latents, side, photographs) {
  const [canvas, context] = newCanvas(side, side);
  for (let made = 0; made < latents.length; )
    for (const picture of await photographs(latents.slice(made, made + TOGETHER))) {
      context.putImageData(new ImageData(picture, side), 0, 0);
      yield {canvas, share: ++made / latents.length};
    }
}

/**
 * A drawing as it came about, of which `moments` are the addresses of pictures, with the photograph of every second one beside it,
 * and its end `last` times more: {canvas, share: of all}. photograph(drawing, ImageData) makes one (RGBA), or null.
 */
export async function* record(moments, side, last, photograph) {
  const [canvas, frame] = newCanvas(2 * side, side);
  for (const [number, moment] of moments.entries()) {
    const drawing = await loadPicture(moment);
    if (number % 2 || number === moments.length - 1) {
      const {naturalWidth: width, naturalHeight: height} = drawing;
      const [, pen] = newCanvas(width, height);
      pen.drawImage(drawing, 0, 0);
      const picture = await photograph(pen.getImageData(0, 0, width, height));
      if (picture) frame.putImageData(new ImageData(picture, side), side, 0);
    }
    frame.drawImage(drawing, 0, 0, side, side);
    yield {canvas, share: (number + 1) / moments.length};
  }
  for (let number = 0; number < last; number++) yield {canvas, share: 1};
}

/**
 * A film that is being made. add(canvas) takes what is on a canvas as its next picture, all being of one size; finish() gives
 * its file; cancel() leaves it.
 */
export function newFilm(fps) {
  const worker = new Worker(new URL('gif.js', import.meta.url), {type: 'module'});
  return {
    add(canvas) {
      const {width, height} = canvas;
      const {data: pixels} = canvas.getContext('2d').getImageData(0, 0, width, height);
      worker.postMessage({pixels, width, height, delay: 1000 / fps}, [pixels.buffer]);
    },
    async finish() {
      const bytes = await new Promise((done, fail) => {
        worker.onmessage = ({data}) => done(data);
        worker.onerror = fail;
        worker.postMessage({});
      });
      worker.terminate();
      return new File([bytes], 'sketch2photo.gif', {type: 'image/gif'});
    },
    cancel() {
      worker.terminate();
    },
  };
}
