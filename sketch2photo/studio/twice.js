// The second of two quick clicks; page.py gives the function to Gradio by its name, and hub/web imports it.

/**
 * Whoever clicks twice has done with the first click what they wanted. The second does nothing to what that has put under the
 * pointer: to Cancel in place of Animate, or to the canvas under a question that was answered; nor to what it has disabled, whose
 * press ends prevented (reasons.js says nothing then).
 */
export function leaveSecondClicks() {
  const [TWICE, NEAR] = [500, 8]; // ms, px
  let first; // the last press that was none of these
  let isSecond = false;
  document.addEventListener(
    'pointerdown',
    event => {
      const {timeStamp, clientX: x, clientY: y} = event;
      const pressed = event.target.closest?.('button') ?? event.target; // a button has lines in its picture, and gaps between them
      isSecond =
        first &&
        (pressed !== first.pressed || pressed.disabled) &&
        timeStamp - first.timeStamp < TWICE &&
        Math.hypot(x - first.x, y - first.y) < NEAR;
      if (isSecond) event.stopPropagation();
      else first = {pressed, timeStamp, x, y};
    },
    true,
  );
  document.addEventListener('pointerup', event => isSecond && event.preventDefault(), true);
  document.addEventListener(
    'click',
    event => {
      if (!isSecond || !event.detail) return; // a key's has no detail
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
