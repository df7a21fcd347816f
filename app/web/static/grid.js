/* The grid: loads more images before the end comes into sight, and moves the focus by arrow keys.

   One image at a time can be reached with Tab; the arrow keys lead to the others. */

import { askText } from "./request.js";
import { orSay } from "./toast.js";

export const grid = () => document.querySelector("[data-grid]");
export const tiles = () => [...grid().querySelectorAll(".tile")];

const AHEAD = "1500px"; // how far below the window loading begins

const watcher = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => more(entry.target)),
  { rootMargin: AHEAD },
);

async function more(item) {
  watcher.unobserve(item);
  item.classList.add("waiting");
  const html = await orSay(() => askText(item.dataset.more));
  if (!item.isConnected) return; // another view came meanwhile
  if (html === undefined) return item.classList.remove("waiting");
  item.insertAdjacentHTML("afterend", html);
  item.remove();
  prepare();
}

/** Makes ready what was added to the grid. */
export function prepare() {
  for (const page of grid()?.querySelectorAll(".grid:not([data-ready])") ?? []) {
    page.dataset.ready = "";
    for (const control of page.querySelectorAll("a, input, button")) control.tabIndex = -1;
  }
  reserve();
  const first = grid()?.querySelector(".tile-link");
  if (first && !grid().querySelector('.tile-link[tabindex="0"]')) first.tabIndex = 0;
  const last = grid()?.querySelector("[data-more]");
  if (last) watcher.observe(last);
}

/** Tells the browser how high a page of images is that it has not laid out yet. */
function reserve() {
  const page = grid()?.querySelector(".grid");
  if (page?.nextElementSibling) grid().style.setProperty("--page-height", `${page.offsetHeight}px`);
}

/** Moves the focus to a tile. */
export function focus(tile) {
  for (const link of grid().querySelectorAll('.tile-link[tabindex="0"]')) link.tabIndex = -1;
  const link = tile.querySelector(".tile-link");
  link.tabIndex = 0;
  link.focus();
  tile.scrollIntoView({ block: "nearest" });
}

function columns() {
  return getComputedStyle(grid().querySelector(".grid")).gridTemplateColumns.split(" ").length;
}

const STEPS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns(), ArrowDown: columns };

function target(key, all, at) {
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  return all[at + STEPS[key]()];
}

document.addEventListener("keydown", (event) => {
  const tile = event.target.closest?.(".tile");
  if (!tile || event.altKey || !(event.key in STEPS || ["Home", "End"].includes(event.key))) return;
  const all = tiles();
  const next = target(event.key, all, all.indexOf(tile));
  event.preventDefault();
  if (next) focus(next);
});

// A server under load refuses some thumbnails; a moment later it has time for them.
document.addEventListener(
  "error",
  ({ target: image }) => {
    if (!(image instanceof HTMLImageElement) || image.dataset.tried === "3") return;
    const tries = Number(image.dataset.tried ?? 0) + 1;
    image.dataset.tried = tries;
    setTimeout(() => (image.srcset = `${image.srcset}`), tries * 1500);
  },
  true,
);
