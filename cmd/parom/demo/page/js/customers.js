// The left side: customers, each with a Telegram of their own.

import { el, byId, icon, iconButton, avatar, fullName, arrows, menu } from "./dom.js";
import { t, snippet, timeOrDay } from "./words.js";
import { cast, store, changed, chat, live, place, keyOf, doing } from "./store.js";
import { recall, keep, unread, markRead, readUpTo } from "./seen.js";
import { act } from "./wire.js";
import { attempt, ask } from "./notes.js";
import { Talk, doingText } from "./talk.js";

const chosen = {
  customer: cast.customers.find((c) => c.id === recall("customer")) ?? cast.customers[0],
  bots: recall("bots", {}), // customer -> bot
};
const botOf = (c) => cast.bots.find((b) => b.id === chosen.bots[c.id]) ?? cast.bots[0];
const here = () => place(botOf(chosen.customer).id, chosen.customer.id);
const unreadOf = (c) => cast.bots.reduce((n, b) => n + unread(c.id, place(b.id, c.id)), 0);
export const customersUnread = () => cast.customers.reduce((n, c) => n + unreadOf(c), 0);

const side = byId("customers"), rows = byId("customer-rows");
const talk = new Talk(byId("customer-talk"), {
  label: t("write"), named: false,
  where: () => ({ me: chosen.customer.id, place: here(), key: keyOf(here()) }),
  canDelete: () => true, // in a private chat either may delete anything
});
const nodes = new Map(); // customer -> row

export function startCustomers() {
  for (const c of cast.customers) {
    const row = el("button.row-item", { type: "button", data: { customer: c.id }, onclick: () => choose(c, botOf(c)) });
    nodes.set(c.id, row);
    rows.append(el("li", {}, row));
  }
  arrows(rows, ".row-item");
  buildHead();
  talk.history.onread = read;
  store.addEventListener("change", show);
  document.addEventListener("visibilitychange", () => read());
  show();
}

function choose(c, bot) {
  chosen.customer = c;
  chosen.bots[c.id] = bot.id;
  keep("customer", c.id);
  keep("bots", chosen.bots);
  side.dataset.open = "";
  show();
  if (matchMedia("(hover: hover)").matches) talk.composer.area.focus();
}

let head = {};
function buildHead() {
  head.ava = el("span");
  head.name = el("h3");
  head.state = el("p", { role: "status" });
  head.more = iconButton("more", t("more"), (e) => more(e.currentTarget));
  talk.head.append(iconButton("back", t("back"), () => { delete side.dataset.open; nodes.get(chosen.customer.id).focus(); }, "button.icon.back"),
    head.ava, el("div.titles", {}, head.name, head.state), head.more);
  head.bots = el("div.bots", { role: "tablist", "aria-label": t("bots") }, cast.bots.map((b) => el("button", {
    type: "button", role: "tab", data: { bot: b.id }, onclick: () => choose(chosen.customer, b),
  }, el("span", {}, b.name), el("b.badge", { hidden: true }))));
  arrows(head.bots, "button", ["ArrowLeft", "ArrowRight"]);
  talk.under.append(head.bots);
}

function more(anchor) {
  const bot = botOf(chosen.customer), me = chosen.customer.id, blocked = chat(here())?.blocked;
  menu(anchor, [
    { icon: "link", text: t("start_with"), act: () => startWith(me, bot) },
    blocked ? { icon: "block", text: t("unblock"), act: () => attempt(act("unblock", { user: me, bot: bot.id })) }
      : { icon: "block", text: t("block"), bad: true, act: () => attempt(act("block", { user: me, bot: bot.id })) },
  ]);
}

async function startWith(me, bot) {
  const parameter = await ask({ title: t("start_title", { Bot: bot.username }), hint: "order-4711", value: "order-4711", yes: t("start") });
  if (parameter !== null) attempt(act("start", { user: me, bot: bot.id, parameter }));
}

