// Keeps the page for when there is no connection, and adds the two headers without which a browser gives a page no threads
// (static hosts cannot always be told to send them). version.js, which the build writes, changes when any file does.

importScripts('version.js'); // VERSION, FILES: all there are, SMALL: those that every visitor needs at once

self.addEventListener('install', event => {
  self.skipWaiting();
  event.waitUntil(
    caches.open(VERSION).then(cache => cache.addAll(SMALL.map(name => new Request(name, {cache: 'reload'})))),
  );
});

self.addEventListener('activate', event => {
  const drop = async () =>
    Promise.all((await caches.keys()).filter(name => name !== VERSION).map(name => caches.delete(name)));
  event.waitUntil(drop().then(() => self.clients.claim()));
});

self.addEventListener('fetch', event => {
  const url = new URL(event.request.url);
  if (event.request.method === 'GET' && url.origin === location.origin) event.respondWith(answer(event, url));
});

async function answer(event, url) {
  const cache = await caches.open(VERSION),
    place = url.origin + url.pathname;
  let response = await cache.match(place);
  if (!response) {
    response = await fetch(event.request);
    if (response.ok && FILES.some(name => new URL(name, location).href === place))
      event.waitUntil(cache.put(place, response.clone()));
  }
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(response.body, {status: response.status, statusText: response.statusText, headers});
}
