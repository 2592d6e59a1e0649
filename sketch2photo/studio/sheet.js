// A sheet at the bottom of a phone's window; page.py gives the function to Gradio by its name, and hub/web imports it.

/**
 * Makes an element (`sheet`, a selector) what a button opens and closes, and the Escape key closes. The pages' styles make a
 * sheet of it where the window is narrow, with the button for a handle, and hide it unless the button is aria-expanded.
 */
export function bottomSheet(button, sheet) {
  const [handle, content] = [button, sheet].map(where => document.querySelector(where));
  const isOpen = () => handle.ariaExpanded === 'true';
  Object.assign(handle, {ariaExpanded: 'false'}).setAttribute('aria-controls', content.id);
  Object.assign(content, {tabIndex: -1, role: 'region'}).setAttribute('aria-labelledby', handle.id);
  handle.addEventListener('click', () => {
    handle.ariaExpanded = String(!isOpen());
    if (isOpen()) content.focus({preventScroll: true}); // the next tab stop is its first slider
  });
  document.addEventListener('keydown', ({key}) => {
    if (key !== 'Escape' || !isOpen() || !handle.checkVisibility()) return;
    handle.ariaExpanded = 'false';
    handle.focus({preventScroll: true});
  });
}
