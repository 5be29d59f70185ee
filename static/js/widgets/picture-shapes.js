/* Shapes on the layer of a picture, as they look: drawn anew whenever the view or a shape changes. A kind (boxes.js,
   outline.js, points.js) says which corners a shape has; all of them are drawn and hit alike. */
(() => {
  "use strict";

  const COLOURS = 6; // classes c0 to c5 of picture.css

  /* paint(view, kind, state): state has shapes, labels, picked (a number or -1), corner, draft and cross. */
  function paint(view, kind, { shapes, labels, picked = -1, corner = -1, draft = null, cross = null, first = false }) {
    const { make, layer } = view;
    const points = (places) => places.map((place) => view.screen(place).map((part) => part.toFixed(1)).join(",")).join(" ");
    const twice = (name, attributes) => [make(name, { ...attributes, class: "casing" }), make(name, { ...attributes, class: "line" })];
    const dot = (place, radius, name) => {
      const [x, y] = view.screen(place);
      return make("circle", { cx: x, cy: y, r: radius, class: name });
    };

    const drawn = shapes.map((shape, number) => {
      const corners = kind.corners(shape);
      const place = Math.max(0, labels.findIndex((each) => each.value === shape.label));
      const group = make("g", { class: `shape c${place % COLOURS}${number === picked ? " picked" : ""}` });
      if (corners.length > 1) group.append(...twice("polygon", { points: points(corners) }));
      else group.append(dot(corners[0], number === picked ? 11 : 8, "casing"), dot(corners[0], number === picked ? 9 : 6, "spot"));
      const label = corners.length > 1 || number === picked ? labels.find((each) => each.value === shape.label)?.label : undefined;
      group.append(word(view, corners, [number + 1, label])); // points stand too close for all their words
      return group;
    });
    if (picked >= 0) {
      const small = Math.min(7, Math.max(4, Math.sqrt(size(view, kind, shapes[picked])) / 8)); // handles must not hide a small shape
      const handles = kind.handles(shapes[picked]).map((place, number) => dot(place, number === corner ? 10 : small, number === corner ? "handle taken" : "handle"));
      drawn[picked].append(...handles);
      drawn.push(drawn[picked]); // on top
    }
    layer.replaceChildren(...drawn);
    if (draft) {
      const line = cross ? [...draft, cross] : draft;
      const group = make("g", { class: "shape draft" });
      if (line.length > 1) group.append(...twice("polyline", { points: points(line) }));
      group.append(...draft.map((place, number) => dot(place, number === 0 && first ? 11 : 6, number === 0 && first ? "handle taken" : "handle")));
      layer.append(group);
    }
    if (cross) {
      const [x, y] = view.screen(cross);
      layer.append(make("g", { class: "shape cross" }, ...twice("path", { d: `M${x - 14} ${y}h10m8 0h10M${x} ${y - 14}v10m0 8v10` })));
    }
  }
  /* Its number, and its label, at its upper left corner on the screen; inside where there is no room above, and drawn
     back where there is none on the right. */
  function word(view, corners, parts) {
    const seen = corners.map(view.screen);
    const x = Math.min(...seen.map((each) => each[0]));
    const y = Math.min(...seen.map((each) => each[1]));
    const [right, low] = [0, 1].map((axis) => Math.max(...seen.map((each) => each[axis])));
    const { clientWidth, clientHeight } = view.layer;
    if (right < 0 || low < 0 || x > clientWidth || y > clientHeight) return "";
    const alone = corners.length === 1;
    const text = parts.filter((part) => part !== undefined).join(" ");
    const left = Math.min(x + (alone ? 13 : 3), clientWidth - wide(text) - 4);
    const node = view.make("text", { x: Math.max(4, left), y: alone ? y + 5 : y > 22 ? y - 6 : Math.max(y, 0) + 17 });
    node.textContent = text;
    return node;
  }

  /* How wide a word is on the layer, in px: measured without drawing. */
  let ruler;
  function wide(text) {
    if (!ruler) {
      ruler = document.createElement("canvas").getContext("2d");
      const { fontSize, fontFamily } = getComputedStyle(document.documentElement);
      ruler.font = `600 ${0.85 * parseFloat(fontSize)}px ${fontFamily}`; // that of .shape text
    }
    return ruler.measureText(text).width;
  }

  function inside(corners, [x, y]) {
    let found = false;
    corners.forEach(([x1, y1], number) => {
      const [x2, y2] = corners[(number + 1) % corners.length];
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) found = !found;
    });
    return found;
  }
  function toEdge(corners, [x, y]) {
    return Math.min(...corners.map(([x1, y1], number) => {
      const [x2, y2] = corners[(number + 1) % corners.length];
      const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2 || 1);
      const part = Math.min(Math.max(along, 0), 1);
      return Math.hypot(x - x1 - part * (x2 - x1), y - y1 - part * (y2 - y1));
    }));
  }
  /* Whether a spot on the screen touches the shape, with `slack` px to spare. */
  function touches(view, kind, shape, spot, slack) {
    const corners = kind.corners(shape).map(view.screen);
    return (corners.length > 2 && inside(corners, spot)) || toEdge(corners, spot) <= slack;
  }
  function size(view, kind, shape) {
    const seen = kind.corners(shape).map(view.screen);
    const side = (axis) => Math.max(...seen.map((each) => each[axis])) - Math.min(...seen.map((each) => each[axis]));
    return side(0) * side(1);
  }

  window.Tessera.shapes = { paint, touches, size, COLOURS };
})();
