// What the sketchpad shows over a drawing that was calibrated, as sketch2photo/studio/pad/__init__.py makes it for the app.

/**
 * What `calibrate` made -> {face: the curves that the guide follows, by their names, lines: with `lines` the address of a picture
 * of the calibrated lines on nothing}. `size` is the sketchpad's side, `curves` how many points each has, `tints` their RGB.
 */
export function laidOver({sketch, added, points}, size, curves, tints, lines) {
  const scale = size / Math.sqrt(sketch.length);
  return {face: faceCurves(points, scale, curves), lines: lines ? tinted(sketch, added, tints) : ''};
}

/** The oval is closed, and irises are no curves. */
function faceCurves(points, scale, curves) {
  const rest = points.map(([x, y]) => [Math.round(scale * x), Math.round(scale * y)]);
  const found = Object.entries(curves).map(([name, count]) => [name, rest.splice(0, count)]);
  const {oval, ...others} = Object.fromEntries(found.filter(([name]) => !name.endsWith('iris')));
  return {oval: [...oval, oval[0]], ...others};
}

function tinted(sketch, added, tints) {
  const side = Math.sqrt(sketch.length);
  const pixels = new Uint8ClampedArray(4 * sketch.length);
  sketch.forEach((value, i) => {
    const ink = (1 - value) / 2;
    const share = Math.min((1 - added[i]) / 2 / Math.max(ink, 1e-3), 1);
    const colour = tints.moved.map((from, channel) => from + share * (tints.added[channel] - from));
    pixels.set([...colour, 255 * ink], 4 * i);
  });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  canvas.getContext('2d').putImageData(new ImageData(pixels, side), 0, 0);
  return canvas.toDataURL('image/png');
}
