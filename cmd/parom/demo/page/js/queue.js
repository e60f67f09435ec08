// Files chosen and not yet sent, each with how it is to be sent.

import { el, icon, iconButton } from "./dom.js";
import { t } from "./words.js";

// kinds a file may be sent as, the usual one first.
function kindsOf(mime) {
  if (/^image\/(png|jpeg|webp|bmp)$/.test(mime)) return ["photo", "document"];
  if (mime === "image/gif") return ["animation", "document"];
  if (mime.startsWith("video/")) return ["video", "video_note", "animation", "document"];
  if (mime.startsWith("audio/")) return mime.includes("ogg") || mime.includes("opus") ? ["voice", "audio", "document"] : ["audio", "voice", "document"];
  return ["document"];
}

// about reads what an app would tell of the file: measures and length.
function about(file, url) {
  return new Promise((resolve) => {
    const known = { name: file.name, mime: file.type };
    const give = (more) => resolve({ ...known, ...more });
    setTimeout(() => give({}), 1500);
    if (file.type.startsWith("image/")) {
      const img = new Image();
      img.onload = () => give({ width: img.naturalWidth, height: img.naturalHeight });
      img.onerror = () => give({});
      img.src = url;
    } else if (/^(video|audio)\//.test(file.type)) {
      const v = document.createElement(file.type.slice(0, 5));
      v.onloadedmetadata = () => give({
        ...(v.videoWidth ? { width: v.videoWidth, height: v.videoHeight } : {}),
        ...(Number.isFinite(v.duration) ? { duration: Math.max(1, Math.round(v.duration)) } : {}),
      });
      v.onerror = () => give({});
      v.src = url;
    } else give({});
  });
}

export class Queue {
  constructor(changed) {
    this.changed = changed;
    this.items = [];
    this.node = el("ul.queue", { "aria-label": t("files_to_send"), hidden: true });
  }

  async add(files) {
    for (const file of [...files].slice(0, 10 - this.items.length)) {
      const url = URL.createObjectURL(file), kinds = kindsOf(file.type);
      this.items.push({ file, url, kinds, kind: kinds[0], about: await about(file, url) });
    }
    this.draw();
  }

  clear() {
    for (const it of this.items) URL.revokeObjectURL(it.url);
    this.release();
  }

  // release forgets the files without ending their pictures: they may come back.
  release() {
    this.items = [];
    this.draw();
  }

  draw() {
    this.node.hidden = !this.items.length;
    this.node.replaceChildren(...this.items.map((it) => el("li", {},
      el("div.thumb", {}, it.file.type.startsWith("image/") ? el("img", { src: it.url, alt: "" }) : icon("file")),
      el("div.label", { title: it.file.name }, it.file.name),
      it.kinds.length > 1 ? el("select", { "aria-label": t("send_as"), onchange: (e) => { it.kind = e.target.value; } },
        it.kinds.map((k) => el("option", { value: k, selected: k === it.kind }, t("as_" + k)))) : null,
      iconButton("close", t("remove_file", { Name: it.file.name }), () => { this.items = this.items.filter((x) => x !== it); URL.revokeObjectURL(it.url); this.draw(); }, "button.off"))));
    this.changed();
  }
}
