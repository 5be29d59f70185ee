/* What asks again every few seconds rests while nobody looks, and while a person holds something inside it. */
(() => {
  "use strict";

  document.addEventListener("htmx:beforeRequest", (event) => {
    const place = event.target;
    if (!place.hasAttribute?.("data-while-seen")) return;
    if (document.hidden || document.querySelector("dialog[open]")) event.preventDefault();
  });
})();
