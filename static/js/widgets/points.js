/* Points: {x, y} in ten-thousandths. See picture-draw.js. */
(() => {
  "use strict";

  const clamp = (number) => Math.min(Math.max(number, 0), 10000);

  const kind = {
    corners: ({ x, y }) => [[x, y]],
    handles: () => [],
    byTaps: true,
    shift: (point, [right, down]) => ({ ...point, x: clamp(point.x + right), y: clamp(point.y + down) }),
    middle: ([x, y]) => ({ x, y }),
    place: ({ x, y }) => ({ x, y }),
  };
  window.Tessera.widget("points", window.Tessera.drawing(kind));
})();
