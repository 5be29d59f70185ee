/* Small comforts on top of pages that work without them. No page needs this file to be used. */
(() => {
  "use strict";

  /* <form data-confirm="…"> or <button data-confirm="…">: ask before it is sent. */
  const ask = document.getElementById("ask");
  const sure = new WeakSet();

  function question(form, button) {
    return button?.dataset.confirm ?? form.dataset.confirm;
  }

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    const words = question(form, submitter);
    if (words && !sure.has(form) && ask?.showModal) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask.querySelector("h2").textContent = words;
      ask.querySelector("p").textContent = submitter?.dataset.consequence ?? form.dataset.consequence ?? "";
      ask.returnValue = "no";
      ask.onclose = () => {
        if (ask.returnValue !== "yes") return submitter?.focus();
        sure.add(form);
        form.requestSubmit(submitter);
        sure.delete(form);
      };
      return ask.showModal();
    }
    /* A second click while the first is under way sends nothing. */
    if (form.method === "post" && !form.closest("[hx-post]")) {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 5000);
    }
  }, true);
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  /* <details class="confirm" data-dialog>: its panel becomes a dialog. */
  function openPanel(details) {
    const panel = details.querySelector("summary + div");
    const dialog = document.createElement("dialog");
    const heading = panel.querySelector("h2");
    if (heading) {
      heading.id ||= `d${Math.random().toString(36).slice(2)}`;
      dialog.setAttribute("aria-labelledby", heading.id);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button plain";
    close.textContent = ask?.querySelector("[value=no]")?.textContent ?? "×";
    close.onclick = () => dialog.close();
    const row = panel.querySelector(".actions") ?? panel;
    row.append(close);
    dialog.append(...panel.childNodes);
    dialog.onclose = () => {
      close.remove();
      panel.append(...dialog.childNodes);
      dialog.remove();
      details.querySelector("summary").focus();
    };
    document.body.append(dialog); // inside closed <details> it would not be drawn
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details[data-dialog] > summary");
    if (summary && HTMLDialogElement.prototype.showModal) {
      event.preventDefault();
      openPanel(summary.parentElement);
    }
    if (event.target instanceof HTMLDialogElement) event.target.close();
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
  });

  /* data-hotkey="1", "s", "Enter": the key printed on a thing presses it. While one writes, only Ctrl or ⌘ with Enter does. */
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => (menu.open = false));
    if (event.defaultPrevented || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    const writes = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    const command = event.ctrlKey || event.metaKey;
    if (writes ? !(command && event.key === "Enter") : command && event.key !== "Enter") return;
    if (event.key === "Enter" && !command && event.target.closest("a, button, summary")) return;
    const wanted = [...document.querySelectorAll("[data-hotkey]")].find(
      (each) => each.dataset.hotkey.toLowerCase() === event.key.toLowerCase() && !each.disabled && each.checkVisibility?.() !== false,
    );
    if (!wanted) return;
    event.preventDefault();
    wanted.focus({ preventScroll: true });
    wanted.click();
  });

  /* .drop: a file may fall anywhere on it. */
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const area = event.target.closest?.("[data-drop]");
      if (!area) return;
      event.preventDefault();
      area.classList.toggle("over", kind === "dragover");
      const input = area.querySelector("input[type=file]");
      if (kind === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }

  /* What went wrong is read first. */
  const greet = (root) => root.querySelector("[data-focus]")?.focus();
  greet(document);
  document.addEventListener("htmx:load", (event) => greet(event.target));

  /* An answer that htmx does not put on the page still says what happened. */
  function tell(title, text) {
    const notice = document.getElementById("trouble").content.cloneNode(true);
    if (title) notice.querySelector("b").textContent = title;
    if (text) notice.querySelector("p").textContent = text;
    const place = document.getElementById("messages");
    place.replaceChildren(notice);
    place.scrollIntoView({ block: "center" });
  }
  document.addEventListener("htmx:sendError", () => tell());
  document.addEventListener("htmx:timeout", () => tell());
  document.addEventListener("htmx:responseError", (event) => {
    const { responseText, status } = event.detail.xhr;
    if (status === 401 || (status === 403 && !responseText)) return location.reload();
    const page = new DOMParser().parseFromString(responseText, "text/html");
    const words = (selector) => page.querySelector(selector)?.textContent.trim();
    tell(words("main h1") ?? words("h1"), words("main h1 ~ p, main p") ?? words("p"));
  });
})();
