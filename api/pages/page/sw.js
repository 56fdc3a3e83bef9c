// Service worker: keeps the phone page and its files, so that it opens without a network, and shows notifications while no
// page is open. Answers of the API never pass through here. The server puts in front what to keep: its version changes with
// the content.

const worker = /** @type {any} */ (self);
const {version, page, files, icon} = worker.kept;
const CACHE = `phone-${version}`;
const PATIENCE = 3000; // milliseconds until a slow network is no network

worker.addEventListener('install', (event) => {
  worker.skipWaiting();
  event.waitUntil(keep());
});

worker.addEventListener('activate', (event) => event.waitUntil(forgetEarlier()));

worker.addEventListener('fetch', (event) => {
  const {request} = event;
  const {origin, pathname} = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate' && pathname === page) event.respondWith(show(request));
  else if (files.includes(pathname)) event.respondWith(find(request));
});

worker.addEventListener('push', (event) => event.waitUntil(notify(event.data?.json() ?? {})));

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});

/** A browser takes the permission away from a site that shows nothing. The same tag replaces, and is heard again. */
const notify = ({title = 'P.I.T.', body = 'Откройте уведомления', path = '/notifications', tag = 'news'}) =>
  worker.registration.showNotification(title, {body, tag, icon, badge: icon, lang: 'ru', renotify: true, data: {path}});

/** The page that a notification is about: where it is open already, else in a window of its own. */
async function open(path) {
  const {href} = new URL(path, location.origin);
  const windows = await worker.clients.matchAll({type: 'window', includeUncontrolled: true});
  const shown = windows.find(({url}) => url === href);
  return shown ? shown.focus() : worker.clients.openWindow(href);
}

/** All or nothing. After the session's end the page is the login's: then a later visit keeps it. */
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all([page, ...files].map(async (path) => {
    const answer = await fetch(path, {redirect: 'error', cache: path === page ? 'no-cache' : 'default'});
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await cache.put(path, answer);
  }));
}

async function forgetEarlier() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

/** The server's page where it comes soon, else the kept one. */
async function show(request) {
  const answer = fetch(request);
  const slow = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
  const soon = await Promise.race([answer.catch(() => null), slow]);
  if (soon && soon.status < 500) return soon;
  return (await caches.match(page)) ?? answer;
}

const find = async (request) => (await caches.match(request)) ?? fetch(request);
