/* Marks a part of an image to search for: draw a frame, drag it or its corners, or use the keys. */

import { alsoFor, searchFor } from "./query.js";

const dialog = document.getElementById("part");
const stage = dialog.querySelector("[data-picture]");
const image = stage.querySelector("img");
const frame = dialog.querySelector("[data-frame]");
const place = dialog.querySelector("[data-place]");

const SMALLEST = 0.04; // of a side
const STEP = 0.02;
const TAP = 0.02; // a shorter way is a tap, and draws nothing

let id = null;
let box = null; // x, y, width and height, as shares of the image
let drag = null;

/** Opens the dialog for an image. */
export function mark({ id: asset, screen, name }) {
  id = asset;
  image.src = screen;
  image.alt = name;
  put({ x: 0.25, y: 0.25, w: 0.5, h: 0.5 });
  dialog.showModal();
  frame.focus();
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const percent = (share) => `${Math.round(share * 100)} %`;

function put({ x, y, w, h }) {
  const [width, height] = [clamp(w, SMALLEST, 1), clamp(h, SMALLEST, 1)];
  box = { x: clamp(x, 0, 1 - width), y: clamp(y, 0, 1 - height), w: width, h: height };
  for (const [side, share] of [["left", box.x], ["top", box.y], ["width", box.w], ["height", box.h]]) {
    frame.style[side] = `${share * 100}%`;
  }
  place.textContent = `${percent(box.w)} wide, ${percent(box.h)} high, ${percent(box.x)} from the left, ${percent(box.y)} from the top`;
}

function value() {
  const shares = [box.x, box.y, box.w, box.h].map((share) => Number(share.toFixed(3)));
  return `${id}@${shares.join(",")}`;
}

const KEYS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

frame.addEventListener("keydown", (event) => {
  if (event.key === "Enter") return search(searchFor);
  const step = KEYS[event.key];
  if (!step) return;
  event.preventDefault();
  const [across, down] = step;
  if (event.shiftKey) put({ ...box, w: clamp(box.w + across, SMALLEST, 1 - box.x), h: clamp(box.h + down, SMALLEST, 1 - box.y) });
  else put({ ...box, x: box.x + across, y: box.y + down });
});

function at(event) {
  const { left, top, width, height } = stage.getBoundingClientRect();
  return [clamp((event.clientX - left) / width, 0, 1), clamp((event.clientY - top) / height, 0, 1)];
}

function between([ax, ay], [bx, by]) {
  return { x: Math.min(ax, bx), y: Math.min(ay, by), w: Math.abs(ax - bx), h: Math.abs(ay - by) };
}

/** The corner that stays where it is while the other one is dragged. */
function opposite(corner) {
  return [corner.endsWith("l") ? box.x + box.w : box.x, corner.startsWith("t") ? box.y + box.h : box.y];
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  stage.setPointerCapture(event.pointerId);
  const point = at(event);
  const corner = event.target.dataset?.corner;
  if (corner) drag = { from: opposite(corner) };
  else if (event.target === frame) drag = { offset: [point[0] - box.x, point[1] - box.y] };
  else drag = { from: point, tap: true };
  frame.focus();
});

stage.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const point = at(event);
  if (drag.offset) return put({ ...box, x: point[0] - drag.offset[0], y: point[1] - drag.offset[1] });
  const drawn = between(drag.from, point);
  if (drag.tap && Math.max(drawn.w, drawn.h) < TAP) return;
  drag.tap = false;
  put(drawn);
});

for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => (drag = null));

function search(how) {
  dialog.close();
  how("like", value());
}

dialog.addEventListener("click", (event) => {
  if (event.target.closest("[data-search]")) search(searchFor);
  else if (event.target.closest("[data-add]")) search(alsoFor);
});
