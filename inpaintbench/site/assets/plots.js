// The plots: a figure is drawn when it comes near the window, before it is printed, and again when a choice or the
// colours change. Its numbers are computed beforehand; here they are only chosen, and given the colours of the style sheet.
"use strict";

globalThis.plotsData = {};

(() => {
  const CONFIG = { responsive: true, displayModeBar: false, showTips: false };
  const hidden = new Set(); // methods that are left out, by number, in all plots that have their buttons

  const load = (name) =>
    new Promise((resolve, reject) => {
      if (plotsData[name]) return resolve(plotsData[name]);
      const script = document.createElement("script");
      script.src = `data/plots-${name}.js`;
      script.onload = () => resolve(plotsData[name]);
      script.onerror = () => reject(new Error(`${script.src} cannot be loaded`));
      document.head.append(script);
    });

  // A copy in which the style sheet's variables have their present values; Plotly changes what it is given.
  const coloured = (value, styles) => {
    if (typeof value === "string") return value.startsWith("var(--") ? styles.getPropertyValue(value.slice(4, -1)).trim() : value;
    if (Array.isArray(value)) return value.map((one) => coloured(one, styles));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, coloured(one, styles)]));
  };

  const selects = (section) => [...section.querySelectorAll("select")];
  const chosen = (section) => Object.fromEntries(selects(section).map((select) => [select.name, select.value]));

  const showTables = (section) => {
    const choice = chosen(section);
    for (const box of section.querySelectorAll("[data-when]")) {
      const wanted = box.dataset.when.split(" ").map((part) => part.split("="));
      box.hidden = !wanted.every(([name, value]) => choice[name] === value);
    }
  };

  const draw = async (section) => {
    if (!plotsData[section.id]) await load(section.id); // what is there is drawn at once: paper does not wait
    const data = plotsData[section.id];
    const key = selects(section).map((select) => select.value).join(" ");
    const view = data.views[key];
    section.querySelector(".empty").hidden = Boolean(view);
    section.querySelector("figure").hidden = !view;
    if (view) {
      const styles = getComputedStyle(document.documentElement);
      const drawing = section.querySelector(".drawing");
      const left = section.querySelector(".methods") ? hidden : new Set();
      const shown = view.traces.map((trace) => ({ ...trace, visible: !left.has(trace.meta?.method) }));
      drawing.style.minHeight = `${view.layout.height}px`; // so that nothing below it jumps
      await Plotly.react(drawing, coloured(shown, styles), coloured({ ...data.layout, ...view.layout }, styles), CONFIG);
      const caption = section.querySelector("figcaption");
      if (caption.textContent !== view.finding) caption.textContent = view.finding;
    }
    section.dataset.drawn = key; // for whoever waits for it
  };

  const redraw = () => document.querySelectorAll("section.plot[data-drawn]").forEach(draw);

  const toggle = (button) => {
    const number = Number(button.dataset.method);
    if (!hidden.delete(number)) hidden.add(number);
    for (const one of document.querySelectorAll(`.methods [data-method="${number}"]`)) {
      one.setAttribute("aria-pressed", String(!hidden.has(number)));
    }
    redraw();
  };

  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "300px" },
  );

  const drawable = [];
  for (const section of document.querySelectorAll("section.plot")) {
    const form = section.querySelector("form");
    if (!form) continue; // nothing to draw
    form.hidden = false;
    section.querySelector("figure").hidden = false;
    showTables(section);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      showTables(section);
      draw(section);
    });
    section.addEventListener("click", (event) => {
      const button = event.target.closest(".methods button");
      if (button) toggle(button);
    });
    near.observe(section);
    drawable.push(section);
  }
  document.addEventListener("themechange", redraw);
  addEventListener("beforeprint", () => drawable.filter((section) => !("drawn" in section.dataset)).forEach(draw));
  addEventListener("load", () => drawable.forEach((section) => load(section.id).catch(() => null))); // to print them
})();
