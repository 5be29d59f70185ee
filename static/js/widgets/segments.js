/* Stretches of sound or film: begun and ended by a key or a button while it plays, dragged on the wave, or typed.
   `marks` is the one state: [{id, from, to, label?, text?}] in milliseconds; everything on the page is drawn from it. */
(() => {
  "use strict";

  const { el, button, icon, clock, Player, MarkList, writes } = Tessera.sound;
  const HUES = ["--accent", "--approved", "--contested", "--claimed", "--submitted"];
  const UNDOS = 200;
  const SHORTEST = 30; // ms a drag must cover to be meant

  class Segments {
    constructor(element, part) {
      Object.assign(this, { element, part, options: part.options, words: part.options.words });
      this.serial = 0;
      this.past = [];
      this.begun = this.chosen = null;
      this.label = this.options.labels[0]?.value;
      this.regions = new Map();
      this.nothing = !part.shown && Array.isArray(part.value) && !part.value.length;
      this.marks = (part.shown ? this.options.marks : part.value ?? []).map((mark) => ({ ...mark, id: ++this.serial }));
      this.build();
      this.draw();
    }

    build() {
      const { element, options, words, part } = this;
      if (!options.src) return element.append(el("p", { class: "quiet", text: words.nothing }));
      const video = options.as === "video";
      const media = el(video ? "video" : "audio", { preload: "metadata", src: options.src, playsinline: video ? "" : null });
      this.place = el("div", { class: "wave", dir: "ltr", "aria-hidden": "true" });
      element.append(media);
      this.player = new Player(element, media, words);
      if (part.shown) this.buildShown();
      else this.buildTools();
      this.player.panel.before(this.place);
      this.drawWave();
    }
    /* Where an answer is only looked at, its list becomes buttons that play each stretch. */
    buildShown() {
      this.player.panel.querySelector(".keys").remove();
      const lines = [...this.element.querySelectorAll("[data-marks] li")];
      lines.forEach((line, place) => {
        const { from, to } = this.marks[place];
        const hear = el("button", { type: "button", class: "link", "aria-label": `${this.words.listen}: ${line.textContent}` }, icon("play"), line.textContent);
        hear.onclick = () => this.player.stretch(from, to);
        line.replaceChildren(hear);
      });
      this.player.panel.after(this.element.querySelector("[data-marks]"));
    }
    buildTools() {
      const { words, options, player } = this;
      this.mark = button("play", words.begin, { key: "M", kind: "" });
      this.mark.querySelector("svg").remove();
      this.mark.onclick = (event) => this.turn(event.detail === 0);
      this.undo = button("undo", words.undo, { key: "Z" });
      this.undo.onclick = () => this.back();
      this.said = el("p", { class: "quiet", role: "status" });
      this.near = button("near", words.zoom_in, { text: "" });
      this.far = button("far", words.zoom_out, { text: "" });
      this.near.onclick = () => this.zoom(2);
      this.far.onclick = () => this.zoom(0.5);
      this.zooms = el("span", { class: "zooms", hidden: "" }, this.far, this.near);
      this.hint = el("p", { class: "quiet", text: words.drag, hidden: "" });
      this.list = new MarkList(options, {
        play: (id) => this.hear(id), remove: (id) => this.remove(id), choose: (id) => this.choose(id),
        change: (id, news) => this.change(id, news), write: (id, text) => this.write(id, text),
      });
      this.none = Tessera.nothing(words, (said) => { this.nothing = said; this.send(); });
      player.panel.after(this.labelButtons(), el("div", { class: "turns" }, this.mark, this.undo, this.zooms), this.said, this.hint, this.list.element, this.none.element);
      player.keys.set("m", () => this.turn(true)).set("z", () => this.back());
      this.element.addEventListener("keydown", (event) => this.pressed(event));
    }
    labelButtons() {
      const { labels } = this.options;
      this.tags = labels.map(({ value, label }, place) => {
        const key = place < 9 ? String(place + 1) : null;
        const tag = el("button", { type: "button", class: "button plain", "aria-keyshortcuts": key },
          el("i", { class: "swatch", "data-hue": place % HUES.length }), el("span", { text: label }), key && el("kbd", { text: key, "aria-hidden": "true" }));
        tag.onclick = () => this.take(value);
        return tag;
      });
      return this.tags.length ? el("div", { class: "tags", role: "group", "aria-label": this.words.label }, ...this.tags) : "";
    }

    /* --- what people do -------------------------------------------------------------------------- */

    pressed(event) {
      if (event.defaultPrevented || event.altKey || writes(event.target)) return;
      const command = event.ctrlKey || event.metaKey;
      const place = Number(event.key) - 1;
      if (command && event.key.toLowerCase() === "z") this.back();
      else if (command) return;
      else if (event.key === "Escape" && this.begun !== null) this.begin(null);
      else if (this.options.labels[place] && place < 9) this.digit(event, this.options.labels[place].value);
      else return;
      event.preventDefault();
    }
    digit(event, value) {
      const row = event.target.closest(".marks li");
      if (row) this.change(Number(row.dataset.id), { label: value });
      else this.take(value);
    }
    take(value) {
      this.label = value;
      this.drawTags();
    }
    /* The one button: where a stretch begins, then where it ends. */
    turn(byKey) {
      const now = this.player.now;
      if (this.begun === null) return this.begin(now);
      const [from, to] = [Math.min(this.begun, now), Math.max(this.begun, now)];
      if (to - from < SHORTEST) return;
      this.begin(null);
      const mark = this.add(from, to);
      if (mark && byKey && this.options.text) this.list.focus(mark.id, "text");
    }
    begin(moment) {
      this.begun = moment;
      const words = moment === null ? this.words.begin : this.words.end;
      this.mark.querySelector("span").textContent = this.mark.title = words;
      this.mark.setAttribute("aria-label", `${words} M`);
      this.mark.classList.toggle("danger", moment !== null);
      this.say(moment === null ? "" : this.words.begun.replace("%s", clock(moment)));
    }
    add(from, to) {
      if (this.marks.length >= this.options.most) {
        this.list.complain(this.words.most);
        return null;
      }
      const mark = { id: ++this.serial, from, to };
      if (this.label !== undefined) mark.label = this.label;
      this.settle(() => this.marks.push(mark), mark.id);
      this.say(this.words.marked.replace("%s", this.named(mark)));
      return mark;
    }
    change(id, news) {
      if (!this.marks.some((mark) => mark.id === id)) return;
      this.settle(() => (this.marks = this.marks.map((mark) => (mark.id === id ? { ...mark, ...news } : mark))), id);
    }
    write(id, text) {
      if (this.writing !== id) this.remember();
      this.writing = id;
      this.marks = this.marks.map((mark) => (mark.id === id ? { ...mark, text } : mark));
      this.send();
    }
    remove(id) {
      const place = this.marks.findIndex((mark) => mark.id === id);
      this.settle(() => this.marks.splice(place, 1), null);
      const next = this.marks[Math.min(place, this.marks.length - 1)];
      if (next) this.list.focus(next.id, "remove");
      else this.mark.focus();
      this.say(this.words.deleted);
    }
    hear(id) {
      const { from, to } = this.marks.find((mark) => mark.id === id);
      this.player.stretch(from, to);
    }
    choose(id) {
      this.chosen = id;
      this.list.rows.querySelectorAll("li").forEach((row) => row.classList.toggle("chosen", Number(row.dataset.id) === id));
      this.drawRegions();
    }
    back() {
      if (this.begun !== null) return this.begin(null);
      if (!this.past.length) return;
      this.writing = null;
      this.marks = JSON.parse(this.past.pop());
      this.draw();
      this.send();
      this.say("");
    }

    /* --- the state, and what is drawn from it ---------------------------------------------------- */

    remember() {
      this.past.push(JSON.stringify(this.marks));
      if (this.past.length > UNDOS) this.past.shift();
      this.undo.disabled = false;
    }
    settle(act, chosen) {
      this.remember();
      this.writing = null;
      act();
      this.marks.sort((a, b) => a.from - b.from || a.to - b.to || a.id - b.id);
      this.chosen = chosen;
      this.draw();
      this.send();
    }
    send() {
      const plain = this.marks.map(({ from, to, label, text }) => ({
        from, to, ...(label === undefined ? {} : { label }), ...(text?.trim() ? { text: text.trim() } : {}),
      }));
      this.part.set(Tessera.marked(plain, this.nothing));
    }
    say(words) { this.said.textContent = words; }
    named({ from, to, label }) {
      const known = this.options.labels.find(({ value }) => value === label);
      return `${clock(from, true)}–${clock(to, true)}${known ? ` ${known.label}` : ""}`;
    }
    draw() {
      if (this.marks.length) this.nothing = false;
      if (this.list) {
        this.none.show({ said: this.nothing, marks: this.marks.length });
        this.list.draw(this.marks, this.chosen);
        this.undo.disabled = !this.past.length;
        this.drawTags();
      }
      this.drawRegions();
    }
    drawTags() {
      this.options.labels.forEach(({ value }, place) => this.tags?.[place].setAttribute("aria-pressed", String(value === this.label)));
    }

    /* --- the wave -------------------------------------------------------------------------------- */

    async drawWave() {
      const plugin = WaveSurfer.Regions.create();
      const wave = await Tessera.wave(this.player, this.options, this.place, { plugins: [plugin], dragToSeek: this.part.shown });
      if (!wave) return;
      const begin = () => {
        this.plugin = plugin;
        this.drawRegions();
        if (this.part.shown) return;
        this.zooms.hidden = this.hint.hidden = false;
        plugin.enableDragSelection({ color: this.colour(null) });
        plugin.on("region-created", (region) => this.dragged(region));
        plugin.on("region-updated", (region) => this.moved(region));
        plugin.on("region-clicked", (region, event) => this.clicked(region, event));
      };
      if (wave.getDecodedData()) begin();
      else wave.once("decode", begin);
    }
    drawRegions() {
      if (!this.plugin) return;
      this.drawing = true;
      for (const [id, region] of this.regions) {
        if (!this.marks.some((mark) => mark.id === id)) {
          this.regions.delete(id);
          region.remove();
        }
      }
      this.marks.forEach((mark) => this.drawRegion(mark));
      this.drawing = false;
    }
    drawRegion(mark) {
      const look = { start: mark.from / 1000, end: mark.to / 1000, color: this.colour(mark) };
      const label = this.options.labels.find(({ value }) => value === mark.label)?.label;
      const known = this.regions.get(mark.id);
      if (!known) {
        const region = this.plugin.addRegion({ ...look, content: label, id: `mark-${mark.id}`, drag: !this.part.shown, resize: !this.part.shown, minLength: SHORTEST / 1000 });
        return this.regions.set(mark.id, region);
      }
      known.setOptions(look);
      if (known.getContent?.() !== label) known.setContent(label);
    }
    colour(mark) {
      const place = this.options.labels.findIndex(({ value }) => value === (mark ? mark.label : this.label));
      const share = mark && mark.id === this.chosen ? 55 : 28;
      return `color-mix(in srgb, var(${HUES[Math.max(place, 0) % HUES.length]}) ${share}%, transparent)`;
    }
    idOf(region) { return [...this.regions].find(([, each]) => each === region)?.[0]; }
    dragged(region) {
      if (this.drawing) return;
      const [from, to] = [Math.round(region.start * 1000), Math.round(region.end * 1000)];
      region.remove();
      if (to - from >= SHORTEST) this.add(from, to);
    }
    moved(region) {
      const id = this.idOf(region);
      if (id !== undefined) this.change(id, { from: Math.round(region.start * 1000), to: Math.round(region.end * 1000) });
    }
    clicked(region, event) {
      event.stopPropagation();
      const id = this.idOf(region);
      if (id === undefined) return;
      this.choose(id);
      this.hear(id);
    }
    zoom(times) {
      const { wave } = this.player;
      const least = this.place.clientWidth / this.player.length;
      this.scale = Math.min(Math.max((this.scale ?? least) * times, least), 1000);
      wave.zoom(this.scale);
      this.far.disabled = this.scale <= least;
    }
  }

  Tessera.widget("segments", (element, part) => { new Segments(element, part); });
})();
