/* Drawing by keys alone: what picture-draw.js adds to itself. `key` answers true when it used the key. While an outline is
   under way the arrows move a cross and Enter sets a corner there; else they move what is chosen. */
(() => {
  "use strict";

  window.Tessera.drawingKeys = {
    key(event) {
      const { key } = event;
      const small = key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && !event.altKey && (small === "z" || small === "y")) {
        const again = small === "y" || event.shiftKey;
        this.step(...(again ? [this.future, this.past, this.words.redone] : [this.past, this.future, this.words.undone]));
        return true;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !this.view.ready) return false;
      if ((key === "Enter" || key === " ") && event.target !== this.view.stage) return false;
      const tag = this.labels.length <= 9 && /^[1-9]$/.test(key) && this.labels[key - 1];
      if (tag) {
        this.choose(tag.value);
        return true;
      }
      if (small === "a") {
        this.begin();
        return true;
      }
      return (this.draft ? this.draftKey(event) : this.shapeKey(event)) || this.view.key(event);
    },
    arrow({ key, shiftKey }, long) {
      const step = Math.max(1, Math.round((shiftKey ? long : 100) / this.view.scale));
      return { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key];
    },
    draftKey(event) {
      const { key } = event;
      const arrow = this.arrow(event, 500);
      this.cross ??= this.draft.at(-1) ?? this.view.middle();
      if (arrow) {
        const [right, down] = this.view.turned(arrow);
        this.cross = [this.cross[0] + right, this.cross[1] + down].map((part) => Math.min(Math.max(part, 0), 10000));
        this.view.reveal(this.cross);
      } else if (key === "Enter" || key === " ") this.setCorner([...this.cross]);
      else if (key === "Backspace" || key === "Delete") this.cornerOff();
      else if (key.toLowerCase() === "c") this.finish();
      else if (key === "Escape") this.cancelDraft();
      else return false;
      return true;
    },
    shapeKey(event) {
      const { key } = event;
      if (this.picked < 0) return false;
      const shape = this.shapes[this.picked];
      const arrow = this.arrow(event, 100);
      if (arrow) this.nudge(shape, event.shiftKey, arrow);
      else if (key === "Delete" || key === "Backspace") {
        const less = this.corner >= 0 && this.kind.less(shape, this.corner);
        if (!less) this.remove(this.picked);
        else {
          this.corner = -1;
          this.swap(less);
        }
      } else if (key.toLowerCase() === "n" && this.kind.less) {
        this.corner = this.corner + 1 >= shape.points.length ? -1 : this.corner + 1;
        this.paint();
        if (this.corner >= 0) this.say(this.view.fill(this.words.corner_at, { number: this.corner + 1, total: shape.points.length }));
      } else if (key === "Escape" && this.grip) this.cancel();
      else if (key === "Escape") this.pick(-1);
      else return false;
      return true;
    },
    nudge(shape, grows, arrow) {
      const step = this.view.turned(arrow);
      const as = `${this.picked} ${this.corner} ${grows}`;
      if (this.corner >= 0) {
        const to = shape.points[this.corner].map((part, axis) => Math.min(Math.max(part + step[axis], 0), 10000));
        this.swap(this.kind.pull(shape, this.corner, to), as);
      } else if (grows && this.kind.grow) {
        this.swap(this.kind.grow(shape, this.view.turn % 2 ? [arrow[1], arrow[0]] : arrow), as);
      } else this.swap(this.kind.shift(shape, step), as);
      this.view.reveal(this.kind.corners(this.shapes[this.picked])[Math.max(0, this.corner)]);
    },
  };
})();
