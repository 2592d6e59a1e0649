// What the sketchpad shows over a drawing that was calibrated, as sketch2photo/studio/pad/__init__.py makes it for the app.

/**
 * What `calibrate` made -> {face: the SVG path that the guide follows, lines: with `lines` the address of a picture of the
 * calibrated lines on nothing}. `size` is the sketchpad's side, `curves` how many points each has, `tints` their RGB.
 */
export function laidOver({sketch, added, points}, size, curves, tints, lines) {
  const scale = size / Math.sqrt(sketch.length);
  return {face: facePath(points, scale, curves), lines: lines ? tinted(sketch, added, tints) : ''};
}

/** Irises are no curves. */
function facePath(points, scale, curves) {
  const rest = points.map(([x, y]) => `${Math.round(scale * x)},${Math.round(scale * y)}`);
  const path = ([name, count]) => [name, rest.splice(0, count).join(' ')];
  return Object.entries(curves)
    .map(path)
    .filter(([name]) => !name.endsWith('iris'))
    .map(([name, line]) => `M${line}${name === 'oval' ? 'Z' : ''}`)
    .join('');
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
