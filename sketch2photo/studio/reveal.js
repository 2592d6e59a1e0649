// Brings something into sight; page.py gives the function to Gradio by its name, and hub/web imports it.

/**
 * The foot of an element (a selector). Where it lies in a column that sticks to the window's top and is higher than that, it is in
 * sight at the end of the columns alone.
 */
export function reveal(where) {
  const element = document.querySelector(where);
  element.scrollIntoView({block: 'end'});
  if (element.getBoundingClientRect().bottom > innerHeight)
    document.querySelector(':has(> #settings)').scrollIntoView({block: 'end'});
}
