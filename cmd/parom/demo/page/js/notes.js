// Short words to the person at the page: pop-ups of buttons, refusals, dialogs.

import { el, byId, iconButton } from "./dom.js";
import { t } from "./words.js";
import { Refusal } from "./wire.js";

export function toast(text, bad = false) {
  if (!text) return;
  const node = el("div.toast" + (bad ? ".bad" : ""), bad ? { role: "alert" } : {}, text);
  byId("toasts").append(node);
  setTimeout(() => node.remove(), Math.min(9000, 2600 + text.length * 55));
}

// attempt runs an act and shows a refusal; it resolves to undefined then.
export async function attempt(doing) {
  try {
    return await doing;
  } catch (e) {
    toast(e instanceof Refusal ? t("refused", { Why: e.message }) : t("no_connection"), true);
    return undefined;
  }
}

function show(node) {
  document.body.append(node);
  node.addEventListener("close", () => node.remove());
  node.showModal();
  return node;
}

// alertBox is a pop-up that must be dismissed.
export function alertBox(text) {
  show(el("dialog", { role: "alertdialog" }, el("p", {}, text),
    el("form", { method: "dialog" }, el("button.primary", { autofocus: true }, t("close")))));
}

export function ask({ title, hint, value = "", yes }) {
  return new Promise((resolve) => {
    const input = el("input", { type: "text", value, "aria-label": title, placeholder: hint, autofocus: true });
    const box = el("dialog", {}, el("h2", {}, title), el("form", {
      method: "dialog", onsubmit: () => resolve(input.value.trim()),
    }, input));
    box.querySelector("form").style.display = "block";
    box.querySelector("form").append(el("div.row", {},
      el("button.plain", { type: "button", onclick: () => box.close() }, t("cancel")), el("button.primary", {}, yes)));
    box.addEventListener("close", () => resolve(null));
    show(box);
  });
}

export function viewer(src, name) {
  const box = el("dialog.viewer", { "aria-label": name }, el("img", { src, alt: name }),
    el("div.row", {}, el("a.plain", { href: src, download: name }, t("download")), iconButton("close", t("close"), () => box.close(), "button.plain")));
  box.addEventListener("click", (e) => { if (e.target === box) box.close(); });
  show(box);
}
