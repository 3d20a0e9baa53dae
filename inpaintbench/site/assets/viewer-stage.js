// The stage of the viewer: two pictures on top of each other, the left one cut off at a divider. Both are zoomed by
// whole factors and moved together, and stay where they are when one is exchanged, so that details can be compared.
"use strict";

const Stage = (() => {
  const FACTORS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32];
  const NEAR = 22; // so many pixels from the divider a finger still takes hold of it
  const now = { size: 1, zoom: 1, fitted: true, x: 0, y: 0, split: 0.5 };
  let stage, range, divider, layers, tags, told;

  const side = (parts, name) => parts.find((part) => part.dataset.side === name);
  const extent = () => now.size * now.zoom;
  const within = (position, room) =>
    extent() <= room ? (room - extent()) / 2 : Math.min(0, Math.max(room - extent(), position));

  // From where to where the pictures are seen, in pixels of the stage.
  const seen = () => [Math.max(0, now.x), Math.min(stage.clientWidth, now.x + extent())];

  const draw = () => {
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    now.x = within(now.x, width);
    now.y = within(now.y, height);
    const [from, to] = seen();
    const cut = from + now.split * (to - from);
    for (const layer of layers) {
      const { style } = layer.querySelector("img");
      style.width = style.height = `${extent()}px`;
      style.transform = `translate(${now.x}px, ${now.y}px)`;
      layer.classList.toggle("pixels", now.zoom >= 1);
      layer.style.clipPath = layer.dataset.side === "left" ? `inset(0 ${width - cut}px 0 0)` : `inset(0 0 0 ${cut}px)`;
    }
    divider.style.left = `${cut}px`;
    range.value = Math.round(now.split * 100);
    range.setAttribute("aria-valuetext", `${range.value} % ${side(tags, "left").textContent}`);
    const factor = now.zoom < 1 ? `1/${1 / now.zoom}×` : `${now.zoom}×`;
    if (told.textContent !== factor) told.textContent = factor;
    stage.classList.toggle("movable", extent() > width || extent() > height);
  };

  const fit = () => {
    const room = Math.min(stage.clientWidth, stage.clientHeight);
    now.zoom = FACTORS.filter((factor) => factor * now.size <= room).at(-1) ?? FACTORS[0];
    now.fitted = true;
    draw();
  };

  // Go some factors closer (or further, if negative), while the pixel under a point of the stage stays where it is.
  const zoom = (steps, x = stage.clientWidth / 2, y = stage.clientHeight / 2) => {
    const position = Math.min(FACTORS.length - 1, Math.max(0, FACTORS.indexOf(now.zoom) + steps));
    const ratio = FACTORS[position] / now.zoom;
    now.x = x - (x - now.x) * ratio;
    now.y = y - (y - now.y) * ratio;
    now.zoom = FACTORS[position];
    now.fitted = false;
    draw();
  };

  const move = (x, y) => {
    now.x += x;
    now.y += y;
    draw();
  };

  const divide = (part) => {
    now.split = Math.min(1, Math.max(0, part));
    draw();
  };

  // Show two pictures: each has an address (null if there is none), a name and an alternative text.
  const show = (left, right, size) => {
    if (size !== now.size) Object.assign(now, { size, fitted: true });
    for (const [name, picture] of [["left", left], ["right", right]]) {
      const layer = side(layers, name);
      const image = layer.querySelector("img");
      image.hidden = picture.address === null;
      if (picture.address === null) image.removeAttribute("src");
      else if (image.getAttribute("src") !== picture.address) image.src = picture.address;
      image.alt = picture.alt;
      layer.querySelector("p").hidden = picture.address !== null;
      side(tags, name).textContent = picture.name;
    }
    if (now.fitted) fit();
    else draw();
  };

  // Drag the divider, or the picture where it is larger than the stage; a finger anywhere else on it takes the divider.
  const drag = (event) => {
    if (event.button !== 0) return;
    const box = stage.getBoundingClientRect();
    const cut = parseFloat(divider.style.left);
    const dividing = Math.abs(event.clientX - box.left - stage.clientLeft - cut) < NEAR || !stage.classList.contains("movable");
    let last = event;
    const follow = (next) => {
      const [from, to] = seen();
      if (dividing) divide((next.clientX - box.left - stage.clientLeft - from) / Math.max(1, to - from));
      else move(next.clientX - last.clientX, next.clientY - last.clientY);
      last = next;
    };
    const end = () => {
      stage.removeEventListener("pointermove", follow);
      stage.removeEventListener("pointerup", end);
      stage.removeEventListener("pointercancel", end);
    };
    stage.setPointerCapture(event.pointerId);
    stage.addEventListener("pointermove", follow);
    stage.addEventListener("pointerup", end);
    stage.addEventListener("pointercancel", end);
    if (dividing) follow(event);
  };

  document.addEventListener("DOMContentLoaded", () => {
    stage = document.getElementById("stage");
    if (!stage) return;
    range = document.getElementById("split");
    told = document.getElementById("zoom");
    divider = stage.querySelector(".divider");
    layers = [...stage.querySelectorAll(".layer")];
    tags = [...stage.querySelectorAll(".tag")];
    range.addEventListener("input", () => divide(range.value / 100));
    stage.addEventListener("pointerdown", drag);
    stage.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const box = stage.getBoundingClientRect();
        if (event.deltaY) zoom(event.deltaY < 0 ? 1 : -1, event.clientX - box.left, event.clientY - box.top);
      },
      { passive: false },
    );
    new ResizeObserver(() => (now.fitted ? fit() : draw())).observe(stage);
  });

  return { show, fit, zoom, move, divide };
})();
