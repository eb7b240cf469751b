// Keeps our own files and one page that says that there is no connection; never a page with anything of anybody's.
// RELEASE and FILES stand in front of this: another release has other files, and takes the place of this one.
const KEPT = `files-${RELEASE}`;
const [PAGE, ...OTHERS] = FILES;
// Pages of staff and frames are none of its business: a browser asks for them as if it were not there.
const PORTAL = /^\/(?:$|mijn-|chat|antwoord|privacy|hulp|toegankelijkheid)/;

addEventListener("install", (event) => {
  const page = new Request(PAGE, { credentials: "omit", cache: "reload" });
  event.waitUntil(caches.open(KEPT).then((kept) => Promise.all([kept.add(page), kept.addAll(OTHERS)])).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const gone = async () => Promise.all((await caches.keys()).filter((name) => name !== KEPT).map((name) => caches.delete(name)));
  event.waitUntil(gone().then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    if (request.destination !== "document" || !PORTAL.test(new URL(request.url).pathname)) return;
    event.respondWith(fetch(request).catch(async () => (await caches.match(PAGE)) ?? Response.error()));
  } else if (request.method === "GET" && OTHERS.some((one) => new URL(one, location.origin).href === request.url)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
