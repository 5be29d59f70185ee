/* The list of marked stretches: exact times to type, a label, a text, and buttons to hear or delete each. It knows no
   state of its own: `marks` come in, what somebody does goes out by the functions of `acts`. */
(() => {
  "use strict";

  const { el, button, clock, moment } = Tessera.sound;
  const NUDGE = 100; // ms an arrow key moves a typed time by; with Shift ten times as much

  class MarkList {
    constructor(options, acts) {
      Object.assign(this, { options, acts, words: options.words });
      this.rows = el("ol", { class: "marks", "aria-label": options.words.list });
      this.empty = el("p", { class: "quiet", text: options.words.none });
      this.wrong = el("p", { class: "errors", role: "alert", hidden: "" });
      this.element = el("div", { class: "marked" }, this.empty, this.rows, this.wrong);
    }

    /* Draw anew what is there; the focus stays on the same control of the same stretch. */
    draw(marks, chosen) {
      const held = document.activeElement?.closest?.(".marks") === this.rows ? document.activeElement : null;
      const [id, part] = [held?.closest("li").dataset.id, held?.dataset.part];
      this.rows.replaceChildren(...marks.map((mark, place) => this.row(mark, place + 1, mark.id === chosen)));
      this.empty.hidden = marks.length > 0;
      this.wrong.hidden = true;
      if (held) this.focus(id, part);
    }
    focus(id, part) {
      this.rows.querySelector(`li[data-id="${id}"] [data-part="${part}"]`)?.focus({ preventScroll: part === "text" });
    }

    row(mark, number, chosen) {
      const { words, options, acts } = this;
      const name = words.one.replace("%s", number);
      const hear = button("play", `${words.listen} (${number})`, { text: "" });
      const away = button("remove", `${words.delete} (${number})`, { text: "" });
      hear.onclick = () => acts.play(mark.id);
      away.onclick = () => acts.remove(mark.id);
      hear.dataset.part = "play";
      away.dataset.part = "remove";
      const row = el("li", { "data-id": mark.id, class: chosen ? "chosen" : null, "aria-label": name },
        el("b", { class: "number", text: number, "aria-hidden": "true" }), hear,
        this.time(mark, "from"), el("span", { text: "–", "aria-hidden": "true" }), this.time(mark, "to"), away,
        options.labels.length ? this.labels(mark, name) : null, options.text ? this.text(mark, name) : null);
      row.addEventListener("focusin", () => acts.choose(mark.id));
      row.addEventListener("keydown", (event) => {
        if (event.key !== "Delete" || Tessera.sound.writes(event.target)) return;
        event.preventDefault();
        acts.remove(mark.id);
      });
      return row;
    }
    time(mark, end) {
      const box = el("input", {
        type: "text", inputmode: "decimal", dir: "ltr", autocomplete: "off", "data-part": end,
        "aria-label": this.words[end], value: clock(mark[end], true),
      });
      const apply = (ms) => {
        const changed = { ...mark, [end]: ms };
        const fine = ms !== null && ms >= 0 && changed.from < changed.to;
        box.toggleAttribute("aria-invalid", false);
        if (fine) {
          this.wrong.hidden = true;
          return this.acts.change(mark.id, { [end]: ms });
        }
        box.setAttribute("aria-invalid", "true");
        this.wrong.textContent = this.words.wrong;
        this.wrong.hidden = false;
      };
      box.onchange = () => moment(box.value) !== mark[end] && apply(moment(box.value));
      box.onkeydown = (event) => {
        const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
          event.preventDefault(); // the time is meant, not the whole answer
          box.onchange();
        } else if (way && !event.altKey) {
          event.preventDefault();
          apply(Math.max(0, (moment(box.value) ?? mark[end]) + way * NUDGE * (event.shiftKey ? 10 : 1)));
        }
      };
      return box;
    }
    labels(mark, name) {
      const box = el("select", { "aria-label": `${this.words.label}: ${name}`, "data-part": "label" },
        ...this.options.labels.map(({ value, label }) => el("option", { value, text: label, selected: value === mark.label ? "" : null })));
      box.onchange = () => this.acts.change(mark.id, { label: box.value });
      return box;
    }
    text(mark, name) {
      const box = el("textarea", {
        rows: 1, "aria-label": `${this.words.text}: ${name}`, placeholder: this.words.text, dir: "auto", "data-part": "text", maxlength: 5000,
      });
      box.value = mark.text ?? "";
      const grow = () => {
        box.style.blockSize = "auto";
        box.style.blockSize = `${box.scrollHeight + 2}px`;
      };
      box.oninput = () => {
        this.acts.write(mark.id, box.value);
        grow();
      };
      requestAnimationFrame(grow);
      return box;
    }
    complain(sentence) {
      this.wrong.textContent = sentence;
      this.wrong.hidden = false;
    }
  }

  Tessera.sound.MarkList = MarkList;
})();
