/* The player of sound and film, shared by what plays: buttons with their keys, a line of time, one speed for all tasks.
   Its keys work while it has the focus; with Alt they work from anywhere, so that a transcriber stays in the text. */
(() => {
  "use strict";

  const STEP = 5; // seconds
  const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
  const KEPT = "tessera-speed";
  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = {
    play: "M7 4.5 19.5 12 7 19.5z", pause: "M8 5v14M16 5v14", back: "M11 6 5 12l6 6M19 6l-6 6 6 6",
    on: "M5 6l6 6-6 6M13 6l6 6-6 6", loop: "M17 3l3 3-3 3M4 11V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3M20 13v2a3 3 0 0 1-3 3H4",
    full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", remove: "M6 6l12 12M18 6 6 18",
    near: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M20 20l-4.5-4.5M8.5 11h5M11 8.5v5",
    far: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M20 20l-4.5-4.5M8.5 11h5",
    undo: "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  };
  const players = new Set();
  let latest = null; // Alt and a key speak to the player that was used last

  /* el("button", { type: "button", text: "Go" }, child…): an element; null leaves an attribute out. */
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") node.textContent = value;
      else if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }
  function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("class", "icon");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }
  /* A button with an icon, its name, what is written on it (nothing: the icon alone) and its key. Who speaks to the
     browser says what is to be read on it, the key as well: it is part of the name. */
  function button(name, label, { text = label, key = null, kind = "plain" } = {}) {
    return el("button",
      { type: "button", class: `button ${kind}`, "aria-label": key ? `${label} ${key}` : label, title: label, "aria-keyshortcuts": key && `${key} Alt+${key}` },
      icon(name), text && el("span", { text }), key && " ", key && el("kbd", { text: key, "aria-hidden": "true" }));
  }

  /* 62500 → "1:02.5". Whole seconds without `exact`. */
  function clock(ms, exact = false) {
    const whole = Math.floor(ms / 1000);
    const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (number) => String(number).padStart(2, "0");
    const rest = exact && ms % 1000 ? `.${String(Math.round(ms % 1000)).padStart(3, "0").replace(/0+$/, "")}` : "";
    return (hours ? `${hours}:${two(minutes)}` : minutes) + `:${two(seconds)}` + rest;
  }
  /* "1:02.5", "62,5" or "1:00:00" → milliseconds; null for anything else. */
  function moment(text) {
    const parts = /^(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,5}(?:[.,]\d{1,3})?)$/.exec(text.trim());
    if (!parts) return null;
    const seconds = Number(parts[3].replace(",", "."));
    if ((parts[2] !== undefined && seconds >= 60) || (parts[1] !== undefined && Number(parts[2]) >= 60)) return null;
    return Math.round(((Number(parts[1] ?? 0) * 60 + Number(parts[2] ?? 0)) * 60 + seconds) * 1000);
  }

  const kept = () => {
    try { return SPEEDS.includes(Number(localStorage[KEPT])) ? Number(localStorage[KEPT]) : 1; } catch { return 1; }
  };
  const keep = (speed) => { try { localStorage[KEPT] = speed; } catch { /* a browser that keeps nothing */ } };

  class Player {
    constructor(element, media, words) {
      Object.assign(this, { element, media, words, keys: new Map(), until: null, since: null });
      media.controls = false;
      media.defaultPlaybackRate = media.playbackRate = kept();
      this.panel = this.draw();
      media.after(this.panel);
      this.bindKeys();
      this.listen();
      players.add(this);
      latest ??= this;
      this.show();
      if (media.error) this.fail();
    }

    draw() {
      const { words, media } = this;
      const video = media.tagName === "VIDEO";
      this.playing = button("play", words.play, { key: "K", kind: "" });
      this.back = button("back", words.back, { text: `${STEP} s`, key: "J" });
      this.on = button("on", words.on, { text: `${STEP} s`, key: "L" });
      this.slower = el("button", { type: "button", class: "button plain", "aria-label": words.slower, title: words.slower, "aria-keyshortcuts": "-" }, el("span", { text: "−" }));
      this.faster = el("button", { type: "button", class: "button plain", "aria-label": words.faster, title: words.faster, "aria-keyshortcuts": "+" }, el("span", { text: "+" }));
      this.speed = el("output", { "aria-live": "polite" });
      this.loop = button("loop", words.loop, { key: "R" });
      this.loop.setAttribute("aria-pressed", "false");
      this.full = video && document.fullscreenEnabled ? button("full", words.full, { key: "F" }) : null;
      this.line = el("input", { type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": words.position, dir: "ltr" });
      this.time = el("span", { class: "time", dir: "ltr" });
      this.playing.onclick = () => this.toggle();
      this.back.onclick = () => this.jump(-STEP);
      this.on.onclick = () => this.jump(STEP);
      this.slower.onclick = () => this.change(-1);
      this.faster.onclick = () => this.change(1);
      this.loop.onclick = () => this.repeat();
      if (this.full) this.full.onclick = () => this.enlarge();
      if (video) media.onclick = () => this.toggle();
      const speed = el("span", { class: "speed", role: "group", "aria-label": words.speed }, this.slower, this.speed, this.faster);
      return el("div", { class: "deck", role: "group", "aria-label": words.player },
        el("div", { class: "time-line" }, this.line, this.time),
        el("div", { class: "turns", dir: "ltr" }, this.back, this.playing, this.on),
        el("div", { class: "tunes" }, speed, this.loop, this.full),
        el("p", { class: "quiet keys", text: words.writing }));
    }

    listen() {
      const { media, line } = this;
      for (const kind of ["timeupdate", "loadedmetadata", "durationchange", "ratechange", "play", "pause", "ended", "seeked"]) {
        media.addEventListener(kind, () => this.show());
      }
      media.addEventListener("play", () => { this.use(); this.follow(); });
      media.addEventListener("error", () => this.fail());
      line.addEventListener("input", () => this.seek(Number(line.value)));
      line.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        this.jump(way * (event.shiftKey ? 0.1 : 1));
      });
      this.element.addEventListener("focusin", () => this.use());
      this.element.addEventListener("keydown", (event) => this.pressed(event));
    }
    use() { latest = this; }

    bindKeys() {
      const { keys } = this;
      keys.set("k", () => this.toggle()).set("j", () => this.jump(-STEP)).set("l", () => this.jump(STEP));
      keys.set("-", () => this.change(-1)).set("+", () => this.change(1)).set("=", () => this.change(1));
      keys.set("r", () => this.repeat());
      if (this.full) keys.set("f", () => this.enlarge());
    }
    /* Keys with the focus in the player. Space is left to buttons, boxes to tick and text. */
    pressed(event) {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || writes(event.target)) return;
      const space = event.key === " " && !event.target.closest("button, a, select, summary, [type=checkbox], [type=radio]");
      const act = space ? this.keys.get("k") : this.keys.get(event.key.toLowerCase());
      if (!act) return;
      event.preventDefault();
      act(event);
    }

    get length() { return Number.isFinite(this.media.duration) ? this.media.duration : 0; }
    get now() { return Math.round(this.media.currentTime * 1000); }
    async toggle() {
      if (!this.media.paused) return this.media.pause();
      if (this.length && this.media.currentTime >= this.length - 0.05) this.seek(0);
      await this.play();
    }
    async play() {
      try {
        await this.media.play();
      } catch (error) {
        if (error.name === "NotSupportedError") this.fail();
      }
    }
    seek(seconds) {
      this.until = this.since = null;
      this.media.currentTime = Math.min(Math.max(seconds, 0), this.length || Infinity);
      this.show();
    }
    jump(seconds) { this.seek(this.media.currentTime + seconds); }
    change(way) {
      const place = SPEEDS.findIndex((speed) => speed >= this.media.playbackRate - 0.01);
      const speed = SPEEDS[Math.min(Math.max(place + way, 0), SPEEDS.length - 1)];
      this.media.defaultPlaybackRate = this.media.playbackRate = speed;
      keep(speed);
    }
    repeat() {
      this.media.loop = !this.media.loop;
      this.loop.setAttribute("aria-pressed", String(this.media.loop));
    }
    enlarge() {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.media.requestFullscreen().catch(() => {});
    }
    /* Play from one moment to another, in milliseconds; over and over while Repeat is on. */
    async stretch(from, to) {
      this.seek(from / 1000);
      this.since = from / 1000;
      this.until = to / 1000;
      await this.play();
    }
    /* While it plays: the line moves smoothly, and a stretch ends where it ends. */
    follow() {
      if (this.media.paused || !this.element.isConnected) return;
      if (this.until !== null && this.media.currentTime >= this.until) {
        if (this.media.loop) this.media.currentTime = this.since;
        else {
          this.media.pause();
          this.until = this.since = null;
        }
      }
      this.show();
      requestAnimationFrame(() => this.follow());
    }

    show() {
      const { media, words, line } = this;
      const [at, end] = [clock(media.currentTime * 1000), clock(this.length * 1000)];
      line.max = this.length || 1;
      line.value = media.currentTime;
      line.setAttribute("aria-valuetext", `${at} ${words.of} ${end}`);
      const time = `${at} / ${end}`;
      if (this.time.textContent !== time) this.time.textContent = time;
      const speed = `${media.playbackRate.toLocaleString(document.documentElement.lang)} ×`;
      if (this.speed.textContent !== speed) this.speed.textContent = speed;
      const state = media.paused ? "play" : "pause";
      if (this.playing.dataset.state === state) return;
      this.playing.dataset.state = state;
      this.playing.querySelector("svg").replaceWith(icon(state));
      this.playing.querySelector("span").textContent = words[state];
      this.playing.setAttribute("aria-label", `${words[state]} K`);
      this.playing.title = words[state];
    }
    fail() {
      if (this.failed) return;
      this.failed = true;
      this.panel.hidden = true;
      this.panel.after(el("p", { class: "notice warning", role: "status" }, el("span", { text: this.words.failed })));
    }
    end() {
      players.delete(this);
      if (latest === this) latest = null;
      this.wave?.destroy();
      this.media.pause();
      this.media.removeAttribute("src");
      this.media.load();
    }
  }

  const writes = (target) =>
    target.matches?.("textarea, select, [contenteditable], input:not([type=range], [type=radio], [type=checkbox], [type=file])") ?? false;

  /* A key, wherever the focus is; with Alt where one writes. AltGr writes letters; option keys of a Mac too, hence the place of the key. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.getModifierState("AltGraph") || event.defaultPrevented) return;
    if (!event.altKey && writes(event.target)) return;
    const player = latest?.element.isConnected ? latest : [...players].find((each) => each.element.isConnected);
    if (!player || document.querySelector("dialog[open]")) return;
    const place = { Minus: "-", NumpadSubtract: "-", Equal: "+", NumpadAdd: "+" }[event.code] ?? event.code.replace(/^Key/, "").toLowerCase();
    const act = player.keys.get(event.key.toLowerCase()) ?? player.keys.get(place);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
  /* A recording of a task that has gone must not go on in the next one. */
  for (const kind of ["htmx:afterSwap", "htmx:load"]) {
    document.addEventListener(kind, () => players.forEach((each) => each.element.isConnected || each.end()));
  }

  Tessera.sound = { Player, el, icon, button, clock, moment, writes };
})();
