// Styled text: the network's entities become elements, and what is typed with
// **marks** becomes entities. Offsets count UTF-16 units, as JavaScript does.

import { el, safeLink } from "./dom.js";

// styled appends text with its entities to a node.
export function styled(node, text, entities = []) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  fill(node, text, 0, text.length, sorted);
  return node;
}

function fill(node, text, from, to, entities) {
  let at = from;
  for (let i = 0; i < entities.length;) {
    const e = entities[i];
    const start = Math.max(e.offset, at), end = Math.min(e.offset + e.length, to);
    let next = i + 1;
    while (next < entities.length && entities[next].offset < end) next++;
    if (start < end) {
      node.append(text.slice(at, start));
      const inner = element(e, text.slice(e.offset, e.offset + e.length));
      fill(inner, text, start, end, entities.slice(i + 1, next));
      node.append(inner);
      at = end;
    }
    i = next;
  }
  if (at < to) node.append(text.slice(at, to));
}

const plain = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function link(address) {
  const href = safeLink(address);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }) : el("span");
}

function element(e, inner) {
  if (plain[e.type]) return el(plain[e.type]);
  switch (e.type) {
    case "text_link": return link(e.url ?? "");
    case "url": return link(inner);
    case "email": return link("mailto:" + inner);
    case "phone_number": return link("tel:" + inner);
    case "spoiler": {
      const s = el("span.spoiler", { role: "button", tabindex: 0, "aria-expanded": "false" });
      const open = () => { s.classList.add("open"); s.setAttribute("aria-expanded", "true"); };
      s.addEventListener("click", open);
      s.addEventListener("keydown", (ev) => { if (ev.key === "Enter" || ev.key === " ") { ev.preventDefault(); open(); } });
      return s;
    }
    case "mention": case "text_mention": return el("span.mention");
    case "hashtag": case "cashtag": return el("span.hashtag");
    case "bot_command": return el("span.bot_command");
    default: return el("span");
  }
}

const marks = [["```", "pre"], ["**", "bold"], ["__", "italic"], ["~~", "strikethrough"], ["||", "spoiler"], ["`", "code"]];

// parse reads the marks people type in the apps: **bold** __italic__ ~~struck~~
// ||hidden|| `code` ```block```. Unpaired marks stay as they are.
export function parse(source) {
  let text = "";
  const entities = [], open = [];
  for (let i = 0; i < source.length;) {
    const inCode = open.find((o) => o.type === "code" || o.type === "pre");
    const mark = marks.find(([sign, type]) => source.startsWith(sign, i) && (!inCode || inCode.type === type));
    if (!mark) { text += source[i++]; continue; }
    const [sign, type] = mark;
    const at = open.findLastIndex((o) => o.type === type);
    if (at >= 0 && text.length > open[at].offset) {
      entities.push({ type, offset: open[at].offset, length: text.length - open[at].offset });
      open.splice(at);
      i += sign.length;
    } else if (at < 0 && source.indexOf(sign, i + sign.length) > i + sign.length && !/\s/.test(source[i + sign.length])) {
      open.push({ type, offset: text.length });
      i += sign.length;
    } else {
      text += sign;
      i += sign.length;
    }
  }
  return { text, entities: entities.sort((a, b) => a.offset - b.offset || b.length - a.length) };
}

const back = Object.fromEntries(marks.map(([sign, type]) => [type, sign]));

// unparse is parse's inverse, for editing what was sent.
export function unparse(text, entities = []) {
  const put = [];
  for (const e of entities) {
    if (!back[e.type]) continue;
    put.push([e.offset, 1, -e.length, back[e.type]], [e.offset + e.length, 0, e.length, back[e.type]]);
  }
  put.sort((a, b) => b[0] - a[0] || b[1] - a[1] || b[2] - a[2]);
  for (const [at, , , sign] of put) text = text.slice(0, at) + sign + text.slice(at);
  return text;
}
