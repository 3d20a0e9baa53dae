// The images of a cell, sorted as a person likes.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const table = document.getElementById("images");
  if (!table) return;
  const head = Tables.heads(table).find((one) => one.hasAttribute("aria-sort"));
  const initial = head ? { column: head.dataset.column, direction: head.getAttribute("aria-sort") } : null;
  const body = table.tBodies[0];
  Tables.sortable(table, initial, (sort) => body.append(...Tables.ordered(table, body.rows, sort ?? initial)));
});
