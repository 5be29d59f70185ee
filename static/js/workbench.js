/* The workbench with scripts: drafts while one types, the lease renewed while one works, a pause that does not
   count, focus where the work is. Tasks of choices and text are done without any of it. Keys are app.js's. */
(() => {
  "use strict";

  const DRAFT_AFTER = 800; // ms without typing
  const LOOK_EVERY = 20000; // ms between looks at the lease
  const TOO_SOON = 400; // ms: an Enter this soon after a task came, nothing answered, was meant for the last one
  const known = new WeakSet();
  let bench, deadline, active, writing, timer, sending, away;
  let came = performance.now();

  const find = (id) => document.getElementById(id);
  const token = () => bench.querySelector("[name=csrfmiddlewaretoken]").value;
  const form = () => find("answer");

  function post(path, values, options) {
    return fetch(bench.dataset.url + path, {
      method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": token() }, ...options,
    });
  }

  /* The draft: kept after each change, and at the last moment when the page is left. */
  async function keep(last) {
    clearTimeout(timer);
    timer = null;
    sending?.abort();
    sending = last ? null : new AbortController();
    try {
      const answer = await post("draft/", new FormData(form()), last ? { keepalive: true } : { signal: sending.signal });
      if (answer.ok && find("kept")) find("kept").hidden = false;
    } catch { /* no network: what was typed is still on the page, and the next change tries again */ }
  }
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(keep, DRAFT_AFTER);
  }
  function leave() {
    if (timer) keep(true);
    if (away) back(true);
  }

  /* The lease: prolonged while somebody works, and left alone otherwise. */
  const over = () => "over" in bench.dataset;
  async function look() {
    if (!bench || over() || away) return;
    const left = deadline - Date.now();
    const worked = active;
    active = false;
    if (left <= 0) return ended();
    if (!worked || left > bench.dataset.limit * 667) return;
    const mine = bench;
    try {
      const answer = await post("renew/", {});
      if (mine !== bench) return;
      if (answer.status === 409) return ended();
      if (!answer.ok) return;
      const { seconds, words } = await answer.json();
      deadline = Date.now() + seconds * 1000;
      if (find("lease")) find("lease").textContent = words;
    } catch { /* no network: the next look tries again */ }
  }
  function ended() {
    bench.dataset.over = "";
    find("task-notice").append(find("time-over").content.cloneNode(true));
  }

  /* The pause: seconds away are reported when one comes back, or when the page is closed. */
  function rest() {
    away = Date.now();
    find("pause").showModal();
  }
  function back(last) {
    const seconds = Math.round((Date.now() - away) / 1000);
    away = null;
    post("pause/", { seconds }, last ? { keepalive: true } : {}).catch(() => {});
    if (!last) look();
  }

  /* A task has come: its clock, its instructions as they were left, and focus on what is wrong or comes first. */
  function begin(page) {
    bench = find("task");
    if (!bench) return;
    clearTimeout(timer);
    timer = null;
    active = false;
    deadline = Date.now() + bench.dataset.seconds * 1000;
    if (find("pause-button")) find("pause-button").hidden = false;
    if (find("instructions")?.dataset.batch && !known.has(find("instructions"))) {
      known.add(find("instructions"));
      remember(find("instructions"));
    }
    const wrong = bench.querySelector(".field.invalid, .field:has([aria-invalid=true])");
    const first = writing && bench.querySelector("#answer .field :is(input:not([type=hidden]), select, textarea)");
    if (wrong) return enter(wrong);
    if (first) first.focus({ preventScroll: !page });
    else if (!page) bench.focus({ preventScroll: true });
    if (!page) arrive();
  }
  /* Into a question: its first thing to type in or to press, or the question itself where a script still draws it. */
  function enter(field) {
    const usable = "input:not([type=hidden]), select, textarea:not([data-answer]), button, [tabindex]:not([tabindex='-1'])";
    const first = [...field.querySelectorAll(usable)].find((each) => each.checkVisibility?.() !== false);
    if (!first) field.tabIndex = -1;
    (first ?? field).focus();
  }
  /* The next task: its instructions as the person left them, and the page where there is something to do or to read. */
  function arrive() {
    const instructions = find("instructions");
    const { batch, cookie } = instructions?.dataset ?? {};
    if (batch) instructions.open = !folds(cookie).includes(batch);
    const said = find("task-notice").childElementCount > 0;
    (instructions?.open && !said ? form() : bench).scrollIntoView({ block: "start" });
  }
  /* The page draws the instructions open unless this cookie names their batch, as it does after the first answer:
     nothing moves when a script comes. ~ says that a person opened them. */
  function folds(cookie) {
    const kept = document.cookie.split("; ").find((each) => each.startsWith(`${cookie}=`));
    return (kept?.slice(cookie.length + 1) ?? "").split(".").filter(Boolean);
  }
  function remember(instructions) {
    const { batch, cookie } = instructions.dataset;
    instructions.querySelector("summary").addEventListener("click", () => {
      const others = folds(cookie).filter((each) => each !== batch && each !== `~${batch}`);
      const known = [instructions.open ? batch : `~${batch}`, ...others]; // it is turned after this event
      const safe = location.protocol === "https:" ? "; secure" : "";
      document.cookie = `${cookie}=${known.slice(0, 20).join(".")}; path=/; max-age=2592000; samesite=lax${safe}`;
    });
  }

  /* The line is down: the answer waits on this device (waiting.js), and is sent from here if the page is still open. */
  function answered(event) {
    return event.detail.elt?.closest?.("#answer") && event.detail.requestConfig?.path === bench?.dataset.url;
  }
  /* False when there is no room for it on the device. */
  function wait(event) {
    const { then } = event.detail.requestConfig.parameters;
    const body = new URLSearchParams([...new FormData(form()), ["then", then]]).toString();
    try { window.Tessera.waiting.keep(bench.dataset.url, body); } catch { return false; }
    return true;
  }
  /* Who is logged out meanwhile finds the answer again: it is sent after the next log-in. */
  const loggedOut = (xhr) => xhr.status === 401 || (xhr.getResponseHeader("HX-Redirect") ?? "").startsWith("/accounts/");
  document.addEventListener("htmx:sendError", (event) => {
    if (!answered(event) || !window.Tessera.waiting) return;
    if (!wait(event)) return;
    event.stopImmediatePropagation(); // it is not lost: app.js need not say that something went wrong
    find("task-notice").replaceChildren(find("no-line").content.cloneNode(true));
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    if (!window.Tessera.waiting || !answered(event) || !xhr.status || xhr.status >= 500 || [403, 429].includes(xhr.status)) return;
    if (loggedOut(xhr)) return void wait(event);
    const { url } = bench.dataset, waited = window.Tessera.waiting.here(url);
    window.Tessera.waiting.drop(url);
    if (waited && xhr.status < 300) window.Tessera.waiting.sent(!xhr.getResponseHeader("HX-Redirect"));
  }, true);
  function resume() {
    const kept = bench && window.Tessera.waiting?.here(bench.dataset.url);
    if (!kept || !navigator.onLine || !form()) return;
    const then = new URLSearchParams(kept.body).get("then") ?? "next";
    form().querySelector(`[name=then][value="${then}"]:not([formaction])`)?.click();
  }
  addEventListener("online", resume);
  setInterval(resume, 15000);

  const types = (element) => element?.matches?.("textarea, select, input:not([type=radio], [type=checkbox])") ?? false;
  document.addEventListener("input", (event) => {
    if (!event.target.closest("#answer")) return;
    came = null;
    changed();
  });
  /* A second Enter does not submit the next task unseen. app.js leaves keys alone that are prevented. */
  document.addEventListener("keydown", (event) => {
    if (away && event.key.toLowerCase() === "p") { // the key that began a pause ends it
      event.preventDefault();
      return find("pause").close();
    }
    if (event.key !== "Enter" || event.target.closest("a, button, summary, dialog")) return;
    if (event.target.closest("textarea") && !event.ctrlKey && !event.metaKey) return;
    if (event.repeat || (came !== null && performance.now() - came < TOO_SOON)) event.preventDefault();
  }, true);
  document.addEventListener("submit", () => {
    clearTimeout(timer);
    timer = null;
    sending?.abort();
  });
  document.addEventListener("htmx:beforeRequest", () => {
    writing = types(document.activeElement) && document.activeElement.closest("#answer") !== null;
    clearTimeout(timer);
    timer = null;
    sending?.abort();
  });
  document.addEventListener("htmx:beforeSwap", () => (came = performance.now())); // htmx:load comes after the first keys
  document.addEventListener("htmx:load", (event) => event.target.id === "task" && begin(false));
  document.addEventListener("click", (event) => {
    const wrong = event.target.closest("#task-notice a[href^='#']");
    const field = wrong && document.querySelector(wrong.getAttribute("href"))?.closest(".field");
    if (field) {
      event.preventDefault();
      enter(field);
    } else if (event.target.closest("#pause-button")) rest();
    else if (timer && event.target.closest("a[href]")) keep(true); // before the next page is asked for, so that Back finds it
  });
  find("pause")?.addEventListener("close", () => away && back(false));
  for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    addEventListener(kind, () => (active = true), { passive: true, capture: true });
  }
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && timer && keep(true));
  setInterval(look, LOOK_EVERY);
  begin(true);
})();
