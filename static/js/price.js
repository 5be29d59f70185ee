/* Finding a country among all of them, and opening the list when it is needed. */
(() => {
  "use strict";

  const box = document.querySelector(".countries");
  if (!box) return;
  const search = box.querySelector(".countries-search");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  search.hidden = false;
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = plain(event.target.value);
    for (const choice of box.querySelectorAll(".choice")) {
      choice.hidden = !plain(choice.textContent).includes(wanted) && !choice.querySelector(":checked");
    }
  });

  for (const radio of document.querySelectorAll("input[name=where]")) {
    radio.addEventListener("change", () => {
      box.open = radio.checked && radio.value === "some";
    });
  }
})();
