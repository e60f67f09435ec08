// What somebody has read, kept in the browser: the simulator has no read marks
// of people. And the page's other small memories.

import { cast, keyOf, live } from "./store.js";

const prefix = "parom." + cast.born + ".";

export function recall(name, otherwise = null) {
  try { return JSON.parse(localStorage.getItem(prefix + name)) ?? otherwise; } catch { return otherwise; }
}
export function keep(name, value) {
  try { localStorage.setItem(prefix + name, JSON.stringify(value)); } catch { /* private mode: forgotten at reload */ }
}

const marks = recall("seen", {});
const nameOf = (person, p, thread) => person + "@" + keyOf(p) + "/" + (thread ?? "");

export const readUpTo = (person, p, thread) => marks[nameOf(person, p, thread)] ?? 0;

// markRead reports whether that was news.
export function markRead(person, p, thread, id) {
  const name = nameOf(person, p, thread);
  if ((marks[name] ?? 0) >= id) return false;
  marks[name] = id;
  keep("seen", marks);
  return true;
}

export function unread(person, p, thread) {
  const from = readUpTo(person, p, thread);
  return live(p, thread).filter((m) => m.id > from && !m.service && m.from.id !== person).length;
}
