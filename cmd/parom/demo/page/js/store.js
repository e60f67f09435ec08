// What the page knows: conversations and their messages, kept current by the
// stream. Views listen to "change" and draw anew; one event for many changes.

import { read, follow } from "./wire.js";

export const cast = JSON.parse(document.getElementById("cast").textContent);
export const group = { chat: cast.group };
export const place = (bot, chat) => ({ bot, chat });
export const keyOf = (p) => (p.bot ?? 0) + ":" + p.chat;

const places = [group, ...cast.customers.flatMap((c) => cast.bots.map((b) => place(b.id, c.id)))];
const chats = new Map(); // key -> ChatView
const messages = new Map(places.map((p) => [keyOf(p), new Map()])); // key -> id -> Seen
const actions = new Map(); // key -> {by, thread, what, until}

export const store = new EventTarget();
store.ready = false;

let pending = false;
export function changed() {
  if (pending) return;
  pending = true;
  // Not on an animation frame: a hidden tab has none, and its title counts too.
  setTimeout(() => { pending = false; store.dispatchEvent(new Event("change")); }, 16);
}

export const chat = (p) => chats.get(keyOf(p));
export const message = (p, id) => messages.get(keyOf(p))?.get(id);
export function live(p, thread) {
  const all = [...(messages.get(keyOf(p))?.values() ?? [])];
  return all.filter((m) => !m.deleted && (thread === undefined || (m.thread ?? 0) === thread)).sort((a, b) => a.id - b.id);
}
export const topics = () => (chat(group)?.topics ?? []).filter((x) => !x.deleted && !x.hidden);
export const topic = (id) => topics().find((x) => x.id === id);
export const members = () => chat(group)?.members ?? [];

// doing is what others show to be doing there now.
export function doing(p, thread = 0) {
  const a = actions.get(keyOf(p));
  return a && a.until > Date.now() && (a.thread ?? 0) === thread ? a : null;
}

async function readChats() {
  for (const v of await read("chats")) chats.set(keyOf(v.place), v);
}

async function readMessages(p) {
  const list = await read("messages", { bot: p.bot ?? 0, chat: p.chat });
  messages.set(keyOf(p), new Map((list ?? []).map((m) => [m.id, m])));
}

let reading = null;
function readAll() {
  reading ??= Promise.all([readChats(), ...places.map(readMessages)])
    .then(() => { store.ready = true; changed(); })
    .catch(() => setTimeout(readAll, 1000))
    .finally(() => { reading = null; });
  return reading;
}

let chatsWanted = false;
function chatsSoon() {
  if (chatsWanted) return;
  chatsWanted = true;
  setTimeout(() => { chatsWanted = false; readChats().then(changed, () => {}); }, 30);
}

function take(c) {
  const of = messages.get(keyOf(c.place));
  if (c.seen && of) of.set(c.seen.id, c.seen);
  if (c.kind === "message") actions.delete(keyOf(c.place));
  if (c.kind === "action") {
    actions.set(keyOf(c.place), { by: c.by, thread: c.thread, what: c.text, until: Date.now() + 5000 });
    setTimeout(changed, 5100);
  } else if (!["edited", "reaction", "popup", "pressed", "bot", "user"].includes(c.kind)) {
    chatsSoon();
  }
  if (c.kind === "topic" && c.text === "deleted" && of) {
    for (const m of of.values()) if ((m.thread ?? 0) === c.thread) m.deleted = true;
  }
  changed();
}

// What arrives while everything is read anew is put on top of it afterwards.
export function start(onState) {
  let held = [];
  follow({
    state: onState,
    change: (c) => { if (reading) held.push(c); else take(c); },
    anew: () => readAll().then(() => { const late = held; held = []; late.forEach(take); }),
  });
}
