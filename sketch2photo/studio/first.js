// What runs in the page before Gradio does; preview.py puts it into the page's head.

// Gradio's loading screen counts its seconds in each frame, and nothing ends that once it is gone: a page that nobody touches
// kept a tenth of a core busy. While no progress shows, what counts them waits for a second between two frames.
{
  const request = window.requestAnimationFrame.bind(window);
  const seconds = /\(performance\.now\(\)-[^/]*\)\/1e3/; // as its code says it
  const isTimer = callback => seconds.test(String(callback));
  const progress = '[data-testid=status-tracker]:not(.hide)';
  window.requestAnimationFrame = callback =>
    isTimer(callback) && !document.querySelector(progress)
      ? setTimeout(() => request(callback), 1000)
      : request(callback);
}

// At each step of each request Gradio clones all that each of its elements knows, value by value, some thousand times: a
// quarter of what the page had to do while one draws. What is no object is its own clone, and a function has none.
{
  const clone = window.structuredClone.bind(window);
  const hasNone = new DOMException('A function cannot be cloned.', 'DataCloneError');
  window.structuredClone = (value, options) => {
    if (typeof value === 'function') throw hasNone;
    return value === null || (typeof value !== 'object' && typeof value !== 'symbol') ? value : clone(value, options);
  };
}
