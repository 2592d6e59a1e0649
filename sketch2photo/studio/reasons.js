// Why a control cannot be used yet; page.py gives the function to Gradio by its name, and hub/web imports it.

/**
 * While a control is disabled its reason is its title and what it is described by, and whoever presses it is told. `reasons` are keys
 * of sentences by the selectors of controls, say(key) gives a sentence in the language that the page is in, and tell(key) shows it.
 */
export function sayWhy(reasons, say, tell) {
  const sentences = {}; // elements of them, by their keys
  for (const key of Object.values(reasons))
    sentences[key] ??= Object.assign(document.createElement('p'), {id: `why-${key}`, hidden: true});
  document.body.append(...Object.values(sentences));

  function describe() {
    for (const [key, sentence] of Object.entries(sentences)) sentence.textContent = say(key);
    for (const [where, key] of Object.entries(reasons))
      for (const control of document.querySelectorAll(where)) {
        control.title = control.disabled ? say(key) : '';
        if (control.disabled) control.setAttribute('aria-describedby', `why-${key}`);
        else control.removeAttribute('aria-describedby');
      }
  }

  // It is no click, of which what is disabled knows nothing; and it goes no further: Gradio's slider is released although it is
  // disabled, and what then comes back would take the place of the reason.
  document.addEventListener(
    'pointerup',
    event => {
      const why = Object.keys(reasons).find(where => event.target.closest?.(where)?.disabled);
      if (!why) return;
      event.stopPropagation();
      if (!event.defaultPrevented) tell(reasons[why]); // the first of two clicks may have disabled it (twice.js)
    },
    true,
  );
  new MutationObserver(describe).observe(document.documentElement, {
    attributeFilter: ['disabled', 'lang'],
    subtree: true,
  });
  describe();
}
