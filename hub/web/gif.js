// Writes a GIF, away from the thread that the pen needs. film.js sends it pictures (RGBA), and at last nothing.

import {applyPalette, GIFEncoder, quantize} from './gifenc.esm.js';

const COLOURS = 256;
const gif = GIFEncoder();

self.onmessage = ({data: {pixels, width, height, delay}}) => {
  if (pixels) {
    const palette = quantize(pixels, COLOURS);
    gif.writeFrame(applyPalette(pixels, palette), width, height, {palette, delay});
    return;
  }
  gif.finish();
  self.postMessage(gif.bytes());
};
