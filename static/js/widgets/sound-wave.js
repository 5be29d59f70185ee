/* The wave of a recording, drawn by wavesurfer.js over the media element that plays it. The media job has drawn up the
   wave of most recordings; that of a small one is read from the recording itself, a large one gets a plain line. */
(() => {
  "use strict";

  const MOST = 8_000_000; // bytes that are worth fetching for a wave
  const POINTS = 2000;
  const RATE = 8000; // samples a second are plenty for a picture

  async function drawnUp(url) {
    const answer = await fetch(url);
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) return null;
    return answer.json();
  }
  async function readOff(url) {
    if (navigator.connection?.saveData) return null;
    const stop = new AbortController();
    const answer = await fetch(url, { signal: stop.signal });
    if (!answer.ok || !(Number(answer.headers.get("Content-Length") ?? Infinity) <= MOST)) {
      stop.abort();
      return null;
    }
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await answer.arrayBuffer());
    const samples = sound.getChannelData(0);
    const step = Math.max(1, Math.ceil(samples.length / POINTS));
    const peaks = [];
    for (let at = 0; at < samples.length; at += step) {
      let most = 0;
      for (let each = at; each < Math.min(at + step, samples.length); each += 1) most = Math.max(most, Math.abs(samples[each]));
      peaks.push(most);
    }
    return peaks;
  }
  async function peaksOf({ peaks, src }) {
    const flat = [0, 0];
    try {
      return (peaks && (await drawnUp(peaks))) || (await readOff(src)) || flat;
    } catch {
      return flat; // no sound in it, or none that can be read here
    }
  }
  function colours() {
    const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return { waveColor: token("--edge"), progressColor: token("--accent"), cursorColor: token("--focus") };
  }
  const known = (media) =>
    media.readyState >= 1
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          media.addEventListener("loadedmetadata", resolve, { once: true });
          media.addEventListener("error", () => reject(new Error("media")), { once: true });
        });

  /* The wave in `place`, or null where none can be drawn: the player does without. */
  async function wave(player, options, place, settings = {}) {
    try {
      const [peaks] = await Promise.all([peaksOf(options), known(player.media)]);
      if (!place.isConnected || !player.length) return null;
      const made = WaveSurfer.create({
        container: place, media: player.media, peaks: [peaks], duration: player.length, height: 72, normalize: true,
        barWidth: 2, barGap: 1, barRadius: 2, cursorWidth: 2, dragToSeek: true,
        cspNonce: document.querySelector("script[nonce]")?.nonce, ...colours(), ...settings,
      });
      const theme = matchMedia("(prefers-color-scheme: dark)");
      const repaint = () => made.setOptions(colours());
      theme.addEventListener("change", repaint);
      made.on("destroy", () => theme.removeEventListener("change", repaint));
      made.on("interaction", () => (player.until = player.since = null));
      player.wave = made;
      place.dataset.drawn = "";
      return made;
    } catch {
      return null;
    }
  }

  Tessera.wave = wave;
})();
