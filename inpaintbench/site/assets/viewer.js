// The viewer: one image, large, any two of truth, corrupted and completions on either side of a divider.
"use strict";

const Viewer = (() => {
  const { element } = GalleryRows;
  const STEP = 40; // so many pixels a key moves the picture
  const at = (id) => document.getElementById(id);
  const own = { row: null, errors: false, opener: null, leaving: null };

  const name = (side) => (side.startsWith("method:") ? side.slice("method:".length) : side);
  const methodOf = (side) =>
    side.startsWith("method:") ? Gallery.shown.data.methods.findIndex((method) => method.name === name(side)) : -1;
  const sides = () => [
    "truth",
    "corrupted",
    ...Gallery.methods().map((method) => `method:${Gallery.shown.data.methods[method].name}`),
  ];

  // What one side shows: a picture, or its error map where it has one.
  const picture = (side) => {
    const method = methodOf(side);
    const found = method < 0 ? own.row[side] : (own.errors ? own.row.errors : own.row.completions)[method];
    const kind = own.errors && method >= 0 ? "Error map of " : "";
    return {
      address: found ? GalleryRows.address(found, false) : null,
      name: name(side),
      alt: `${kind}${name(side)}: ${own.row.item}`,
    };
  };

  const fillSelect = (id) => {
    const options = sides().map((side) => element("option", { value: side }, name(side)));
    at(id).replaceChildren(...options);
    at(id).value = Gallery.state[id];
  };

  const fillScores = () => {
    const { data } = Gallery.shown;
    const head = data.metrics.map((metric) =>
      element("th", { scope: "col" }, [metric.label, metric.unit && `(${metric.unit})`, metric.arrow].filter(Boolean).join(" ")),
    );
    at("scores").tHead.replaceChildren(element("tr", {}, element("th", { scope: "col" }, "Method"), ...head));
    const tops = data.metrics.map((metric, column) => GalleryRows.best(own.row, column, Gallery.methods(), metric.higher));
    const rows = Gallery.methods().map((method) => {
      const cells = data.metrics.map((metric, column) => {
        const cell = element("td", {}, GalleryRows.print(own.row.scores[method][column], metric));
        if (tops[column].has(method)) {
          cell.classList.add("best");
          cell.append(element("span", { class: "unseen" }, " (best)"));
        }
        return cell;
      });
      const seen = methodOf(Gallery.state.right) === method || methodOf(Gallery.state.left) === method;
      return element("tr", { class: seen ? "seen" : null }, element("th", { scope: "row" }, data.methods[method].name), ...cells);
    });
    at("scores").tBodies[0].replaceChildren(...rows);
  };

  const render = (entry = false) => {
    const { state, shown } = Gallery;
    const position = shown.rows.indexOf(own.row);
    state.image = own.row.id;
    at("viewer-title").textContent = own.row.item;
    at("viewer-facts").textContent = [`${position + 1} of ${shown.rows.length}`, GalleryRows.facts(own.row)].filter(Boolean).join(" · ");
    fillSelect("left");
    fillSelect("right");
    fillScores();
    at("viewer-legend").hidden = !own.errors;
    at("viewer").querySelector('[data-do="errors"]').setAttribute("aria-pressed", own.errors);
    Stage.show(picture(state.left), picture(state.right), shown.data.size);
    Gallery.write(entry);
  };

  const known = (side, otherwise) => (sides().includes(side) ? side : sides().includes(otherwise) ? otherwise : "truth");

  const inAddress = () => new URLSearchParams(location.hash.slice(1)).has("image");

  const open = (image, left, right) => {
    if (own.leaving) return own.leaving.then(() => open(image, left, right));
    const row = Gallery.shown.rows.find((one) => one.id === image);
    if (!row) {
      Gallery.state.image = null;
      Gallery.write();
      close();
      return;
    }
    const entry = !at("viewer").open && !inAddress(); // a picture was chosen; no link was followed
    own.row = row;
    Gallery.state.left = known(left, "truth");
    Gallery.state.right = known(right, sides()[2] ?? "corrupted");
    if (!at("viewer").open) {
      own.opener = document.activeElement?.closest("button[data-which]") ?? null;
      at("viewer").showModal();
      at("stage").focus();
    }
    render(entry);
  };

  const close = () => at("viewer")?.open && at("viewer").close();

  // Leave the entry of the history that opening has made, unless leaving it is what has closed the viewer.
  const closed = () => {
    const left = inAddress() && history.state?.viewer;
    Gallery.state.image = null;
    Gallery.write();
    if (left) {
      own.leaving = new Promise((resolve) => {
        addEventListener("popstate", () => {
          own.leaving = null;
          Gallery.write(); // what was chosen meanwhile
          resolve();
        }, { once: true });
      });
      history.back();
    }
    const opener = own.opener?.isConnected ? own.opener : Gallery.reach(own.row.id)?.querySelector("button");
    opener?.focus();
  };

  const step = (by) => {
    const { rows } = Gallery.shown;
    const next = rows[rows.indexOf(own.row) + by];
    if (!next) return;
    own.row = next;
    render();
  };

  const turn = (by) => {
    const methods = sides().slice(2);
    if (!methods.length) return;
    const position = methods.indexOf(Gallery.state.right);
    const next = position < 0 ? (by > 0 ? 0 : methods.length - 1) : (position + by + methods.length) % methods.length;
    Gallery.state.right = methods[next];
    render();
  };

  const help = () => {
    at("viewer-help").hidden = !at("viewer-help").hidden;
    at("viewer").querySelector('[data-do="help"]').setAttribute("aria-expanded", !at("viewer-help").hidden);
  };

  const deeds = {
    previous: () => step(-1),
    next: () => step(1),
    up: () => turn(-1),
    down: () => turn(1),
    closer: () => Stage.zoom(1),
    further: () => Stage.zoom(-1),
    fit: () => Stage.fit(),
    errors: () => { own.errors = !own.errors; render(); },
    help,
    close,
  };

  const KEYS = {
    ArrowLeft: "previous", ArrowRight: "next", ArrowUp: "up", ArrowDown: "down",
    "+": "closer", "=": "closer", "-": "further", "−": "further", 0: "fit", e: "errors", E: "errors", "?": "help",
  };
  const MOVES = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

  const press = (event) => {
    const control = event.target.closest("select, input");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (control && (control.tagName === "SELECT" || event.key in MOVES)) return; // its own keys
    if (event.key in MOVES && event.target.closest(".scroll")) return; // they scroll the table
    if (event.shiftKey && event.key in MOVES) Stage.move(...MOVES[event.key]);
    else if (event.key in KEYS) deeds[KEYS[event.key]]();
    else return;
    event.preventDefault();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = at("viewer");
    if (!dialog) return;
    dialog.addEventListener("keydown", press);
    dialog.addEventListener("close", closed);
    dialog.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-do]");
      if (button) deeds[button.dataset.do]();
      else if (event.target === dialog) close(); // beside it
    });
    for (const id of ["left", "right"])
      at(id).addEventListener("change", () => { Gallery.state[id] = at(id).value; render(); });
  });

  return { open, close };
})();
