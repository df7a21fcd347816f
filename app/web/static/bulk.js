/* Tags for several images, and the end of several images, each after a dialog. */

import { send } from "./request.js";
import { clear, selected } from "./selection.js";
import { orSay, toast } from "./toast.js";
import { reload } from "./navigate.js";

const MOST = 1000; // images in one request
const words = (number) => `${number.toLocaleString("en")} ${number === 1 ? "image" : "images"}`;
let ids = [];

/** Opens a dialog for some images; without any, for the selected ones. */
export function ask(name, chosen = selected().map((tile) => tile.dataset.id)) {
  ids = chosen;
  const dialog = document.getElementById(name);
  for (const box of dialog.querySelectorAll("[data-how-many]")) box.textContent = words(ids.length);
  dialog.showModal();
}

async function inParts(address, fields) {
  const done = [];
  for (let from = 0; from < ids.length; from += MOST) {
    const part = ids.slice(from, from + MOST).join(",");
    done.push(...(await (await send(address, { ...fields, ids: part })).json()).ids);
  }
  return done;
}

const ENDS = {
  "/-/selected/tags": (done) => toast(`${words(done.length)} tagged.`),
  "/-/selected/delete": (done) => {
    toast(`${words(done.length)} deleted.`);
    reload();
  },
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-bulk]")) return;
  event.preventDefault();
  const { pathname } = new URL(form.action);
  const fields = Object.fromEntries(new FormData(form));
  form.closest("dialog").close();
  form.reset();
  const done = await orSay(() => inParts(pathname, fields));
  if (!done) return;
  clear();
  ENDS[pathname](done);
});
