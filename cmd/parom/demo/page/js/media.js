// Files, places, contacts, polls as elements of a message.

import { el, icon, add } from "./dom.js";
import { t, bytes } from "./words.js";
import { fileAddress, act } from "./wire.js";
import { viewer, attempt } from "./notes.js";

const shown = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

function picture(m) {
  const src = fileAddress(m.file), name = m.file.name || t("kind_photo");
  const img = el("img", { src, alt: m.text || name, loading: "lazy", width: m.file.width || undefined, height: m.file.height || undefined });
  return el("button.pic" + (m.file.width >= 260 && m.file.width >= m.file.height ? ".wide" : ""), { type: "button", "aria-label": t("open_picture", { Name: name }), onclick: () => viewer(src, name) }, img);
}

function film(m) {
  const v = el("video.film" + (m.kind === "video_note" ? ".round" : ""), {
    src: fileAddress(m.file), preload: "metadata", controls: m.kind !== "animation", playsinline: true, "aria-label": t("kind_" + m.kind),
  });
  if (m.kind === "animation") Object.assign(v, { muted: true, loop: true, autoplay: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  return v;
}

function sound(m) {
  const f = m.file, name = [f.performer, f.title].filter(Boolean).join(" — ") || f.name;
  return el("div", {}, m.kind === "audio" && el("div.sound-name", {}, name),
    el("audio.sound", { src: fileAddress(f), controls: true, preload: "metadata", "aria-label": m.kind === "audio" ? name : t("kind_voice") }));
}

function paper(m) {
  return el("a.paper", { href: fileAddress(m.file), download: m.file.name || "file" },
    el("span.disc", {}, icon("file")), el("span.what", {}, el("b", {}, m.file.name || t("kind_document")), el("small", {}, bytes(m.file.size))));
}

export function fileOf(m) {
  const mime = m.file.mime ?? "";
  if (m.kind === "photo" || m.kind === "sticker" || (m.kind === "animation" && shown.test(mime))) return picture(m);
  if (m.kind === "video" || m.kind === "video_note" || m.kind === "animation") return film(m);
  if (m.kind === "audio" || m.kind === "voice") return sound(m);
  return paper(m);
}

export function album(list) {
  const seen = list.every((m) => m.kind === "photo" || m.kind === "video");
  if (!seen) return el("div", {}, list.map((m) => fileOf(m)));
  const spec = "div.album" + (list.length === 1 ? ".n1" : list.length % 2 ? ".odd" : "");
  return el(spec, {}, list.map((m) => fileOf(m)));
}

function card(glyph, title, note, href) {
  const kids = [el("span.disc", {}, icon(glyph)), el("span.what", {}, el("b", {}, title), el("small", {}, note))];
  return href ? el("a.paper", { href, target: "_blank", rel: "noopener noreferrer" }, kids) : el("div.paper", {}, kids);
}

function poll(m, me) {
  const p = m.poll, total = Math.max(1, p.total_voter_count ?? 0);
  const row = (o, i) => {
    const voters = o.voter_count ?? 0;
    const kids = [el("span", {}, o.text), el("span", {}, Math.round((voters / total) * 100) + " %")];
    return p.is_closed ? el("div.option", {}, kids) : el("button", {
      type: "button", onclick: () => attempt(act("vote", { user: me, ...m.place, id: m.id, options: [i] })),
    }, kids);
  };
  return el("div.poll", {}, el("h4", {}, p.question), p.options.map(row));
}

// content appends what a message carries beside its text.
export function content(node, list, me) {
  const m = list[0];
  if (m.file) return add(node, el("div.attached", {}, list.length > 1 ? album(list) : fileOf(m)));
  if (m.contact) return add(node, card("person", [m.contact.first_name, m.contact.last_name].filter(Boolean).join(" "), m.contact.phone_number));
  const at = m.venue?.location ?? m.location;
  if (at) {
    const where = at.latitude.toFixed(5) + ", " + at.longitude.toFixed(5);
    return add(node, card("place", m.venue?.title ?? t("kind_location"), m.venue?.address ?? where,
      "https://www.openstreetmap.org/?mlat=" + at.latitude + "&mlon=" + at.longitude + "#map=15/" + at.latitude + "/" + at.longitude));
  }
  if (m.poll) return add(node, poll(m, me));
  if (m.dice) return add(node, el("div.dice", {}, m.dice.emoji, " ", String(m.dice.value)));
  return node;
}
