/* Keeps the numbers and marks of images that wait for the index up to date, while there are any. */

import { askJson } from "./request.js";

const PAUSE = 2500; // milliseconds
let timer = null;

const pending = () => [...document.querySelectorAll('.tile[data-state="pending"]')];
const numbers = () => document.querySelector("[data-coverage]");

/** Looks after a while, and again as long as something waits. */
export function watch() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
}

async function look() {
  if (document.hidden) return watch();
  const tiles = pending();
  const ids = tiles.slice(0, 200).map((tile) => tile.dataset.id);
  let answer;
  try {
    answer = await askJson(`/-/progress?ids=${ids.join(",")}`);
  } catch {
    return watch();
  }
  showNumbers(answer.coverage);
  for (const tile of tiles.slice(0, 200)) showState(tile, answer.waiting[tile.dataset.id] ?? "indexed");
  if (answer.coverage.pending) watch();
}

function showNumbers({ images, indexed }) {
  const box = numbers();
  if (!box) return;
  box.hidden = images === indexed;
  box.querySelector("progress").max = images || 1;
  box.querySelector("progress").value = indexed;
  box.querySelector("[data-indexed]").textContent = indexed.toLocaleString("en");
  box.querySelector("[data-images]").textContent = images.toLocaleString("en");
}

function showState(tile, state) {
  if (tile.dataset.state === state) return;
  tile.dataset.state = state;
  const mark = tile.querySelector(".state");
  if (state === "indexed") mark?.remove();
  else if (mark) {
    mark.className = `state state-${state}`;
    mark.textContent = "Not indexed";
  }
}

function begin() {
  if (pending().length || Number(numbers()?.dataset.pending)) watch();
}

document.addEventListener("iris:view", begin);
begin();
