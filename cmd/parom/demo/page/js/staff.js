// The right side: the staff group as an operator sees it, a forum with topics.

import { el, byId, icon, iconButton, fullName, arrows, menu } from "./dom.js";
import { t, snippet, timeOrDay } from "./words.js";
import { cast, store, changed, chat, group, live, topics, topic, members, doing } from "./store.js";
import { recall, keep, unread, markRead, readUpTo } from "./seen.js";
import { act } from "./wire.js";
import { attempt, ask } from "./notes.js";
import { Talk, doingText } from "./talk.js";

const chosen = {
  operator: cast.operators.find((o) => o.id === recall("operator")) ?? cast.operators[0],
  topic: recall("topic"), // null: none
};
const side = byId("staff"), rows = byId("topic-rows");
const mayManage = (id) => members().some((m) => m.user.id === id && (m.status === "creator" || m.rights?.can_manage_topics));
const mayDelete = (id) => members().some((m) => m.user.id === id && (m.status === "creator" || m.rights?.can_delete_messages));

const talk = new Talk(byId("staff-talk"), {
  label: t("write_topic"), named: true, canDelete: mayDelete,
  where: () => (chosen.topic !== null && (topic(chosen.topic)) ? {
    me: chosen.operator.id, place: group, thread: chosen.topic, key: "topic" + chosen.topic + "/" + chosen.operator.id,
  } : null),
});
const nodes = new Map(); // topic -> {item, row}
const head = {};

export const staffUnread = () => topics().reduce((n, x) => n + unread(chosen.operator.id, group, x.id), 0);

export function startStaff() {
  byId("actors").append(...cast.operators.map((o) => el("label", { title: fullName(o) },
    el("input", { type: "radio", name: "actor", value: o.id, checked: o === chosen.operator, onchange: () => { chosen.operator = o; keep("operator", o.id); show(); } }),
    el("span", {}, o.first_name))));
  head.icon = el("span");
  head.name = el("h3");
  head.state = el("p", { role: "status" });
  head.more = iconButton("more", t("more"), (e) => more(e.currentTarget));
  talk.head.append(iconButton("back", t("back"), () => { delete side.dataset.open; nodes.get(chosen.topic)?.row.focus(); }, "button.icon.back"),
    head.icon, el("div.titles", {}, head.name, head.state), head.more);
  arrows(rows, ".row-item");
  talk.history.onread = read;
  store.addEventListener("change", show);
  document.addEventListener("visibilitychange", () => read());
  show();
}

function choose(id) {
  chosen.topic = id;
  keep("topic", id);
  side.dataset.open = "";
  show();
  if (matchMedia("(hover: hover)").matches) talk.composer.area.focus();
}

function more(anchor) {
  const x = topic(chosen.topic), me = chosen.operator.id, to = { user: me, chat: cast.group, thread: chosen.topic };
  if (!x?.id) return;
  menu(anchor, [
    { icon: "edit", text: t("topic_rename"), act: async () => {
      const name = await ask({ title: t("topic_rename"), value: x.name, yes: t("save") });
      if (name) attempt(act("rename_topic", { ...to, name, icon: x.icon ?? "" }));
    } },
    x.closed ? { icon: "lock", text: t("topic_reopen"), act: () => attempt(act("reopen_topic", to)) }
      : { icon: "lock", text: t("topic_close"), act: () => attempt(act("close_topic", to)) },
    { icon: "trash", text: t("topic_delete"), bad: true, act: () => attempt(act("delete_topic", to)) },
  ]);
}

// topicIcon is the emoji of a topic, or its first letter on its colour.
function topicIcon(x, size = "") {
  if (!x.id) return el(["span.topic-icon.general", size].filter(Boolean).join("."), { "aria-hidden": "true" }, icon("hash"));
  if (x.emoji) return el(["span.topic-icon", size].filter(Boolean).join("."), { "aria-hidden": "true" }, x.emoji);
  const node = el(["span.topic-icon.lettered", size].filter(Boolean).join("."), { "aria-hidden": "true" }, [...x.name.replace(/^\P{L}+/u, "")][0] ?? "#");
  node.style.setProperty("--c", "#" + (x.color ?? 0x6fb9f0).toString(16).padStart(6, "0"));
  return node;
}

