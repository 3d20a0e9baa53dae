// The rows of the gallery: in which order they stand, and what each shows. It sorts and selects; it computes no score.
"use strict";

const GalleryRows = (() => {
  // Infinite scores come as text, since JSON has no infinity.
  const value = (score) => (score === "inf" ? Infinity : score === "-inf" ? -Infinity : score);

  const print = (score, metric) => {
    if (score === null) return "–";
    const number = value(score);
    return Number.isFinite(number) ? number.toFixed(metric.decimals).replace("-", "−") : number > 0 ? "∞" : "−∞";
  };

  const withUnit = (score, metric) => print(score, metric) + (score !== null && metric.unit ? ` ${metric.unit}` : "");

  const known = (row, column, methods) =>
    methods.map((method) => value(row.scores[method][column])).filter((score) => score !== null);

  // The positions of the methods that are best on one image: several if they tie, none if there is nothing to compare.
  const best = (row, column, methods, higher) => {
    const scores = known(row, column, methods);
    if (scores.length < 2) return new Set();
    const top = higher ? Math.max(...scores) : Math.min(...scores);
    return new Set(methods.filter((method) => value(row.scores[method][column]) === top));
  };

  const range = (scores) => {
    if (scores.length < 2) return null;
    const [low, high] = [Math.min(...scores), Math.max(...scores)];
    return low === high ? 0 : high - low;
  };

  const average = (scores) => (scores.length ? scores.reduce((sum, one) => sum + one, 0) / scores.length : null);

  const needsScores = (order) => order !== "dataset" && order !== "random";
  const keyOf = (order) => (order === "disagreement" ? range : average);

  // Whether an order says anything of the methods that are shown: one by scores does if any image has what it needs.
  const possible = (data, order, column, methods) =>
    !needsScores(order) ||
    (column < data.metrics.length && data.rows.some((row) => keyOf(order)(known(row, column, methods)) !== null));

  // Rows in an order, by the methods that are shown; those without a number last, ties as in the data set.
  const sorted = (data, order, column, methods) => {
    const rows = [...data.rows];
    if (order === "random") return rows.sort((one, other) => one.chance - other.chance);
    if (!needsScores(order)) return rows;
    const key = keyOf(order);
    const descending = order === "disagreement" || (order === "best") === data.metrics[column].higher;
    const keys = new Map(rows.map((row) => [row, key(known(row, column, methods))]));
    return rows.sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      if (a === null || b === null) return (a === null) - (b === null);
      return a === b ? 0 : (a < b) === descending ? 1 : -1;
    });
  };

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, content] of Object.entries(attributes)) if (content !== null) made.setAttribute(key, content);
    made.append(...children.filter((child) => child !== null));
    return made;
  };

  const address = (picture, small) => `pictures/${picture}${small ? "-s" : ""}.webp`;

  const facts = (row) =>
    [row.ratio === null ? null : `hole ${(100 * row.ratio).toFixed(1)} %`, row.class && `class ${row.class}`]
      .filter(Boolean)
      .join(" · ");

  const none = (side, kind) => {
    const box = element("span", { class: `none ${kind}` }, "no picture");
    box.style.width = box.style.height = `${side}px`;
    return box;
  };

  const image = (picture, small, side, alt, kind) =>
    element("img", {
      src: address(picture, small), alt, width: side, height: side, loading: "lazy", decoding: "async", class: kind,
    });

  // One picture with what is said under it. `which` is truth, corrupted, or the position of a method.
  const figure = (which, label, pictures, score, view) => {
    const [picture, error] = pictures;
    const box = element("figure", { class: "picture" });
    if (picture === null) {
      box.append(none(view.side, ""));
    } else {
      const button = element("button", { type: "button", "data-which": which, title: `Look at ${label}` });
      const seen = image(picture, view.small, view.side, `${label}: ${view.row.item}`, view.pixelated);
      seen.addEventListener("error", () => seen.replaceWith(none(view.side, ""))); // its file is gone
      button.append(seen);
      if (error) {
        const map = image(error, view.small, view.side, `Error map of ${label}`, `error ${view.pixelated}`);
        map.addEventListener("error", () => map.replaceWith(none(view.side, "error")));
        button.append(map);
      }
      box.append(button);
    }
    const caption = element("figcaption", {}, element("span", { class: "name", title: label }, label));
    if (score) caption.append(score);
    caption.style.width = `${view.side}px`;
    box.append(caption);
    return box;
  };

  const scoreOf = (row, method, column, data, top) => {
    const metric = data.metrics[column];
    if (!metric) return null;
    const text = element("span", { class: "score" }, withUnit(row.scores[method][column], metric));
    if (top.has(method)) {
      text.classList.add("best");
      text.append(element("span", { class: "unseen" }, " (best)"));
    }
    return text;
  };

  // How wide a picture is shown: a whole multiple of its pixels where it has few.
  const sideOf = (data, large) => {
    if (data.thumbnails) return large ? 160 : 112;
    const factor = Math.max(1, Math.round(112 / data.size));
    return data.size * (large ? factor + 1 : factor);
  };

  const make = (row, data, { column, methods, large }) => {
    const side = sideOf(data, large);
    const view = { row, side, small: data.thumbnails, pixelated: data.thumbnails ? "" : "pixels" };
    const top = data.metrics.length ? best(row, column, methods, data.metrics[column].higher) : new Set();
    const strip = element("div", { class: "strip" });
    strip.append(figure("truth", "truth", [row.truth], null, view));
    strip.append(figure("corrupted", "corrupted", [row.corrupted], null, view));
    for (const method of methods) {
      const pictures = [row.completions[method], row.errors[method]];
      strip.append(
        figure(method, data.methods[method].name, pictures, scoreOf(row, method, column, data, top), view),
      );
    }
    const head = element("h3", {}, row.item, " ", element("small", {}, facts(row)));
    return element("li", { class: "row", "data-row": row.id }, head, strip);
  };

  return { sorted, possible, make, best, print, withUnit, facts, element, address };
})();
