/* Puts uploaded images into the grid as they finish, if the view is one that they belong to. */

import { grid, prepare } from "./grid.js";
import { onChange, unfinished } from "./queue.js";
import { askText } from "./request.js";
import { watch } from "./index_progress.js";

const head = () => document.querySelector(".results-head");

function belongs({ folder }) {
  const { live, folder: shown } = head()?.dataset ?? {};
  return live === "yes" && (!shown || folder === shown || folder.startsWith(`${shown}/`));
}

function put(answer) {
  document.querySelector("[data-empty]")?.remove();
  grid().querySelector(`[data-id="${answer.id}"]`)?.remove();
  // Among the first page, so that a row that is not full comes at the end of that.
  const list = grid().querySelector(".grid");
  list.insertAdjacentHTML("afterbegin", answer.tile); // rendered by the server
  list.firstElementChild.classList.add("arrived");
  delete list.dataset.ready;
  prepare();
  count(1);
}

function count(more) {
  const box = document.querySelector("[data-count-images]");
  if (!box) return;
  box.dataset.countImages = Number(box.dataset.countImages) + more;
  const number = Number(box.dataset.countImages);
  box.textContent = `${number.toLocaleString("en")} ${number === 1 ? "image" : "images"}`;
}

async function refreshFolders() {
  try {
    const html = await askText(`/-/folders${location.search}`);
    document.querySelector(".folders").outerHTML = html;
  } catch {
    // The tree of before does until the next page.
  }
}

onChange((item) => {
  if (item.state !== "done") return;
  if (belongs(item.answer)) put(item.answer);
  watch();
  if (!unfinished().length) refreshFolders();
});
