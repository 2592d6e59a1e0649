// What is on the pad, or in a file -> the network's input: drawing.py, step by step. A grey picture is a Float32Array of rows of n
// values in [0, 1], white = 1. tests/test_web.py holds both to the same answers.

const EMPTY = 'The canvas is empty: draw a face first.';
const DOT = 'There is only a dot on the canvas: draw a face first.';

/**
 * ImageData on white -> Float32Array (size * size) in [-1, 1]. Throws an Error with a sentence for its author. With `reframe` a drawing
 * that is small or stands aside is enlarged and moved to where faces are: not so while it is drawn, where each line would move all others.
 */
export function toSketch({data, width, height}, size, reframe) {
    const light = isLightOnDark(data, width), side = Math.max(width, height);
    let grey = new Float32Array(width * height);
    for (let i = 0; i < grey.length; i++) {
        const red = data[4 * i], green = data[4 * i + 1], blue = data[4 * i + 2];
        grey[i] = (light ? 255 - Math.max(red, green, blue) : Math.min(red, green, blue)) / 255;
    }
    if (!isClean(grey, width)) grey = flattenPaper(grey, width);
    const ink = findInk(grey, width), whole = {left: (width - side) >> 1, top: (height - side) >> 1, side};
    const square = crop(grey, width, reframe ? frame(ink, width, height, whole) : whole, paperLevel(grey, width));
    return restoreContrast(scale(square.grey, square.side, size), size).map(value => 2 * value - 1);
}

// ---- paper and ink -------------------------------------------------------------------------------------------------

/** Whether light lines were drawn on a dark ground: a dim photograph of paper is dark, too, but its lines are darker still. */
function isLightOnDark(data, n) {
    const luma = new Float32Array(data.length / 4);
    for (let i = 0; i < luma.length; i++) luma[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    const side = 256, small = scaleArea(luma, n, side).map(value => Math.round(value)), edge = i => Math.min(i, side - 1 - i) < 8;
    const border = small.filter((_, i) => edge(i % side) || edge(Math.floor(i / side)));
    if (percentile(small, 50) > 127 || percentile(border, 50) > 127) return false;
    const around = medianBlur(small, side, 20);
    let lighter = 0, darker = 0;
    small.forEach((value, i) => value > around[i] ? lighter += (value - around[i]) ** 2 : darker += (value - around[i]) ** 2);
    return lighter > darker;
}

function findPaper(grey, n) {
    const side = 128, small = scaleArea(grey, n, side), mean = blur(small, side), square = blur(small.map(v => v * v), side);
    const brightest = dilate(small, side, 21);
    const paper = small.map((value, i) =>
        Math.sqrt(Math.max(square[i] - mean[i] ** 2, 0)) < 0.03 && value > 0.55 * brightest[i] ? 1 : 0);
    return {side, small, paper};
}

function isClean(grey, n) {
    const {small, paper} = findPaper(grey, n), bare = small.filter((_, i) => paper[i]);
    return bare.length / small.length < 0.02 || (percentile(bare, 5) > 0.8 && paperLevel(grey, n) > 0.885);
}

function flattenPaper(grey, n) {
    const {side, small, paper} = findPaper(grey, n);
    const light = new Float32Array(side * side), total = new Float32Array(side * side), lit = small.map((v, i) => v * paper[i]);
    for (const [sigma, trust] of [[3, 1], [10, 1e-3], [40, 1e-6]]) {
        const a = gaussian(lit, side, sigma), b = gaussian(paper, side, sigma);
        for (let i = 0; i < a.length; i++) { light[i] += trust * a[i]; total[i] += trust * b[i]; }
    }
    const bare = light.map((v, i) => v / Math.max(total[i], 1e-12));
    const everywhere = separable(bare, side, taps(side, n, linear), taps(side, grey.length / n, linear));
    const flat = grey.map((value, i) => value / Math.max(everywhere[i], 0.02));
    const ink = Math.min(percentile(flat.filter((_, i) => i % n % 2 === 0 && Math.floor(i / n) % 2 === 0), 0.5), 0.7);
    return flat.map(value => clip((value - ink) / (0.93 - ink) * 0.95 + 0.05));
}

function paperLevel(grey, n) {
    return percentile(scaleArea(grey, n, 256), 90);
}

/** What was drawn, without specks: the box around it, and rows(), which finds each row's ends, where there is anything. */
function findInk(grey, n) {
    const height = grey.length / n, limit = paperLevel(grey, n) - 0.12, seen = new Uint32Array(grey.length), stack = [], parts = [];
    for (let start = 0; start < grey.length; start++) {
        if (seen[start] || grey[start] >= limit) continue;
        const part = {area: 0, left: n, right: 0, top: height, bottom: 0, number: parts.length + 1};
        seen[start] = part.number;
        stack.push(start);
        while (stack.length) {
            const i = stack.pop(), x = i % n, y = (i - x) / n;
            part.area++;
            part.left = Math.min(part.left, x); part.right = Math.max(part.right, x + 1);
            part.top = Math.min(part.top, y); part.bottom = Math.max(part.bottom, y + 1);
            for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++)
                for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, n - 1); u++)
                    if (!seen[v * n + u] && grey[v * n + u] < limit) { seen[v * n + u] = part.number; stack.push(v * n + u); }
        }
        parts.push(part);
    }
    if (!parts.length) throw new Error(EMPTY);
    const most = Math.max(...parts.map(part => part.area)), drawn = parts.filter(part => part.area >= 0.02 * most);
    const box = part => (part.right - part.left) * (part.bottom - part.top);
    const largest = drawn.reduce((a, b) => box(b) > box(a) ? b : a);
    const extent = Math.max(largest.right - largest.left, largest.bottom - largest.top) / Math.max(n, height);
    if (drawn.length === 1 && extent < (largest.area / box(largest) > 0.6 ? 0.15 : 0.03)) throw new Error(DOT);
    const rows = () => {
        const kept = new Set(drawn.map(part => part.number)), found = [];
        for (let y = 0; y < height; y++) {
            const row = seen.subarray(y * n, (y + 1) * n), left = row.findIndex(number => kept.has(number));
            if (left >= 0) found.push({y, left, right: row.findLastIndex(number => kept.has(number)) + 1});
        }
        return found;
    };
    return {
        left: Math.min(...drawn.map(part => part.left)), right: Math.max(...drawn.map(part => part.right)),
        top: Math.min(...drawn.map(part => part.top)), bottom: Math.max(...drawn.map(part => part.bottom)), rows,
    };
}

