// The messages of one conversation: drawn anew where they changed, kept at the
// end while somebody reads there, walked with the arrow keys.

import { el, iconButton } from "./dom.js";
import { t, dayName, sameDay } from "./words.js";
import { draw } from "./message.js";

const closeBy = 5 * 60 * 1000; // messages of one author within this stand together

export class History {
  constructor() {
    this.list = el("div.history", { role: "log", "aria-live": "polite", "aria-label": t("messages"), tabindex: 0 });
    this.badge = el("b.badge", { hidden: true });
    this.down = iconButton("down", t("to_end"), () => this.toEnd(true), "button.to-end");
    this.down.append(this.badge);
    this.down.hidden = true;
    this.node = el("div", {}, this.list, this.down);
    this.node.style.display = "contents";
    this.drawn = new Map(); // first id -> {node, mark}
    this.list.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.list.addEventListener("keydown", (e) => this.key(e));
    // A picture that arrives must not push the newest message out of sight.
    this.list.addEventListener("load", () => { if (this.stuck) this.toEnd(); }, true);
    new ResizeObserver(() => { if (this.stuck) this.toEnd(); }).observe(this.list);
    this.stuck = true;
    this.onread = () => {};
  }

  // show draws messages as view sees them; another `of` is another conversation.
  show(of, messages, view, empty, unreadFrom) {
    const anew = this.of !== of;
    if (anew) {
      this.of = of;
      this.drawn.clear();
      this.stuck = true;
      this.top = 0;
      this.mark = unreadFrom;
      this.list.setAttribute("aria-live", "off"); // opening is not news
      setTimeout(() => this.list.setAttribute("aria-live", "polite"), 200);
    }
    else this.track();
    this.view = view;
    const nodes = messages.length ? this.arrange(messages, view) : [empty];
    const focused = this.list.contains(document.activeElement) ? document.activeElement.closest("[data-id]")?.dataset.id : null;
    this.replace(nodes);
    if (focused && !this.list.contains(document.activeElement)) this.list.querySelector('[data-id="' + CSS.escape(focused) + '"]')?.focus({ preventScroll: true });
    if (this.stuck) this.toEnd();
    this.scrolled();
  }

  arrange(messages, view) {
    const groups = [];
    for (const m of messages) {
      const last = groups.at(-1);
      if (m.album && last?.[0].album === m.album) last.push(m);
      else groups.push([m]);
    }
    const nodes = [], kept = new Map();
    let marked = false;
    groups.forEach((list, i) => {
      const m = list[0], above = groups[i - 1]?.[0], below = groups[i + 1]?.[0];
      if (!above || !sameDay(above.at, m.at)) nodes.push(this.once("day" + dayName(m.at), kept, () => el("div.day", {}, dayName(m.at))));
      const unreadHere = !marked && this.mark && m.id > this.mark && above && !m.service && m.from.id !== view.me;
      if (unreadHere) {
        marked = true;
        nodes.push(this.once("unread", kept, () => el("div.unread-mark", {}, el("span", {}, t("unread")))));
      }
      const near = { above: !unreadHere && together(above, m), below: together(m, below) };
      const mark = JSON.stringify([list, near, view.me, view.mark?.(), m.reply_to && view.citedMark(m)]);
      nodes.push(this.once(m.id, kept, () => draw(list, view, near), mark));
    });
    this.drawn = kept;
    return nodes;
  }

  once(key, kept, make, mark = "") {
    const had = this.drawn.get(key);
    const now = had?.mark === mark ? had : { node: make(), mark };
    kept.set(key, now);
    return now.node;
  }

  replace(nodes) {
    const wanted = new Set(nodes);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, i) => {
      if (this.list.children[i] !== node) this.list.insertBefore(node, this.list.children[i] ?? null);
    });
  }

  // track notices whether somebody scrolled away from the end; content that grew
  // below is no such thing.
  track() {
    const top = this.list.scrollTop, atEnd = this.list.scrollHeight - top - this.list.clientHeight < 40;
    this.stuck = atEnd || (this.stuck && top >= (this.top ?? 0));
    this.top = top;
  }

  scrolled() {
    this.track();
    if (this.stuck && this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight > 1) this.toEnd();
    this.down.hidden = this.stuck;
    if (this.stuck && this.list.clientHeight) this.onread();
  }

  toEnd(smooth) {
    this.stuck = true;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    if (!smooth) this.top = this.list.scrollTop;
  }

  below(n) {
    this.badge.hidden = !n;
    this.badge.textContent = n || "";
  }

  jump(id) {
    const node = this.list.querySelector('[data-id="' + CSS.escape(String(id)) + '"]');
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.remove("flash");
    requestAnimationFrame(() => node.classList.add("flash"));
  }

  // The list is one stop of the tab order: arrows walk the messages, the
  // buttons of the one in focus come next.
  key(e) {
    const all = [...this.list.querySelectorAll("[data-id]")];
    const at = all.findIndex((n) => n.contains(document.activeElement));
    let to = -1;
    if (e.key === "ArrowUp") to = at < 0 ? all.length - 1 : at - 1;
    if (e.key === "ArrowDown" && at >= 0) to = at + 1;
    if (to >= 0 && all[to]) {
      e.preventDefault();
      this.enter(all[to], all);
    }
  }

  enter(node, all) {
    for (const n of all) for (const b of n.querySelectorAll(".acts button, .signs button")) b.tabIndex = n === node ? 0 : -1;
    node.focus();
    node.scrollIntoView({ block: "nearest" });
  }
}

const together = (a, b) => Boolean(a && b && !a.service && !b.service && a.from.id === b.from.id && (a.sender_chat ?? 0) === (b.sender_chat ?? 0)
  && new Date(b.at) - new Date(a.at) < closeBy && sameDay(a.at, b.at));
