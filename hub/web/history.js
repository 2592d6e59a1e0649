// The pictures of this visit, which live as long as the tab.

import {keep, kept} from './strokes.js';

const MOST = 24;

/**
 * Fills `element` with a button for each that was kept, the newest first: named by name(number), it calls open(recipe).
 * check(recipe) throws where that is another version's of the page.
 *
 * What comes back puts a picture in front: its recipe, the address of its photograph, and when its drawing was begun. There is one
 * of a drawing with the same sliders, the newest, and one that is there already moves.
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
  return (recipe, photo, begun) => {
    const place = JSON.stringify([begun, {...recipe, sketch: ''}]);
    const before = pictures.find(other => JSON.stringify(other.recipe) === JSON.stringify(recipe));
    const others = pictures.filter(other => other !== before && other.place !== place);
    pictures = [{...(before ?? {recipe, photo}), place}, ...others].slice(0, MOST);
    show();
    const fitting = [...pictures];
    while (fitting.length && !keep('history', fitting)) fitting.pop();
  };
}
