// The page: what its controls do. pad.js is the app's sketchpad (sketch2photo/studio/pad), and page.json has the words,
// controls and examples: hub/build_web.py puts them here.

import {card, passOn} from './card.js';
import {THRESHOLDS, toPixels} from './drawing.js';
import {goToEnds, showEnds} from './ends.js';
import {MessageError} from './errors.js';
import {newFilm, record, travel} from './film.js';
import {backToStill, showFilm, showStill} from './frame.js';
import {pastPictures} from './history.js';
import {breedLatents, shortened, slerp, slerpLoop, spreadLatents} from './latents.js';
import {calibrate, load, photographs, prepare} from './model.js';
import {settle} from './offline.js';
import {laidOver} from './overlay.js';
import {label, sketchpad} from './pad.js';
import {sayWhy} from './reasons.js';
import {checked, readRecipe, withRecipe} from './recipe.js';
import {bottomSheet} from './sheet.js';
import {keep, kept} from './strokes.js';
import {leaveSecondClicks} from './twice.js';

const $ = id => document.getElementById(id);
const language = navigator.language.startsWith('ru') ? 'ru' : 'en';
document.documentElement.lang = language;

async function fetched(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
}

const [page, model, padPage] = await Promise.all([
  fetched('page.json').then(response => response.json()),
  fetched('config.json').then(response => response.json()),
  fetched('pad.html').then(response => response.text()),
]).catch(error => {
  document.querySelector('main').remove(); // its buttons have no words
  $('not-come').hidden = false;
  throw error;
});

// ---- words ---------------------------------------------------------------------------------------------------------

const words = page.words[language];

/** A sentence in the language of the browser, with `values` in its braces. */
function say(key, values = {}) {
  return words[key].replace(/{(\w+)}/g, (_, name) => values[name]);
}

function sentenceOf(error) {
  return error instanceof MessageError ? say(error.key, error.values) : error.message;
}

const READ = 6000; // ms that an answer has to be read
let reading; // the timer of one that was given just now
let news; // what is to be said after it

/** Says how things are: at once, or once an answer has been read. */
function tell(sentence) {
  if (reading) news = sentence;
  else $('hint').textContent = sentence;
}

/** Says why what somebody just tried cannot be done, which stays to be read unless they do something else. */
function answer(sentence) {
  clearTimeout(reading);
  reading = setTimeout(goOn, READ);
  $('hint').textContent = sentence;
}

function goOn() {
  clearTimeout(reading);
  reading = undefined;
  if (news) $('hint').textContent = news;
  news = undefined;
}

for (const kind of ['click', 'input', 'change']) document.addEventListener(kind, goOn, true);

label(document.body, words);
bottomSheet('#sliders', '#settings');
goToEnds();
backToStill();
leaveSecondClicks();
tell(say('loading', {megabytes: Math.round(page.bytes / 1e6)}));

// ---- sketchpad -----------------------------------------------------------------------------------------------------

$('pad').append(...new DOMParser().parseFromString(padPage, 'text/html').body.children);
const pad = {value: null, calibrated: {}};
const padRoot = $('pad').querySelector('.sketchpad');
const paper = padRoot.querySelector('canvas');
let putOnPad; // what the pad does when its value is set from outside
const watch = (_, put) => {
  putOnPad = put;
};
const reactions = {pause: rested, apply: () => $('straighten').click()};
const trigger = event => (reactions[event] ?? drawn)();
const {example, parts} = page;
sketchpad($('pad'), {props: pad, trigger, watch, words: page.pad[language], fileInput: '#file', example, parts});

function put(address) {
  return whileBusy(async () => {
    pad.value = address;
    pad.calibrated = {};
    await putOnPad();
    drawn();
    rested();
  });
}

let jobs = 0;

/** Does something that takes a while; until nothing of this kind is left to do, the body has data-busy. */
async function whileBusy(job) {
  jobs++;
  document.body.dataset.busy = '';
  try {
    await job();
  } finally {
    jobs--;
    if (!jobs) delete document.body.dataset.busy;
  }
}

for (const example of page.examples) {
  const picture = new Image();
  picture.src = `${example}.jpg`;
  picture.alt = say('example', {name: words[example] ?? example});
  const open = async () => drawingOf(await (await fetch(`${example}.png`)).blob());
  $('examples').append(newButton(picture, () => putMade(open)));
}

