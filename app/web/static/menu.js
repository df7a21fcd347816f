/* The menu of an image: right click, the three dots, or the menu key. */

import { copyAddress, download, findSimilar, lessLike, moreLike } from "./actions.js";
import { ask as askFor } from "./bulk.js";
import { open as openDetails } from "./panel.js";
import { mark as markPart } from "./part.js";
import { ranked } from "./query.js";
import { toggle } from "./selection.js";

const menu = document.querySelector(".menu");
const MARGIN = 8; // pixels to the edge of the window
let tile = null;
let opener = null;

const ACTIONS = {
  similar: () => findSimilar(tile.dataset.id),
  more: () => moreLike(tile.dataset.id),
  less: () => lessLike(tile.dataset.id),
  part: () => markPart(tile.dataset),
  details: () => openDetails(tile.dataset.id),
  download: () => download([tile]),
  copy: () => copyAddress(tile.dataset),
  view: () => window.open(tile.dataset.original, "_blank", "noopener"),
  select: () => toggle(tile),
  delete: () => askFor("delete-selected", [tile.dataset.id]),
};

function show(of, x, y, by) {
  tile = of;
  opener = by;
  menu.querySelector("[data-action=part]").hidden = !tile.dataset.screen;
  menu.setAttribute("aria-label", `Actions for ${tile.dataset.name}`);
  menu.showPopover();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - width - MARGIN))}px`;
  menu.style.top = `${Math.max(MARGIN, Math.min(y, innerHeight - height - MARGIN))}px`;
  tile.querySelector(".tile-menu").setAttribute("aria-expanded", "true");
  menu.querySelector("[role=menuitem]").focus();
}

function showBelow(of, by) {
  const { left, bottom } = by.getBoundingClientRect();
  show(of, left, bottom + 4, by);
}

document.addEventListener("contextmenu", (event) => {
  const of = event.target.closest?.(".tile");
  if (!of || event.shiftKey) return; // with Shift, the browser's own
  event.preventDefault();
  // The menu key reports no place, so the menu goes to the dots.
  if (event.button === 2) show(of, event.clientX, event.clientY, of.querySelector(".tile-link"));
  else showBelow(of, of.querySelector(".tile-menu"));
});

document.addEventListener("click", (event) => {
  const dots = event.target.closest(".tile-menu");
  if (dots) showBelow(dots.closest(".tile"), dots);
});

menu.addEventListener("click", (event) => {
  const action = event.target.closest("[data-action]")?.dataset.action;
  if (!action) return;
  menu.hidePopover();
  ACTIONS[action]();
});

menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("[role=menuitem]")].filter((item) => item.checkVisibility());
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    items[next % items.length].focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  }
});

// Without the menu, while a result has the focus.
document.addEventListener("keydown", (event) => {
  const of = event.target.closest?.(".tile");
  const action = { "+": moreLike, "-": lessLike }[event.key];
  if (!of || !action || event.ctrlKey || event.metaKey || !ranked()) return;
  event.preventDefault();
  action(of.dataset.id);
});

menu.addEventListener("toggle", (event) => {
  if (event.newState === "open") return;
  tile?.querySelector(".tile-menu").setAttribute("aria-expanded", "false");
  if (menu.contains(document.activeElement) || document.activeElement === document.body) opener?.focus();
});
