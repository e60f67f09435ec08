// One message (or one album) as an element: who, what it answers, files, text,
// buttons, signs, and what one can do with it.

import { el, add, icon, iconButton, avatar, hue, floating, arrows, safeLink } from "./dom.js";
import { t, time, moment, snippet, serviceLine } from "./words.js";
import { styled } from "./styles.js";
import { content } from "./media.js";
import { act } from "./wire.js";
import { message } from "./store.js";
import { attempt, toast, alertBox } from "./notes.js";

const emoji = ["👍", "❤", "🔥", "🎉", "😁", "😢", "🤔", "🙏"];

// draw makes the element of list (one message, or an album's) as view.me sees
// it. view: {me, named, reply(m, fragment), edit(m), jump(m)}.
export function draw(list, view, near) {
  const m = list[0];
  if (m.service) return el("div.line", { tabindex: -1, data: { id: m.id } }, serviceLine(m));
  const own = m.from.id === view.me;
  const captioned = list.find((x) => x.text) ?? m;
  const bare = m.file && !captioned.text && ["photo", "video", "animation", "sticker", "video_note"].includes(m.kind) && !m.reply_to && !m.forward && !(view.named && !own);
  const node = el(["div.msg", own && "own", near.above && "joined", near.below && "joined-below", bare && "only-media", m.file && ["photo", "video", "animation"].includes(m.kind) && "with-media", m.kind === "sticker" && "sticker"].filter(Boolean).join("."),
    { tabindex: -1, role: "article", data: { id: m.id }, "aria-label": t("message_of", { Who: own ? t("you") : m.sender, Time: time(m.at) }) });
  const signs = signsOf(m, view);
  const bubble = el("div.bubble", {},
    view.named && !own && !near.above && el("div.who." + hue(m.from.id), {}, m.sender, m.signature ? el("small", {}, m.signature) : null),
    m.forward && el("div.origin", {}, t("forwarded_from", { Who: originName(m.forward) })),
    m.reply_to && cited(m, view));
  content(bubble, list, view.me);
  if (captioned.text) bubble.append(styled(el("span.text", {}), captioned.text, captioned.entities));
  add(bubble, signs ? el("div.foot", {}, signs, meta(list, captioned)) : meta(list, captioned));
  if (view.named && !own) node.append(avatar(m.from, "small"));
  add(node, bubble, m.buttons && buttons(m, view), acts(list, captioned, view, node));
  return node;
}

const originName = (o) => o.sender_user_name ?? o.chat?.title ?? o.sender_chat?.title
  ?? [o.sender_user?.first_name, o.sender_user?.last_name].filter(Boolean).join(" ");

function meta(list, m) {
  return el("span.meta", { title: moment(m.at) }, list.some((x) => x.pinned) && icon("pin"),
    list.some((x) => x.edited) && el("span", {}, t("edited")), el("time", { datetime: m.at }, time(m.at)));
}

function cited(m, view) {
  const to = message(m.reply_place ?? m.place, m.reply_to);
  const text = m.quote?.text ?? (to ? snippet(to) : "");
  return el("button.cited" + (m.quote?.is_manual ? ".fragment" : ""), { type: "button", onclick: () => to && view.jump(to) },
    el("b", {}, to ? (to.from.id === view.me ? t("you") : to.sender) : t("message_gone")), el("span", {}, text));
}

function signsOf(m, view) {
  const all = m.reactions ?? [];
  if (!all.length) return null;
  const by = new Map();
  for (const r of all) by.set(r.emoji, [...(by.get(r.emoji) ?? []), r.user]);
  return el("div.signs", {}, [...by].map(([sign, users]) => {
    const mine = users.includes(view.me);
    const names = users.map((u) => view.nameOf(u)).join(", ");
    return el("button", {
      type: "button", tabindex: -1, "aria-pressed": String(mine), title: names, "aria-label": t("sign_by", { Sign: sign, Who: names }),
      onclick: () => react(m, view, mine ? [] : [sign]),
    }, sign, users.length > 1 && el("span.by", {}, String(users.length)));
  }));
}

const react = (m, view, signs) => attempt(act("react", { user: view.me, ...m.place, id: m.id, emoji: signs }));

function buttons(m, view) {
  return el("div.buttons", {}, m.buttons.map((row) => el("div.line-of", {}, row.map((b) => {
    const spec = (b.url ? "a" : "button") + (b.style ? "." + b.style : "");
    if (b.url) {
      const href = safeLink(b.url);
      return href && el(spec, { href, target: "_blank", rel: "noopener noreferrer" }, b.text + " ↗");
    }
    return el(spec, { type: "button", data: { press: b.text }, onclick: (e) => press(e.currentTarget, m, b, view) }, b.text);
  }))));
}

async function press(node, m, b, view) {
  if (node.getAttribute("aria-busy") === "true") return;
  if (!b.callback_data) return toast(t("button_unsupported"));
  node.setAttribute("aria-busy", "true");
  const popup = await attempt(act("press", { user: view.me, ...m.place, id: m.id, button: b.callback_data }));
  node.removeAttribute("aria-busy");
  if (!popup?.text) return;
  if (popup.alert) alertBox(popup.text);
  else toast(popup.text);
}

// fragmentOf is the selected part of a message's text, if there is one.
function fragmentOf(node, m) {
  const s = getSelection(), text = node.querySelector(".text");
  if (!s || s.isCollapsed || !text || !text.contains(s.anchorNode) || !text.contains(s.focusNode)) return null;
  const range = s.getRangeAt(0), before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(range.startContainer, range.startOffset);
  const at = before.toString().length, picked = range.toString();
  const lead = picked.length - picked.trimStart().length;
  return picked.trim() && m.text.includes(picked.trim()) ? { text: picked.trim(), at: at + lead } : null;
}

function acts(list, m, view, node) {
  const keep = (e) => e.preventDefault(); // pressing must not drop the selection
  const button = (name, label, onclick) => {
    const b = iconButton(name, label, onclick, "button");
    b.tabIndex = -1;
    b.addEventListener("mousedown", keep);
    return b;
  };
  const own = list[0].from.id === view.me;
  return el("div.acts", { role: "toolbar", "aria-label": t("acts") },
    view.canWrite() && button("reply", t("reply"), () => view.reply(m, fragmentOf(node, m))),
    button("smile", t("react"), (e) => pick(e.currentTarget, list[0], view)),
    own && (m.text || m.file) && !m.forward && button("edit", t("edit"), () => view.edit(m)),
    (own || view.canDelete) && button("trash", t("delete"), () =>
      attempt(act("delete", { user: view.me, ...m.place, ids: list.map((x) => x.id) }))));
}

function pick(anchor, m, view) {
  const mine = (m.reactions ?? []).filter((r) => r.user === view.me).map((r) => r.emoji);
  let close = () => {};
  const node = el("div.picker", { role: "menu", "aria-label": t("react") }, emoji.map((sign) => el("button", {
    type: "button", role: "menuitem", onclick: () => { close(); react(m, view, mine.includes(sign) ? [] : [sign]); },
  }, sign)));
  arrows(node, "button", ["ArrowLeft", "ArrowRight"]);
  close = floating(anchor, node);
}