function newButton(content, act) {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(content);
  button.onclick = act;
  return button;
}

// A picture that is opened, dropped or pasted (the pad hands the latter two to #file) becomes a drawing on the pad.
$('open').onclick = () => $('file').click();
$('file').onchange = async () => {
  const [file] = $('file').files;
  if (!file) return;
  await open(file);
  $('file').value = ''; // so that it can be opened again
};

/** A picture that was saved, here or in the app, brings back all that it was made of. */
async function open(file) {
  try {
    const recipe = await readRecipe(file, page.controls);
    if (recipe) await bringBack(recipe);
    else await putMade(() => drawingOf(file));
  } catch (error) {
    answer(sentenceOf(error));
  }
}

/** A file of a drawing as a picture (RGBA), as large as the pad. */
async function drawingOf(file) {
  try {
    return await prepare(await pixelsOf(file), paper.width);
  } catch (error) {
    throw ['empty', 'dot'].includes(error.key) ? new MessageError('nothing_drawn') : error; // the canvas is not
  }
}

function bringBack(recipe) {
  asked++;
  setLatents(recipe.latents);
  for (const slider of sliders.directions) setSlider(slider, recipe.directions[slider.name]);
  for (const slider of sliders.options) setSlider(slider, recipe[slider.name]);
  return put(recipe.sketch);
}

// Whoever draws neck and shoulders draws the head too small.
$('enlarge').hidden = !model.calibrator;
$('enlarge').onclick = () => putMade(() => prepare(pixelsOfPad(), paper.width));

// What the generator sees becomes one's own.
$('straighten').hidden = !model.calibrator;
$('straighten').onclick = () =>
  putMade(async () => {
    const {strictness} = numbers().options;
    if (strictness === 1) throw new MessageError('strict');
    const found = await calibrate(pixelsOfPad(), strictness, paper.width, false);
    if (!found.isFace) throw new MessageError('no_face');
    return toPixels(found.sketch);
  });

function pixelsOfPad() {
  return paper.getContext('2d').getImageData(0, 0, paper.width, paper.height);
}

let asked = 0; // how often another drawing was asked for

/** A picture (RGBA) as large as the pad on it, unless another drawing was asked for before it was made. */
function putMade(make) {
  const number = ++asked;
  return whileBusy(async () => {
    try {
      const picture = await make();
      if (number !== asked) return;
      const canvas = document.createElement('canvas');
      paint(canvas, picture, paper.width);
      await put(canvas.toDataURL('image/png'));
    } catch (error) {
      if (number === asked) answer(sentenceOf(error));
    }
  });
}

