/* Shapes drawn on a picture by mouse, fingers or keys alone. Tessera.drawing(kind) makes the widget of a kind, which says
     corners(shape), handles(shape), pull(shape, handle, to), shift(shape, step), place(shape) for the announcement,
   how it begins: drag(from, to), or byTaps, or byCorners with closed(points); middle(place, scale) for the button,
   and what it can do besides: grow(shape, step), less(shape, corner). All places are whole ten-thousandths. */
(() => {
  "use strict";

  const SLACK = 5; // px that a tap may slip
  const REACH = 24; // px around a handle, a point or a line: half of a finger's target
  const { paint, touches, size, COLOURS } = window.Tessera.shapes;
  const apart = ([x1, y1], [x2, y2]) => Math.hypot(x2 - x1, y2 - y1);
  const plainImage = (element) => element.querySelector("img");

  function look(kind, element, { labels, words, shapes }) {
    const view = window.Tessera.picture(plainImage(element), words, false);
    view.drawn = () => paint(view, kind, { shapes, labels });
    view.drawn();
  }

  class Desk {
    constructor(kind, element, part) {
      const { labels, words } = part.options;
      Object.assign(this, { kind, element, part, labels, words, options: part.options });
      this.shapes = Array.isArray(part.value) ? part.value : [];
      this.nothing = Array.isArray(part.value) && !part.value.length;
      this.label = labels[0]?.value;
      this.picked = this.corner = -1;
      this.draft = this.cross = this.grip = null;
      this.past = [];
      this.future = [];
      this.view = window.Tessera.picture(plainImage(element), words, true);
      this.view.holds = this;
      this.view.drawn = () => this.paint();
      this.build();
      element.addEventListener("keydown", (event) => {
        if (!event.defaultPrevented && this.key(event)) event.preventDefault();
      });
      this.refresh();
    }

    /* --- what stands there ------------------------------------------------------------------------------- */

    build() {
      const { make, button, root } = this.view;
      const { words, options } = this;
      const labelled = (text, key, act, name = "button plain") => {
        const node = make("button", { type: "button", class: name }, text, ...(key ? [" ", make("kbd", {}, key)] : []));
        node.addEventListener("click", act);
        return node;
      };
      this.tags = this.labels.map(({ value, label }, number) => {
        const key = number < 9 && this.labels.length <= 9 ? String(number + 1) : "";
        const tag = labelled(label, key, () => this.choose(value), `picture-label c${number % COLOURS}`);
        if (key && options.hotkeys) tag.dataset.hotkey = key;
        return tag;
      });
      this.add = labelled(words.add, "A", () => this.begin());
      this.add.dataset.hotkey = "a";
      this.undoing = button("undo", words.undo, "Ctrl Z", () => this.step(this.past, this.future, words.undone));
      this.redoing = button("redo", words.redo, "Ctrl Y", () => this.step(this.future, this.past, words.redone));
      this.hand = button("hand", words.hand, "", () => this.handed(!this.moving));
      this.handed(false);
      this.view.tools.append(this.hand, this.undoing, this.redoing);
      this.list = make("ol", { class: "picture-list", "aria-label": words.shapes });
      this.empty = make("p", { class: "quiet" }, words.none);
      this.none = window.Tessera.nothing(words, (said) => { this.nothing = said; this.save(); });
      this.close = labelled(words.finish, "C", () => this.finish());
      this.stop = labelled(words.cancel, "Esc", () => this.cancelDraft());
      const drafting = make("div", { class: "drafting" }, this.close, this.stop);
      drafting.hidden = !this.kind.byCorners;
      const side = make("div", { class: "picture-side" }, this.add, this.list, this.empty, this.none.element);
      root.insertBefore(drafting, root.lastChild);
      this.element.append(make("div", { class: "picture-desk" }, root, side));
      if (this.tags.length) this.element.prepend(make("div", { class: "picture-labels", role: "group", "aria-label": words.labels }, ...this.tags));
      const hint = make("p", { class: "quiet hint-mouse", id: `keys-${Math.random().toString(36).slice(2)}` }, words.mouse);
      this.view.stage.setAttribute("aria-describedby", hint.id);
      this.element.append(hint, make("p", { class: "quiet hint-touch" }, words.touch));
    }

    /* Whether one finger moves the picture instead of drawing on it. */
    handed(moving) {
      this.moving = moving;
      this.hand.setAttribute("aria-pressed", moving);
      this.view.stage.classList.toggle("hand", moving);
    }

    named(number) {
      const label = this.labels.find((each) => each.value === this.shapes[number].label)?.label;
      const name = this.view.fill(this.words.shape, { number: number + 1 });
      return label === undefined ? name : `${name}: ${label}`;
    }

    paint() {
      const { view, kind, shapes, labels, picked, corner, draft, cross } = this;
      if (view.ready) paint(view, kind, { shapes, labels, picked, corner, draft, cross, first: this.closable() });
    }

    /* Everything that follows from the state. The list is made anew only when it reads differently. */
    refresh() {
      const reads = JSON.stringify([this.shapes.map((shape) => shape.label), this.picked]);
      if (reads !== this.read) this.listed();
      this.read = reads;
      const current = this.picked >= 0 ? this.shapes[this.picked].label : this.label;
      this.tags.forEach((tag, number) => tag.setAttribute("aria-pressed", this.labels[number].value === current));
      this.undoing.disabled = !this.past.length && !this.draft;
      this.redoing.disabled = !this.future.length || Boolean(this.draft);
      this.empty.hidden = this.shapes.length > 0;
      this.none.show({ said: this.nothing, marks: Math.max(this.options.least, this.shapes.length) });
      this.close.disabled = !this.closable();
      this.stop.disabled = !this.draft;
      this.paint();
    }
    listed() {
      const { make, button, fill } = this.view;
      const held = [...this.list.querySelectorAll("button")].indexOf(document.activeElement);
      this.list.replaceChildren(...this.shapes.map((shape, number) => {
        const place = Math.max(0, this.labels.findIndex((each) => each.value === shape.label));
        const pick = make("button", { type: "button", class: `picture-label c${place % COLOURS}`, "aria-pressed": number === this.picked }, this.named(number));
        pick.addEventListener("click", () => { this.pick(number === this.picked ? -1 : number); });
        return make("li", {}, pick, button("remove", fill(this.words.remove, { shape: this.named(number) }), "", () => this.remove(number)));
      }));
      if (held >= 0) {
        const buttons = this.list.querySelectorAll("button");
        (buttons[Math.min(held, buttons.length - 1)] ?? this.add).focus({ preventScroll: true });
      }
    }

    /* --- the answer --------------------------------------------------------------------------------------- */

    save() {
      if (this.shapes.length) this.nothing = false;
      this.part.set(window.Tessera.marked(this.shapes, this.nothing));
      this.refresh();
    }
    /* `as` is the same for changes that one step takes back together, such as a held arrow. */
    change(shapes, said, as = null) {
      const now = Date.now();
      if (as === null || as !== this.lately?.as || now - this.lately.at > 1000) this.past.push(this.shapes);
      this.lately = { as, at: now };
      this.future = [];
      this.shapes = shapes;
      this.save();
      this.say(said);
    }
    step(from, to, said) {
      if (this.draft) return this.cornerOff();
      if (!from.length) return this.view.stage.focus({ preventScroll: true });
      to.push(this.shapes);
      this.shapes = from.pop();
      this.lately = null;
      this.picked = this.corner = -1;
      this.save();
      this.say(said);
      if (document.activeElement?.disabled) this.view.stage.focus({ preventScroll: true });
    }
    say(text) {
      clearTimeout(this.saying);
      this.view.say(text);
    }
    /* Where it is now, once the arrow is let go. */
    sayPlace() {
      clearTimeout(this.saying);
      this.saying = setTimeout(() => {
        if (this.picked < 0) return;
        const parts = Object.entries(this.kind.place(this.shapes[this.picked])).map(([name, value]) => [name, Math.round(value / 100)]);
        const values = Object.fromEntries(parts);
        const place = this.view.fill(this.words.place, values) + ("w" in values ? `, ${this.view.fill(this.words.size, values)}` : "");
        this.say(this.view.fill(this.words.changed, { shape: this.named(this.picked), place }));
      }, 350);
    }

    pick(number) {
      this.picked = number;
      this.corner = -1;
      this.refresh();
      if (number >= 0) this.say(this.view.fill(this.words.picked, { shape: this.named(number) }));
    }
    put(shape) {
      if (this.full()) return;
      if (this.labels.length) shape.label = this.label;
      this.picked = this.shapes.length;
      this.corner = -1;
      this.change([...this.shapes, shape], "");
      this.say(this.view.fill(this.words.added, { shape: this.named(this.picked), total: this.shapes.length }));
    }
    full() {
      if (this.shapes.length < this.options.most) return false;
      this.say(this.words.full);
      return true;
    }
    swap(shape, as) {
      this.change(this.shapes.map((each, number) => (number === this.picked ? shape : each)), "", as);
      this.sayPlace();
    }
    remove(number) {
      const name = this.named(number);
      this.picked = this.corner = -1;
      this.change(this.shapes.filter((_each, place) => place !== number), this.view.fill(this.words.removed, { shape: name, total: this.shapes.length - 1 }));
    }
    choose(value) {
      this.label = value;
      const shape = this.shapes[this.picked];
      if (shape && shape.label !== value) this.swap({ ...shape, label: value });
      this.refresh();
      this.say(this.view.fill(this.words.named, { label: this.labels.find((each) => each.value === value).label }));
    }
    /* The button, or its key: a shape in the middle of what is seen, for the arrows to move. */
    begin() {
      if (!this.view.ready || this.full()) return;
      const middle = this.view.middle();
      if (this.kind.byCorners) {
        this.picked = this.corner = -1;
        this.draft ??= [];
        this.cross = middle;
        this.refresh();
        this.say("");
      } else this.put(this.kind.middle(middle, this.view.scale));
      this.view.stage.focus();
    }

    /* --- an outline under way ----------------------------------------------------------------------------- */

    closable() { return Boolean(this.draft && this.kind.closed(this.draft)); }
    nearFirst(place) {
      return this.closable() && apart(this.view.screen(place), this.view.screen(this.draft[0])) < REACH / 1.5;
    }
    setCorner(place) {
      const last = this.draft.at(-1);
      const again = last && this.closable() && apart(this.view.screen(place), this.view.screen(last)) < SLACK; // a double click
      if (again || this.nearFirst(place)) return this.finish();
      if (this.draft.length >= this.kind.mostCorners) return this.finish();
      this.draft.push(place);
      this.refresh();
      this.say(this.view.fill(this.words.corner, { number: this.draft.length }));
    }
    cornerOff() {
      if (!this.draft?.pop()) return this.cancelDraft();
      this.refresh();
      this.say(this.words.corner_off);
    }
    finish() {
      const shape = this.draft && this.kind.closed(this.draft);
      if (!shape) return this.say(this.words.more);
      this.draft = this.cross = null;
      this.put(shape);
      this.view.stage.focus({ preventScroll: true });
    }
    cancelDraft() {
      this.draft = this.cross = null;
      this.refresh();
      this.say(this.words.cancelled);
      if (document.activeElement?.disabled) this.view.stage.focus({ preventScroll: true });
    }

    /* --- mouse and fingers -------------------------------------------------------------------------------- */

    topmost(spot) {
      const hit = this.shapes.map((_shape, number) => number).filter((number) => touches(this.view, this.kind, this.shapes[number], spot, this.kind.byTaps ? REACH : 8));
      hit.sort((one, other) => size(this.view, this.kind, this.shapes[one]) - size(this.view, this.kind, this.shapes[other]));
      return hit;
    }
    down(spot) {
      if (this.moving) return false;
      this.grip = { start: spot, last: spot, moved: false, before: this.shapes, kind: this.draft ? "corner" : this.taken(spot) };
      return true;
    }
    /* What a press takes hold of: a handle ("pull"), the chosen shape ("shift"), or nothing yet. */
    taken(spot) {
      if (this.kind.byTaps) {
        const hit = this.topmost(spot);
        if (hit.length && !hit.includes(this.picked)) this.pick(hit[0]);
        return hit.length ? "shift" : "new";
      }
      if (this.picked < 0) return "new";
      const shape = this.shapes[this.picked];
      const far = this.kind.handles(shape).map((place) => apart(this.view.screen(place), spot));
      const nearest = far.indexOf(Math.min(...far));
      const inside = touches(this.view, this.kind, shape, spot, 0);
      const reach = inside ? Math.min(REACH, Math.sqrt(size(this.view, this.kind, shape)) / 3) : REACH;
      if (far[nearest] <= reach) {
        this.handle = nearest;
        return "pull";
      }
      return inside ? "shift" : "new";
    }
    move(spot, last) {
      const { grip, view, kind } = this;
      grip.moved ||= apart(grip.start, spot) > SLACK;
      if (!grip.moved) return;
      const now = view.place(spot);
      if (grip.kind === "pull") this.live(kind.pull(grip.before[this.picked], this.handle, now));
      else if (grip.kind === "shift") {
        const from = view.place(grip.start);
        this.live(kind.shift(grip.before[this.picked], [now[0] - from[0], now[1] - from[1]]));
      } else if (kind.drag && grip.kind === "new") {
        if (grip.made === undefined) grip.made = !this.full();
        const shape = grip.made && kind.drag(view.place(grip.start), now);
        this.shapes = shape ? [...grip.before, this.labels.length ? { ...shape, label: this.label } : shape] : grip.before;
        this.picked = shape ? grip.before.length : -1;
        this.paint();
      } else if (view.scale > 1) view.pan(spot[0] - last[0], spot[1] - last[1]);
      else if (this.draft) {
        this.cross = now;
        this.paint();
      }
    }
    live(shape) {
      this.shapes = this.grip.before.map((each, number) => (number === this.picked ? shape : each));
      this.paint();
    }
    up(spot) {
      const { grip } = this;
      this.grip = null;
      const panned = grip.moved && this.view.scale > 1 && !this.kind.drag && grip.kind !== "pull" && grip.kind !== "shift";
      if (this.shapes !== grip.before) {
        const made = this.shapes;
        const isNew = made.length > grip.before.length;
        this.shapes = grip.before;
        this.change(made, isNew ? this.view.fill(this.words.added, { shape: "", total: made.length }) : "");
        if (isNew) this.say(this.view.fill(this.words.added, { shape: this.named(this.picked), total: made.length }));
        else this.sayPlace();
      } else if (!panned && !(grip.moved && grip.kind !== "corner" && !this.kind.byTaps && !this.kind.byCorners)) this.tap(spot, grip);
    }
    tap(spot, grip) {
      const place = this.view.place(spot);
      this.cross = null;
      if (this.draft) return this.setCorner(place);
      if (this.kind.byTaps) return grip.kind === "shift" ? undefined : this.put({ x: place[0], y: place[1] });
      const hit = this.topmost(spot);
      if (hit.length) return this.pick(hit[(hit.indexOf(this.picked) + 1) % hit.length]);
      if (this.kind.byCorners && this.picked < 0 && !this.full()) {
        this.draft = [];
        return this.setCorner(place);
      }
      return this.pick(-1);
    }
    hover(spot, event) {
      if (!this.draft || event.pointerType === "touch") return;
      this.cross = this.view.place(spot);
      this.paint();
    }
    cancel() {
      if (this.grip) this.shapes = this.grip.before;
      this.picked = Math.min(this.picked, this.shapes.length - 1);
      this.grip = null;
      this.refresh();
    }
  }
  Object.assign(Desk.prototype, window.Tessera.drawingKeys);

  window.Tessera.drawing = (kind) => (element, part) => {
    if (part.shown) look(kind, element, part.options);
    else new Desk(kind, element, part);
  };
})();
