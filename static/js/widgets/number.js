/* A slider beside a number box. The box is the answer; the slider counts whole places, so that no decimal is rounded. */
(() => {
  "use strict";

  const places = (text) => (text.split(".")[1] ?? "").length;

  Tessera.widget("number", (element, { options }) => {
    const box = element.querySelector("input");
    const scale = Math.max(places(options.least), places(options.step));
    const whole = (text) => {
      const [all, sign, digits, rest = ""] = /^([+-]?)(\d*)\.?(\d*)$/.exec(text) ?? [];
      return all && (digits || rest) ? BigInt(`${sign === "-" ? "-" : ""}${digits}${rest.padEnd(scale, "0").slice(0, scale)}`) : null;
    };
    const [least, most, step] = [options.least, options.most, options.step].map(whole);
    const written = (place) => {
      const number = least + step * BigInt(place);
      const digits = String(number < 0n ? -number : number).padStart(scale + 1, "0");
      const [head, tail] = [digits.slice(0, digits.length - scale), digits.slice(digits.length - scale).replace(/0+$/, "")];
      return `${number < 0n ? "-" : ""}${head}${tail && options.sign + tail}`;
    };
    const spoken = (number) => `${number} ${options.unit}`.trim();
    const last = Number((most - least) / step);
    const slider = document.createElement("input"), ends = document.createElement("div");
    Object.assign(slider, { type: "range", min: 0, max: last, step: 1, value: Math.round(last / 2) });
    slider.setAttribute("aria-label", document.querySelector(`label[for="${box.id}"]`)?.textContent ?? options.unit);
    ends.className = "slider-ends";
    ends.setAttribute("aria-hidden", "true");
    for (const place of [0, last]) ends.append(Object.assign(document.createElement("span"), { textContent: spoken(written(place)) }));

    /* What was typed moves the slider; a number that is none leaves it where it is, and pale. */
    function follow() {
      const number = whole(box.value.trim().replace(/[\s'’]/g, "").replace(/[,٫]/, ".").replace("−", "-"));
      slider.classList.toggle("unset", number === null);
      if (number !== null) slider.value = Number((number - least) / step);
      slider.setAttribute("aria-valuetext", number === null ? "–" : spoken(box.value.trim()));
    }
    slider.addEventListener("input", () => {
      box.value = written(slider.value);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    });
    slider.addEventListener("change", () => box.dispatchEvent(new Event("change", { bubbles: true })));
    box.addEventListener("input", follow);
    (box.closest(".with-unit") ?? box).before(slider, ends);
    follow();
  });
})();
