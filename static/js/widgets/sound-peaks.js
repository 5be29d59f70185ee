/* What a wave is drawn from, and its colours. The media job has drawn up the wave of most recordings; that of a small one is
   read from the recording itself, a large one gets a plain line. Tessera.peaks: of(options), known(media), colours(). */
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
    return { wave: token("--edge"), heard: token("--accent"), cursor: token("--focus") };
  }
  const known = (media) =>
    media.readyState >= 1
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          media.addEventListener("loadedmetadata", resolve, { once: true });
          media.addEventListener("error", () => reject(new Error("media")), { once: true });
        });

  Tessera.peaks = { of: peaksOf, known, colours };
})();
