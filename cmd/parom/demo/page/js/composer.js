// Where one writes: text with styles, files, an answer to a message, an edit.

import { el, icon, iconButton, menu } from "./dom.js";
import { t, snippet } from "./words.js";
import { parse, unparse } from "./styles.js";
import { send, act } from "./wire.js";
import { attempt } from "./notes.js";
import { Queue } from "./queue.js";

const signs = { b: "**", i: "__", e: "`", d: "~~" };

export class Composer {
  // at() says where and as whom: {me, place, thread, key}; last() is the writer's
  // newest message there, for the arrow up.
  constructor({ at, last, label, draft }) {
    Object.assign(this, { at, last });
    this.drafts = new Map();
    this.picker = el("input", { type: "file", multiple: true, hidden: true, onchange: () => { this.queue.add(this.picker.files); this.picker.value = ""; this.area.focus(); } });
    this.area = el("textarea", { rows: 1, "aria-label": label, placeholder: label, oninput: () => this.fit(), onkeydown: (e) => this.key(e), onbeforeinput: (e) => this.line(e), onpaste: (e) => this.paste(e) });
    this.go = iconButton("send", t("send"), () => this.submit(), "button.go");
    this.queue = new Queue(() => this.fit());
    this.about = el("div.about", { hidden: true });
    this.note = el("div.note", { hidden: true });
    this.clip = iconButton("clip", t("attach"), (e) => this.attach(e.currentTarget));
    this.node = el("div.composer", {}, this.note, this.about, this.queue.node, el("div.pen", {}, this.clip, this.picker, this.area, this.go));
    this.fit();
  }

  // open switches to a conversation, keeping what was begun in the other.
  open(key) {
    if (this.key_ === key) return;
    if (this.key_ !== undefined) this.drafts.set(this.key_, { text: this.editing ? "" : this.area.value, reply: this.reply });
    this.key_ = key;
    const d = this.drafts.get(key) ?? { text: "", reply: null };
    this.editing = null;
    this.reply = d.reply;
    this.area.value = d.text;
    this.queue.clear();
    this.showAbout();
    this.fit();
  }

  say(text, glyph) {
    this.note.hidden = !text;
    this.note.replaceChildren(...(text ? [icon(glyph), text] : []));
  }

  answer(m, fragment) {
    this.editing = null;
    this.reply = { m, fragment };
    this.showAbout();
    getSelection().removeAllRanges(); // else typing would still belong to the selected text
    this.area.blur();
    this.area.focus();
  }

  edit(m) {
    this.reply = null;
    this.editing = m;
    this.queue.clear();
    this.area.value = unparse(m.text ?? "", m.entities);
    this.showAbout();
    this.fit();
    this.area.focus();
  }

  fill(text) {
    this.area.value = text;
    this.fit();
    this.area.focus();
  }

  showAbout() {
    const m = this.editing ?? this.reply?.m;
    this.about.hidden = !m;
    this.about.replaceChildren();
    if (!m) return;
    const fragment = this.reply?.fragment?.text;
    this.about.append(icon(this.editing ? "edit" : "reply"),
      el("div.cited" + (fragment ? ".fragment" : ""), {}, el("b", {}, this.editing ? t("editing") : t("reply_to", { Who: m.sender })), el("span", {}, fragment ?? snippet(m))),
      iconButton("close", t("cancel"), () => this.cancel()));
  }

  // cancel reports whether there was something to cancel.
  cancel() {
    const had = this.editing || this.reply || this.queue.items.length;
    if (this.editing) this.area.value = "";
    else if (!this.reply) this.queue.clear();
    this.editing = this.reply = null;
    this.showAbout();
    this.fit();
    this.area.focus();
    return Boolean(had);
  }

  fit() {
    this.area.style.height = "auto";
    this.area.style.height = this.area.scrollHeight + 2 + "px";
    this.go.disabled = !this.area.value.trim() && !this.queue.items.length;
  }

  key(e) {
    this.shift = e.shiftKey;
    if (e.isComposing) return;
    if (e.key === "Escape") {
      if (this.cancel()) e.preventDefault();
    } else if (e.key === "ArrowUp" && !this.area.value && !this.editing && !e.ctrlKey) {
      const m = this.last();
      if (m) { e.preventDefault(); this.edit(m); }
    } else if ((e.ctrlKey || e.metaKey) && !e.altKey && signs[e.key.toLowerCase()]) {
      e.preventDefault();
      this.wrap(signs[e.key.toLowerCase()]);
    }
  }

  // line is a line break about to be typed: Enter sends, with Shift it breaks.
  // Asked here and not of the key, so that keyboards of phones are heard too.
  line(e) {
    if (!["insertLineBreak", "insertParagraph"].includes(e.inputType) || this.shift) return;
    e.preventDefault();
    this.submit();
  }

  wrap(sign) {
    const { selectionStart: a, selectionEnd: b, value } = this.area;
    this.area.setRangeText(sign + value.slice(a, b) + sign, a, b, "end");
    if (a === b) this.area.setSelectionRange(a + sign.length, a + sign.length);
    this.fit();
  }

  paste(e) {
    if (!e.clipboardData.files.length) return;
    e.preventDefault();
    this.queue.add(e.clipboardData.files);
  }

  attach(anchor) {
    menu(anchor, [
      { icon: "clip", text: t("attach_files"), act: () => this.picker.click() },
      { icon: "place", text: t("attach_place"), act: () => this.post([{ location: { latitude: 59.93428, longitude: 30.33509 } }]) },
      { icon: "person", text: t("attach_contact"), act: () => this.post([{ contact: { phone_number: "+7 900 000-00-00", first_name: t("sample_contact") } }]) },
    ]);
  }

  async submit() {
    const { text, entities } = parse(this.area.value.trim());
    if (this.editing) return this.amend(text, entities);
    const items = this.queue.items;
    if (!text && !items.length) return;
    if (!items.length) return this.post([{ text, entities }]);
    const posts = items.map((it, i) => ({ kind: it.kind, file: it.about, ...(i === 0 && text ? { text, entities } : {}) }));
    await this.post(posts, items.map((it) => it.file));
  }

  async amend(text, entities) {
    const m = this.editing, where = this.at();
    if (!text && !m.file) return;
    const done = await attempt(act("edit", { user: where.me, ...m.place, id: m.id, text, entities }));
    if (done && this.editing === m) { this.editing = null; this.area.value = ""; this.showAbout(); this.fit(); }
  }

  async post(posts, files = []) {
    const where = this.at(), first = posts[0], reply = this.reply, text = this.area.value;
    for (const p of posts) Object.assign(p, { from: where.me, in: where.place }, where.thread ? { thread: where.thread } : {});
    if (reply) Object.assign(first, { reply_to: reply.m.id }, reply.fragment ? { quote: reply.fragment.text, quote_at: reply.fragment.at } : {});
    const queued = this.queue.items;
    const bare = !("text" in first) && !files.length; // a place or a contact: the text begun stays
    this.reply = null;
    if (!bare) { this.area.value = ""; this.queue.release(); }
    this.showAbout();
    this.fit();
    this.onsend?.();
    const done = await attempt(send(posts, files));
    if (!done && !bare && this.key_ === where.key && !this.area.value) { // give back what was not taken
      this.area.value = text;
      this.reply = reply;
      this.queue.items = queued;
      this.queue.draw();
      this.showAbout();
      this.fit();
    }
  }

  get hidden() { return this.node.hidden; }
  set hidden(on) { this.node.hidden = on; }
}
