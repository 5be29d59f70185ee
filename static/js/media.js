/* Sending many files in pieces: a connection that breaks costs one piece, and the same file goes on where it
   stopped, after a reload too. Without this script the browser sends the form by itself. */
(() => {
  "use strict";

  const AT_ONCE = 3;
  const LONGEST_WAIT = 30_000; // milliseconds
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const sendings = new WeakMap();

  class Sending {
    constructor(form) {
      this.form = form;
      this.queue = [];
      this.working = this.all = this.done = this.bytes = this.sent = 0;
    }

    part(name) {
      return this.form.querySelector(`[data-${name}]`);
    }

    add(files) {
      for (const file of files) {
        const most = Number(/\.zip$/i.test(file.name) ? this.form.dataset.mostZip : this.form.dataset.most);
        if (!file.size) this.refuse(file, this.form.dataset.empty);
        else if (file.size > most) this.refuse(file, this.form.dataset.tooBig);
        else {
          this.queue.push(file);
          this.all += 1;
          this.bytes += file.size;
        }
      }
      if (!this.queue.length) return;
      this.part("said").textContent = "";
      this.part("progress").hidden = this.part("hint").hidden = false;
      while (this.working < AT_ONCE && this.queue.length) this.work();
      this.show();
    }

    async work() {
      this.working += 1;
      for (let file; (file = this.queue.shift()); ) await this.one(file);
      this.working -= 1;
      if (!this.working) this.end();
    }

    /* One file: a small one at once; of a large one first how much of it is there. */
    async one(file) {
      const piece = Number(this.form.dataset.piece);
      let counted = 0;
      const count = (there) => {
        this.sent += there - counted;
        counted = there;
        this.show();
      };
      let answer = { offset: 0, done: false };
      if (file.size > piece) answer = await this.post(file, 0, 0, count);
      while (answer && !answer.done) {
        count(answer.offset);
        answer = await this.post(file, answer.offset, piece, count);
      }
      count(file.size);
      if (answer) this.done += 1;
      else this.all -= 1;
      this.show();
    }

    /* Send a piece until it arrives. The answer, or null for a file that is not taken. */
    async post(file, offset, length, count) {
      const address = new URL(this.form.dataset.media, location);
      const name = file.webkitRelativePath || file.name;
      address.search = new URLSearchParams({ name, size: file.size, modified: file.lastModified, offset });
      for (let pause = 1000; ; pause = Math.min(2 * pause, LONGEST_WAIT)) {
        const { status, text } = await this.request(address, file.slice(offset, offset + length), (loaded) =>
          count(offset + Math.min(loaded, length)),
        );
        let said = null;
        try {
          said = JSON.parse(text);
        } catch {}
        if (status === 200 && said) {
          this.part("said").textContent = "";
          return said;
        }
        if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
          this.refuse(file, said?.detail ?? this.form.dataset.refused);
          return null;
        }
        this.part("said").textContent = this.form.dataset.broken;
        await this.wait(pause);
        offset = Math.min(offset, file.size);
      }
    }

    request(address, body, loaded) {
      return new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.open("POST", address);
        request.setRequestHeader("X-CSRFToken", this.form.querySelector("[name=csrfmiddlewaretoken]").value);
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.upload.onprogress = (event) => loaded(event.loaded);
        request.onloadend = () => resolve({ status: request.status, text: request.responseText });
        request.send(body);
      });
    }

    /* A while, or until the line is back. */
    wait(pause) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, pause);
        addEventListener("online", () => (clearTimeout(timer), resolve()), { once: true });
      });
    }

    refuse(file, why) {
      const list = this.part("not-taken");
      const line = document.createElement("li");
      const name = document.createElement("b");
      const reason = document.createElement("span");
      name.dir = "auto";
      name.textContent = file.webkitRelativePath || file.name;
      reason.textContent = why;
      line.append(name, reason);
      list.append(line);
      list.hidden = false;
    }

    show() {
      const share = this.bytes ? this.sent / this.bytes : 0;
      this.part("progress").querySelector("progress").value = share;
      const words = this.form.dataset.counted
        .replace("{done}", number.format(this.done))
        .replace("{all}", number.format(this.all));
      this.part("words").textContent = `${words} · ${percent.format(Math.floor(100 * share) / 100)}`;
    }

    end() {
      this.part("progress").hidden = this.part("hint").hidden = true;
      if (this.done) this.part("said").textContent = this.form.dataset.allHere;
      this.all = this.done = this.bytes = this.sent = 0;
      document.body.dispatchEvent(new CustomEvent("media-sent"));
    }
  }

  function take(form) {
    const input = form.querySelector("input[type=file]");
    if (!sendings.has(form)) sendings.set(form, new Sending(form));
    sendings.get(form).add([...input.files]);
    input.value = "";
  }

  document.querySelectorAll("form[data-media]").forEach((form) => {
    form.querySelector("[data-by-hand]").hidden = true; // choosing is enough
    form.addEventListener("change", () => take(form));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      take(form);
    });
  });

  addEventListener("beforeunload", (event) => {
    const busy = [...document.querySelectorAll("form[data-media]")].some((form) => sendings.get(form)?.working);
    if (busy) event.preventDefault();
  });
})();
