/* Where an upload begins: which files, with which preset, into which folder. */

import { chosen } from "./dropped_files.js";
import { add } from "./queue.js";
import { toast } from "./toast.js";

const dialog = document.getElementById("upload");
const { preset, folder } = dialog.querySelector("form").elements;
const MAX = Number(dialog.dataset.maxBytes);
const KINDS = /\.(jpe?g|jpe|png|gif|webp|avif|heic|heif|tiff?|bmp|jxl)$/i;

const shownFolder = () => document.querySelector(".results-head")?.dataset.folder ?? "";
const join = (...parts) => parts.filter(Boolean).join("/");

function refusal({ size, type, name }) {
  if (!size) return "This file is empty.";
  if (size > MAX) return `Larger than ${Math.round(MAX / 1e6)} MB, the most that this server takes.`;
  if (type && !type.startsWith("image/") && !KINDS.test(name)) return "This is not an image.";
  return null;
}

/** Uploads files, with the preset and below the folder that the dialog shows. */
export function begin(files, into = shownFolder()) {
  if (!files.length) return toast("There are no files in that.", "bad");
  for (const { file, folder: inside } of files) add(file, join(into, inside), preset.value, refusal(file));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-upload]")) return;
  folder.value = shownFolder();
  dialog.showModal();
});

dialog.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.files.length) return;
  const files = chosen(input);
  input.value = "";
  dialog.close();
  begin(files, folder.value.trim());
});
