// What is wrong with the layout of the page as it is: given to Chromium by layout.py.

([canvas, photo, sheet]) => {
  const found = [];
  const handle = `[aria-controls=${sheet?.slice(1)}]`;
  const controls = 'button, input, canvas, img, h1, p, label span, summary, textarea';
  const boxes = [...document.querySelectorAll(controls)]
    .filter(element => element.checkVisibility({opacityProperty: true, visibilityProperty: true}))
    .filter(element => !element.closest('.visually-hidden, [aria-hidden=true]'))
    .filter(element => !sheet || element.closest(`${sheet}, ${photo}, ${handle}`)) // which lies over all others
    .map(element => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1);

  function name(element) {
    const words = element.ariaLabel || element.textContent || element.alt || '';
    return `${element.tagName}#${element.closest('[id]')?.id} "${words.trim().slice(0, 30)}"`;
  }

  const scrolls = ({overflowX, overflowY}) => [overflowX, overflowY].some(value => ['auto', 'scroll'].includes(value));
  const clips = ({overflowX, overflowY}) => overflowX !== 'visible' || overflowY !== 'visible';

  /** The element, or one around it, that cuts off some of its text; none that can be scrolled does. */
  function cutter(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect();
    for (let around = element; around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (scrolls(style)) return null;
      if (around !== element && !clips(style)) continue;
      const frame = around.getBoundingClientRect();
      const isCut =
        text.left < frame.left - 2 ||
        text.right > frame.right + 2 ||
        text.top < frame.top - 3 ||
        text.bottom > frame.bottom + 3;
      if (isCut) return around;
    }
    return null;
  }

  const {scrollWidth} = document.scrollingElement;
  if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} px wide`);
  for (const [element, box] of boxes) {
    const strip = element.closest('.grid-container');
    const isOut = box.left < -1 || box.right > innerWidth + 1;
    if (isOut && !(strip && scrolls(getComputedStyle(strip)))) found.push(`${name(element)} is cut by the window`);
    if (!element.matches('button, p, h1, span, summary') || !element.innerText?.trim()) continue;
    const cut = cutter(element);
    if (cut) found.push(`${name(element)} is cut by ${name(cut)}`);
  }

  /** Without a film to share, or with one, as the pages hide its button. */
  function checkRows(isHidden) {
    const share = document.querySelector('#share-film');
    share.classList.toggle('hidden', isHidden);
    share.hidden = isHidden;
    for (const row of document.querySelectorAll('.row')) {
      const buttons = [...row.children].filter(child => child.matches('button') && child.checkVisibility());
      const [last, ...above] = Object.values(Object.groupBy(buttons, button => button.offsetTop)).reverse();
      if (last?.length === 1 && above.some(line => line.length > 1))
        found.push(`${name(last[0])} is alone under others`);
      if (new Set(buttons.map(button => button.offsetHeight)).size > above.length + 1)
        found.push(`${name(row)} has buttons of different heights`);
      if (buttons.length && row.scrollWidth > row.clientWidth) found.push(`${name(row)} is too narrow for its buttons`);
    }
  }

  checkRows(false);
  checkRows(true);

  // What lies over the drawing and the variations on purpose.
  const isMeant = element => element.closest('.note, .offer, .heart, #liked, .calibrated, .icon-button-wrapper');
  const others = boxes.filter(([element]) => !isMeant(element));
  others.forEach(([one, a], i) => {
    for (const [other, b] of others.slice(i + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 2 && height > 2) found.push(`${name(one)} lies over ${name(other)}`);
    }
  });

  const [paper, picture] = [canvas, photo].map(where => document.querySelector(where).getBoundingClientRect());
  const isSeen = ({top, left, bottom, right, width}) =>
    width > 100 && top >= 0 && left >= 0 && bottom <= innerHeight + 1 && right <= innerWidth + 1;
  const bottom = sheet ? document.querySelector(handle).getBoundingClientRect().top : innerHeight;
  const inSight = Math.min(picture.bottom, bottom) - Math.max(picture.top, 0);
  return {found, paper: isSeen(paper), picture: isSeen(picture), inSight};
};
