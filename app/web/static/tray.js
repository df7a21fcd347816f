/* What is being uploaded, in a corner of the page: each file, and all of them together. */

import { forgetFinished, items, onChange, unfinished } from "./queue.js";

const tray = document.querySelector(".tray");
const list = tray.querySelector(".tray-list");
const model = tray.querySelector("template").content.firstElementChild;
const rows = new Map();

const WORDS = {
  waiting: "Waiting",
  sending: "Uploading",
  indexing: "Indexing",
  done: "Done",
};
const STATES = {
  pending: "Stored, will be indexed soon",
  failed: "Stored, but it could not be indexed",
  not_asked: "Stored, not indexed",
  off: "Stored, not indexed",
};

function row(item) {
  if (rows.has(item)) return rows.get(item);
  const element = model.cloneNode(true);
  element.querySelector(".tray-name").textContent = item.file.name;
  element.querySelector("[data-cancel]").addEventListener("click", () => item.cancel());
  element.querySelector("[data-retry]").addEventListener("click", () => item.retry());
  for (const button of element.querySelectorAll("button")) button.ariaLabel += ` ${item.file.name}`;
  rows.set(item, element);
  list.append(element);
  return element;
}

function words(item) {
  if (item.state === "done") return STATES[item.answer.state] ?? WORDS.done;
  return item.reason ?? WORDS[item.state];
}

function showItem(item) {
  const element = row(item);
  element.dataset.state = item.state;
  if (item.state === "failed") list.prepend(element); // what went wrong is not to be looked for
  element.querySelector("progress").value = item.share;
  element.querySelector(".tray-words").textContent = words(item);
  element.querySelector("[data-cancel]").hidden = item.over;
  element.querySelector("[data-retry]").hidden = !(item.over && item.again);
}

function showTotal() {
  const all = items();
  const left = unfinished().length;
  const bytes = all.reduce((sum, { file }) => sum + file.size, 0);
  const sent = all.reduce((sum, { file, share, over }) => sum + file.size * (over ? 1 : share), 0);
  tray.querySelector("[data-total]").value = bytes ? sent / bytes : 0;
  tray.querySelector("[data-title]").textContent = left
    ? `Uploading ${all.length - left + 1} of ${all.length}`
    : summary(all);
  tray.querySelector("[data-cancel-all]").hidden = !left;
  tray.querySelector("[data-close]").hidden = Boolean(left);
}

function summary(all) {
  const number = (state) => all.filter((item) => item.state === state).length;
  const parts = [`${number("done")} uploaded`];
  if (number("failed")) parts.push(`${number("failed")} refused`);
  if (number("cancelled")) parts.push(`${number("cancelled")} cancelled`);
  return parts.join(", ");
}

onChange((item) => {
  tray.hidden = false;
  showItem(item);
  showTotal();
});

tray.querySelector("[data-cancel-all]").addEventListener("click", () => {
  for (const item of unfinished()) item.cancel();
});

tray.querySelector("[data-close]").addEventListener("click", () => {
  tray.hidden = true;
  forgetFinished();
  rows.clear();
  list.replaceChildren();
});

tray.querySelector("[data-fold]").addEventListener("click", ({ currentTarget }) => {
  list.hidden = !list.hidden;
  currentTarget.setAttribute("aria-expanded", String(!list.hidden));
});
