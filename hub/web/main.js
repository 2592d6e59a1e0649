// The page: what its controls do. pad.js is the sketchpad of the app (sketch2photo/sketchpad.py), put here by the build.

import {load, photographs, prepare} from './model.js';
import {sketchpad} from './pad.js';
import {DIRECTIONS, RUSSIAN} from './words.js';

const LIMIT = 3, VARIATIONS = 6, EXAMPLES = ['careful_woman', 'glasses_beard', 'curly_hair', 'three_quarter', 'quick_sketch', 'childish'];
const USE = 'Click a variation, or move a slider: the person changes, your drawing does not.';
const $ = id => document.getElementById(id);
const strictness = $('strictness'), dials = [], amounts = [], facts = await (await fetch('config.json')).json();

// ---- words -----------------------------------------------------------------------------------------------------------
// words.js has those of the app (sketch2photo/translations.py), put here by the build; {} in a sentence is anything.

const patterns = Object.entries(RUSSIAN).map(([english, russian]) =>
    [new RegExp(`^${english.split('{}').map(escaped).join('(.+)')}$`), russian]);

function escaped(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A sentence in the language of the browser; in English where it has no translation. */
function say(sentence) {
    if (!navigator.language.startsWith('ru')) return sentence;
    for (const [pattern, russian] of patterns) {
        const found = sentence.match(pattern);
        if (found) return found.slice(1).reduce((text, part) => text.replace('{}', part), russian);
    }
    return sentence;
}

function sayAll() {
    document.documentElement.lang = say('en');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const words = texts.currentNode.nodeValue.trim();
        if (words) texts.currentNode.nodeValue = texts.currentNode.nodeValue.replace(words, () => say(words));
    }
    for (const part of document.querySelectorAll('[aria-label]')) part.ariaLabel = say(part.ariaLabel);
}
sayAll();

// ---- sketchpad -----------------------------------------------------------------------------------------------------

const pad = {value: null}, paper = $('pad').querySelector('canvas');
let putOnPad;  // what the pad does when its value is set from outside
sketchpad($('pad'), pad, event => event === 'input' && drawn(), (name, set) => { putOnPad = set; });

async function put(address) {
    pad.value = address;
    await putOnPad();
    pad.value = null;  // so that it can be put there again
    drawn();
}

for (const name of EXAMPLES) {
    const button = document.createElement('button'), title = name.replace('_', ' ');
    button.type = 'button';
    button.innerHTML = `<img src="${name}.png" alt="${say(`Example drawing: ${title}`)}">`;
    button.onclick = () => put(button.firstChild.src);
    $('examples').append(button);
}

// A picture that is opened, dropped or pasted (the pad hands the latter two to #file) becomes a drawing on the pad.
$('open').onclick = () => $('file').click();
$('file').onchange = async () => {
    const [file] = $('file').files;
    if (!file) return;
    await putFramed(() => pixelsOf(file));
    $('file').value = '';  // so that it can be opened again
};

// Whoever draws neck and shoulders draws the head too small.
$('fit').onclick = () => putFramed(() => paper.getContext('2d').getImageData(0, 0, paper.width, paper.height));

/** A drawing's ImageData on the pad, with its head where faces are. */
async function putFramed(read) {
    try {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = paper.width;
        canvas.getContext('2d').putImageData(new ImageData(await prepare(await read(), paper.width), paper.width), 0, 0);
        await put(canvas.toDataURL('image/png'));
    } catch (error) {
        $('hint').textContent = say(error.message);
    }
}

/** ImageData of a picture file on white, in a size that is quick to work on. */
async function pixelsOf(file) {
    const picture = await createImageBitmap(file).catch(() => {
        throw new Error(`${file.name} is not a picture that can be read: send a PNG or JPEG.`);
    });
    const {width, height} = picture, least = Math.min(width, height), most = Math.max(width, height);
    if (least < 16) throw new Error(`The picture is ${width} x ${height} pixels: each side needs at least 16.`);
    if (most > 10 * least) throw new Error(`The picture is ${width} x ${height} pixels, too long and thin for a face: crop it first.`);
    const scale = Math.max(Math.min(1600 / most, 1), 256 / least), canvas = document.createElement('canvas');
    canvas.width = Math.round(scale * width);
    canvas.height = Math.round(scale * height);
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
}

function drawn() {
    changed = true;
    pressed(null);
    wish('photo', 'variations');
}

// ---- pictures ------------------------------------------------------------------------------------------------------
// One request at a time: what is wished for meanwhile is made afterwards, once, the photograph before its variations.

