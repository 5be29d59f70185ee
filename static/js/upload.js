/* Sending a file with a bar that moves. Without this file the browser sends the form by itself. */
(() => {
  "use strict";

  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

  /* Listeners are on the document: a refused file brings a new form into the page. */
  const tooBig = (form) => form.querySelector("input[type=file]").files[0]?.size > Number(form.dataset.most);
  const say = (form, text) => (form.querySelector("[data-said]").textContent = text);

  document.addEventListener("change", ({ target }) => {
    const form = target.closest?.("form[data-upload]");
    if (form && target.type === "file") say(form, tooBig(form) ? form.dataset.tooBig : "");
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-upload]");
    if (!form?.querySelector("input[type=file]").files.length) return;
    event.preventDefault();
    if (tooBig(form)) {
      delete form.dataset.sent;
      return say(form, form.dataset.tooBig);
    }
    send(form);
  });

  function send(form) {
    const request = new XMLHttpRequest();
    const gauge = form.querySelector("[data-progress]");
    const button = form.querySelector("button");
    const stop = (text) => {
      say(form, text);
      gauge.hidden = true;
      button.disabled = false;
      delete form.dataset.sent;
    };
    request.open("POST", form.action);
    request.upload.onprogress = ({ loaded, total }) => {
      const share = total ? loaded / total : 0;
      gauge.querySelector("progress").value = share;
      gauge.querySelector("[data-words]").textContent = percent.format(share);
    };
    request.onerror = () => stop(form.dataset.broken);
    request.onload = () => {
      if (request.status < 400) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.querySelector("main");
      if (request.status === 413 || !main?.querySelector("form[data-upload]")) {
        return stop(request.status === 413 ? form.dataset.tooBig : form.dataset.broken);
      }
      document.querySelector("main").replaceWith(main);
      main.querySelector("[data-focus]")?.focus();
    };
    gauge.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  }
})();
