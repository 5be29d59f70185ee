/* What draws the parts of a form that need a script. Such a part is an element with data-widget; its files
   (data-scripts, data-styles) are loaded once, where it is drawn, and one of them says
   Tessera.widget("boxes", (element, part) => …). `part` has options, value (of a stored answer, or null),
   set(value) to answer (null: nothing), and shown: true where an answer is only looked at. */
(() => {
  "use strict";

  const makers = new Map();
  const files = new Map();
  const begun = new WeakSet();

  window.Tessera = { widget: (name, make) => makers.set(name, make) };

  function load(url) {
    if (!files.has(url)) {
      files.set(url, new Promise((resolve, reject) => {
        const style = url.split("?")[0].endsWith(".css");
        const node = document.createElement(style ? "link" : "script");
        if (style) Object.assign(node, { rel: "stylesheet", href: url });
        else Object.assign(node, { src: url, async: false });
        node.onload = resolve;
        node.onerror = () => { files.delete(url); node.remove(); reject(new Error(url)); };
        document.head.append(node);
      }));
    }
    return files.get(url);
  }
  const listed = (text) => (text ?? "").split(" ").filter(Boolean);

  async function begin(element) {
    if (begun.has(element)) return;
    begun.add(element);
    const { widget, options, scripts, styles } = element.dataset;
    const waiting = element.querySelector("[data-waiting]");
    const box = element.querySelector("textarea[data-answer]");
    if (waiting) waiting.hidden = false;
    try {
      await Promise.all([...listed(styles), ...listed(scripts)].map(load));
      if (!element.isConnected) return;
      await makers.get(widget)(element, {
        options: JSON.parse(options || "{}"),
        value: read(box?.value),
        shown: !box,
        set(value) {
          box.value = value === null ? "" : JSON.stringify(value);
          box.dispatchEvent(new Event("input", { bubbles: true }));
          box.dispatchEvent(new Event("change", { bubbles: true }));
        },
      });
      waiting?.remove();
      element.dataset.ready = "";
    } catch (error) {
      begun.delete(element);
      console.error(error);
      const note = document.getElementById("trouble").content.cloneNode(true);
      if (waiting) waiting.replaceChildren(note); else element.append(note);
    }
  }
  function read(text) {
    try { return text ? JSON.parse(text) : null; } catch { return null; }
  }
  const scan = (root) => {
    if (root.matches?.("[data-widget]")) begin(root);
    root.querySelectorAll("[data-widget]").forEach(begin);
  };
  document.addEventListener("htmx:load", (event) => scan(event.target));
  scan(document);
})();
