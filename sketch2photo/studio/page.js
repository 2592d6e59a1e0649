// What the page does in the browser alone; page.py gives each function to Gradio by its name.

/** What Gradio's elements leave out; `texts` are by language and key. */
export function nameParts(texts) {
  // What Gradio says in English alone, by some of its words.
  const TOASTS = {
    'Attempting reconnection': 'lost',
    'Failed to fetch': 'lost',
    'exceed the maximum allowed size': 'large_file',
    'Invalid file type': 'other_file',
    Error: 'error',
  };
  // What a slider's release leads to follows when keys have moved it, too.
  document.addEventListener('keyup', ({target, key}) => {
    if (target.type === 'range' && /^(Arrow|Page|Home|End)/.test(key))
      target.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
  });

  function name() {
    const words = texts[document.documentElement.lang.startsWith('ru') ? 'ru' : 'en'];
    for (const [strip, key] of Object.entries({examples: 'example', variations: 'variation', history: 'past'}))
      document.querySelectorAll(`#${strip} .thumbnail-item`).forEach((button, k) => {
        const picture = words[button.querySelector('img')?.alt.replaceAll(' ', '_')];
        button.ariaLabel = words[key].replace('{number}', k + 1).replace('{name}', picture);
      });
    document.querySelectorAll('#liked input').forEach((heart, k) => {
      heart.ariaLabel = words.like.replace('{number}', k + 1);
    });
    // A tab that nobody has opened yet stays in the language that the page was loaded in.
    const tab = document.querySelector('#result [role=tab]:nth-of-type(2)');
    if (tab && tab.textContent !== words.compare) tab.textContent = words.compare;
    for (const [said, key] of Object.entries(TOASTS))
      for (const toast of document.querySelectorAll('.toast-title, [data-testid=toast-text]'))
        if (toast.textContent.includes(said) && toast.textContent !== words[key]) toast.textContent = words[key];
  }

  let isAsked = false;
  const observer = new MutationObserver(() => {
    if (isAsked) return;
    isAsked = true;
    setTimeout(() => {
      isAsked = false;
      name();
    });
  });
  observer.observe(document.documentElement, {attributeFilter: ['lang'], childList: true, subtree: true});
  name();
}

/** What was made to be kept goes to the visitor's downloads by itself. */
export function download(files) {
  for (const {url, orig_name} of [files].flat()) {
    const link = document.createElement('a');
    [link.href, link.download] = [url, orig_name];
    link.click();
  }
}

export function show() {
  return {visible: true, __type__: 'update'};
}

/** Files, and the button that passes a film on, once there are some. */
export function showBoth() {
  return [true, true].map(visible => ({visible, __type__: 'update'}));
}

/** The drawing as it came about, `count` moments of it. */
export function moments(count) {
  return [document.querySelector('#pad .sketchpad').moments(count)];
}

/** When the drawing was begun. */
export function begun() {
  return [document.querySelector('#pad .sketchpad').begun()];
}

/** What is wrong takes the hint's place, where the next photograph and a film's progress would take it away again: page.css does it. */
export function showWrong() {
  document.body.dataset.wrong = '';
}

export function hideWrong() {
  delete document.body.dataset.wrong;
}

/**
 * What cannot be used yet says why, by sayWhy (reasons.js), through a button that nobody sees. Whoever goes on has read it, and what
 * was wrong before: it is hidden (`hide`, and `show`: those above) as a press ends, since what is below may move then, and another
 * control be under the pointer.
 */
export function giveReasons(sayWhy, show, hide, reasons, texts) {
  for (const kind of ['pointerup', 'keydown']) document.addEventListener(kind, hide, true);
  const say = key => texts[document.documentElement.lang.startsWith('ru') ? 'ru' : 'en'][key];
  sayWhy(reasons, say, key => {
    window.why = key;
    document.querySelector('#tell-why').click();
    show();
  });
}

/** While a film is made the button that cancels it is in place of the two that start one, and then those again. */
export function begin() {
  return ['hidden', 'hidden', true].map(visible => ({visible, __type__: 'update'})); // false would bring back the first language's words
}

export function end() {
  return [true, true, 'hidden'].map(visible => ({visible, __type__: 'update'}));
}

/** It is fetched before somebody asks for it: a phone passes on only what is there at once. */
export async function fetchFilm(files) {
  const {url, orig_name} = files.at(-1); // the MP4
  window.film = new File([await (await fetch(url)).blob()], orig_name, {type: 'video/mp4'});
  await Object.assign(new Image(), {src: files[0].url}).decode(); // the one in the frame is lazy as long as it is hidden
  document.querySelector('#result [role=tab]').click(); // the photograph's
}

