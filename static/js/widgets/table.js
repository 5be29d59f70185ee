/* A table with rows that come and go, and cells pasted from a spreadsheet. Its inputs are those of the plain page. */
(() => {
  "use strict";

  const say = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const inputs = (row) => [...row.querySelectorAll("input")];
  const empty = (row) => inputs(row).every((input) => !input.value.trim());

  Tessera.widget("table", (element, { options }) => {
    const body = element.querySelector("tbody");
    const told = element.querySelector("[data-plain]");
    const pattern = body.rows[0].cloneNode(true);
    const stem = inputs(pattern)[0].name.replace(/\d+-\d+$/, "");
    let next = body.rows.length;
    inputs(pattern).forEach((input) => { input.value = ""; input.removeAttribute("value"); });

    const changed = () => {
      const first = body.querySelector("input");
      first.dispatchEvent(new Event("input", { bubbles: true }));
      first.dispatchEvent(new Event("change", { bubbles: true }));
    };
    function number() {
      [...body.rows].forEach((row, at) => {
        const values = (column) => ({ row: at + 1, column });
        inputs(row).forEach((input, place) => input.setAttribute("aria-label", say(options.cell, values(options.labels[place]))));
        row.querySelector("button").setAttribute("aria-label", say(options.remove, { row: at + 1 }));
      });
      add.disabled = body.rows.length >= options.most;
    }
    function dress(row) {
      const cell = row.insertCell();
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: "×" });
      button.onclick = () => remove(row);
      cell.className = "drop-row";
      cell.append(button);
    }
    function added() {
      const row = pattern.cloneNode(true);
      inputs(row).forEach((input, place) => (input.name = `${stem}${next}-${place}`));
      next += 1;
      dress(row);
      body.append(row);
      return row;
    }
    function remove(row) {
      const after = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      const there = after ?? added();
      number();
      inputs(there)[0].focus();
      changed();
    }
    function paste(event) {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const input = event.target.closest("input");
      if (!input || !/[\t\n]/.test(text.trimEnd())) return;
      event.preventDefault();
      const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));
      const start = [...body.rows].indexOf(input.closest("tr")), column = inputs(input.closest("tr")).indexOf(input);
      let filled = 0;
      for (const [at, cells] of lines.entries()) {
        const row = body.rows[start + at] ?? (body.rows.length < options.most ? added() : null);
        if (!row) break;
        cells.forEach((cell, place) => { const into = inputs(row)[column + place]; if (into) into.value = cell.trim(); });
        filled += 1;
      }
      number();
      told.textContent = say(filled < lines.length ? options.full : options.pasted, { count: filled, most: options.most });
      inputs(body.rows[start + filled - 1])[column].focus();
      changed();
    }
    /* Enter goes to the row below, as in a spreadsheet; Ctrl with Enter is the page's. */
    function below(event) {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing || !event.target.matches("input")) return;
      event.preventDefault();
      const row = event.target.closest("tr"), place = inputs(row).indexOf(event.target);
      const under = row.nextElementSibling ?? (body.rows.length < options.most && !empty(row) ? added() : null);
      number();
      if (under) inputs(under)[place].focus();
    }

    const more = document.createElement("div");
    const add = document.createElement("button");
    Object.assign(add, { type: "button", className: "button plain", textContent: options.add });
    add.onclick = () => { inputs(added())[0].focus(); number(); };
    more.className = "more";
    more.append(add);
    element.append(more);
    told.textContent = options.paste;
    told.setAttribute("role", "status");
    more.append(told);
    const head = element.querySelector("thead tr").insertCell();
    head.className = "drop-row";
    [...body.rows].forEach(dress);
    while (body.rows.length > 1 && empty(body.rows[body.rows.length - 1]) && empty(body.rows[body.rows.length - 2])) {
      body.deleteRow(-1);
    }
    number();
    body.addEventListener("paste", paste);
    body.addEventListener("keydown", below);
  });
})();
