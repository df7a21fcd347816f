/* Dropping files anywhere on the page: to upload them, or to search by one of them. */

import { dropped } from "./dropped_files.js";
import { searchBy } from "./own_picture.js";
import { begin } from "./upload_dialog.js";

const overlay = document.querySelector(".drop");
let depth = 0; // dragenter and dragleave come for every element on the way

const withFiles = (event) => event.dataTransfer?.types.includes("Files");

function show(on) {
  overlay.hidden = !on;
  if (!on) depth = 0;
}

function aim(event) {
  const zone = event.target.closest?.("[data-zone]");
  for (const each of overlay.querySelectorAll("[data-zone]")) each.classList.toggle("aimed", each === zone);
}

addEventListener("dragenter", (event) => {
  if (!withFiles(event)) return;
  depth += 1;
  const single = event.dataTransfer.items.length === 1 && event.dataTransfer.items[0].type.startsWith("image/");
  overlay.querySelector('[data-zone="search"]').hidden = !single;
  show(true);
});

addEventListener("dragleave", () => {
  depth -= 1;
  if (depth <= 0) show(false);
});

addEventListener("dragover", (event) => {
  if (!withFiles(event)) return;
  event.preventDefault();
  aim(event);
});

addEventListener("drop", async (event) => {
  if (!withFiles(event)) return;
  event.preventDefault();
  show(false);
  const search = event.target.closest?.('[data-zone="search"]') || event.target.closest?.("#own-picture");
  if (search) searchBy(event.dataTransfer.files[0]);
  else begin(await dropped(event.dataTransfer));
});