/** ImageData of a picture, or file of one, on white, in a size that is quick to work on. */
async function pixelsOf(file) {
  const picture = await createImageBitmap(file).catch(() => {
    throw new MessageError('unreadable', {name: file.name});
  });
  const {width, height} = picture;
  const shorter = Math.min(width, height);
  const longer = Math.max(width, height);
  const {shortest, longest} = THRESHOLDS.picture;
  if (shorter < shortest) throw new MessageError('too_small', {width, height, least: shortest});
  if (longer > longest * shorter) throw new MessageError('too_thin', {width, height});
  const scale = Math.max(Math.min(1600 / longer, 1), 256 / shorter);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(scale * width);
  canvas.height = Math.round(scale * height);
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** There is something to remember, and perhaps to straighten. */
function rested() {
  remember();
  offer();
}

function drawn() {
  changed = true;
  previewed = false;
  press(null);
  request('photo', 'variations');
}

// ---- pictures ------------------------------------------------------------------------------------------------------
// One at a time: what is requested meanwhile is made afterwards, once, the photograph before its variations.

const VARIATIONS = 6;
const SMALL = 128; // px of a past photograph
const NEED_PHOTO = ['other-people', 'save', 'share', 'enlarge', 'straighten', 'record'];
const requests = new Set();
let ready = false;
let working = false;
let changed = false;
let previewed = false; // whether the calibrated lines are shown
let memorable = false; // whether the photograph that is being made is to be one of this visit's
let offering = false; // whether its calibrated lines are to be offered, where the face is far from a believable one
let drawing; // the last one of which pictures were asked for
let made; // what the photograph that is there was made of: the drawing and the sliders' numbers, which may have moved on since
let seen; // what the generator saw, where there is a calibrator
let requestedAt = 0;
let variations = []; // latents of those that are wanted
let inStrip = []; // and of those that are there
let ticked = []; // whether each of the latter has a heart

function request(...names) {
  requestedAt = performance.now();
  clearTimeout(resting);
  keepSettings();
  for (const name of names) requests.add(name);
  work();
}

function work() {
  if (!working && ready) whileBusy(makePictures);
}

async function makePictures() {
  working = true;
  while (requests.size) {
    const name = requests.has('photo') ? 'photo' : 'variations';
    const startedAt = requestedAt;
    requests.delete(name);
    const given = changed ? pixelsOfPad() : undefined;
    drawing = given ?? drawing;
    changed = false;
    try {
      const of = {drawing, ...numbers()};
      const people = name === 'photo' ? [of.latents] : variations;
      const {pictures, calibrated} = await photographs(given, moved(people, of.directions), of.options);
      seen = calibrated;
      if (name === 'photo') {
        made = of;
        showPhoto(pictures[0], startedAt);
        if (!changed) layOver(calibrated, previewed && of.options.strictness < 1);
      } else showVariations(pictures, people);
      tell(say(!calibrated || calibrated.isFace ? 'next' : 'no_face'));
    } catch (error) {
      if (changed) continue; // It was of a drawing that is no more: what was asked for since is of the next.
      requests.delete('variations');
      seen = undefined;
      clear();
      tell(sentenceOf(error));
    }
  }
  working = false;
  if (memorable) remember();
  if (offering) offer();
  rest();
}

/** Once what is drawn has been seen. */
function offer() {
  offering = working || requests.size > 0;
  if (!offering && seen?.isCrooked && numbers().options.strictness < 1) layOver(seen, true, true);
}

/** The guide follows the face, if there is one; with `lines` the calibrated lines are over the drawing, or are offered. */
function layOver(calibrated, lines, offers = false) {
  const size = paper.width;
  const over = calibrated?.isFace ? laidOver(calibrated, size, model.calibrator.curves, page.tints, lines) : {};
  pad.calibrated = {...over, offers};
  putOnPad();
}

/** A square picture (RGBA) on a canvas. */
function paint(canvas, picture, size) {
  canvas.width = canvas.height = size;
  canvas.getContext('2d').putImageData(new ImageData(picture, size), 0, 0);
}

function showPhoto(picture, startedAt) {
  paint($('photo'), picture, model.image_size);
  $('photo').ariaLabel = say('photo_of_drawing');
  delete $('photo').dataset.empty;
  showStill();
  for (const id of NEED_PHOTO) $(id).disabled = false;
  const milliseconds = Math.round(performance.now() - startedAt);
  $('speed').textContent = say('speed', {milliseconds, how});
  $('speed').dataset.milliseconds = milliseconds;
}

function showVariations(pictures, people) {
  if (people !== inStrip) {
    ticked = [];
    press(null);
  }
  inStrip = people;
  pictures.forEach((picture, k) => {
    const place = $('variations').children[k] ?? addVariation(k);
    place.querySelector('.heart').checked = ticked[k];
    paint(place.querySelector('canvas'), picture, model.image_size);
  });
  enableLiked();
}

function addVariation(k) {
  const place = document.createElement('div');
  const button = newButton(document.createElement('canvas'), () => {
    setLatents(inStrip[k]);
    press(k);
    request('photo');
    remember();
  });
  button.ariaLabel = say('variation', {number: k + 1});
  button.ariaPressed = false;
  const heart = document.createElement('input');
  Object.assign(heart, {type: 'checkbox', className: 'heart', ariaLabel: say('like', {number: k + 1})});
  heart.onchange = () => {
    ticked[k] = heart.checked;
    keepSettings();
    enableLiked();
  };
  place.append(button, heart);
  $('variations').append(place);
  return place;
}

/** The latents of the variations with a heart. */
function liked() {
  return inStrip.filter((_, k) => ticked[k]);
}

function enableLiked() {
  const count = liked().length;
  $('breed').disabled = !count;
  $('mix').disabled = count < 2;
  if (count < 2) $('mix').value = 0; // a mix of others
  $('travel').disabled = count === 1;
}

function clear() {
  $('photo').width = $('photo').height = model.image_size;
  $('photo').ariaLabel = say('no_photo');
  $('photo').dataset.empty = '';
  showStill();
  $('variations').replaceChildren();
  enableLiked();
  showEnds();
  for (const id of NEED_PHOTO) $(id).disabled = true;
  layOver();
}

const reasons = {'#breed': 'tick_some', '#travel': 'tick_two', '#mix': 'tick_two', '#pad [data-part]': 'choose_part'};
for (const id of NEED_PHOTO) reasons[`#${id}`] = 'draw_first';
sayWhy(reasons, say, key => {
  if (ready) answer(say(key));
});

/** Marks one variation, or none, as the photograph. */
function press(which) {
  [...$('variations').querySelectorAll('button')].forEach((button, k) => {
    button.ariaPressed = k === which;
  });
}

// ---- sliders -------------------------------------------------------------------------------------------------------

const sliders = {}; // {options, latents, directions: lists of {name, low, high, input}}; each list in the element of its name
for (const [group, controls] of Object.entries(page.controls))
  sliders[group] = controls.map(control => ({...control, input: addSlider($(group), control)}));

function addSlider(parent, {key, default: value, low, high, step}) {
  const title = document.createElement('label');
  const shown = document.createElement('span');
  const track = document.createElement('div');
  const input = document.createElement('input');
  const ends = ['min_value', 'max_value'].map(className => Object.assign(document.createElement('span'), {className}));
  shown.ariaHidden = true;
  track.className = 'slider_input_container';
  Object.assign(input, {type: 'range', id: key.replaceAll('_', '-'), min: low, max: high, step, value});
  track.append(ends[0], input, ends[1]);
  title.append(`${say(key)} `, shown, track);
  parent.append(title);
  if (words[`${key}_info`]) {
    const info = document.createElement('p');
    Object.assign(info, {className: 'info', id: `${input.id}-info`, textContent: say(`${key}_info`)});
    input.setAttribute('aria-describedby', info.id);
    parent.append(info);
  }
  return input;
}

function sliderValue({input}) {
  return Number(input.value);
}

/** Where the sliders are now: {latents, directions, options}, the latter two by name. */
function numbers() {
  const [directions, options] = [sliders.directions, sliders.options].map(list =>
    Object.fromEntries(list.map(slider => [slider.name, sliderValue(slider)])),
  );
  return {latents: sliders.latents.map(sliderValue), directions, options};
}

function setSlider({input}, value) {
  input.value = value;
  showValue(input);
}

function showValue(input) {
  input.closest('label').querySelector('span').textContent = Number(input.value).toFixed(2);
}

for (const [group, list] of Object.entries(sliders))
  for (const {input} of list) {
    showValue(input);
    input.addEventListener('input', () => {
      showValue(input);
      if (group === 'latents') press(null);
      if (group === 'options') previewed = true;
      request('photo');
    });
    input.addEventListener('change', () => {
      // The others change the variations, too, and so none is left behind.
      if (group !== 'latents') request('variations');
      remember();
    });
  }

// ---- latents -------------------------------------------------------------------------------------------------------

/** As many rows as there are variations, of people that differ, as the sliders can show them. */
function randomLatents() {
  return spreadLatents(VARIATIONS, sliders.latents.length, model.longest).map(shown);
}

/** Latents as the sliders can show them. */
function shown(z) {
  return z.map((value, i) => {
    const {low, high} = sliders.latents[i];
    return Math.round(100 * Math.min(Math.max(value, low), high)) / 100;
  });
}

/** Other variations. Until they are there, hearts and clicks are those of the ones that are. */
function vary(latents) {
  variations = latents;
  request('variations');
}

/** Rows of latents moved along the named directions, and shortened where they are too long, as in sketch2photo/pipeline.py. */
function moved(people, directions) {
  const vectors = Object.entries(directions).map(([name, move]) => [move, model.directions[name].vector]);
  return people.map(z => {
    const far = z.map((value, i) => vectors.reduce((sum, [move, vector]) => sum + move * vector[i], value));
    return shortened(far, model.longest);
  });
}

function setLatents(z) {
  sliders.latents.forEach((slider, i) => {
    setSlider(slider, z[i]);
  });
}

// ---- buttons -------------------------------------------------------------------------------------------------------

$('average').onclick = () => {
  for (const slider of [...sliders.latents, ...sliders.directions]) setSlider(slider, 0);
  press(null);
  request('photo', 'variations');
  remember();
};
$('other-people').onclick = () => {
  vary(randomLatents());
  setLatents(variations[0]);
  press(null);
  request('photo');
  remember();
};
$('breed').onclick = () => vary(breedLatents(liked(), VARIATIONS).map(shown));
$('mix').oninput = () => {
  const [one, other] = liked();
  setLatents(shown(slerp(one, other, Number($('mix').value))));
  press(null);
  request('photo');
};
$('mix').onchange = remember;
$('save').onclick = async () => {
  const link = document.createElement('a');
  const [photo, of] = [enlarged($('photo')), recipe()];
  link.href = URL.createObjectURL(await withRecipe(await photo, of));
  link.download = 'sketch2photo.png';
  link.click();
  URL.revokeObjectURL(link.href);
};
$('share').onclick = async () => passOn(await card(recipe().sketch, $('photo').toDataURL('image/png')));

/** All that the photograph was made of. */
function recipe() {
  const {drawing, latents, directions, options} = made;
  const canvas = document.createElement('canvas');
  paint(canvas, drawing.data, drawing.width);
  return {sketch: canvas.toDataURL('image/png'), latents, directions, model: page.revision, seed: 0, ...options};
}

/** A canvas as a PNG of at least so many pixels a side. */
function enlarged(canvas) {
  return new Promise(done => resized(canvas, Math.max(canvas.width, page.saved)).toBlob(done, 'image/png'));
}

function resized(canvas, side) {
  const other = Object.assign(document.createElement('canvas'), {width: side, height: side});
  const context = other.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, 0, 0, side, side);
  return other;
}

