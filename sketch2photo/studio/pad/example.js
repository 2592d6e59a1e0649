// A drawing that draws itself.

import {paintLine} from './strokes.js';

const SECONDS = 5;
const REST = 600; // ms between two moments at which what is drawn is worth a photograph

/**
 * Draws lines one after the other as a hand would, as long as goesOn(); at once for who wants nothing to move.
 *
 * Yields each {line, rests: whether it is time for a photograph, isLast}.
 */
export async function* drawItself(context, {width, strokes}, goesOn) {
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const speed = strokes.flat().length / (1000 * SECONDS);
  let [time, rested] = Array(2).fill(performance.now());
  let drawn = 0; // points of the line that is being drawn
  for (const points of strokes) {
    const line = {tool: 'pen', width, points};
    while (!isStill && drawn < points.length) {
      const from = Math.floor(drawn);
      const now = await new Promise(requestAnimationFrame);
      if (!goesOn()) return;
      drawn += speed * Math.min(Math.max(now - time, 0), 50); // it goes on where it was in a tab that was hidden
      time = now;
      const to = Math.min(Math.ceil(drawn), points.length);
      if (to > from) paintLine(context, {...line, points: points.slice(0, to)}, from);
    }
    drawn -= points.length;
    const isLast = points === strokes.at(-1);
    const rests = isLast || (!isStill && time - rested > REST);
    if (rests) rested = time;
    yield {line, rests, isLast};
  }
}
