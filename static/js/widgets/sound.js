/* A recording to listen to: its wave above the player, to be pressed where one wants to hear it. It is drawn here, since
   what stretches are marked on (sound-wave.js) weighs ten times as much. */
(() => {
  "use strict";

  const HEIGHT = 72, BAR = 2, STEP = 3; // px

  class Wave {
    constructor(player, place, peaks) {
      Object.assign(this, { player, place, peaks, most: Math.max(0, ...peaks) || 1, ended: new AbortController() });
      this.canvas = document.createElement("canvas");
      place.replaceChildren(this.canvas);
      const { signal } = this.ended, { media } = player;
      for (const kind of ["timeupdate", "seeking"]) media.addEventListener(kind, () => this.draw(), { signal });
      media.addEventListener("play", () => this.run(), { signal });
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(), { signal });
      place.addEventListener("pointerdown", (event) => {
        place.setPointerCapture(event.pointerId);
        this.go(event);
      }, { signal });
      place.addEventListener("pointermove", (event) => place.hasPointerCapture(event.pointerId) && this.go(event), { signal });
      this.sized = new ResizeObserver(() => this.draw());
      this.sized.observe(place);
      place.dataset.drawn = "";
    }
    go(event) {
      const { left, width } = this.place.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
      this.player.until = this.player.since = null;
      this.player.media.currentTime = share * this.player.length;
    }
    run() {
      if (!this.canvas.isConnected || this.player.media.paused) return;
      this.draw();
      requestAnimationFrame(() => this.run());
    }
    /* The loudest of the peaks that fall on a bar. */
    loud(bar, bars) {
      const from = Math.floor((bar / bars) * this.peaks.length);
      const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * this.peaks.length));
      return Math.max(...this.peaks.slice(from, to)) / this.most;
    }
    draw() {
      const width = this.place.clientWidth, sharp = devicePixelRatio || 1;
      if (!width) return;
      Object.assign(this.canvas, { width: width * sharp, height: HEIGHT * sharp });
      const pen = this.canvas.getContext("2d"), { wave, heard, cursor } = Tessera.peaks.colours();
      const here = (this.player.media.currentTime / this.player.length) * width, bars = Math.floor(width / STEP);
      pen.scale(sharp, sharp);
      for (let bar = 0; bar < bars; bar += 1) {
        const high = Math.max(BAR, this.loud(bar, bars) * HEIGHT);
        pen.fillStyle = bar * STEP < here ? heard : wave;
        pen.fillRect(bar * STEP, (HEIGHT - high) / 2, BAR, high);
      }
      pen.fillStyle = cursor;
      pen.fillRect(Math.min(here, width - BAR), 0, BAR, HEIGHT);
    }
    destroy() {
      this.ended.abort();
      this.sized.disconnect();
    }
  }

  Tessera.widget("audio", (element, { options }) => {
    const player = new Tessera.sound.Player(element, element.querySelector("audio"), options.words);
    const place = Tessera.sound.el("div", { class: "wave", dir: "ltr", "aria-hidden": "true" });
    player.panel.before(place);
    Promise.all([Tessera.peaks.of(options), Tessera.peaks.known(player.media)]).then(([peaks]) => {
      if (place.isConnected && player.length) player.wave = new Wave(player, place, peaks);
    }, () => {}); // no wave: the player does without, and says itself what does not play
  });
})();
