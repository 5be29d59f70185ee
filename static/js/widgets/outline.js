/* Outlines: {points: [[x, y], …]} in ten-thousandths, set corner by corner. See picture-draw.js. */
(() => {
  "use strict";

  const clamp = (number, least, most) => Math.min(Math.max(number, least), most);
  const corners = ({ points }) => points;

  const kind = {
    corners,
    handles: corners,
    byCorners: true,
    mostCorners: 300,
    pull: (outline, number, at) => ({ ...outline, points: outline.points.map((each, place) => (place === number ? at : each)) }),
    shift(outline, step) {
      const [right, down] = [0, 1].map((axis) => {
        const all = outline.points.map((each) => each[axis]);
        return clamp(step[axis], -Math.min(...all), 10000 - Math.max(...all));
      });
      return { ...outline, points: outline.points.map(([x, y]) => [x + right, y + down]) };
    },
    less: (outline, number) => (outline.points.length > 3 ? { ...outline, points: outline.points.filter((_each, place) => place !== number) } : null),
    closed(points) {
      const apart = points.filter(([x, y], number) => number === 0 || x !== points[number - 1][0] || y !== points[number - 1][1]);
      const wide = [0, 1].every((axis) => Math.max(...apart.map((each) => each[axis])) - Math.min(...apart.map((each) => each[axis])) >= 10);
      return new Set(apart.map(String)).size >= 3 && wide ? { points: apart } : null;
    },
    place: ({ points }) => ({ x: Math.min(...points.map((each) => each[0])), y: Math.min(...points.map((each) => each[1])) }),
  };
  window.Tessera.widget("outline", window.Tessera.drawing(kind));
})();
