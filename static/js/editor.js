/* The form editor: its buttons change the list in place, and what was added gets the focus. Without this file they
   send the form, and the page comes back to the same part. */
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#editor button[name=do]");
    if (!button || !window.htmx) return;
    event.preventDefault();
    const editor = document.getElementById("editor");
    const values = Object.fromEntries([["do", button.value]]);
    window.htmx
      .ajax("POST", button.form.action, { source: editor, target: "#editor", swap: "outerHTML", values })
      .then(() => {
        document.querySelector("#editor [data-now]")?.focus();
        document.getElementById("what-form").dispatchEvent(new Event("change", { bubbles: true }));
      });
  });
})();
