// Texts of the page, chosen by the server, and times in the page's language.

const texts = JSON.parse(document.getElementById("words").textContent);
const language = document.documentElement.lang;

// t is a text by key; {Name} in it becomes args.Name.
export function t(key, args = {}) {
  const text = texts[key];
  if (text === undefined) return "⟦" + key + "⟧";
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in args ? String(args[name]) : all));
}
export const has = (key) => key in texts;

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "medium" });

export const time = (at) => clock.format(new Date(at));
export const moment = (at) => full.format(new Date(at));
export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();
export const dayName = (at) => (sameDay(at, Date.now()) ? t("today") : day.format(new Date(at)));
export const timeOrDay = (at) => (sameDay(at, Date.now()) ? time(at) : day.format(new Date(at)));

export function bytes(n) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return new Intl.NumberFormat(language, { style: "unit", unit: units[i], unitDisplay: "short", maximumFractionDigits: n < 10 && i ? 1 : 0 }).format(n);
}

// snippet is a message in one line.
export function snippet(m) {
  if (m.service) return serviceLine(m);
  const label = has("kind_" + m.kind) && m.kind !== "text" ? t("kind_" + m.kind) : "";
  const text = (m.text ?? "").replace(/\s+/g, " ").trim();
  if (m.kind === "document" && m.file && !text) return label + " " + (m.file.name ?? "");
  return [label, text].filter(Boolean).join(" ");
}

export function serviceLine(m) {
  const who = m.sender;
  const users = (m.users ?? []).map((u) => [u.first_name, u.last_name].filter(Boolean).join(" ")).join(", ");
  const key = "line_" + m.kind;
  return has(key) ? t(key, { Who: who, Name: m.text ?? "", Users: users }) : m.kind;
}
