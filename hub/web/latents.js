// What can be done with latents z without a network, as in sketch2photo/latents.py.

const CANDIDATES = 64;

const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const distance = (one, other) => Math.hypot(...one.map((value, i) => value - other[i]));

/** Those that are longer than `longest` shortened to it. */
export function shortened(z, longest) {
  const share = Math.min(longest / Math.hypot(...z), 1);
  return z.map(value => share * value);
}

/** `count` of N(0, 1), of `dim` numbers each, far from each other: people that differ. */
export function spreadLatents(count, dim, longest) {
  const candidates = Array.from({length: Math.max(CANDIDATES, count)}, () =>
    shortened(Array.from({length: dim}, normal), longest),
  );
  const chosen = [candidates[0]];
  const nearest = candidates.map(z => distance(z, chosen[0]));
  while (chosen.length < count) {
    const next = candidates[nearest.indexOf(Math.max(...nearest))];
    chosen.push(next);
    candidates.forEach((z, i) => {
      nearest[i] = Math.min(nearest[i], distance(z, next));
    });
  }
  return chosen;
}

/** `count` children of liked latents: each takes each number from one of them, and changes it a little. */
export function breedLatents(parents, count) {
  const child = () =>
    parents[0].map((_, i) => {
      const parent = parents[Math.floor(parents.length * Math.random())];
      return Math.sqrt(0.9) * parent[i] + Math.sqrt(0.1) * normal();
    });
  return Array.from({length: count}, child);
}

/** From each to the next and back to the first, in `frames` steps each, slowly near each. */
export function slerpLoop(stops, frames) {
  const shares = Array.from({length: frames}, (_, frame) => 0.5 - 0.5 * Math.cos((Math.PI * frame) / frames));
  return stops.flatMap((stop, i) => shares.map(share => slerp(stop, stops[(i + 1) % stops.length], share)));
}

/** On the way from one (share 0) to the other (1), along the sphere, where random latents are. */
export function slerp(one, other, share) {
  const lengths = [Math.hypot(...one), Math.hypot(...other)];
  const dot = one.reduce((sum, value, i) => sum + value * other[i], 0);
  const cosine = dot / Math.max(lengths[0] * lengths[1], 1e-6);
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  if (angle < 1e-3 || angle > Math.PI - 1e-3) return one.map((value, i) => value + share * (other[i] - value));
  const length = lengths[0] + share * (lengths[1] - lengths[0]);
  const [a, b] = [Math.sin((1 - share) * angle) / lengths[0], Math.sin(share * angle) / lengths[1]];
  return one.map((value, i) => (length * (a * value + b * other[i])) / Math.sin(angle));
}
