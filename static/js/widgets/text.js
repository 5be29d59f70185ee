/* A text box with a limit: near it, how many characters are left. They are counted as the server counts them. */
(() => {
  "use strict";

  const NEAR = 0.8; // of the limit
  const PAUSE = 1200; // ms without typing, then a screen reader is told

  Tessera.widget("text", (element, { options }) => {
    const box = element.querySelector("input, textarea");
    const seen = document.createElement("p"), told = document.createElement("p");
    let timer;
    Object.assign(seen, { className: "hint", hidden: true });
    seen.setAttribute("aria-hidden", "true");
    told.className = "sr-only";
    told.setAttribute("role", "status");
    element.append(seen, told);

    function count() {
      const left = options.most - [...box.value.normalize("NFC").trim()].length;
      seen.hidden = left > options.most * (1 - NEAR);
      seen.textContent = options.left.replace("{left}", left);
      clearTimeout(timer);
      timer = setTimeout(() => (told.textContent = seen.hidden ? "" : seen.textContent), PAUSE);
    }
    box.addEventListener("input", count);
    if (box.value) count();
  });
})();
