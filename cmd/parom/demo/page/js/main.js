// Starts the page: both sides, the tabs of a narrow window, the state on top.

import { byId, arrows } from "./dom.js";
import { t } from "./words.js";
import { start, store, changed } from "./store.js";
import { startCustomers, customersUnread, badge } from "./customers.js";
import { startStaff, staffUnread } from "./staff.js";
import { recall, keep } from "./seen.js";

const tabs = { customers: byId("tab-customers"), staff: byId("tab-staff") };

function showSide(name) {
  document.body.dataset.side = name;
  keep("side", name);
  for (const [of, tab] of Object.entries(tabs)) {
    tab.setAttribute("aria-selected", String(of === name));
    tab.tabIndex = of === name ? 0 : -1;
  }
  changed();
}

function counts() {
  const customers = customersUnread(), staff = staffUnread();
  badge(tabs.customers.querySelector(".badge"), customers);
  badge(tabs.staff.querySelector(".badge"), staff);
  document.title = (staff ? "(" + staff + ") " : "") + t("page_title");
}

for (const [name, tab] of Object.entries(tabs)) tab.addEventListener("click", () => showSide(name));
arrows(document.querySelector(".tabs"), "button", ["ArrowLeft", "ArrowRight"]);
byId("theme").addEventListener("click", () => window.paromTheme());
byId("keys").addEventListener("click", () => byId("keys-dialog").showModal());

document.body.dataset.side = recall("side", "customers");
startCustomers();
startStaff();
showSide(document.body.dataset.side);
store.addEventListener("change", counts);
start((on) => {
  byId("state").className = "state " + (on ? "on" : "off");
  byId("state-text").textContent = t(on ? "connected" : "disconnected");
});
