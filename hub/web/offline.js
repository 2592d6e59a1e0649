// The service worker (sw.js), which keeps the page for when there is no connection and without which there are no threads.

const PATIENCE = 4000; // ms that the page waits for it at its first visit

/** Waits until a service worker is at work; rejects where it could not be installed, of which `ready` would never tell. */
function activated(registration) {
  const worker = registration.installing ?? registration.waiting;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!worker || worker.state === 'activated') resolve();
      else if (worker.state === 'redundant') reject(new Error('The service worker could not be installed.'));
    };
    worker?.addEventListener('statechange', look);
    look();
  });
}

/**
 * Registers sw.js; the first time the page is loaded again under it, so that it may have threads: not where that takes long,
 * nor where somebody has begun to use the page. -> whether the page goes on.
 */
export async function settle() {
  let isUsed = false;
  for (const kind of ['pointerdown', 'keydown', 'drop', 'paste'])
    addEventListener(kind, () => {
      isUsed = true;
    });
  try {
    const registered = navigator.serviceWorker.register('sw.js', {updateViaCache: 'none'}).then(activated);
    if (crossOriginIsolated || sessionStorage.getItem('reloaded')) {
      registered.catch(() => {});
      return true;
    }
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
    await Promise.race([registered, late]);
    if (isUsed) return true;
    sessionStorage.setItem('reloaded', 'yes');
    location.reload();
    return false;
  } catch {
    // Late, or kept by nobody: some browsers keep nothing in a private window or a frame. Then one thread.
    return true;
  }
}
