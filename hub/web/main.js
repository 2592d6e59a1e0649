// The page: what its controls do. pad.js is the sketchpad of the app (sketch2photo/sketchpad.py), put here by the build.

import {load, photographs} from './model.js';
import {sketchpad} from './pad.js';

const LIMIT = 3, VARIATIONS = 6, EXAMPLES = ['careful_woman', 'glasses_beard', 'curly_hair', 'three_quarter', 'quick_sketch', 'childish'];
const USE = 'Click a variation, or move the dials: the person changes, your drawing does not.';
const $ = id => document.getElementById(id);
const strictness = $('strictness'), dials = [], facts = await (await fetch('config.json')).json();

// ---- sketchpad -----------------------------------------------------------------------------------------------------

const pad = {value: null}, paper = $('pad').querySelector('canvas');
let putOnPad;  // what the pad does when its value is set from outside
sketchpad($('pad'), pad, event => event === 'input' && drawn(), (name, set) => { putOnPad = set; });
document.addEventListener('drop', event => event.preventDefault());  // or the browser would leave the page for the picture

for (const name of EXAMPLES) {
    const button = document.createElement('button'), title = name.replace('_', ' ');
    button.type = 'button';
    button.innerHTML = `<img src="${name}.png" alt="Example drawing: ${title}">`;
    button.onclick = async () => {
        pad.value = button.firstChild.src;
        await putOnPad();
        pad.value = null;  // so that it can be chosen again
        drawn();
    };
    $('examples').append(button);
}

function drawn() {
    changed = true;
    pressed(null);
    wish('photo', 'variations');
}

// ---- pictures ------------------------------------------------------------------------------------------------------
// One request at a time: what is wished for meanwhile is made afterwards, once, the photograph before its variations.

const wishes = new Set();
let ready = false, working = false, changed = false, since = 0, directions = randomLatents();

function wish(...names) {
    since = performance.now();
    names.forEach(name => wishes.add(name));
    work();
}

async function work() {
    if (working || !ready) return;
    working = true;
    while (wishes.size) {
        const name = wishes.has('photo') ? 'photo' : 'variations', started = since;
        wishes.delete(name);
        const drawing = changed ? paper.getContext('2d').getImageData(0, 0, paper.width, paper.height) : undefined;
        changed = false;
        try {
            const z = name === 'photo' ? dials.map(dial => Number(dial.value)) : directions.flat();
            const pictures = await photographs(drawing, Float32Array.from(z), Number(strictness.value));
            if (name === 'photo') show($('photo'), pictures[0], started);
            else showVariations(pictures);
            $('hint').textContent = USE;
        } catch (error) {
            wishes.delete('variations');
            clear(error.message);
        }
    }
    working = false;
}

function paint(canvas, picture) {
    canvas.width = canvas.height = facts.image_size;
    canvas.getContext('2d').putImageData(new ImageData(picture, facts.image_size), 0, 0);
}

function show(canvas, picture, started) {
    paint(canvas, picture);
    canvas.setAttribute('aria-label', 'Photograph of your drawing');
    $('save').disabled = false;
    const taken = Math.round(performance.now() - started);
    $('speed').textContent = `The last photograph took ${taken} ms, ${how}.`;
    $('speed').dataset.milliseconds = taken;
}

function showVariations(pictures) {
    const buttons = $('variations').children;
    pictures.forEach((picture, k) => {
        if (!buttons[k]) {
            const button = document.createElement('button');
            button.type = 'button';
            button.setAttribute('aria-label', `Variation ${k + 1}`);
            button.setAttribute('aria-pressed', false);
            button.append(document.createElement('canvas'));
            button.onclick = () => { setDials(directions[k]); pressed(k); wish('photo'); };
            $('variations').append(button);
        }
        paint(buttons[k].firstChild, picture);
    });
}

function clear(sentence) {
    $('hint').textContent = sentence;
    $('photo').width = $('photo').height = facts.image_size;
    $('photo').setAttribute('aria-label', 'Photograph: none yet');
    $('variations').replaceChildren();
    $('save').disabled = true;
}

function pressed(which) {
    [...$('variations').children].forEach((button, k) => button.setAttribute('aria-pressed', k === which));
}

// ---- controls ------------------------------------------------------------------------------------------------------

/** As many rows as there are variations, of N(0, 1), as the dials can show them. */
function randomLatents() {
    const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    const reachable = value => Math.round(100 * Math.min(Math.max(value, -LIMIT), LIMIT)) / 100;
    return Array.from({length: VARIATIONS}, () => Array.from({length: facts.latent_dim}, () => reachable(normal())));
}

function setDials(z) {
    dials.forEach((dial, i) => { dial.value = z[i]; tell(dial); });
}

function tell(slider) {
    slider.parentElement.querySelector('span').textContent = Number(slider.value).toFixed(2);
}

for (let i = 1; i <= facts.latent_dim; i++) {
    const label = document.createElement('label');
    label.innerHTML = `Dial ${i} <span aria-hidden="true"></span><input type="range" id="latent-${i}" min="${-LIMIT}" max="${LIMIT}" step="0.01" value="0">`;
    $('dials').append(label);
    dials.push(label.querySelector('input'));
}
for (const slider of [strictness, ...dials]) {
    tell(slider);
    slider.addEventListener('input', () => {
        tell(slider);
        if (slider !== strictness) pressed(null);
        wish('photo');
    });
}
strictness.addEventListener('change', () => wish('variations'));
$('centre').onclick = () => { setDials(dials.map(() => 0)); pressed(null); wish('photo'); };
$('dice').onclick = () => {
    directions = randomLatents();
    setDials(directions[0]);
    wish('photo', 'variations');
};
$('save').onclick = () => $('photo').toBlob(blob => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = 'photograph.png';
    link.click();
    URL.revokeObjectURL(link.href);
});

// ---- start ---------------------------------------------------------------------------------------------------------

let how = '';

/** Registers sw.js; the first time the page is loaded again under it, before anything else, so that it may have threads. */
async function settle() {
    try {
        await navigator.serviceWorker.register('sw.js', {updateViaCache: 'none'});
        await navigator.serviceWorker.ready;
        if (crossOriginIsolated || sessionStorage.getItem('reloaded')) return true;
        sessionStorage.setItem('reloaded', 'yes');
        location.reload();
        return false;
    } catch {
        return true;  // Some browsers keep nothing in a private window or a frame: then one thread, and no page without a connection.
    }
}

if (await settle()) {
    try {
        const {engine, threads} = await load(new URL(location).searchParams.get('engine'));
        how = engine === 'webgpu' ? 'on the GPU' : `on ${threads} thread${threads > 1 ? 's' : ''}`;
        ready = true;
        $('dice').disabled = false;
        $('hint').textContent = 'Draw a face on the white square, or click one of the little drawings.';
        document.body.dataset.ready = engine;
        work();
    } catch (error) {
        $('hint').textContent = error.message;
    }
}
