{% autoescape off %}/* Keeps the files that do not change, and a page for a lost line. Never a page of a person: who uses this device
   after them must find nothing. */
"use strict";

const CACHE = "files-1";
const KEPT = [{% for path in kept %}"{{ path|escapejs }}", {% endfor %}];
const STATIC = "{{ static|escapejs }}";
const HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/; // named by content: what is kept is what is there
const MOST = 200;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT.map((url) => new Request(url, { cache: "reload", credentials: "omit" })))));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

async function keep(request, answer) {
  const cache = await caches.open(CACHE);
  await cache.put(request, answer);
  const keys = await cache.keys();
  const old = keys.filter((each) => !KEPT.includes(new URL(each.url).pathname));
  await Promise.all(old.slice(0, Math.max(0, old.length - MOST)).map((each) => cache.delete(each)));
}

async function file(request, hashed) {
  const kept = await caches.match(request);
  if (hashed && kept) return kept;
  try {
    const answer = await fetch(request);
    if (answer.status === 200) await keep(request, answer.clone());
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(KEPT[0])) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("range")) return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(file(request, HASHED.test(url.pathname)));
  else if (request.mode === "navigate") event.respondWith(page(request));
});
{% endautoescape %}