// ---- what the named directions' sliders lead to ---------------------------------------------------------------------

const REST = 1000; // ms without anything to do, after which pictures of the sliders' ends are made
const END_SIDE = 64; // px of one
const MOST_STRIPS = 16;
const strips = new Map(); // those that there are of drawings, by all that they are of
let resting;
let isTouched = false;

for (const [kind, touches] of Object.entries({pointerdown: true, pointerup: false, pointercancel: false}))
  document.addEventListener(
    kind,
    () => {
      isTouched = touches;
      if (!touches) rest();
    },
    true, // on its way to what is pressed, for what is disabled lets it go no further (reasons.js)
  );

function rest() {
  clearTimeout(resting);
  if (sliders.directions?.length) resting = setTimeout(makeEnds, REST);
}

const isBusy = () => working || requests.size > 0 || isTouched;

/** Small pictures of each slider at its ends; none while there is something else to make, or somebody is about to draw. */
async function makeEnds() {
  if (isBusy() || 'empty' in $('photo').dataset) return;
  const {latents, directions, options} = made;
  const of = JSON.stringify(recipe());
  if (!strips.has(of)) {
    const places = sliders.directions.flatMap(({name, low, high}) => [{[name]: low}, {[name]: high}]);
    const strip = Object.assign(document.createElement('canvas'), {width: END_SIDE * places.length, height: END_SIDE});
    const large = document.createElement('canvas');
    for (const [place, moves] of places.entries()) {
      const {pictures} = await photographs(undefined, moved([latents], {...directions, ...moves}), options);
      if (isBusy()) return;
      paint(large, pictures[0], model.image_size);
      strip.getContext('2d').drawImage(resized(large, END_SIDE), END_SIDE * place, 0);
    }
    strips.set(of, strip.toDataURL('image/jpeg', 0.9));
    if (strips.size > MOST_STRIPS) strips.delete(strips.keys().next().value);
  }
  showEnds({url: strips.get(of)});
}

