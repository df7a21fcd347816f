/* Which images are selected: with checkboxes, Ctrl or Shift and the mouse, or the space bar. */

import { grid, tiles } from "./grid.js";

let anchor = null;

export const selected = () => tiles().filter((tile) => box(tile).checked);
const box = (tile) => tile.querySelector(".tile-check");

function mark(tile, on) {
  box(tile).checked = on;
  tile.classList.toggle("selected", on);
}

/** Selects or leaves out a tile, or with `range` all from the last one on. */
export function toggle(tile, range = false) {
  const on = !box(tile).checked;
  if (range && anchor?.isConnected) {
    const all = tiles();
    const [from, to] = [all.indexOf(anchor), all.indexOf(tile)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((each) => mark(each, true));
  } else {
    mark(tile, on);
    anchor = tile;
  }
  show();
}

export function clear() {
  selected().forEach((tile) => mark(tile, false));
  anchor = null;
  show();
}

/** Brings the bar of actions up to date. */
export function show() {
  const bar = document.querySelector(".selection");
  const count = grid() ? selected().length : 0;
  bar.hidden = count === 0;
  bar.querySelector("[data-count]").textContent = `${count} selected`;
  bar.querySelector("[data-action=similar]").hidden = count !== 1;
  grid()?.classList.toggle("selecting", count > 0);
}

document.addEventListener("change", (event) => {
  if (!event.target.matches(".tile-check")) return;
  const tile = event.target.closest(".tile");
  tile.classList.toggle("selected", event.target.checked);
  anchor = tile;
  show();
});

document.addEventListener("click", (event) => {
  const check = event.target.closest(".tile-check");
  if (check && event.shiftKey) {
    check.checked = !check.checked; // `toggle` decides
    event.preventDefault();
    setTimeout(() => toggle(check.closest(".tile"), true));
  }
});

document.addEventListener("keydown", (event) => {
  const tile = event.target.closest?.(".tile");
  if (tile && event.key === " " && !event.target.matches("button, input")) {
    event.preventDefault();
    toggle(tile, event.shiftKey);
  } else if (tile && event.key === "a" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    tiles().forEach((each) => mark(each, true));
    show();
  } else if (event.key === "Escape" && selected().length && !document.querySelector("dialog[open], .menu:popover-open")) {
    clear();
  }
});

document.addEventListener("iris:view", show);
