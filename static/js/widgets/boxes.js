/* Boxes: {x, y, w, h} in ten-thousandths. See picture-draw.js for what a kind has to say. */
(() => {
  "use strict";

  const LEAST = 10;
  const clamp = (number, least, most) => Math.min(Math.max(number, least), most);
  const between = ([x1, y1], [x2, y2]) => ({ x: Math.min(x1, x2), y: Math.min(y1, y2), w: Math.abs(x2 - x1), h: Math.abs(y2 - y1) });
  const corners = ({ x, y, w, h }) => [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];

  const kind = {
    corners,
    handles: corners,
    pull(box, number, at) {
      const moved = between(corners(box)[(number + 2) % 4], at);
      return moved.w < LEAST || moved.h < LEAST ? box : { ...box, ...moved };
    },
    shift: (box, [right, down]) => ({ ...box, x: clamp(box.x + right, 0, 10000 - box.w), y: clamp(box.y + down, 0, 10000 - box.h) }),
    grow: (box, [wider, higher]) => ({ ...box, w: clamp(box.w + wider, LEAST, 10000 - box.x), h: clamp(box.h + higher, LEAST, 10000 - box.y) }),
    drag(from, to) {
      const box = between(from, to);
      return box.w < LEAST || box.h < LEAST ? null : box;
    },
    middle([x, y], scale) {
      const side = Math.round(2400 / scale);
      return { x: clamp(x - side / 2, 0, 10000 - side) | 0, y: clamp(y - side / 2, 0, 10000 - side) | 0, w: side, h: side };
    },
    place: ({ x, y, w, h }) => ({ x, y, w, h }),
  };
  window.Tessera.widget("boxes", window.Tessera.drawing(kind));
})();