// ---- films ---------------------------------------------------------------------------------------------------------

let film; // the one that is being made
let starter = $('travel'); // the button that had the focus as one began

/** From one variation with a heart to the next, or from each to the next where none has one. */
$('travel').onclick = () => {
  const {stops, frames} = page.films;
  const chosen = liked().length ? liked() : variations;
  const {directions, options} = numbers();
  const way = moved(slerpLoop(chosen.slice(0, stops), frames), directions);
  let drawing = pixelsOfPad();
  const photographs = async z => {
    const given = drawing;
    drawing = undefined; // it is the last one from then on
    return filmed(given, z, options);
  };
  makeFilm(travel(way, model.image_size, photographs));
};
$('record').onclick = () => {
  const {moments: most, last} = page.films;
  const moments = padRoot.moments(most);
  if (!moments.length) return answer(say('no_lines'));
  const {latents, directions, options} = numbers();
  const z = moved([latents], directions);
  const photograph = async drawing => {
    try {
      return (await filmed(drawing, z, options))[0];
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return null; // there is too little for a photograph yet
    }
  };
  makeFilm(record(moments, model.image_size, last, photograph));
};
$('cancel').onclick = () => {
  film.cancel();
  swap();
  tell(say('next'));
};
$('share-film').onclick = () => passOn(madeFilm);
let madeFilm; // the file of the last one

