/* Ticking all answers on the page at once. */
(() => {
  "use strict";

  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-tick-all]")) return;
    document.querySelectorAll("[data-tick]").forEach((box) => (box.checked = target.checked));
  });
})();
