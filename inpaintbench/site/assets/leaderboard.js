// The leaderboard's table: sorted, filtered, with or without groups. What is chosen stands in the address after #, so that
// a view can be sent to somebody.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const table = byId("board");
  const flat = byId("flat");
  const rows = [...table.querySelectorAll("tbody tr:not(.group)")];
  const groups = [...table.tBodies].filter((body) => body !== flat);
  const home = new Map(rows.map((row) => [row, row.parentElement]));
  const members = new Map(groups.map((body) => [body, rows.filter((row) => home.get(row) === body)]));
  const filters = { method: byId("filter-method"), dataset: byId("filter-dataset"), mask: byId("filter-mask") };
  const switches = { ranked: byId("only-ranked"), grouped: byId("grouped"), intervals: byId("intervals") };
  const narrow = matchMedia("(max-width: 40rem)");
  const rules = document.head.appendChild(document.createElement("style"));
  const boxes = new Map(); // by column: the box that shows or hides it

  const hidden = () => [...boxes].filter(([, box]) => !box.checked).map(([column]) => column);

  const indexOf = (column) => Tables.heads(table).findIndex((head) => head.dataset.column === column);

  // --- what is shown ---

  const passes = (row) =>
    (!switches.ranked.checked || !row.dataset.standing) &&
    row.cells[0].textContent.toLowerCase().includes(filters.method.value.trim().toLowerCase()) &&
    ["dataset", "mask"].every((name) => {
      const wanted = filters[name].value;
      return !wanted || row.cells[indexOf(name)].textContent === wanted;
    });

  const filter = () => {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !passes(row);
      shown += !row.hidden;
    }
    for (const [body, found] of members) {
      body.hidden = !switches.grouped.checked || found.every((row) => row.hidden);
    }
    const all = rows.length === 1 ? "1 result" : `${rows.length} results`;
    byId("count").textContent = shown === rows.length ? all : `${shown} of ${all}`;
  };

  const arrange = (sort) => {
    const grouped = switches.grouped.checked;
    table.classList.toggle("grouped", grouped);
    if (grouped) {
      for (const [body, found] of members) body.append(...Tables.ordered(table, found, sort));
    } else {
      flat.append(...Tables.ordered(table, rows, sort));
    }
  };

  const style = () => {
    table.classList.toggle("intervals", switches.intervals.checked);
    table.classList.toggle("no-intervals", !switches.intervals.checked);
    const which = hidden().map((column) => `tr:not(.group) > :nth-child(${indexOf(column) + 1})`);
    rules.textContent = which.length ? `#board :is(${which.join(", ")}) { display: none; }` : "";
  };

  // --- what is kept in the address ---

  const save = () => {
    const sort = sorting.get();
    const state = new URLSearchParams();
    if (sort) state.set("sort", `${sort.direction === "descending" ? "-" : ""}${sort.column}`);
    for (const [name, field] of Object.entries(filters)) if (field.value) state.set(name, field.value);
    if (switches.ranked.checked) state.set("ranked", "1");
    if (!switches.grouped.checked) state.set("grouped", "0");
    if (switches.intervals.checked === narrow.matches) state.set("intervals", Number(switches.intervals.checked));
    for (const column of hidden()) state.append("hide", column);
    const address = `#${state}`;
    if (address !== (location.hash || "#")) history.replaceState(null, "", address === "#" ? location.pathname : address);
  };

  const isPlace = () => location.hash && !location.hash.includes("="); // on the page, and no view of it

  const restore = () => {
    const state = new URLSearchParams(isPlace() ? "" : location.hash.slice(1));
    for (const [name, field] of Object.entries(filters)) {
      field.value = state.get(name) ?? "";
      if (field.value !== (state.get(name) ?? "")) field.value = ""; // no such choice here
    }
    switches.ranked.checked = state.get("ranked") === "1";
    switches.grouped.checked = state.get("grouped") !== "0";
    switches.intervals.checked = state.has("intervals") ? state.get("intervals") === "1" : !narrow.matches;
    for (const [column, box] of boxes) box.checked = !state.getAll("hide").includes(column);
    const sort = state.get("sort") ?? "";
    const column = sort.replace(/^-/, "");
    sorting.set(column ? { column, direction: sort === column ? "ascending" : "descending" } : null);
    filter();
    style();
  };

  // --- what a person does ---

  const offerColumns = () => {
    for (const head of Tables.heads(table).slice(1)) {
      if (head.classList.contains("where")) continue; // shown wherever groups are not
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      label.append(box, " ", head.textContent.trim().replace(/\s+/g, " "));
      byId("columns").append(label);
      boxes.set(head.dataset.column, box);
    }
  };

  // The menu lies below its word, and is moved to the left as far as it would leave the window.
  const place = () => {
    const fields = byId("columns");
    fields.style.left = "0";
    const beyond = fields.getBoundingClientRect().right - (document.documentElement.clientWidth - 8);
    if (beyond > 0) fields.style.left = `${-beyond}px`;
  };

  const menu = () => {
    const details = byId("columns").closest("details");
    details.addEventListener("toggle", () => details.open && place());
    addEventListener("resize", () => details.open && place());
    addEventListener("pointerdown", (event) => details.contains(event.target) || (details.open = false));
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.querySelector("summary").focus();
    });
  };

  offerColumns();
  menu();
  const sorting = Tables.sortable(table, null, arrange);
  table.tHead.addEventListener("click", save); // after the button that was clicked
  for (const field of Object.values(filters)) field.addEventListener("input", () => (filter(), save()));
  switches.ranked.addEventListener("change", () => (filter(), save()));
  switches.grouped.addEventListener("change", () => (arrange(sorting.get()), filter(), save()));
  switches.intervals.addEventListener("change", () => (style(), save()));
  byId("columns").addEventListener("change", () => (style(), save()));
  byId("reset").addEventListener("click", () => {
    history.replaceState(null, "", location.pathname);
    restore();
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => isPlace() || restore());
  byId("controls").hidden = false;
  restore();
  if (isPlace()) document.getElementById(location.hash.slice(1))?.scrollIntoView(); // which may have moved
});
