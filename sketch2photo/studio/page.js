// What the page does in the browser alone; page.py gives each function to Gradio by its name.

/** What was made to be kept goes to the visitor's downloads by itself. */
export function download(files) {
  for (const {url, orig_name} of [files].flat()) {
    const link = document.createElement('a');
    [link.href, link.download] = [url, orig_name];
    link.click();
  }
}

export function showFilm() {
  document.querySelector('#film').scrollIntoView({behavior: 'smooth', block: 'end'});
}

/** Before and after. */
export function compare(drawing, photo) {
  return [photo && [{url: drawing, path: 'drawing.png'}, photo]];
}

/** A button for what is drawn, once a photograph shows that something is. */
export function enable(photo) {
  return {interactive: Boolean(photo), __type__: 'update'};
}

/** Each value, or 0 for a number that was deleted to type another one. */
export function filled(...values) {
  return values.map(value => value ?? 0);
}
