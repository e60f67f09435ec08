// A conversation's pane: head, messages, composer, or what stands in its place.

import { el, add, icon } from "./dom.js";
import { t, snippet } from "./words.js";
import { cast, live, message, group } from "./store.js";
import { History } from "./history.js";
import { Composer } from "./composer.js";

const names = new Map([...cast.bots.map((b) => [b.id, b.name]),
  ...[...cast.customers, ...cast.operators].map((p) => [p.id, [p.first_name, p.last_name].filter(Boolean).join(" ")])]);
export const nameOf = (id) => names.get(id) ?? "?";

export class Talk {
  // where() is {me, place, thread, key} or null; label is the composer's.
  constructor(node, { where, label, named, canDelete }) {
    Object.assign(this, { node, where, named, canDelete });
    this.head = el("header.bar");
    this.under = el("div");
    this.under.style.display = "contents";
    this.pin = el("button.pinned", { type: "button", hidden: true, onclick: () => this.history.jump(this.pinned.id) });
    this.gate = el("div.gate", { hidden: true });
    this.history = new History();
    this.composer = new Composer({ at: () => where(), label, last: () => this.lastOwn() });
    this.composer.onsend = () => this.history.toEnd();
    add(node, this.head, this.under, this.pin, this.history.node, this.gate, this.composer.node);
    this.acceptDrops();
  }

  // show draws the conversation. state: {empty, gate, note, canWrite, unreadFrom}.
  show({ empty, gate, canWrite = true, unreadFrom = 0 }) {
    const w = this.where();
    const list = w ? live(w.place, w.thread ?? (w.place === group ? 0 : undefined)) : [];
    this.canWrite = canWrite;
    this.history.show(w?.key ?? "", list, this.view(w), empty, unreadFrom);
    this.showPinned(list.filter((m) => m.pinned).at(-1));
    this.composer.hidden = Boolean(gate) || !w;
    this.gate.hidden = !gate;
    if (gate && this.gateMark !== gate.mark) {
      this.gate.replaceChildren(...gate.nodes());
    }
    this.gateMark = gate?.mark;
    if (w) this.composer.open(w.key);
    return list;
  }

  showPinned(m) {
    this.pinned = m;
    this.pin.hidden = !m;
    if (m) this.pin.replaceChildren(icon("pin"), el("span", {}, el("b", {}, t("pinned")), el("span", {}, snippet(m))));
  }

  view(w) {
    return {
      me: w?.me, named: this.named, nameOf, canDelete: w && this.canDelete?.(w.me),
      mark: () => [this.canWrite, w && this.canDelete?.(w.me)],
      canWrite: () => this.canWrite,
      reply: (m, fragment) => this.composer.answer(m, fragment),
      edit: (m) => this.composer.edit(m),
      jump: (m) => this.history.jump(m.id),
      citedMark: (m) => { const r = message(m.reply_place ?? m.place, m.reply_to); return r ? [r.text, r.deleted, r.kind] : null; },
    };
  }

  lastOwn() {
    const w = this.where();
    return w && live(w.place, w.thread).filter((m) => m.from.id === w.me && !m.service && !m.forward && (m.text || m.file)).at(-1);
  }

  acceptDrops() {
    const over = (on) => (e) => {
      if (!e.dataTransfer?.types.includes("Files") || this.composer.hidden) return;
      e.preventDefault();
      this.node.classList.toggle("dropping", on);
    };
    this.node.addEventListener("dragover", over(true));
    this.node.addEventListener("dragleave", over(false));
    this.node.addEventListener("drop", (e) => {
      over(false)(e);
      if (e.dataTransfer?.files.length && !this.composer.hidden) this.composer.queue.add(e.dataTransfer.files);
    });
  }
}

// doingText is what another is doing, in words.
export function doingText(what) {
  if (what === "typing") return t("doing_typing");
  return what.startsWith("record") ? t("doing_record") : t("doing_upload");
}