/** While a film is made there is the button to cancel it in place of those that start one; the keyboard's focus stays with them. */
function swap(being) {
  film = being;
  const held = document.activeElement;
  for (const id of ['travel', 'record']) $(id).hidden = Boolean(being);
  $('cancel').hidden = !being;
  if (held === $('cancel')) starter.focus({preventScroll: true});
  else if (held.hidden) {
    starter = held;
    $('cancel').focus({preventScroll: true});
  }
}

/** A film of what comes: canvases, each with its share of all. */
async function makeFilm(frames) {
  const being = newFilm(page.films.fps);
  swap(being);
  try {
    for await (const {canvas, share} of frames) {
      if (film !== being) return;
      being.add(canvas);
      tell(say('animating', {percent: Math.round(100 * share)}));
    }
    const file = await being.finish();
    if (film !== being) return;
    madeFilm = file;
    URL.revokeObjectURL($('film').src);
    $('film').src = URL.createObjectURL(file);
    await $('film').decode();
    $('share-film').hidden = false;
    tell(say('next'));
    swap();
    showFilm();
  } catch (error) {
    being.cancel();
    if (film === being) answer(sentenceOf(error));
  }
  if (film === being) swap();
}

/** Pictures for a film, once there are none to make for the page. */
async function filmed(drawing, latents, options) {
  while (working || requests.size) await new Promise(done => setTimeout(done, 20));
  return (await photographs(drawing, latents, options, 'film')).pictures;
}

// ---- what lives as long as the tab ---------------------------------------------------------------------------------

const addPast = pastPictures($('history'), {
  name: number => say('past', {number}),
  check: recipe => checked(recipe, page.controls),
  open: bringBack,
});

/** The photograph is one of this visit's: the one that is there, or once it has been made. */
function remember() {
  memorable = working || requests.size > 0;
  if (memorable || 'empty' in $('photo').dataset) return;
  addPast(recipe(), resized($('photo'), SMALL).toDataURL('image/jpeg'), padRoot.begun());
}

function keepSettings() {
  const values = Object.values(sliders).map(list => list.map(sliderValue));
  keep('settings', {values, variations, ticked: inStrip === variations ? ticked : []});
}

const before = kept('settings');
const fits = before?.values?.every((values, k) => values.length === Object.values(sliders)[k].length);
if (fits)
  Object.values(sliders).forEach((list, k) => {
    list.forEach((slider, i) => {
      setSlider(slider, before.values[k][i]);
    });
  });
variations = fits ? before.variations : randomLatents();
if (fits) [inStrip, ticked] = [variations, before.ticked ?? []];

// ---- start ---------------------------------------------------------------------------------------------------------

let how = '';

function told(bytes) {
  $('progress').value = Math.min(bytes / page.download, 1);
}

if (await settle()) {
  try {
    const {engine, threads} = await load(new URL(location).searchParams.get('engine'), told);
    how = engine === 'webgpu' ? say('on_gpu') : say('threads', {number: threads});
    ready = true;
    tell(say('static_welcome'));
    document.body.dataset.ready = engine;
    work();
  } catch (error) {
    tell(sentenceOf(error));
  }
  $('progress').hidden = true;
}
