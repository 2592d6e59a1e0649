// Pictures of what sliders lead to; page.py gives the functions to Gradio by their names, and hub/web imports them.

/** A strip of pictures, of the low and the high end of each slider of a direction, or none: shared.css shows them there. */
export function showEnds(strip) {
  document.querySelectorAll('#settings [id^=direction] .slider_input_container').forEach((slider, place) => {
    slider.classList.toggle('ends', Boolean(strip));
    slider.style.setProperty('--place', place);
    if (strip) slider.style.setProperty('--strip', `url("${strip.url}")`);
  });
}

/** A picture of a slider's end is a way there. */
export function goToEnds() {
  document.addEventListener('click', ({target}) => {
    if (!target.matches?.('#settings .ends > :is(.min_value, .max_value)')) return;
    const slider = target.parentElement.querySelector('input[type=range]');
    slider.value = target.matches('.min_value') ? slider.min : slider.max;
    for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind, {bubbles: true}));
    slider.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
  });
}
