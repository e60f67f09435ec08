// Making elements. Data reaches the page as text nodes and attributes only;
// the page's policy (trusted types) makes anything else an error.

const svgSpace = "http://www.w3.org/2000/svg";

// el("p.note", {title: "x", onclick: f}, "text", node, null) makes an element.
export function el(spec, props = {}, ...kids) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return add(node, ...kids);
}

export function add(node, ...kids) {
  for (const kid of kids.flat()) {
    if (kid !== undefined && kid !== null && kid !== false && kid !== "") node.append(kid);
  }
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svgSpace, "use");
  use.setAttribute("href", "#i-" + name);
  svg.append(use);
  return svg;
}

export const iconButton = (name, label, onclick, spec = "button.icon") =>
  el(spec, { type: "button", "aria-label": label, title: label, onclick }, icon(name));

export const byId = (id) => document.getElementById(id);

// initials stand in for a face; the colour follows the id.
export const hue = (id) => "h" + Math.abs(Number(id) % 7);
export function avatar(person, size = "") {
  const letters = [person.first_name, person.last_name].filter(Boolean).map((s) => [...s][0]).join("").toUpperCase();
  return el(["span.ava", hue(person.id), size].filter(Boolean).join("."), { "aria-hidden": "true" }, letters);
}
export const fullName = (p) => [p.first_name, p.last_name].filter(Boolean).join(" ");

// safeLink lets through what a messenger would open, nothing that runs.
export function safeLink(href) {
  try {
    const u = new URL(/^[a-z][a-z0-9+.-]*:/i.test(href) ? href : "https://" + href);
    return ["http:", "https:", "mailto:", "tel:", "tg:"].includes(u.protocol) ? u.href : null;
  } catch { return null; }
}

// arrows moves the focus among the items of a list with the arrow keys.
export function arrows(list, selector, keys = ["ArrowUp", "ArrowDown"]) {
  list.addEventListener("keydown", (e) => {
    const items = [...list.querySelectorAll(selector)];
    const at = items.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { [keys[0]]: at - 1, [keys[1]]: at + 1, Home: 0, End: items.length - 1 }[e.key];
    if (to === undefined || !items[to]) return;
    e.preventDefault();
    items[to].focus();
  });
}

// floating opens a pop-over beside an anchor and closes it on Escape or a click elsewhere.
export function floating(anchor, node, focusFirst = true) {
  node.setAttribute("popover", "auto");
  document.body.append(node);
  node.addEventListener("toggle", (e) => { if (e.newState === "closed") node.remove(); });
  node.showPopover();
  const a = anchor.getBoundingClientRect(), b = node.getBoundingClientRect();
  const x = Math.min(Math.max(8, a.right - b.width), innerWidth - b.width - 8);
  const y = a.bottom + b.height + 8 < innerHeight ? a.bottom + 4 : Math.max(8, a.top - b.height - 4);
  Object.assign(node.style, { position: "fixed", inset: "auto", left: x + "px", top: y + "px" });
  if (focusFirst) node.querySelector("button")?.focus();
  return () => { if (node.isConnected) node.hidePopover(); };
}

export function menu(anchor, items) {
  let close = () => {};
  const node = el("div.menu", { role: "menu" }, items.filter(Boolean).map((it) =>
    el("button" + (it.bad ? ".bad" : ""), { type: "button", role: "menuitem", onclick: () => { close(); anchor.focus(); it.act(); } }, icon(it.icon), it.text)));
  arrows(node, "button");
  close = floating(anchor, node);
}
