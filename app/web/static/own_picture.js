/* Search by a picture of one's own: a file, from the clipboard, or an address. It is not stored. */

import { alsoFor, ranked, searchFor } from "./query.js";
import { ask } from "./request.js";
import { orSay } from "./toast.js";

const dialog = document.getElementById("own-picture");
const KEY = "iris.picture."; // small previews, kept while this tab is open
const SIDE = 96; // pixels

/** By itself, or beside what is searched for now. */
function look(name, value) {
  const add = dialog.querySelector("[name=add]");
  const how = add.checked && ranked() ? alsoFor : searchFor;
  add.checked = false;
  return how(name, value);
}

const keyOf = (picture) => KEY + picture.slice(0, 24);

/** Looks for what is similar to a file. */
export async function searchBy(file) {
  if (dialog.open) dialog.close();
  document.body.classList.add("looking");
  await orSay(async () => {
    const body = new FormData();
    body.append("file", file, "picture");
    const { picture } = await (await ask("/-/own-picture", { method: "POST", body })).json();
    await remember(picture, file);
    await look("picture", picture);
  });
  document.body.classList.remove("looking");
}

async function remember(picture, file) {
  try {
    const preview = await createImageBitmap(file, { resizeWidth: SIDE, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [preview.width, preview.height];
    canvas.getContext("2d").drawImage(preview, 0, 0);
    sessionStorage.setItem(keyOf(picture), canvas.toDataURL("image/webp", 0.8));
  } catch {
    // A format that the browser does not show, or a full storage: the chip does without.
  }
}

function showThumbnail() {
  for (const image of document.querySelectorAll("[data-own-thumbnail]")) {
    const kept = sessionStorage.getItem(keyOf(image.dataset.ownThumbnail));
    image.hidden = !kept;
    if (kept) image.src = kept;
  }
}

dialog.addEventListener("change", (event) => {
  if (event.target.type !== "file") return;
  const [file] = event.target.files;
  event.target.value = "";
  if (file) searchBy(file);
});

dialog.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-address]")) return;
  event.preventDefault();
  dialog.close();
  look("image_url", new FormData(event.target).get("image_url"));
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-own-picture]")) dialog.showModal();
});

document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (!file || document.querySelector("dialog[open]:not(#own-picture)")) return;
  event.preventDefault();
  searchBy(file);
});

document.addEventListener("iris:view", showThumbnail);
showThumbnail();
