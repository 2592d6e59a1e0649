// What the page does in the browser alone; page.py gives each function to Gradio by its name.

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

/** Film and files, once there are some. */
export function showBoth() {
  return [true, true].map(visible => ({visible, __type__: 'update'}));
}

/** While an animation is made the button that cancels it is in place of the one that starts it, and then that again. */
export function begin() {
  return [false, true].map(visible => ({visible, __type__: 'update'}));
}

export function end() {
  return [true, false].map(visible => ({visible, __type__: 'update'}));
}

export function showFilm() {
  document.querySelector('#film').scrollIntoView({behavior: 'smooth', block: 'end'});
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

/** Buttons for the variations, of which some are ticked: breed, animate, and the slider that mixes two. */
export function enableChoices(pictures, ticked) {
  const [all, some] = [pictures?.length ?? 0, ticked?.length ?? 0];
  return [some > 0, all > 1 && some !== 1, all > 1].map(interactive => ({interactive, __type__: 'update'}));
}

/** Tells the server what language the page is in, also where that is changed in the settings. */
export function keepLanguage() {
  const where = location.protocol === 'https:' ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax'; // it may be in a frame
  const keep = () => {
    document.cookie = `language=${document.documentElement.lang}; ${where}`;
  };
  new MutationObserver(keep).observe(document.documentElement, {attributeFilter: ['lang']});
  keep();
}
