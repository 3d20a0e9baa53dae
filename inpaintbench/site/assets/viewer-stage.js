// The stage of the viewer: two pictures on top of each other, the left one cut off at a divider. Both are zoomed by
// whole factors and moved together, and stay where they are when one is exchanged, so that details can be compared.
"use strict";

const Stage = (() => {
  const FACTORS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32];
  const NEAR = 22; // so many pixels from the divider a finger still takes hold of it
  const NOTCH = 100; // so many pixels a wheel is turned for one step; a trackpad tells of a few at a time
  const LINE = 34; // what a browser that counts in lines means by one: three make a notch
  const PINCHED = 2.5; // two fingers on a trackpad come as a wheel with Ctrl, and in smaller numbers
  const PAUSE = 400; // ms, after which the wheel starts afresh
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

  // Show pixels this large, while the one under a point of the stage stays where it is.
  const zoomTo = (factor, x, y) => {
    const ratio = factor / now.zoom;
    now.x = x - (x - now.x) * ratio;
    now.y = y - (y - now.y) * ratio;
    now.zoom = factor;
    now.fitted = false;
    draw();
  };

  // Go some factors closer (or further, if negative).
  const zoom = (steps, x = stage.clientWidth / 2, y = stage.clientHeight / 2) =>
    zoomTo(FACTORS[Math.min(FACTORS.length - 1, Math.max(0, FACTORS.indexOf(now.zoom) + steps))], x, y);

  const nearest = (wanted) => {
    const off = (factor) => Math.abs(Math.log(factor / wanted));
    return FACTORS.reduce((best, factor) => (off(factor) < off(best) ? factor : best));
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

  const seeable = (layer, there) => {
    layer.querySelector("img").hidden = !there;
    layer.querySelector("p").hidden = there;
  };

  // Show two pictures: each has an address (null if there is none), a name and an alternative text.
  const show = (left, right, size) => {
    if (size !== now.size) Object.assign(now, { size, fitted: true });
    for (const [name, picture] of [["left", left], ["right", right]]) {
      const layer = side(layers, name);
      const image = layer.querySelector("img");
      if (picture.address === null) {
        image.removeAttribute("src");
        seeable(layer, false);
      } else if (image.getAttribute("src") !== picture.address) {
        image.src = picture.address;
        seeable(layer, true); // until it turns out that the file is gone
      }
      image.alt = picture.alt;
      side(tags, name).textContent = picture.name;
    }
    if (now.fitted) fit();
    else draw();
  };

  // What touches the stage, by number; and what that does, until all of it is lifted: one mouse or finger drags the
  // divider, or the picture where it is larger than the stage; two fingers pinch, and any other is ignored.
  const touching = new Map();
  let deed = null;

  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left - stage.clientLeft, y: event.clientY - box.top - stage.clientTop };
  };

  const divideAt = ({ x }) => {
    const [from, to] = seen();
    divide((x - from) / Math.max(1, to - from));
  };

  const drag = (point) => {
    const near = Math.abs(point.x - parseFloat(divider.style.left)) < NEAR;
    const [split, dividing] = [now.split, near || !stage.classList.contains("movable")];
    let last = point;
    if (dividing) divideAt(point);
    return {
      follow: () => {
        const [next] = touching.values();
        if (dividing) divideAt(next);
        else move(next.x - last.x, next.y - last.y);
        last = next;
      },
      undo: () => dividing && divide(split), // it was the first finger of two
    };
  };

  const pinch = () => {
    const fingers = () => {
      const [one, other] = touching.values();
      const apart = Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
      return { apart, x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
    };
    const [start, before] = [fingers(), now.zoom];
    let last = start;
    return {
      follow: () => {
        const next = fingers();
        const factor = nearest((before * next.apart) / start.apart);
        move(next.x - last.x, next.y - last.y);
        if (factor !== now.zoom) zoomTo(factor, next.x, next.y);
        last = next;
      },
      undo: () => {},
    };
  };

  const press = (event) => {
    if (event.button !== 0 || touching.size === 2 || (touching.size && !deed)) return;
    touching.set(event.pointerId, place(event));
    stage.setPointerCapture(event.pointerId);
    deed?.undo();
    deed = touching.size === 1 ? drag(place(event)) : pinch();
  };

  const follow = (event) => {
    if (!touching.has(event.pointerId)) return;
    touching.set(event.pointerId, place(event));
    deed?.follow();
  };

  const lift = (event) => {
    if (touching.delete(event.pointerId)) deed = null; // a finger that is left does nothing more
  };

  const wheel = { turned: 0, when: 0 };

  const turn = (event) => {
    event.preventDefault();
    const unit = [1, LINE, NOTCH][event.deltaMode] * (event.ctrlKey ? PINCHED : 1);
    const turned = event.deltaY * unit;
    if (turned * wheel.turned < 0 || event.timeStamp - wheel.when > PAUSE) wheel.turned = 0;
    wheel.turned += turned;
    wheel.when = event.timeStamp;
    const steps = Math.trunc(wheel.turned / NOTCH);
    if (!steps) return;
    wheel.turned = 0;
    const { x, y } = place(event);
    zoom(-steps, x, y);
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
    for (const layer of layers) layer.querySelector("img").addEventListener("error", () => seeable(layer, false));
    stage.addEventListener("pointerdown", press);
    stage.addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) stage.addEventListener(end, lift);
    stage.addEventListener("wheel", turn, { passive: false });
    new ResizeObserver(() => (now.fitted ? fit() : draw())).observe(stage);
  });

  return { show, fit, zoom, move, divide };
})();
