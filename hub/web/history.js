// The pictures of this visit, which live as long as the tab.

import {keep, kept} from './strokes.js';

const MOST = 24;

/**
 * Fills `element` with a button for each that was kept, the newest first: named by name(number), it calls open(recipe).
 * check(recipe) throws where that is another version's of the page.
 *
 * What comes back puts a picture in front: its recipe and the address of its photograph. One that is there already moves.
 */
export function pastPictures(element, {name, check, open}) {
  let pictures = (kept('history') ?? []).filter(({recipe}) => {
    try {
      return check(recipe);
    } catch {
      return false;
    }
  });

  function show() {
    const hadFocus = element.contains(document.activeElement);
    const buttons = pictures.map(({recipe, photo}, k) => {
      const button = document.createElement('button');
      Object.assign(button, {type: 'button', ariaLabel: name(k + 1), onclick: () => open(recipe)});
      button.append(Object.assign(new Image(), {src: photo, alt: ''}));
      return button;
    });
    element.replaceChildren(...buttons);
    if (hadFocus) buttons[0].focus({preventScroll: true});
  }

  show();
  return (recipe, photo) => {
    const before = pictures.find(other => JSON.stringify(other.recipe) === JSON.stringify(recipe));
    pictures = [before ?? {recipe, photo}, ...pictures.filter(other => other !== before)].slice(0, MOST);
    show();
    const fitting = [...pictures];
    while (fitting.length && !keep('history', fitting)) fitting.pop();
  };
}
