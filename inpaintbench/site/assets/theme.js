// Light or dark: as the system has it, unless a person has chosen. Loaded before the body, so that no page flashes.
"use strict";

(() => {
  const NAMES = { auto: "as the system has them", light: "light", dark: "dark" };
  const order = Object.keys(NAMES);

  const read = () => {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto"; // a browser may forbid pages from disk to keep anything
    }
  };

  let theme = order.includes(read()) ? read() : "auto";

  const apply = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new Event("themechange"));
  };

  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const label = () => button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
    label();
    button.addEventListener("click", () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // then it lasts as long as the page
      }
      label();
      apply();
    });
  });
})();