function gate() {
  const c = chat(here()), me = chosen.customer.id, bot = botOf(chosen.customer);
  if (c?.blocked) {
    return { mark: "blocked" + keyOf(here()), nodes: () => [el("p", {}, t("blocked")),
      el("button.plain", { type: "button", onclick: () => attempt(act("unblock", { user: me, bot: bot.id })) }, t("unblock"))] };
  }
  if (!c?.started) {
    return { mark: "start" + keyOf(here()), nodes: () => [
      el("button.primary", { type: "button", data: { start: "" }, onclick: async () => {
        if (await attempt(act("start", { user: me, bot: bot.id }))) setTimeout(() => talk.composer.area.focus(), 120);
      } }, t("start")),
      iconButton("link", t("start_with"), () => startWith(me, bot))] };
  }
  return null;
}

function hollow(bot) {
  const started = chat(here())?.started;
  return el("div.hollow", {}, el("div.disc", {}, icon("chats")), el("h3", {}, bot.name),
    el("p", {}, t("empty_" + bot.key)), !started && el("p", {}, t("press_start")),
    el("div.try", {}, ["try_" + bot.key + "_1", "try_" + bot.key + "_2"].map((k) => el("button", {
      type: "button", onclick: () => say(t(k)),
    }, t(k)))));
}

// say starts the bot when needed and writes.
async function say(text) {
  const w = talk.where(), bot = botOf(chosen.customer);
  if (!chat(w.place)?.started && !(await attempt(act("start", { user: w.me, bot: bot.id })))) return;
  await attempt(act("send", [{ from: w.me, in: w.place, text }]));
}

function show() {
  const bot = botOf(chosen.customer), now = doing(here());
  for (const c of cast.customers) showRow(c);
  head.ava.replaceChildren(avatar({ id: bot.id, first_name: bot.name }));
  head.name.textContent = bot.name;
  const state = now ? doingText(now.what) : t("as_seen_by", { Who: fullName(chosen.customer) });
  if (head.state.textContent !== state) head.state.textContent = state;
  head.state.classList.toggle("live", Boolean(now));
  for (const b of head.bots.children) {
    const of = Number(b.dataset.bot), n = unread(chosen.customer.id, place(of, chosen.customer.id));
    b.setAttribute("aria-selected", String(of === bot.id));
    b.tabIndex = of === bot.id ? 0 : -1;
    badge(b.lastChild, of === bot.id ? 0 : n);
  }
  const list = talk.show({ empty: store.ready ? hollow(bot) : el("div.hollow", {}, t("connecting")), gate: store.ready ? gate() : null,
    unreadFrom: readUpTo(chosen.customer.id, here()) });
  talk.history.below(list.filter((m) => m.id > readUpTo(chosen.customer.id, here()) && m.from.id !== chosen.customer.id).length);
}

function showRow(c) {
  const row = nodes.get(c.id), n = unreadOf(c);
  const last = cast.bots.map((b) => live(place(b.id, c.id)).at(-1)).filter(Boolean).sort((a, b) => new Date(a.at) - new Date(b.at)).at(-1);
  const now = cast.bots.map((b) => doing(place(b.id, c.id))).find(Boolean);
  row.toggleAttribute("aria-current", false);
  if (c === chosen.customer) row.setAttribute("aria-current", "true");
  row.replaceChildren(avatar(c),
    el("span.body", {},
      el("span.first", {}, el("span.name", {}, el("span", {}, fullName(c))), el("time", {}, last ? timeOrDay(last.at) : "")),
      el("span.second", {}, el("span.last" + (now ? ".live" : ""), {}, now ? doingText(now.what) : last ? snippet(last) : t("not_written")),
        n ? el("b.badge", { "aria-label": t("unread_count", { Count: n }) }, String(n)) : null)));
}

export function badge(node, n) {
  node.hidden = !n;
  node.textContent = n || "";
}

function read() {
  if (document.hidden || !talk.node.offsetParent) return;
  const last = live(here()).at(-1);
  if (last && markRead(chosen.customer.id, here(), undefined, last.id)) changed();
}
