/* A moderator's day: keys of lists, templates of reasons, drafts that keep themselves, and a word about a pause. */
(() => {
  "use strict";
  if (window.tesseraConsole) return;
  window.tesseraConsole = true;

  const writes = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const reason = () => document.querySelector("form[data-draft] textarea");

  /* j and k walk the list; w goes to the reason; Ctrl or ⌘ with Enter sends the form one is in. */
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form[data-draft], #ask-second, #answer");
      if (!form) return;
      event.preventDefault();
      return form.requestSubmit(form.querySelector("[data-send]") ?? undefined);
    }
    if (event.ctrlKey || event.metaKey || writes(event.target)) return;
    if (event.key === "w" && reason()) {
      event.preventDefault();
      return reason().focus();
    }
    const step = { j: 1, k: -1 }[event.key];
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!step || !rows.length) return;
    event.preventDefault();
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))].focus();
  });

  /* A template goes to the end of what is written, never over it. Its first gap is marked, ready to be filled. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-template]");
    const area = reason();
    if (!link || !area) return;
    event.preventDefault();
    const text = link.nextElementSibling.textContent;
    const before = area.value.trimEnd();
    area.value = before ? `${before}\n\n${text}` : text;
    const radio = [...area.form.elements].find((each) => each.type === "radio" && each.value === link.dataset.outcome);
    if (radio) radio.checked = true;
    area.focus();
    const gap = area.value.indexOf("[…]", before.length);
    if (gap >= 0) area.setSelectionRange(gap, gap + 3);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });

  /* What is typed is kept two seconds after the last key. */
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const kept = form.querySelector("[data-kept]");
    let timer = 0;
    let sent = false;
    const keep = async () => {
      if (sent) return;
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" }, keepalive: true,
      }).catch(() => null);
      if (kept && answer?.status === 204) kept.textContent = kept.dataset.words;
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      if (kept) kept.textContent = "";
      timer = setTimeout(keep, 2000);
    });
    form.addEventListener("submit", () => {
      sent = true;
      clearTimeout(timer);
    });
  }

  /* A pause is suggested after two hours or three hard cases. It is counted in this tab only, and told to nobody. */
  const rest = document.getElementById("rest");
  const seen = (name) => Number(sessionStorage.getItem(name) ?? 0);
  try {
    if (!seen("console-since")) sessionStorage.setItem("console-since", String(Date.now()));
    if (document.querySelector("[data-distressing]")) sessionStorage.setItem("console-hard", String(seen("console-hard") + 1));
    if (rest && (Date.now() - seen("console-since") > 7_200_000 || seen("console-hard") >= 3)) {
      const box = rest.content.cloneNode(true);
      box.querySelector("button").onclick = (event) => {
        sessionStorage.setItem("console-since", String(Date.now()));
        sessionStorage.setItem("console-hard", "0");
        event.target.closest(".rest").remove();
      };
      document.getElementById("main").append(box);
    }
  } catch {
    /* A browser that keeps nothing suggests nothing. */
  }
})();
