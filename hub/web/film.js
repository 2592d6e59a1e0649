// A film of pictures, as a GIF: gif.js, a worker, makes it, away from the pen and from the model.

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
