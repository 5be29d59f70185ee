/* A picture to look at closely: enlarged, moved and turned by mouse, fingers or keys. Tessera.picture(img, words, draws)
   takes over a plain <img> and gives a view, on whose `layer` (SVG, in pixels of the stage) shapes can be drawn.
   Places on the picture are whole ten-thousandths of its width and height, whatever the view does. */
(() => {
  "use strict";

  const CLOSEST = 12; // times the size at which the whole picture fits
  const STEP = 1.4;
  const PAD = 14; // px around a picture that is drawn on, so that its edges can be taken hold of
  const ICONS = {
    closer: "M12 5v14M5 12h14", farther: "M5 12h14", turn: "M20 11a8 8 0 1 1-2.3-5.3L20 8M20 3v5h-5",
    whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
    redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3", remove: "M5 7h14M10 11v6M14 11v6M7 7l1 13h8l1-13M9 7V4h6v3",
    hand: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  };
  const clamp = (number, least, most) => Math.min(Math.max(number, least), most);
  const spin = ([x, y], turns) => [[x, y], [-y, x], [-x, -y], [y, -x]][((turns % 4) + 4) % 4];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function make(name, attributes = {}, ...children) {
    const svg = ["svg", "path", "g", "polygon", "polyline", "circle", "text", "line"].includes(name);
    const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  function button(icon, label, key, act) {
    const node = make("button", { type: "button", class: "picture-tool", "aria-label": label, title: key ? `${label} (${key})` : label },
      make("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: ICONS[icon] })));
    node.addEventListener("click", act);
    return node;
  }

  function picture(img, words, draws) {
    const layer = make("svg", { class: "picture-layer", "aria-hidden": "true" });
    const stage = make("div", {
      class: "picture-stage", tabindex: "0", role: draws ? "application" : "group", "aria-label": draws ? words.draw : words.picture,
    });
    const status = make("p", { class: "picture-says quiet", role: "status" });
    const tools = make("div", { class: "picture-tools" });
    const root = make("div", { class: "picture" });
    const seen = { scale: 1, turn: 0, x: 0.5, y: 0.5 };
    let wide = 0, high = 0, width = 1, height = 1, unit = 1; // the picture's and the stage's pixels; stage px for one of the picture's

    const view = {
      root, stage, tools, layer, ready: false, holds: null, drawn: () => {}, fill, make, button,
      get scale() { return seen.scale; },
      get turn() { return seen.turn; },
      say(text) { status.textContent = text; },
      screen([x, y]) {
        const [right, down] = spin([(x / 10000 - seen.x) * wide * unit, (y / 10000 - seen.y) * high * unit], seen.turn);
        return [right + width / 2, down + height / 2];
      },
      place([right, down]) {
        const [x, y] = spin([right - width / 2, down - height / 2], -seen.turn);
        return [x / (wide * unit) + seen.x, y / (high * unit) + seen.y].map((part) => clamp(Math.round(part * 10000), 0, 10000));
      },
      /* A step on the screen as a step on the picture: [right, down] in ten-thousandths. */
      turned: (step) => spin(step, -seen.turn),
      spot(event) {
        const frame = stage.getBoundingClientRect();
        return [event.clientX - frame.left - stage.clientLeft, event.clientY - frame.top - stage.clientTop];
      },
      middle: () => view.place([width / 2, height / 2]),
      zoom(factor, at = [width / 2, height / 2]) {
        const held = spin([at[0] - width / 2, at[1] - height / 2], -seen.turn);
        const before = [held[0] / (wide * unit) + seen.x, held[1] / (high * unit) + seen.y];
        seen.scale = clamp(seen.scale * factor, 1, CLOSEST);
        measure();
        seen.x = before[0] - held[0] / (wide * unit);
        seen.y = before[1] - held[1] / (high * unit);
        show();
      },
      pan(right, down) {
        const [x, y] = spin([right, down], -seen.turn);
        seen.x -= x / (wide * unit);
        seen.y -= y / (high * unit);
        show();
      },
      /* Move just so much that this place of the picture is well inside the stage. */
      reveal(place) {
        const [right, down] = view.screen(place);
        const edge = 40;
        view.pan(clamp(right, edge, width - edge) - right, clamp(down, edge, height - edge) - down);
      },
      rotate() {
        seen.turn = (seen.turn + 1) % 4;
        show();
        view.say(fill(words.turned, { degrees: seen.turn * 90 }));
      },
      reset() {
        Object.assign(seen, { scale: 1, turn: 0, x: 0.5, y: 0.5 });
        show();
        told();
      },
      key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey || !view.ready) return false;
        const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (arrow && seen.scale > 1) view.pan(arrow[0] * 60, arrow[1] * 60);
        else if (event.key === "+" || event.key === "=") closer();
        else if (event.key === "-" || event.key === "−") farther();
        else if (event.key.toLowerCase() === "r") view.rotate();
        else if (event.key === "0") view.reset();
        else return false;
        return true;
      },
    };
    const told = () => view.say(fill(words.zoomed, { percent: Math.round(seen.scale * 100) }));
    const closer = () => { view.zoom(STEP); told(); };
    const farther = () => { view.zoom(1 / STEP); told(); };

    function measure() {
      width = stage.clientWidth || 1;
      height = stage.clientHeight || 1;
      const pad = draws ? 2 * PAD : 0;
      const [across, up] = seen.turn % 2 ? [high, wide] : [wide, high];
      unit = Math.min((width - pad) / across, (height - pad) / up) * seen.scale;
    }
    function show() {
      if (!view.ready) return;
      measure();
      const pad = draws && seen.scale > 1 ? PAD : 0;
      for (const [axis, size, room] of [["x", wide, seen.turn % 2 ? height : width], ["y", high, seen.turn % 2 ? width : height]]) {
        const half = (room / 2 - pad) / (size * unit);
        seen[axis] = half >= 0.5 ? 0.5 : clamp(seen[axis], half, 1 - half);
      }
      const matrix = [...spin([unit, 0], seen.turn), ...spin([0, unit], seen.turn), ...view.screen([0, 0])];
      img.style.transform = `matrix(${matrix.map((part) => part.toFixed(4)).join(",")})`;
      stage.classList.toggle("close", seen.scale > 1);
      view.drawn();
    }

    /* Fingers: two move and enlarge; one draws where `holds` takes it, and else moves. */
    const down = new Map();
    let drawing = false;
    const pair = () => {
      const [[x1, y1], [x2, y2]] = [...down.values()];
      return { far: Math.hypot(x2 - x1, y2 - y1), at: [(x1 + x2) / 2, (y1 + y2) / 2] };
    };
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || !view.ready || event.target.closest("button")) return;
      stage.setPointerCapture(event.pointerId);
      down.set(event.pointerId, view.spot(event));
      if (down.size > 1 && drawing) view.holds.cancel();
      drawing = down.size === 1 && Boolean(view.holds?.down(view.spot(event), event));
    });
    stage.addEventListener("pointermove", (event) => {
      const at = view.spot(event);
      const last = down.get(event.pointerId);
      if (!last) return view.holds?.hover(at, event);
      if (down.size === 2) {
        const before = pair();
        down.set(event.pointerId, at);
        const now = pair();
        view.pan(now.at[0] - before.at[0], now.at[1] - before.at[1]);
        return view.zoom(now.far / (before.far || 1), now.at);
      }
      down.set(event.pointerId, at);
      if (drawing) view.holds.move(at, last);
      else if (down.size === 1) view.pan(at[0] - last[0], at[1] - last[1]);
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      stage.addEventListener(kind, (event) => {
        if (!down.delete(event.pointerId) || !drawing) return;
        drawing = false;
        view.holds[kind === "pointerup" ? "up" : "cancel"](view.spot(event));
      });
    }
    stage.addEventListener("touchstart", (event) => event.touches.length > 1 && event.cancelable && event.preventDefault(), { passive: false });
    stage.addEventListener("wheel", (event) => {
      /* A wheel scrolls the page, until one has gone to the picture or holds Ctrl (as a pinch on a pad does). */
      const meant = event.ctrlKey || stage.contains(document.activeElement);
      if (!view.ready || !meant || (!event.ctrlKey && event.deltaY > 0 && seen.scale === 1)) return;
      event.preventDefault();
      view.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), view.spot(event));
    }, { passive: false });
    if (!draws) {
      stage.addEventListener("dblclick", (event) => (seen.scale > 1 ? view.reset() : view.zoom(2.5, view.spot(event))));
      root.addEventListener("keydown", (event) => !event.defaultPrevented && view.key(event) && event.preventDefault());
    }

    function loaded() {
      wide = img.naturalWidth || 1000;
      high = img.naturalHeight || 1000;
      stage.style.aspectRatio = clamp(wide / high, 0.75, 1.8);
      stage.querySelector(".picture-failed")?.remove();
      root.classList.remove("failed");
      img.hidden = false;
      view.ready = true;
      show();
    }
    function failed() {
      view.ready = false;
      img.hidden = true;
      const again = make("button", { type: "button", class: "button plain" }, words.again);
      again.addEventListener("click", () => { again.disabled = true; img.src = img.src; });
      stage.querySelector(".picture-failed")?.remove();
      root.classList.add("failed");
      stage.append(make("div", { class: "picture-failed", role: "alert" }, make("p", {}, make("b", {}, words.failed)), make("p", {}, words.aside), again));
    }

    tools.append(
      button("farther", words.farther, "−", farther), button("closer", words.closer, "+", closer),
      button("turn", words.turn, "R", () => view.rotate()), button("whole", words.whole, "0", () => view.reset()),
    );
    img.replaceWith(root);
    img.classList.replace("picture-plain", "picture-img");
    img.draggable = false;
    img.addEventListener("load", loaded);
    img.addEventListener("error", failed);
    stage.append(img, layer);
    root.append(stage, tools);
    (draws ? root : tools).append(status);
    if (!draws) stage.append(make("span", { class: "sr-only" }, words.keys));
    new ResizeObserver(show).observe(stage);
    if (img.complete) (img.naturalWidth ? loaded : failed)();
    return view;
  }

  window.Tessera.picture = picture;
  window.Tessera.widget("image", (element, part) => {
    picture(element.querySelector("img"), part.options.words, false);
  });
})();
