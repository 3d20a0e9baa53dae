// What all pages do: light or dark, as the system has it unless a person has chosen, and light on paper; and the link
// that skips to the content. Loaded before the body, so that no page flashes.
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

  let printing = false;

  const apply = () => {
    const shown = printing ? "light" : theme;
    if (shown === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = shown;
    document.dispatchEvent(new Event("themechange"));
  };

  document.documentElement.classList.add("scripts"); // for what is hidden only where it can be shown again
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  // Paper is light. The style sheet says so too, but a figure takes its colours from here, before the sheet is that of
  // paper.
  for (const [name, value] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(name, () => {
      printing = value;
      apply();
    });
  }
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
    // The address stays: what stands after its # is the view of a page that keeps one.
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      const main = document.getElementById("main");
      main.focus();
      main.scrollIntoView();
    });
  });
})();
