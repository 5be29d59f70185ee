/* An order as a list that moves: by buttons, arrow keys, digits or dragging. The boxes of the plain page stay its truth. */
(() => {
  "use strict";

  const say = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  Tessera.widget("rank", (element, { options }) => {
    const list = element.querySelector("ol");
    const help = element.querySelector("[data-plain]");
    const lines = [...list.children].map((line) => dress(line, options));
    const most = lines.length;
    const place = ({ box }) => Number(box.value) || most + 1;
    const order = () => [...list.children].map((line) => lines.find((each) => each.line === line));
    const told = document.createElement("p");
    const done = document.createElement("div");
    const keep = document.createElement("button");

    help.textContent = options.help;
    lines.sort((one, other) => place(one) - place(other)).forEach(({ line }) => list.append(line));
    told.className = "quiet";
    told.setAttribute("role", "status");
    Object.assign(keep, { type: "button", className: "button plain", textContent: options.keep });
    keep.onclick = () => { write(); told.textContent = options.kept; list.querySelector(".grip").focus(); };
    done.className = "done";
    done.append(keep, told);
    element.append(done);
    refresh();

    function refresh() {
      order().forEach((each, number) => {
        each.number.textContent = number + 1;
        each.up.disabled = number === 0;
        each.down.disabled = number === most - 1;
      });
      keep.hidden = lines.every(({ box }) => box.value);
      if (keep.hidden && !told.textContent) told.textContent = options.kept;
    }
    function write() {
      order().forEach(({ box }, number) => (box.value = number + 1));
      refresh();
      const { box } = lines[0];
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
    function move(each, to) {
      const rest = order().filter((other) => other !== each);
      const number = Math.max(0, Math.min(most - 1, to));
      rest.splice(number, 0, each);
      rest.forEach(({ line }) => list.append(line));
      write();
      told.textContent = say(options.moved, { item: each.words, place: number + 1, most });
    }
    for (const each of lines) {
      const at = () => order().indexOf(each);
      each.up.onclick = () => { move(each, at() - 1); (each.up.disabled ? each.down : each.up).focus(); };
      each.down.onclick = () => { move(each, at() + 1); (each.down.disabled ? each.up : each.down).focus(); };
      each.line.addEventListener("keydown", (event) => {
        const step = { ArrowUp: at() - 1, ArrowDown: at() + 1, Home: 0, End: most - 1 }[event.key];
        const digit = /^[1-9]$/.test(event.key) && Number(event.key) <= most ? Number(event.key) - 1 : undefined;
        const to = step ?? digit;
        if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        const { activeElement } = document;
        move(each, to);
        (activeElement.disabled || !activeElement.isConnected ? each.grip : activeElement).focus();
      });
      drag(each, list, () => move(each, at()));
    }
  });

  /* The line as the script shows it; its box is kept, out of sight. */
  function dress(line, options) {
    const box = line.querySelector("select");
    const words = line.querySelector("label").textContent;
    const number = document.createElement("span");
    const grip = document.createElement("span");
    const button = (sign, name) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "button", textContent: sign });
      made.setAttribute("aria-label", say(name, { item: words }));
      return made;
    };
    const up = button("↑", options.up), down = button("↓", options.down);
    number.className = "place";
    grip.className = "grip";
    grip.tabIndex = 0;
    grip.append(words);
    box.hidden = true;
    line.querySelector("label").hidden = true;
    line.prepend(number, grip, up, down);
    return { line, box, words, number, grip, up, down };
  }

  /* Dragging by mouse anywhere on the words; by finger on the handle, so that the page still scrolls. */
  function drag({ line, grip }, list, dropped) {
    let from = null;
    grip.addEventListener("touchstart", (event) => {
      const edge = grip.getBoundingClientRect();
      const inset = getComputedStyle(grip).direction === "rtl" ? edge.right - event.touches[0].clientX : event.touches[0].clientX - edge.left;
      if (inset < 44) event.preventDefault();
    }, { passive: false });
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = [...list.children].indexOf(line);
      grip.setPointerCapture(event.pointerId);
      if (event.pointerType === "mouse") event.preventDefault();
      grip.focus({ preventScroll: true });
    });
    grip.addEventListener("pointermove", (event) => {
      if (from === null) return;
      line.classList.add("held");
      const all = [...list.children], here = all.indexOf(line);
      const below = all.findIndex((other) => {
        const edge = other.getBoundingClientRect();
        return other !== line && event.clientY < edge.top + edge.height / 2;
      });
      const there = below < 0 ? all.length : below;
      /* The others step aside: an element that is taken out and put back would lose the pointer. */
      if (there < here) all.slice(there, here).reverse().forEach((other) => line.after(other));
      else all.slice(here + 1, there).forEach((other) => line.before(other));
    });
    const end = () => {
      if (from === null) return;
      const moved = [...list.children].indexOf(line) !== from;
      from = null;
      line.classList.remove("held");
      if (moved) dropped();
    };
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  }
})();