/** Before and after. */
export function compare(drawing, photo) {
  return [photo && [{url: drawing, path: 'drawing.png'}, photo]];
}

/** Buttons for what is drawn, once a photograph shows that something is. */
export function enable(photo, buttons) {
  return Array(buttons).fill({interactive: Boolean(photo), __type__: 'update'});
}

/** Each value; a number within its [low, high] of `ranges`, whatever was typed, and as 0 where it was deleted to type another. */
export function filled(ranges, ...values) {
  return ranges.map((ends, place) => (ends ? Math.min(Math.max(values[place] ?? 0, ends[0]), ends[1]) : values[place]));
}

/** No variation is the photograph any more, and the one that was can be clicked again. */
export function unmark() {
  return {selected_index: null, __type__: 'update'};
}

/** Buttons for the variations, of which some are ticked: breed, animate, and the slider that mixes two, back where there are no two. */
export function enableChoices(pictures, ticked) {
  const [all, some] = [pictures?.length ?? 0, ticked?.length ?? 0];
  const updates = [some > 0, all > 1 && some !== 1, some > 1].map(interactive => ({interactive, __type__: 'update'}));
  if (some < 2) updates[2].value = 0;
  return updates;
}

/** Tells the server what language the page is in, also where that is changed in the settings. */
export function keepLanguage() {
  const where = location.protocol === 'https:' ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax'; // it may be in a frame
  const keep = () => {
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store
    document.cookie = `language=${document.documentElement.lang}; ${where}`;
  };
  new MutationObserver(keep).observe(document.documentElement, {attributeFilter: ['lang']});
  keep();
}

/**
 * What brings other people or another drawing begins (1) or has come (-1), or pictures of what is there are asked for (0), by a
 * `button` that nobody sees: it is clicked once nothing is on its way.
 */
export function takeTurns(change, button) {
  window.turns ??= {coming: 0, asked: new Set()};
  const {turns} = window;
  turns.coming += change;
  if (button) turns.asked.add(button);
  const go = () => {
    if (turns.coming) return;
    for (const where of turns.asked) {
      const asked = document.querySelector(where);
      if (!asked) return setTimeout(go, 20); // as the page is being loaded
      turns.asked.delete(where);
      asked.click();
    }
  };
  if (button) go();
  else setTimeout(go, 20); // what follows upon what has come, as people of another seed, has begun by then
}

/** Asks for what the sliders lead to once the photograph has rested, of another drawing or with other latents. */
export function askForEnds(photo, ...seen) {
  const REST = 1000; // ms
  const of = photo && JSON.stringify(seen);
  if (of === window.endsOf) return;
  window.endsOf = of;
  clearTimeout(window.endsTimer);
  if (photo) window.endsTimer = setTimeout(() => document.querySelector('#ask-ends').click(), REST);
}

// ---- what lives as long as the tab, as the sketchpad's drawing does --------------------------------------------------

export function keepSettings(...values) {
  try {
    sessionStorage.setItem(`${location.pathname}#settings`, JSON.stringify(values));
  } catch {} // some browsers let no page keep anything
}

/** The settings that were kept, or those that there are. */
export function keptSettings(...values) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`${location.pathname}#settings`));
    return kept?.length === values.length ? kept : values;
  } catch {
    return values;
  }
}

/** The pictures of this visit, as they are, for the server may have lost them: as many as there is room for. */
export async function keepHistory(pictures) {
  const read = async url => {
    const blob = await (await fetch(url)).blob();
    const reader = new FileReader();
    return new Promise(done => {
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(blob);
    });
  };
  const before = window.keptPictures ?? new Map(); // each is read once
  const urls = (pictures ?? []).map(({image}) => image.url);
  const kept = await Promise.all(urls.map(url => before.get(url) ?? read(url)));
  const [times, now] = [window.keptTimes ?? new Map(), Date.now()];
  window.keptTimes = new Map(urls.map(url => [url, times.get(url) ?? now]));
  window.keptPictures = new Map(urls.map((url, k) => [url, kept[k]]));
  while (kept.length) {
    try {
      sessionStorage.setItem(`${location.pathname}#history`, JSON.stringify(kept));
      return;
    } catch {
      kept.pop();
    }
  }
}

/** Those pictures, once the server loses some, which it does with files that are `age` seconds old; it has all anew then. */
export function lostHistory(age) {
  const now = Date.now();
  const times = window.keptTimes ?? new Map();
  if (![...times.values()].some(time => now - time > 1000 * age)) return [];
  for (const url of times.keys()) times.set(url, now);
  return [...window.keptPictures.values()];
}

export function keptHistory() {
  try {
    return [JSON.parse(sessionStorage.getItem(`${location.pathname}#history`)) ?? []];
  } catch {
    return [[]];
  }
}
