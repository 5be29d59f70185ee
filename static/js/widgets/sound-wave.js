/* A wave on which stretches are marked, drawn by wavesurfer.js over the media element that plays it. */
(() => {
  "use strict";

  function colours() {
    const { wave: waveColor, heard: progressColor, cursor: cursorColor } = Tessera.peaks.colours();
    return { waveColor, progressColor, cursorColor };
  }

  /* The wave in `place`, or null where none can be drawn: the player does without. */
  async function wave(player, options, place, settings = {}) {
    try {
      const [peaks] = await Promise.all([Tessera.peaks.of(options), Tessera.peaks.known(player.media)]);
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
