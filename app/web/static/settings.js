/* Settings: numbers that move while images are indexed, and lines to copy. */

import "./dialogs.js";
import { askJson } from "./request.js";
import { orSay, toast } from "./toast.js";

const PAUSE = 2000; // milliseconds
const section = document.querySelector("[data-index]");

async function look() {
  const answer = await askJson("/-/progress").catch(() => null);
  if (answer) show(answer.coverage);
  if (!answer || answer.coverage.pending) setTimeout(look, PAUSE);
}

function show({ images, indexed, pending, failed }) {
  const numbers = { indexed, images, waiting: pending, failed, rest: images - indexed - pending - failed };
  for (const [name, number] of Object.entries(numbers)) {
    section.querySelector(`[data-${name}]`).textContent = number.toLocaleString("en");
  }
  section.querySelector("progress").max = images || 1;
  section.querySelector("progress").value = indexed;
}

if (Number(section?.dataset.pending)) setTimeout(look, PAUSE);

document.addEventListener("click", (event) => {
  const { copyText } = event.target.closest("[data-copy-text]")?.dataset ?? {};
  if (!copyText) return;
  orSay(async () => {
    await navigator.clipboard.writeText(copyText);
    toast("Copied.");
  });
});
