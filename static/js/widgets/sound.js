/* A recording to listen to: its wave above the player. */
Tessera.widget("audio", (element, { options }) => {
  const media = element.querySelector("audio");
  const player = new Tessera.sound.Player(element, media, options.words);
  const place = Tessera.sound.el("div", { class: "wave", dir: "ltr", "aria-hidden": "true" });
  player.panel.before(place);
  Tessera.wave(player, options, place);
});
