/* Marked words: select some with the mouse, by two taps or by keys, then say what they are. An offset is a code point of
   the cell, not a UTF-16 unit as JavaScript counts. The text is a listbox of words (WAI-ARIA), read one by one. */
(() => {
  "use strict";

  const COLOURS = 6; // --mark-0 … in spans.css
  const LANES = 4; // lines under a word; further marks share the last
  const LINE = 5; // px from line to line
  const QUOTED = 60; // characters of a quotation
  const LEFTWARDS = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
  const LETTERS = /\s+|[\p{L}\p{M}\p{N}_'’-]+|\S/gu;

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const same = (one, other) => one.start === other.start && one.end === other.end && one.label === other.label;
  const meet = (one, other) => one.start < other.end && other.start < one.end;
  const order = (one, other) => one.start - other.start || one.end - other.end || (one.label < other.label ? -1 : 1);

  /* As dir=auto would find it, which takes a browser minutes for ten thousand words in one element. */
  const direction = (text) => (LEFTWARDS.test(text.match(/\p{L}/u)?.[0] ?? "") ? "rtl" : "ltr");

  /* Words, signs and blanks, one after another, each with its place. */
  function cut(text) {
    const parts = window.Intl?.Segmenter
      ? [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].map((each) => each.segment)
      : text.match(LETTERS) ?? [];
    let place = 0;
    return parts.map((part) => {
      const start = place;
      place += [...part].length;
      return { text: part, start, end: place, blank: !part.trim() };
    });
  }

  class Spans {
    constructor(element, part) {
      Object.assign(this, { element, part, words: part.options.words, labels: part.options.labels });
      this.letters = [...part.options.text];
      this.pieces = cut(part.options.text);
      this.marks = (Array.isArray(part.value) ? part.value : []).filter((each) => this.fits(each)).sort(order);
      this.nothing = Array.isArray(part.value) && !part.value.length;
      this.past = [];
      this.painted = [];
      this.chosen = null; // [first, last] piece of the selection
      this.anchor = this.cursor = Math.max(0, this.pieces.findIndex((each) => !each.blank));
      this.none = Tessera.nothing(this.words, (said) => { this.nothing = said; this.send(); });
      if (!part.options.text.trim()) return this.blank();
      this.build();
      this.listen();
      this.show();
    }
    fits(mark) {
      return Number.isInteger(mark?.start) && Number.isInteger(mark.end) && mark.start >= 0 && mark.start < mark.end
        && mark.start < this.letters.length && this.labels.some((each) => each.value === mark.label);
    }
    name(mark) { return this.labels.find((each) => each.value === mark.label).label; }
    colour(mark) { return this.labels.findIndex((each) => each.value === mark.label) % COLOURS; }
    quote({ start, end }) {
      const words = this.letters.slice(start, end);
      return words.length > QUOTED ? `${words.slice(0, QUOTED).join("")}…` : words.join("");
    }

    /* --- what is on the page --- */

    build() {
      const id = `s${Math.random().toString(36).slice(2)}`;
      this.text = make("div", {
        class: "spans-text", role: "listbox", "aria-multiselectable": "true", "aria-label": this.words.text,
        "aria-describedby": id, dir: direction(this.part.options.text),
      });
      this.pieces.forEach((piece, number) => {
        piece.node = make("span", piece.blank ? {} : { role: "option", tabindex: "-1", "aria-selected": "false" }, piece.text);
        piece.node.dataset.n = number;
      });
      this.pieces[this.cursor].node.tabIndex = 0;
      this.text.append(...this.pieces.map((each) => each.node));
      this.bar = make("div", { class: "spans-labels", role: "group", "aria-label": this.words.labels });
      this.labels.forEach((label, number) => {
        const button = make("button", { type: "button", class: `spans-label label-${number % COLOURS}` }, label.label);
        if (number < 9) button.append(make("kbd", {}, String(number + 1)));
        button.onclick = () => this.label(number);
        this.bar.append(button);
      });
      this.undoing = make("button", { type: "button", class: "link" }, this.words.undo);
      this.undoing.onclick = () => this.undo();
      this.bar.append(this.undoing);
      this.said = make("p", { class: "quiet", role: "status" });
      this.list = make("ol", { class: "spans-marks", "aria-label": this.words.marks });
      const how = make("p", { class: "hint", id }, this.words.how);
      this.element.append(how, this.text, make("div", { class: "spans-foot" }, this.said, this.bar), this.none.element, this.list);
    }
    say(sentence, values = {}) { this.said.textContent = fill(sentence, values); }

    /* A cell without a word: there is nothing to mark, and that can be said. */
    blank() {
      this.none.show({ said: this.nothing, marks: 0 });
      this.element.append(make("p", { class: "quiet" }, this.words.empty), this.none.element);
    }

    /* Lines under the words: a mark keeps its line along all of its words. */
    paint() {
      for (const piece of this.painted) {
        piece.node.removeAttribute("class");
        piece.node.removeAttribute("style");
        piece.node.removeAttribute("aria-label");
        delete piece.node.dataset.tags;
        if (!piece.blank) piece.node.setAttribute("aria-selected", "false");
      }
      const over = new Map(), ends = [];
      for (const mark of this.marks) {
        let lane = ends.findIndex((end) => end <= mark.start);
        if (lane < 0) lane = Math.min(ends.length, LANES - 1);
        ends[lane] = mark.end;
        for (const piece of this.within(mark)) over.set(piece, [...(over.get(piece) ?? []), { mark, lane }]);
      }
      over.forEach((marks, piece) => this.underline(piece, marks));
      const picked = this.chosen ? this.pieces.slice(this.chosen[0], this.chosen[1] + 1) : [];
      for (const piece of picked) {
        piece.node.classList.add("spans-chosen");
        if (!piece.blank) piece.node.setAttribute("aria-selected", "true");
      }
      this.painted = [...over.keys(), ...picked];
    }
    within(mark) {
      return this.pieces.slice(this.at(mark.start), this.at(Math.min(mark.end, this.letters.length) - 1) + 1);
    }
    at(place) { // the piece that holds a code point
      let low = 0, high = this.pieces.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.pieces[middle].end <= place) low = middle + 1; else high = middle;
      }
      return low;
    }
    underline(piece, marks) {
      const { node } = piece;
      node.classList.add("spans-marked");
      node.style.backgroundImage = marks.map(({ mark }) => `linear-gradient(var(--mark-${this.colour(mark)}) 0 0)`).join(", ");
      node.style.backgroundPosition = marks.map(({ lane }) => `0 calc(100% - ${lane * LINE}px)`).join(", ");
      node.style.paddingBlockEnd = `${LINE * (1 + Math.max(...marks.map(({ lane }) => lane)))}px`;
      if (!piece.blank) node.setAttribute("aria-label", [piece.text, ...marks.map(({ mark }) => this.name(mark))].join(", "));
      const ending = marks.filter(({ mark }) => piece === this.within(mark).at(-1));
      if (ending.length) node.dataset.tags = ending.map(({ mark }) => this.name(mark)).join(", ");
    }

    show() {
      this.paint();
      this.undoing.disabled = !this.past.length;
      const rows = this.marks.map((mark) => this.row(mark));
      this.list.replaceChildren(...rows);
      this.list.hidden = !rows.length;
      this.none.show({ said: this.nothing, marks: rows.length });
      if (!this.said.textContent && !rows.length) this.say(this.words.none);
    }
    row(mark) {
      const text = this.quote(mark);
      const quoted = make("button", { type: "button", class: "link", "aria-label": fill(this.words.show, { text }) });
      quoted.append(make("bdi", { "aria-hidden": "true" }, text));
      quoted.onclick = () => this.choose(this.at(mark.start), this.at(Math.min(mark.end, this.letters.length) - 1), true);
      const remove = make("button", { type: "button", class: "link", "aria-label": fill(this.words.remove, { text }) }, "✕");
      remove.onclick = () => this.drop([mark], true);
      const item = make("li", { class: `label-${this.colour(mark)}` }, quoted);
      if (this.labels.length > 1) {
        const choice = make("select", { "aria-label": fill(this.words.relabel, { text }) });
        choice.append(...this.labels.map((each) => new Option(each.label, each.value, false, each.value === mark.label)));
        choice.onchange = () => this.relabel(mark, choice.value);
        item.append(choice);
      } else item.append(make("span", {}, this.name(mark)));
      item.append(remove);
      return item;
    }

    /* --- changes --- */

    change(marks) {
      this.past.push(this.marks);
      this.keep(marks);
    }
    keep(marks) {
      this.marks = [...marks].sort(order);
      if (marks.length) this.nothing = false;
      this.send();
      this.show();
    }
    send() { this.part.set(Tessera.marked(this.marks, this.nothing)); }
    undo() {
      if (!this.past.length) return;
      const pressed = document.activeElement === this.undoing;
      this.keep(this.past.pop());
      this.say(this.words.undone);
      if (pressed && !this.past.length) this.pieces[this.cursor].node.focus(); // the button is gone
    }
    label(number) {
      const label = this.labels[number];
      if (!label) return;
      if (!this.chosen) return this.say(this.words.first);
      const [first, last] = this.chosen;
      const mark = { start: this.pieces[first].start, end: this.pieces[last].end, label: label.value };
      const text = this.quote(mark);
      if (this.marks.some((each) => same(each, mark))) return this.say(this.words.again, { text });
      const rest = this.part.options.overlap ? this.marks : this.marks.filter((each) => !meet(each, mark));
      if (rest.length >= this.part.options.most) return this.say(this.words.full);
      const replaced = rest.length < this.marks.length ? ` ${this.words.replaced}` : "";
      this.say(this.words.marked + replaced, { text, label: label.label });
      this.chosen = null;
      this.open = false;
      getSelection().removeAllRanges();
      this.change([...rest, mark]);
    }
    relabel(mark, label) {
      const text = this.quote(mark), changed = { ...mark, label };
      const rest = this.marks.filter((each) => each !== mark && !same(each, changed));
      this.say(this.words.marked, { text, label: this.name(changed) });
      this.change([...rest, changed]);
      this.list.children[this.marks.findIndex((each) => same(each, changed))].querySelector("select").focus();
    }
    drop(gone, fromList) {
      if (!gone.length) return;
      const place = this.marks.indexOf(gone[0]);
      this.say(this.words.removed, { text: this.quote(gone[0]) });
      this.change(this.marks.filter((each) => !gone.includes(each)));
      if (!fromList) return;
      const next = this.list.children[Math.min(place, this.marks.length - 1)];
      (next?.querySelector("button:last-child") ?? this.pieces[this.cursor].node).focus();
    }
    /* Backspace: the mark that is selected, else the shortest one over the word. */
    erase() {
      const piece = this.pieces[this.cursor];
      const over = this.marks.filter((each) => meet(each, piece));
      over.sort((one, other) => one.end - one.start - (other.end - other.start));
      this.drop(over.slice(0, 1));
    }

    /* --- the selection --- */

    choose(first, last, focus = false, quiet = false) {
      [first, last] = [Math.min(first, last), Math.max(first, last)];
      while (first < last && this.pieces[first].blank) first += 1;
      while (last > first && this.pieces[last].blank) last -= 1;
      if (this.pieces[first].blank) return;
      this.chosen = [first, last];
      if (focus) this.go(first);
      this.paint();
      if (quiet) this.said.textContent = ""; // a screen reader says the word that has focus
      else this.say(this.words.choose, { text: this.quote({ start: this.pieces[first].start, end: this.pieces[last].end }) });
    }
    clear() {
      this.chosen = null;
      this.open = false;
      this.paint();
      this.said.textContent = "";
    }
    go(number) {
      this.pieces[this.cursor].node.tabIndex = -1;
      this.cursor = number;
      this.pieces[number].node.tabIndex = 0;
      this.pieces[number].node.focus();
    }
    /* The first tap begins, the second ends; the third begins anew. */
    tap(number) {
      const ends = this.open && this.chosen;
      if (!ends) this.anchor = number;
      this.open = !ends;
      this.go(number);
      this.choose(this.anchor, number);
    }
    step(number, extend) {
      if (!extend) this.anchor = number;
      this.open = false;
      this.go(number);
      this.choose(this.anchor, number, false, !extend);
    }
    word(from, way) {
      let number = from + way;
      while (this.pieces[number]?.blank) number += way;
      return this.pieces[number] ? number : from;
    }
    line(way) { // the nearest word of the line above or below
      const here = this.pieces[this.cursor].node.getBoundingClientRect();
      const middle = (box) => box.x + box.width / 2;
      let best = this.cursor, far = Infinity, row = null;
      for (let n = this.word(this.cursor, way), last = this.cursor; n !== last; last = n, n = this.word(n, way)) {
        const box = this.pieces[n].node.getBoundingClientRect();
        if (Math.abs(box.bottom - here.bottom) < here.height / 2) continue;
        row ??= box.bottom;
        if (Math.abs(box.bottom - row) > here.height / 2) break;
        const away = Math.abs(middle(box) - middle(here));
        if (away < far) [best, far] = [n, away];
      }
      return best;
    }

    /* --- keys, mouse and fingers --- */

    listen() {
      let pointer = "";
      this.element.addEventListener("keydown", (event) => this.key(event));
      this.text.addEventListener("pointerdown", (event) => (pointer = event.pointerType));
      this.text.addEventListener("click", (event) => {
        const node = event.target.closest("[role=option]");
        if (!node || !getSelection().isCollapsed) return;
        const number = Number(node.dataset.n);
        if (event.shiftKey) this.step(number, true);
        else if (pointer === "mouse" && event.detail) this.step(number, false);
        else this.tap(number);
      });
      const selected = () => {
        if (!this.element.isConnected) return document.removeEventListener("selectionchange", selected);
        this.drag();
      };
      document.addEventListener("selectionchange", selected);
    }
    /* Text selected as on any page: whole words of it. */
    drag() {
      const selection = getSelection();
      if (selection.isCollapsed || !selection.rangeCount) return;
      const range = selection.getRangeAt(0);
      if (!this.text.contains(range.commonAncestorContainer)) return;
      const first = this.place(range.startContainer, range.startOffset, false);
      const last = this.place(range.endContainer, range.endOffset, true);
      if (first > last) return;
      [this.anchor, this.open] = [first, false];
      this.choose(first, last);
    }
    place(node, offset, ends) {
      const piece = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("[data-n]");
      if (!piece) return ends ? offset - 1 : offset;
      const number = Number(piece.dataset.n);
      if (ends) return offset === 0 ? number - 1 : number;
      return node.nodeType === Node.TEXT_NODE && offset >= node.length ? number + 1 : number;
    }
    key(event) {
      if (event.altKey || event.target.closest("select")) return;
      const command = event.ctrlKey || event.metaKey;
      const inside = this.text.contains(event.target);
      const act = command
        ? (event.key.toLowerCase() === "z" && !event.shiftKey ? () => this.undo() : null)
        : /^[1-9]$/.test(event.key) ? () => this.label(Number(event.key) - 1) : inside && this.move(event);
      if (!act) return;
      event.preventDefault();
      act();
    }
    move({ key, shiftKey }) {
      const ahead = this.text.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
      const back = ahead === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
      const to = {
        [ahead]: () => this.word(this.cursor, 1), [back]: () => this.word(this.cursor, -1),
        ArrowDown: () => this.line(1), ArrowUp: () => this.line(-1),
        Home: () => this.word(-1, 1), End: () => this.word(this.pieces.length, -1),
      }[key];
      if (to) return () => this.step(to(), shiftKey);
      if (key === " ") return () => this.tap(this.cursor);
      if (key === "Backspace" || key === "Delete") return () => this.erase();
      return key === "Escape" && this.chosen ? () => this.clear() : null;
    }
  }

  Tessera.widget("spans", (element, part) => {
    if (!part.shown) new Spans(element, part);
  });
})();
