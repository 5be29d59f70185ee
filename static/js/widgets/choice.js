/* A long list as a combobox to search in (WAI-ARIA, list autocomplete). The <select> stays and holds the answer; case and
   accents make no difference. Of several, each chosen one is a chip. */
(() => {
  "use strict";

  const SHOWN = 100; // options in the list at once: a cheap phone draws no more of them in one go

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  class Combo {
    constructor(element, words) {
      this.words = words;
      this.select = element.querySelector("select");
      this.many = this.select.multiple;
      this.options = [...this.select.options].filter((each) => each.value !== "").map((option) => ({ option, text: plain(option.text) }));
      this.active = -1;
      this.build(element);
      this.listen(element);
      this.show();
    }
    build(element) {
      const { id } = this.select, list = `${id}-list`;
      this.select.removeAttribute("id");
      this.box = make("input", {
        type: "text", id, role: "combobox", "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list",
        autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: this.words.search, dir: "auto",
      });
      for (const name of ["aria-describedby", "aria-invalid"]) {
        if (this.select.hasAttribute(name)) this.box.setAttribute(name, this.select.getAttribute(name));
      }
      if (this.select.required) this.box.setAttribute("aria-required", "true");
      this.select.required = false;
      this.select.hidden = true;
      this.arrow = make("button", { type: "button", tabindex: "-1", "aria-label": this.words.open, "aria-controls": list, "aria-expanded": "false" }, "▾");
      this.list = make("ul", { id: list, role: "listbox", "aria-label": this.words.list });
      this.list.hidden = true;
      this.rest = make("p", { class: "hint" });
      this.rest.hidden = true;
      this.said = make("p", { class: "sr-only", role: "status" });
      this.chips = make("ul", { class: "chips", "aria-label": this.words.chosen });
      this.chips.hidden = true;
      this.panel = make("div", { class: "combo-list" }, this.list, this.rest);
      this.panel.hidden = true;
      element.append(this.chips, make("div", { class: "combo" }, this.box, this.arrow, this.panel), this.said);
    }
    get chosen() { return this.options.filter(({ option }) => option.selected).map(({ option }) => option); }

    /* What is chosen: its label in the box, or a chip for each. */
    show() {
      if (!this.many) this.box.value = this.chosen[0]?.text ?? "";
      this.chips.hidden = !this.many || !this.chosen.length;
      if (!this.many) return;
      this.chips.replaceChildren(...this.chosen.map((option) => {
        const remove = make("button", { type: "button", "aria-label": fill(this.words.remove, { text: option.text }) }, "✕");
        remove.onclick = () => {
          this.set(option, false);
          this.box.focus();
        };
        return make("li", {}, make("bdi", {}, option.text), remove);
      }));
    }
    set(option, chosen) {
      if (!this.many) this.select.value = chosen ? option.value : "";
      else option.selected = chosen;
      for (const kind of ["input", "change"]) this.select.dispatchEvent(new Event(kind, { bubbles: true }));
      this.show();
    }

    /* The list: those that begin so, then those with a word that does, then all that hold it. */
    matches() {
      const asked = this.typed ? plain(this.box.value) : "";
      if (!asked) return this.options;
      const rank = ({ text }) => (text.startsWith(asked) ? 0 : text.includes(` ${asked}`) ? 1 : text.includes(asked) ? 2 : 3);
      const found = [[], [], []];
      for (const each of this.options) found[rank(each)]?.push(each);
      return found.flat();
    }
    open() {
      const found = this.matches();
      this.found = found.slice(0, SHOWN).map(({ option }) => option);
      this.list.replaceChildren(...this.found.map((option, number) => {
        const row = make("li", { role: "option", id: `${this.list.id}-${number}`, "aria-selected": String(option.selected) }, option.text);
        row.onclick = () => this.pick(number);
        return row;
      }));
      const more = found.length - this.found.length;
      this.rest.textContent = !found.length ? this.words.none : more ? fill(this.words.more, { n: more }) : "";
      this.rest.hidden = !this.rest.textContent;
      this.list.hidden = !found.length;
      this.said.textContent = found.length ? fill(this.words.found, { n: found.length }) : this.words.none;
      this.expand(true);
      this.go(this.typed && found.length ? 0 : this.found.findIndex((option) => option.selected && !this.many));
    }
    close() {
      this.expand(false);
      this.go(-1);
      this.typed = false;
      if (this.many) this.box.value = "";
      else this.box.value = this.chosen[0]?.text ?? "";
    }
    expand(open) {
      this.panel.hidden = !open;
      for (const node of [this.box, this.arrow]) node.setAttribute("aria-expanded", String(open));
    }
    go(number) {
      this.list.children[this.active]?.classList.remove("active");
      this.active = number;
      const row = this.list.children[number];
      if (!row) return this.box.removeAttribute("aria-activedescendant");
      row.classList.add("active");
      row.scrollIntoView({ block: "nearest" });
      this.box.setAttribute("aria-activedescendant", row.id);
    }
    pick(number) {
      const option = this.found[number];
      this.set(option, this.many ? !option.selected : true);
      this.close();
      this.box.focus();
    }

    listen(element) {
      this.box.addEventListener("input", (event) => {
        event.stopPropagation(); // what is typed to search is no answer
        this.typed = true;
        if (!this.many && !this.box.value.trim() && this.chosen.length) {
          this.set(null, false);
          this.typed = false;
        }
        this.open();
      });
      this.box.addEventListener("click", () => this.panel.hidden && this.open());
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.arrow.addEventListener("click", () => {
        this.box.focus();
        if (this.panel.hidden) this.open(); else this.close();
      });
      this.panel.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps focus
      element.addEventListener("focusout", (event) => element.contains(event.relatedTarget) || this.panel.hidden || this.close());
    }
    key(event) {
      const open = !this.panel.hidden, last = (this.found?.length ?? 0) - 1;
      const steps = { ArrowDown: (at) => (at >= last ? 0 : at + 1), ArrowUp: (at) => (at <= 0 ? last : at - 1) };
      if (steps[event.key]) {
        if (!open) this.open();
        if (open || this.active < 0) this.go(steps[event.key](this.active));
      } else if (event.key === "Enter" && open && !event.ctrlKey && !event.metaKey) {
        if (this.active >= 0) this.pick(this.active);
      } else if (event.key === "Escape" && open) this.close();
      else if (event.key === "Backspace" && this.many && !this.box.value && this.chosen.length) this.set(this.chosen.at(-1), false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  Tessera.widget("choice", (element, part) => new Combo(element, part.options.words));
})();