const wishes = new Set();
let ready = false, working = false, changed = false, since = 0, latents = randomLatents();

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
            const z = name === 'photo' ? [dials.map(dial => Number(dial.value))] : latents;
            const pictures = await photographs(drawing, Float32Array.from(z.flatMap(moved)), Number(strictness.value));
            if (name === 'photo') show($('photo'), pictures[0], started);
            else showVariations(pictures);
            $('hint').textContent = say(USE);
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
    canvas.setAttribute('aria-label', say('Photograph of your drawing'));
    $('save').disabled = false;
    const taken = Math.round(performance.now() - started);
    $('speed').textContent = say(`The last photograph took ${taken} ms, ${how}.`);
    $('speed').dataset.milliseconds = taken;
}

function showVariations(pictures) {
    const buttons = $('variations').children;
    pictures.forEach((picture, k) => {
        if (!buttons[k]) {
            const button = document.createElement('button');
            button.type = 'button';
            button.setAttribute('aria-label', say(`Variation ${k + 1}`));
            button.setAttribute('aria-pressed', false);
            button.append(document.createElement('canvas'));
            button.onclick = () => { setDials(latents[k]); pressed(k); wish('photo'); };
            $('variations').append(button);
        }
        paint(buttons[k].firstChild, picture);
    });
}

function clear(sentence) {
    $('hint').textContent = say(sentence);
    $('photo').width = $('photo').height = facts.image_size;
    $('photo').setAttribute('aria-label', say('Photograph: none yet'));
    $('variations').replaceChildren();
    $('save').disabled = true;
}

function pressed(which) {
    [...$('variations').children].forEach((button, k) => button.setAttribute('aria-pressed', k === which));
}

// ---- latents -------------------------------------------------------------------------------------------------------

/** As many rows as there are variations, of N(0, 1), as the dials can show them. */
function randomLatents() {
    const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    const reachable = value => Math.round(100 * Math.min(Math.max(value, -LIMIT), LIMIT)) / 100;
    return Array.from({length: VARIATIONS}, () => Array.from({length: facts.latent_dim}, () => reachable(normal())));
}

/** Latents moved along the named directions by their sliders, and shortened where they are too long, as in sketch2photo/pipeline.py. */
function moved(z) {
    const far = z.map((value, i) => amounts.reduce((sum, {name, slider}) => sum + slider.value * facts.directions[name].vector[i], value));
    const share = Math.min(facts.longest / Math.hypot(...far), 1);
    return far.map(value => share * value);
}

// ---- controls ------------------------------------------------------------------------------------------------------

function setDials(z) {
    dials.forEach((dial, i) => { dial.value = z[i]; tell(dial); });
}

function tell(slider) {
    slider.parentElement.querySelector('span').textContent = Number(slider.value).toFixed(2);
}

function addSlider(where, id, title, low, high, step) {
    const label = document.createElement('label');
    const range = `min="${low}" max="${high}" step="${step}" value="0"`;
    label.innerHTML = `${title} <span aria-hidden="true"></span><input type="range" id="${id}" ${range}>`;
    $(where).append(label);
    return label.querySelector('input');
}

for (const [name, {range: [low, high]}] of Object.entries(facts.directions)) {
    const title = say(DIRECTIONS[name] ?? name[0].toUpperCase() + name.slice(1).replaceAll('_', ' '));
    amounts.push({name, slider: addSlider('directions', `direction-${name}`, title, low, high, 0.05)});
}
for (let i = 1; i <= facts.latent_dim; i++) dials.push(addSlider('dials', `latent-${i}`, say(`Dial ${i}`), -LIMIT, LIMIT, 0.01));
const forAll = [strictness, ...amounts.map(({slider}) => slider)];  // they change the variations, too, and so none is left behind
for (const slider of [...forAll, ...dials]) {
    tell(slider);
    slider.addEventListener('input', () => {
        tell(slider);
        if (dials.includes(slider)) pressed(null);
        wish('photo');
    });
}
for (const slider of forAll) slider.addEventListener('change', () => wish('variations'));
$('centre').onclick = () => {
    setDials(dials.map(() => 0));
    for (const {slider} of amounts) { slider.value = 0; tell(slider); }
    pressed(null);
    wish('photo', 'variations');
};
$('dice').onclick = () => {
    latents = randomLatents();
    setDials(latents[0]);
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
        how = say(engine === 'webgpu' ? 'on the GPU' : `threads: ${threads}`);
        ready = true;
        $('dice').disabled = false;
        $('hint').textContent = say('Draw a face on the white square, or click one of the little drawings.');
        document.body.dataset.ready = engine;
        work();
    } catch (error) {
        $('hint').textContent = say(error.message);
    }
}
