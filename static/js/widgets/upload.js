/* A photo or a recording by the worker, sent at once with its progress. What is answered is the id that comes back. */
(() => {
  "use strict";

  const ASSIGNMENT = /asg_[0-9a-z]{13}/;
  const TYPES = ["audio/mp4", "audio/webm;codecs=opus", "audio/ogg;codecs=opus", ""];

  /* make("p", { className: "quiet" }, child…) */
  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

  class Upload {
    constructor(element, part) {
      Object.assign(this, { element, part, options: part.options, words: part.options.words });
      this.form = element.closest("form");
      const assignment = ASSIGNMENT.exec(`${this.form?.getAttribute("action") ?? ""} ${location.pathname}`)?.[0];
      this.url = assignment && this.options.send.replace("ID", assignment);
      this.photo = this.options.accept === "photo";
      this.box = make("div", { className: "sending" });
      element.append(this.box);
      if (part.value) this.sent(part.value);
      else this.ask();
    }

    /* What can be done now, and under it what is to be said; the focus goes to the first button when asked. */
    show(content, { alert = "", focus = false } = {}) {
      const said = alert ? [make("p", { className: "errors", role: "alert", textContent: alert })] : [];
      this.box.replaceChildren(...said, ...content);
      if (focus) this.box.querySelector("button, a")?.focus();
    }
    button(words, act, plain = true) {
      const made = make("button", { type: "button", className: plain ? "button plain" : "button", textContent: words });
      made.onclick = act;
      return made;
    }
    /* The browser's own window for files; `capture` opens the camera of a phone. */
    chooser(words, capture, plain) {
      const input = make("input", { type: "file", accept: this.options.offered, hidden: true });
      if (capture) input.setAttribute("capture", "environment");
      input.oninput = (event) => event.stopPropagation(); // choosing is no answer yet: there is no draft to keep
      input.onchange = () => input.files[0] && this.send(input.files[0]);
      const open = this.button(words, () => input.click(), plain);
      return [open, input];
    }
    choices(first, other) {
      const phone = matchMedia("(pointer: coarse)").matches;
      if (this.photo) return phone ? [...this.chooser(first, true, false), ...this.chooser(other, false, true)] : this.chooser(other, false, false);
      const records = typeof MediaRecorder === "function" && navigator.mediaDevices?.getUserMedia;
      const record = records ? [this.button(first, () => this.record(), false)] : [];
      return [...record, ...this.chooser(other, false, records)];
    }
    ask(options) {
      const { words } = this;
      const note = this.url ? [] : [make("p", { className: "quiet", textContent: words.preview })];
      this.show([make("div", { className: "actions" }, ...this.choices(words.take, words.choose)), ...note], options);
    }

    /* --- recording ------------------------------------------------------------------------------- */

    async record() {
      const { words } = this;
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      } catch {
        return this.ask({ alert: words.no_microphone, focus: true });
      }
      const type = TYPES.find((each) => !each || MediaRecorder.isTypeSupported(each));
      const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
      const pieces = [];
      const began = performance.now();
      const time = make("p", { className: "recording" });
      const tick = setInterval(() => {
        time.textContent = words.recording.replace("%s", clock(performance.now() - began));
        if (!this.element.isConnected) recorder.stop(); // the task has gone: so does the microphone
      }, 250);
      time.textContent = words.recording.replace("%s", clock(0));
      let wanted = true;
      recorder.ondataavailable = (event) => event.data.size && pieces.push(event.data);
      recorder.onstop = () => {
        clearInterval(tick);
        stream.getTracks().forEach((track) => track.stop());
        if (!this.element.isConnected) return;
        if (wanted) this.send(new Blob(pieces, { type: recorder.mimeType }));
        else this.ask({ focus: true });
      };
      recorder.start(1000);
      const cancel = this.button(words.cancel, () => { wanted = false; recorder.stop(); });
      this.show([time, make("div", { className: "actions" }, this.button(words.stop, () => recorder.stop(), false), cancel)], { focus: true });
    }

    /* --- sending --------------------------------------------------------------------------------- */

    send(file) {
      const { words, options } = this;
      if (!file.size) return this.ask({ alert: words.empty, focus: true });
      if (file.size > options.bytes) {
        return this.ask({ alert: words.too_large.replace("%s", Math.floor(options.bytes / 1e6)), focus: true });
      }
      if (!this.url) return this.looked(file);
      const bar = make("progress", { max: 1, value: 0 });
      const status = make("p", { className: "quiet", role: "status", textContent: words.sending });
      bar.setAttribute("aria-label", words.sending);
      const request = new XMLHttpRequest();
      const cancel = this.button(words.cancel, () => request.abort());
      this.show([status, bar, make("div", { className: "actions" }, cancel)], { focus: true });
      request.upload.onprogress = ({ loaded, total }) => {
        bar.value = loaded / total;
        status.textContent = `${words.sending} ${Math.round((100 * loaded) / total)} %`;
      };
      request.upload.onload = () => {
        bar.removeAttribute("value"); // it has arrived, and is made ready now
        status.textContent = words.working;
      };
      request.onload = () => this.answered(request, file);
      request.onerror = request.ontimeout = () => this.failed(file);
      request.onabort = () => this.ask({ focus: true });
      request.timeout = 180_000;
      request.open("POST", this.url);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-CSRFToken", this.form.querySelector("[name=csrfmiddlewaretoken]").value);
      request.send(file);
    }
    answered(request, file) {
      if (!this.element.isConnected) return;
      let said = null;
      try { said = JSON.parse(request.responseText); } catch { /* not ours: a page of a proxy, or log-in */ }
      if (request.status === 201 && said?.id) {
        this.part.set(said.id);
        return this.sent(said.id, true);
      }
      if (said?.detail && [429, 503].includes(request.status)) return this.failed(file, said.detail); // good as it is, later
      if (said?.detail) return this.ask({ alert: said.detail, focus: true });
      this.failed(file);
    }
    failed(file, alert = this.words.failed) {
      const { words } = this;
      const again = this.button(words.retry, () => this.send(file), false);
      this.show([make("div", { className: "actions" }, again, this.button(words.cancel, () => this.ask({ focus: true })))], { alert, focus: true });
    }

    /* --- what was sent --------------------------------------------------------------------------- */

    media(address) {
      if (!this.photo) return make("audio", { className: "sent", controls: true, preload: "metadata", src: address });
      return make("img", { className: "sent", src: address, alt: this.words.photo });
    }
    sent(id, now = false) {
      const { words } = this;
      const remove = this.button(words.remove, () => {
        this.part.set(null);
        this.ask({ focus: true });
      });
      const note = make("p", { className: "quiet", role: "status", textContent: words.sent });
      const actions = make("div", { className: "actions" }, ...this.choices(words.again, words.other), remove);
      actions.querySelectorAll(".button").forEach((each) => each.classList.add("plain"));
      this.show([this.media(this.options.media.replace("ID", id)), note, actions]);
      if (now) this.box.querySelector("button").focus({ preventScroll: true });
    }
    /* In a preview: shown, and not sent. */
    looked(file) {
      const address = URL.createObjectURL(file);
      const media = this.media(address);
      media.onload = media.onloadeddata = () => URL.revokeObjectURL(address);
      this.show([media, make("p", { className: "quiet", role: "status", textContent: this.words.preview }), make("div", { className: "actions" }, ...this.choices(this.words.again, this.words.other))]);
    }
  }

  Tessera.widget("upload", (element, part) => { new Upload(element, part); });
})();