// ---- framing -------------------------------------------------------------------------------------------------------

function frame({left, right, top, bottom, rows}, n, m, whole) {
    const head = findHead(rows());
    if (head) {
        const side = Math.max(round(Math.max((head.chin - top) / 0.84, head.widest / 0.85)), 8);
        const small = head.widest < 0.56 * whole.side || top - (m - whole.side) / 2 > 0.12 * whole.side;
        if (small && side < 0.9 * whole.side) return square(side, head.left, head.right, top + 0.44 * side);
    }
    const width = right - left, height = bottom - top, x = (left + right) / 2, y = (top + bottom) / 2;
    const extent = Math.max(width, height) / whole.side, aside = Math.max(Math.abs(x - n / 2), Math.abs(y - m / 2)) / whole.side;
    if (!(extent < 0.55 || (extent < 0.75 && aside > 0.15))) return whole;
    const side = Math.max(round(Math.max(height / 0.80, width / 0.88)), 8);
    return square(side, left, right, y + 0.04 * side);
}

/** Row of the chin, greatest width, and left and right of the head above a neck; null where the drawing narrows to none. */
function findHead(rows) {
    const lasting = Math.max(Math.floor(rows.length / 25), 2), first = Math.floor(rows.length / 4), widths = rows.map(row => row.right - row.left);
    let widest = 0, slim = 0;
    for (let i = 0, most = []; i < rows.length; i++) {
        most.push(widest = Math.max(widest, widths[i]));
        slim = i >= first && widths[i] < 0.75 * widest ? slim + 1 : 0;
        const neck = i - lasting + 1;
        if (slim < lasting || i === rows.length - 1) continue;
        const below = widths.slice(neck, neck + Math.max(Math.floor(most[neck] / 3), 1)), least = 1.1 * Math.min(...below);
        const chin = rows[neck + below.findIndex(width => width <= least)].y;
        const wide = rows.slice(0, neck).filter(row => row.right - row.left > 0.6 * most[neck]), middle = (wide.length - 1) / 2;
        const sorted = name => wide.map(row => row[name]).sort((a, b) => a - b);
        return {chin, widest: most[neck], left: sorted('left')[Math.floor(middle)], right: sorted('right')[Math.ceil(middle)]};
    }
    return null;
}

function square(side, left, right, y) {
    side += (right - left + side) % 2;
    return {left: round((left + right - side) / 2), top: round(y - side / 2), side};
}

function crop(grey, n, {left, top, side}, paper) {
    const out = new Float32Array(side * side).fill(paper);
    for (let y = Math.max(top, 0); y < Math.min(top + side, grey.length / n); y++)
        for (let x = Math.max(left, 0); x < Math.min(left + side, n); x++)
            out[(y - top) * side + x - left] = grey[y * n + x];
    return {grey: out, side};
}

function scale(square, side, size) {
    if (side === size) return square;
    return (side > size ? scaleArea(square, side, size) : separable(square, side, taps(side, size, cubic))).map(clip);
}