function show() {
  const g = chat(group), list = topics();
  byId("staff-name").textContent = g?.title ?? "";
  byId("staff-hint").textContent = g ? t("members", { People: cast.operators.map((o) => o.first_name).join(", "), Bot: cast.bots.find((b) => b.id === cast.console)?.name ?? "" }) : "";
  showTopics(list);
  const x = chosen.topic === null ? null : topic(chosen.topic);
  if (!x) delete side.dataset.open;
  talk.head.hidden = !x;
  if (x) showHead(x);
  const closedForMe = x?.closed && !mayManage(chosen.operator.id);
  const shown = talk.show({
    empty: x ? el("div.hollow", {}, el("div.disc", {}, icon(x.id ? "chats" : "hash")), el("h3", {}, x.name), el("p", {}, t(x.id ? "topic_empty" : "general_empty"))) : hollow(list),
    gate: closedForMe ? { mark: "closed", nodes: () => [el("p", {}, t("topic_is_closed"))] } : null,
    canWrite: Boolean(x) && !closedForMe, unreadFrom: x ? readUpTo(chosen.operator.id, group, x.id) : 0,
  });
  talk.composer.say(x?.closed ? t("topic_is_closed") : x && !x.id ? t("general_note") : "", x?.closed ? "lock" : "hash");
  talk.history.below(x ? shown.filter((m) => m.id > readUpTo(chosen.operator.id, group, x.id) && m.from.id !== chosen.operator.id).length : 0);
}

function hollow(list) {
  const any = list.some((x) => x.id);
  return el("div.hollow", {}, el("div.disc", {}, icon("chats")), el("h3", {}, t(any ? "choose_topic" : "no_topics")), el("p", {}, t(any ? "choose_topic_hint" : "no_topics_hint")));
}

function showHead(x) {
  const now = doing(group, x.id);
  head.icon.replaceChildren(topicIcon(x, "small"));
  if (head.name.textContent !== x.name) head.name.textContent = x.name;
  const state = now ? doingText(now.what) : x.closed ? t("closed") : t("you_are", { Who: fullName(chosen.operator) });
  if (head.state.textContent !== state) head.state.textContent = state;
  head.state.classList.toggle("live", Boolean(now));
  head.more.hidden = !x.id;
}

function showTopics(list) {
  const sorted = [...list].sort((a, b) => b.last - a.last);
  const wanted = new Set(sorted.map((x) => x.id));
  for (const [id, n] of nodes) if (!wanted.has(id)) { n.item.remove(); nodes.delete(id); }
  sorted.forEach((x, i) => {
    if (!nodes.has(x.id)) {
      const row = el("button.row-item", { type: "button", data: { topic: x.id }, onclick: () => choose(x.id) });
      nodes.set(x.id, { row, item: el("li", {}, row) });
    }
    const { item, row } = nodes.get(x.id);
    const focused = document.activeElement === row;
    if (rows.children[i] !== item) rows.insertBefore(item, rows.children[i] ?? null);
    if (focused) row.focus();
    showRow(row, x);
  });
}

function showRow(row, x) {
  const last = live(group, x.id).at(-1), n = unread(chosen.operator.id, group, x.id);
  row.classList.toggle("closed", Boolean(x.closed));
  row.removeAttribute("aria-current");
  if (x.id === chosen.topic) row.setAttribute("aria-current", "true");
  const mark = JSON.stringify([x, last?.id, last?.text, n]);
  if (row.dataset.mark === mark) return;
  row.dataset.mark = mark;
  const by = last && !last.service && cast.operators.some((o) => o.id === last.from.id) ? el("b", {}, last.from.first_name + ": ") : null;
  row.replaceChildren(topicIcon(x),
    el("span.body", {},
      el("span.first", {}, el("span.name", {}, el("span", {}, x.name), x.closed && icon("lock"), x.closed && el("span.unseen", {}, t("closed"))),
        el("time", {}, last ? timeOrDay(last.at) : "")),
      el("span.second", {}, el("span.last", {}, by, last ? snippet(last) : ""),
        n ? el("b.badge", { "aria-label": t("unread_count", { Count: n }) }, String(n)) : null)));
}

function read() {
  if (document.hidden || chosen.topic === null || !talk.node.offsetParent) return;
  const last = live(group, chosen.topic).at(-1);
  if (last && markRead(chosen.operator.id, group, chosen.topic, last.id)) changed();
}
