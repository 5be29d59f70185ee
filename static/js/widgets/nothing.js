/* The box “There is nothing to mark” of all widgets that mark things: an answer of its own, [].
   It stands where the list of marks would, so it goes as soon as there is one. */
(() => {
  "use strict";

  /* `changed(said)` hears what people do; `show({ said, marks })` draws the state. */
  window.Tessera.nothing = (words, changed) => {
    const box = document.createElement("input"), element = document.createElement("label"), text = document.createElement("span");
    box.type = "checkbox";
    box.addEventListener("change", () => changed(box.checked));
    text.textContent = words.nothing_to_mark;
    element.className = "nothing-to-mark";
    element.append(box, text);
    return {
      element,
      show({ said, marks }) {
        box.checked = said;
        element.hidden = marks > 0;
      },
    };
  };
  /* What is stored: the marks, [] where somebody said that there are none, null where nobody said anything. */
  window.Tessera.marked = (marks, said) => (marks.length ? marks : said ? [] : null);
})();