function restoreContrast(grey, n) {
    const paper = paperLevel(grey, n), darkness = grey.map(value => 1 - value / Math.max(paper, 1e-3));
    const ink = darkness.filter(value => value > 0.05), strength = ink.length ? percentile(ink, 90) : 1;
    return strength >= 0.35 ? grey : darkness.map(value => clip(paper * (1 - value * (0.6 / strength))));
}

// ---- what NumPy and OpenCV do in Python ----------------------------------------------------------------------------

const clip = value => Math.min(Math.max(value, 0), 1);

/** To the nearest even number from the middle, as Python does. */
function round(value) {
    return value % 1 === 0.5 || value % 1 === -0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}

function percentile(values, percent) {
    const sorted = values.slice().sort(), at = (sorted.length - 1) * percent / 100, low = Math.floor(at);
    return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

/** Position i reflected into 0 .. n - 1, without repeating the edge. */
function reflected(i, n) {
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}

/** Rows of n values, weighted along rows and then along columns: tap lists of [position, weight] for each place of the result. */
function separable(values, n, lists, down = lists) {
    const height = values.length / n, m = lists.length, rows = new Float32Array(height * m), out = new Float32Array(m * down.length);
    lists.forEach((list, x) => {
        for (let y = 0; y < height; y++) {
            let sum = 0;
            for (const [at, weight] of list) sum += weight * values[y * n + at];
            rows[y * m + x] = sum;
        }
    });
    down.forEach((list, y) => {
        for (let x = 0; x < m; x++) {
            let sum = 0;
            for (const [at, weight] of list) sum += weight * rows[at * m + x];
            out[y * m + x] = sum;
        }
    });
    return out;
}

/** m * m values: the mean over what a pixel of the smaller picture covers; no side is shorter. */
function scaleArea(values, n, m) {
    return separable(values, n, means(n, m), means(values.length / n, m));
}

function means(n, m) {
    const step = n / m;
    return Array.from({length: m}, (_, i) => {
        const list = [];
        for (let at = Math.floor(i * step); at < Math.min(Math.ceil((i + 1) * step), n); at++)
            list.push([at, (Math.min(at + 1, (i + 1) * step) - Math.max(at, i * step)) / step]);
        return list;
    });
}

/** Taps of an interpolation of n to m values; the edge is repeated. */
function taps(n, m, weights) {
    return Array.from({length: m}, (_, i) => {
        const at = (i + 0.5) * n / m - 0.5, whole = Math.floor(at), list = weights(at - whole);
        return list.map((weight, k) => [Math.min(Math.max(whole + k + 1 - list.length / 2, 0), n - 1), weight]);
    });
}

const linear = t => [1 - t, t];

function cubic(t) {
    const a = -0.75, far = d => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a, near = d => ((a + 2) * d - (a + 3)) * d * d + 1;
    return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

function blur(values, n) {
    return separable(values, n, Array.from({length: n}, (_, i) => [-2, -1, 0, 1, 2].map(k => [reflected(i + k, n), 0.2])));
}

function gaussian(values, n, sigma) {
    const reach = (Math.round(sigma * 8 + 1) | 1) >> 1, bell = [];
    for (let k = -reach; k <= reach; k++) bell.push(Math.exp(-k * k / (2 * sigma * sigma)));
    const sum = bell.reduce((a, b) => a + b);
    return separable(values, n, Array.from({length: n}, (_, i) => bell.map((v, k) => [reflected(i + k - reach, n), v / sum])));
}

/** The median of what is up to `reach` aside and above or below, of whole numbers up to 255; the edge is repeated. */
function medianBlur(values, n, reach) {
    const inside = i => Math.min(Math.max(i, 0), n - 1), half = (2 * reach + 1) ** 2 / 2, out = new Float32Array(n * n);
    for (let y = 0; y < n; y++) {
        const counts = new Uint16Array(256);
        const count = (x, by) => { for (let v = y - reach; v <= y + reach; v++) counts[values[inside(v) * n + inside(x)]] += by; };
        for (let x = -reach; x < reach; x++) count(x, 1);
        for (let x = 0; x < n; x++) {
            count(x + reach, 1);
            let value = 0, seen = counts[0];
            while (seen < half) seen += counts[++value];
            out[y * n + x] = value;
            count(x - reach, -1);
        }
    }
    return out;
}

function dilate(values, n, reach) {
    const rows = new Float32Array(n * n), out = new Float32Array(n * n);
    for (let y = 0; y < n; y++)
        for (let x = 0; x < n; x++)
            rows[y * n + x] = Math.max(...values.subarray(y * n + Math.max(x - reach, 0), y * n + Math.min(x + reach, n - 1) + 1));
    for (let y = 0; y < n; y++)
        for (let v = Math.max(y - reach, 0); v <= Math.min(y + reach, n - 1); v++)
            for (let x = 0; x < n; x++) out[y * n + x] = Math.max(out[y * n + x], rows[v * n + x]);
    return out;
}
