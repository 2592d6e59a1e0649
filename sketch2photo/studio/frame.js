// Films are shown in the photograph's frame; page.py gives the functions to Gradio by their names, and hub/web imports them.

/** The film, and in sight, in place of the photograph: shared.css does it. */
export function showFilm() {
  document.body.dataset.film = '';
  document.querySelector('#frame').scrollIntoView({block: 'nearest'});
}

/** The photograph again. */
export function showStill() {
  delete document.body.dataset.film;
}

/** A click on the film, or on the button over it, brings the photograph back; Tab goes on from there. */
export function backToStill() {
  document.addEventListener('click', ({target}) => {
    if (!target.closest('#film, #still')) return;
    if (document.activeElement.matches('#still'))
      Object.assign(document.querySelector('#frame'), {tabIndex: -1}).focus({preventScroll: true});
    delete document.body.dataset.film;
  });
}
