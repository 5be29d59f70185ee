/* A film to watch: the player below the picture. */
Tessera.widget("video", (element, { options }) => {
  new Tessera.sound.Player(element, element.querySelector("video"), options.words);
});
