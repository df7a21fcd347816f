/* What can be done with the selected images together. */

import { download, findSimilar } from "./actions.js";
import { ask } from "./bulk.js";
import { clear, selected, show } from "./selection.js";

const bar = document.querySelector(".selection");

const ACTIONS = {
  similar: () => findSimilar(selected()[0].dataset.id),
  download: () => download(selected()),
  tag: () => ask("tag-selected"),
  delete: () => ask("delete-selected"),
  clear,
};

bar.addEventListener("click", (event) => {
  ACTIONS[event.target.closest("[data-action]")?.dataset.action]?.();
});

document.addEventListener("click", (event) => {
  // The browser would open a new tab for a link; here Ctrl means "this one, too".
  const link = event.target.closest(".tile-link");
  if (!link || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  link.closest(".tile").querySelector(".tile-check").click();
});

show();
