// Runs before the page is drawn, so that it never flashes in the wrong colours.
// The choice is the system's until somebody makes one.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("parom.theme"); } catch { return null; } };
  const apply = () => { document.documentElement.dataset.theme = kept() ?? (dark.matches ? "dark" : "light"); };
  dark.addEventListener("change", apply);
  apply();
  window.paromTheme = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("parom.theme", next); } catch { /* private mode: for this visit only */ }
    document.documentElement.dataset.theme = next;
  };
})();
