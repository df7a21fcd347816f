/* Search by a picture of one's own: a file, from the clipboard, or an address. It is not stored. */

import { go } from "./navigate.js";
import { ask } from "./request.js";
import { orSay } from "./toast.js";

const dialog = document.getElementById("own-picture");
const KEY = "iris.picture."; // small previews, kept while this tab is open
const SIDE = 96; // pixels

const keyOf = (address) => KEY + new URL(address, location.href).searchParams.get("picture")?.slice(0, 24);

/** Looks for what is similar to a file. */
export async function searchBy(file) {
  if (dialog.open) dialog.close();
  document.body.classList.add("looking");
  await orSay(async () => {
    const body = new FormData();
    body.append("file", file, "picture");
    const { address } = await (await ask("/-/own-picture", { method: "POST", body })).json();
    await remember(address, file);
    await go(address);
  });
  document.body.classList.remove("looking");
}

async function remember(address, file) {
  try {
    const picture = await createImageBitmap(file, { resizeWidth: SIDE, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext("2d").drawImage(picture, 0, 0);
    sessionStorage.setItem(keyOf(address), canvas.toDataURL("image/webp", 0.8));
  } catch {
    // A format that the browser does not show, or a full storage: the chip does without.
  }
}

function showThumbnail() {
  const image = document.querySelector("[data-own-thumbnail]");
  const kept = image && sessionStorage.getItem(keyOf(location.href));
  if (!kept) return;
  image.src = kept;
  image.hidden = false;
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
  go(`/?${new URLSearchParams(new FormData(event.target))}`);
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
