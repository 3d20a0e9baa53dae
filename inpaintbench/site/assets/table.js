// Tables that are sorted by a click on a column's head: once, the other way round, and back to the order they came in.
"use strict";

const Tables = (() => {
  const names = new Intl.Collator("en", { numeric: true, sensitivity: "variant" });

  const heads = (table) => [...table.tHead.rows[0].cells];

  // What a row is sorted by in a column: a number, or the text of the cell; null where there is none.
  const valueOf = (row, index, kind) => {
    const cell = row.cells[index];
    if (kind === "text") return cell.textContent.trim();
    return cell.dataset.value ? Number(cell.dataset.value) : null;
  };

  // Rows in the order that `sort` asks for: {column, direction}, or null for that of `data-place`. Equal rows keep
  // the order they came in; what has no number stands last whichever way.
  const ordered = (table, rows, sort) => {
    const place = (row) => Number(row.dataset.place);
    const came = [...rows].sort((one, two) => place(one) - place(two));
    const index = heads(table).findIndex((head) => sort && head.dataset.column === sort.column);
    if (index < 0) return came;
    const kind = heads(table)[index].dataset.kind;
    const sign = sort.direction === "descending" ? -1 : 1;
    const values = new Map(came.map((row) => [row, valueOf(row, index, kind)]));
    return came.sort((one, two) => {
      const [a, b] = [values.get(one), values.get(two)];
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (kind === "text" ? names.compare(a, b) : a < b ? -1 : a > b ? 1 : 0);
    });
  };

  const firstDirection = (head) => head.dataset.first ?? "ascending";

  const opposite = (direction) => (direction === "ascending" ? "descending" : "ascending");

  const next = (head, sort) => {
    const first = firstDirection(head);
    if (sort?.column !== head.dataset.column) return { column: head.dataset.column, direction: first };
    return sort.direction === first ? { column: sort.column, direction: opposite(first) } : null;
  };

  const show = (table, sort) => {
    for (const head of heads(table)) {
      if (sort?.column === head.dataset.column) head.setAttribute("aria-sort", sort.direction);
      else head.removeAttribute("aria-sort");
    }
  };

  // Make every head a button. `arrange(sort)` is called after each click, and is to put the rows in order.
  const sortable = (table, initial, arrange) => {
    let sort = initial;
    [...table.querySelectorAll("tbody tr")].forEach((row, place) => (row.dataset.place = place));
    const set = (wanted) => {
      sort = heads(table).some((head) => head.dataset.column === wanted?.column) ? wanted : null;
      show(table, sort);
      arrange(sort);
    };
    for (const head of heads(table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => set(next(head, sort)));
    }
    show(table, sort);
    keepHeadInView(table);
    return { get: () => sort, set };
  };

  // A table that is as wide as its box needs no scrolling box: then its head stays in view while the page scrolls, and
  // what is jumped to must stop below it.
  const keepHeadInView = (table) => {
    const box = table.parentElement;
    const look = () => {
      const fits = box.classList.toggle("fits", table.offsetWidth <= box.clientWidth);
      document.documentElement.style.setProperty("--head", fits ? `${table.tHead.offsetHeight}px` : "0px");
    };
    look();
    new ResizeObserver(look).observe(box);
    new ResizeObserver(look).observe(table);
  };

  return { heads, ordered, sortable };
})();
