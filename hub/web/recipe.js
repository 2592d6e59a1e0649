// Pictures that know how they were made, as sketch2photo/studio/recipe.py makes and reads them: a PNG with a text of JSON.

import {MessageError} from './errors.js';

const KEY = 'sketch2photo';
const LONGEST = 500_000; // characters of the text
const HEADER = 33; // bytes of the signature and the first chunk, IHDR
const latin = new TextDecoder('latin1');

/** A PNG (Blob) with a recipe in it. */
export async function withRecipe(png, recipe) {
  const bytes = new Uint8Array(await png.arrayBuffer());
  const text = Uint8Array.from(`tEXt${KEY}\0${JSON.stringify(recipe)}`, letter => letter.charCodeAt(0));
  const chunk = new Uint8Array(text.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, text.length - 4);
  chunk.set(text, 4);
  view.setUint32(text.length + 4, crc32(text));
  return new Blob([bytes.subarray(0, HEADER), chunk, bytes.subarray(HEADER)], {type: 'image/png'});
}

/** The recipe in a file, null where there is none; `controls` are those of the page. Throws a MessageError. */
export async function readRecipe(file, controls) {
  const text = textOf(new Uint8Array(await file.arrayBuffer()));
  if (text === null) return null;
  let recipe;
  try {
    recipe = JSON.parse(text.slice(0, LONGEST));
  } catch {
    throw new MessageError('unreadable_recipe');
  }
  return checked(recipe, controls);
}

/** A recipe: whoever made it, nothing of it is used unchecked, and no number is beyond its slider. Throws a MessageError. */
export function checked(recipe, controls) {
  try {
    const numbers = [...recipe.latents, ...Object.values(recipe.directions), recipe.strictness];
    if (!recipe.sketch.startsWith('data:image/png;base64,') || !numbers.every(Number.isFinite)) throw new Error();
  } catch {
    throw new MessageError('unreadable_recipe');
  }
  const {latents, directions} = controls;
  const isOurs = directions.every(({name}) => Object.hasOwn(recipe.directions, name));
  if (recipe.latents.length !== latents.length || !isOurs) throw new MessageError('other_model');
  if (Object.keys(recipe.directions).length !== directions.length) throw new MessageError('other_model');
  return recipe;
}

/** The text under our key, null where there is none or where the file is no PNG. */
function textOf(bytes) {
  if (latin.decode(bytes.subarray(1, 4)) !== 'PNG') return null;
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = latin.decode(bytes.subarray(at + 4, at + 8));
    if (kind !== 'tEXt') continue;
    const [key, text] = latin.decode(bytes.subarray(at + 8, at + 8 + view.getUint32(at))).split('\0');
    if (key === KEY) return text;
  }
  return null;
}

/** The check sum of a PNG's chunk: https://www.w3.org/TR/png-3/#5CRC-algorithm */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
