// The gallery: what is chosen stands in the address after #, so that a view can be linked; a group's data is a script
// that is loaded when the group is chosen. Rows are made as they come near the window.
"use strict";

globalThis.galleryData = {};

const Gallery = (() => {
  const CHUNK = 10;
  const state = { group: "", metric: "", order: "disagreement", hidden: new Set(), large: false, image: null, left: "truth", right: null };
  const shown = { group: null, data: null, rows: [], made: 0 };
  const at = (id) => document.getElementById(id);
  const { element } = GalleryRows;

  const sameSet = (one, other) => one.size === other.size && [...one].every((value) => other.has(value));
  const has = (select, value) => [...select.options].some((option) => option.value === value);
  const methods = () => shown.data.methods.map((_, position) => position).filter((one) => !state.hidden.has(shown.data.methods[one].name));
  // The order that was asked for, or the data set's where no image has the numbers for it.
  const order = () => (GalleryRows.possible(shown.data, state.order, column(), methods()) ? state.order : "dataset");
  const column = () => Math.max(0, shown.data.metrics.findIndex((metric) => metric.name === state.metric));
  const view = () => ({ column: column(), methods: methods(), large: state.large });

  // What follows # is a place on the page, such as the skip link's, and no view of it.
  const isPlace = () => location.hash !== "" && !location.hash.includes("=");

  // Bring the address up to date. Only opening the viewer makes a new entry of the history, so that "Back" closes it.
  const write = (entry = false) => {
    const parts = new URLSearchParams({ group: state.group, metric: state.metric, order: state.order });
    for (const name of state.hidden) parts.append("hide", name);
    if (state.image !== null) {
      parts.set("image", state.image);
      parts.set("left", state.left);
      parts.set("right", state.right);
    }
    const hash = `#${parts}`;
    if (hash === location.hash) return;
    if (entry) history.pushState({ viewer: true }, "", hash);
    else history.replaceState(history.state, "", hash);
  };

  const read = () => {
    const parts = new URLSearchParams(isPlace() ? "" : location.hash.slice(1));
    const group = parts.get("group");
    if (has(at("group"), group)) state.group = group;
    else if (!state.group) state.group = at("group").value;
    if (parts.has("metric")) state.metric = parts.get("metric");
    if (has(at("order"), parts.get("order"))) state.order = parts.get("order");
    state.hidden = new Set(parts.getAll("hide"));
    state.image = parts.get("image");
    state.left = parts.get("left") ?? "truth";
    state.right = parts.get("right");
  };

  const load = (group) =>
    new Promise((resolve, reject) => {
      if (galleryData[group]) return resolve(galleryData[group]);
      const script = element("script", { src: `data/gallery-${group}.js` });
      const fail = () => reject(new Error(`data/gallery-${group}.js is missing or damaged`));
      script.onload = () => (galleryData[group] ? resolve(galleryData[group]) : fail());
      script.onerror = fail;
      document.head.append(script);
    });

  const fillMetrics = () => {
    const head = (metric) => [metric.label, metric.unit && `(${metric.unit})`, metric.arrow].filter(Boolean).join(" ");
    at("metric").replaceChildren(...shown.data.metrics.map((metric) => element("option", { value: metric.name }, head(metric))));
    at("metric").disabled = !shown.data.metrics.length;
    if (shown.data.metrics.length) state.metric = shown.data.metrics[column()].name;
    at("metric").value = state.metric;
  };

  const fillMethods = () => {
    const box = at("methods").querySelector("fieldset");
    const labels = shown.data.methods.map((method) => {
      const tick = element("input", { type: "checkbox" });
      tick.checked = !state.hidden.has(method.name);
      tick.addEventListener("change", () => {
        if (tick.checked) state.hidden.delete(method.name);
        else state.hidden.add(method.name);
        render();
      });
      const note = method.note ? element("span", { class: "quiet" }, ` (${method.note})`) : null;
      return element("p", {}, element("label", {}, tick, " ", method.name, note), " ", element("a", { href: method.page, "aria-label": `The cell of ${method.name}` }, "cell"));
    });
    box.replaceChildren(box.querySelector("legend"), ...labels);
  };

  // What stands between two backquotes is a command.
  const withCode = (text) => element("p", { class: "quiet" }, ...text.split("`").map((part, position) => (position % 2 ? element("code", {}, part) : part)));

  const more = () => {
    const next = shown.rows.slice(shown.made, shown.made + CHUNK);
    at("rows").append(...next.map((row) => GalleryRows.make(row, shown.data, view())));
    shown.made += next.length;
    at("more").hidden = shown.made >= shown.rows.length;
  };

  const watcher = new IntersectionObserver(
    (seen) => {
      if (!shown.data || !seen.some((one) => one.isIntersecting)) return;
      more();
      watcher.unobserve(at("more")); // so that it is told again if the end is still in sight
      watcher.observe(at("more"));
    },
    { rootMargin: "800px" },
  );

  const render = () => {
    const { data } = shown;
    if (!data) return write();
    for (const option of at("order").options)
      option.disabled = !GalleryRows.possible(data, option.value, column(), methods());
    at("order").value = order();
    shown.rows = GalleryRows.sorted(data, order(), column(), methods());
    shown.made = 0;
    at("rows").replaceChildren();
    at("group-title").textContent = data.title;
    at("methods-count").textContent = `${methods().length} of ${data.methods.length}`;
    const images = `${shown.rows.length} image${shown.rows.length === 1 ? "" : "s"}`;
    at("count").textContent = `${images}${shown.rows.length === 1 ? "" : `, ${at("order").selectedOptions[0].textContent}`}.`;
    at("notices").replaceChildren(...data.notices.map(withCode));
    more();
    write();
  };

  // A group whose data cannot be loaded: it is named, and nothing of another one is left.
  const renderNothing = (why) => {
    const chosen = at("group").selectedOptions[0];
    Object.assign(shown, { group: null, data: null, rows: [], made: 0 });
    Viewer.close();
    state.image = null;
    at("group-title").textContent = `${chosen.parentElement.label} · ${chosen.textContent}`;
    at("count").textContent = `The pictures of this group cannot be shown: ${why}.`;
    at("methods-count").textContent = "";
    at("metric").disabled = true;
    for (const id of ["rows", "notices", "metric"]) at(id).replaceChildren();
    at("methods").querySelector("fieldset").replaceChildren(at("methods").querySelector("legend"));
    write();
  };

  const look = () => {
    if (state.image !== null) Viewer.open(state.image, state.left, state.right);
    else Viewer.close();
  };

  const choose = async () => {
    const group = state.group;
    at("group").value = group;
    at("order").value = state.order;
    try {
      const data = await load(group);
      if (group !== state.group) return; // another one was chosen meanwhile
      Object.assign(shown, { group, data });
    } catch (error) {
      if (group === state.group) renderNothing(error.message);
      return;
    }
    fillMetrics();
    fillMethods();
    render();
    look();
  };

  // Make rows up to one, so that it can be shown or given the focus.
  const reach = (id) => {
    const position = shown.rows.findIndex((row) => row.id === id);
    while (position >= shown.made && shown.made < shown.rows.length) more();
    return at("rows").children[position] ?? null;
  };

  const listen = () => {
    const change = (id, then) => at(id).addEventListener("change", (event) => then(event.target));
    change("group", (select) => { state.group = select.value; choose(); });
    change("metric", (select) => { state.metric = select.value; render(); });
    change("order", (select) => { state.order = select.value; render(); });
    change("size", (select) => { state.large = select.value === "large"; render(); });
    change("errors", (tick) => {
      at("rows").classList.toggle("with-errors", tick.checked);
      at("legend").hidden = !tick.checked;
    });
    at("controls").addEventListener("submit", (event) => event.preventDefault());
    at("rows").addEventListener("click", (event) => {
      const button = event.target.closest("button[data-which]");
      if (!button) return;
      const { which } = button.dataset;
      const side = /^\d+$/.test(which) ? `method:${shown.data.methods[which].name}` : which;
      const left = state.left !== side && has(at("left"), state.left) ? state.left : side === "truth" ? "corrupted" : "truth";
      Viewer.open(button.closest("li").dataset.row, left, side);
    });
    addEventListener("hashchange", async () => {
      if (isPlace()) return write();
      const before = { ...state };
      read();
      const same = ["group", "metric", "order"].every((part) => state[part] === before[part]) && sameSet(state.hidden, before.hidden);
      if (same && shown.group === state.group) return look(); // the viewer was opened or left: the rows stay where they are
      await choose();
      if (state.group !== before.group) at("group-title").scrollIntoView(); // a link below the rows was followed
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!at("group")) return; // there are no pictures
    at("without-scripts").hidden = true;
    at("controls").hidden = at("group-title").hidden = false;
    at("errors").checked = false; // a browser may remember it from the last visit
    at("size").value = "small";
    listen();
    read();
    choose();
    watcher.observe(at("more"));
  });

  return { state, shown, methods, column, write, reach };
})();
