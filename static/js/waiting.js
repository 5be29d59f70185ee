/* Answers given while the line is down. They wait on this device, are sent once when it is back, and only for the
   person who gave them. The server takes the same answer twice as one, so trying again does no harm.
   Tessera.waiting: keep(url, body), drop(url), here(url), sent(whether this page stays). */
(() => {
  "use strict";

  const PLACE = "waiting";
  const AGAIN_EVERY = 15000; // ms: a line can come back without the browser saying so
  const OLD = 30 * 86400000; // ms: nobody can take them any more
  const { person } = document.body.dataset;
  if (!person) return;

  function read() {
    try { return JSON.parse(localStorage.getItem(PLACE)) ?? []; } catch { return []; }
  }
  function write(list) {
    if (list.length) localStorage.setItem(PLACE, JSON.stringify(list));
    else localStorage.removeItem(PLACE);
  }
  const others = (url) => read().filter((each) => each.url !== url || each.person !== person);
  let own = null; // the task whose answer this very page still shows, and sends itself
  const here = (url) => read().find((each) => each.url === own && each.url === url && each.person === person);
  const drop = (url) => write(others(url));
  function keep(url, body) {
    write([...others(url), { url, body, person, at: Date.now() }]);
    own = url;
  }
  const mine = () => read().filter((each) => each.person === person);

  const open = () => document.getElementById("task")?.dataset.url;
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const post = (url, body) => fetch(url, {
    method: "POST", body: new URLSearchParams(body), headers: { "X-CSRFToken": token(), "HX-Request": "true" },
  });

  function say(template, url) {
    const note = document.getElementById(template)?.content.cloneNode(true);
    if (!note) return;
    note.querySelectorAll("a[data-task]").forEach((link) => (link.href = url));
    document.getElementById("messages").append(note);
  }

  /* A quiet word that an answer was sent: now, or on the page that comes when this one goes. */
  const SENT = "waiting-sent";
  function sent(stays) {
    sessionStorage.setItem(SENT, "1");
    if (stays) told();
  }
  function told() {
    if (!sessionStorage.getItem(SENT)) return;
    sessionStorage.removeItem(SENT);
    say("waiting-sent", "");
  }

  /* One after the other, in one tab only. What is refused is kept as the draft of its task, with a way there. */
  async function send(list) {
    for (const { url, body } of list) {
      const values = new URLSearchParams(body);
      values.set("then", "stop");
      values.delete("csrfmiddlewaretoken"); // it may be of an earlier log-in; the header has today's
      const answer = await post(url, values);
      const to = answer.headers.get("HX-Redirect") ?? "";
      if (answer.status === 204 && !to.startsWith("/accounts/")) {
        drop(url);
        sent(url !== open());
        if (url === open()) return location.reload();
      } else if (answer.status === 204 || answer.status === 403) {
        return; // logged out: it waits until this person is back
      } else if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
        const draft = await post(`${url}draft/`, values);
        if (!draft.ok && draft.status !== 404 && draft.status !== 409) continue; // nobody else has it yet
        drop(url);
        if (url === open()) return location.reload();
        say("waiting-refused", url);
      }
    }
  }
  async function flush() {
    write(read().filter((each) => Date.now() - each.at < OLD));
    const list = mine().filter((each) => each.url !== own || each.url !== open());
    if (!list.length || !navigator.onLine) return;
    const alone = navigator.locks ? (job) => navigator.locks.request(PLACE, { ifAvailable: true }, job) : (job) => job(true);
    await alone((lock) => lock && send(list).catch(() => {}));
  }

  window.Tessera.waiting = { keep, drop, here, sent };
  addEventListener("online", flush);
  setInterval(flush, AGAIN_EVERY);
  told();
  flush();
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
})();
