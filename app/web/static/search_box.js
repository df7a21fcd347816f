/* The search box: its words stand for what is chosen at its left, and follow the address. */

import { go } from "./navigate.js";

const form = document.querySelector(".search");
const [mode, words] = [form.elements.mode, form.elements.q];

function hint() {
  words.placeholder = words.dataset[mode.value];
}

function follow() {
  const params = new URL(location.href).searchParams;
  words.value = params.get("q") ?? "";
  mode.value = params.get("mode") ?? (params.get("q") === null ? mode.value : "visual");
  hint();
}

mode.addEventListener("change", () => {
  hint();
  if (words.value.trim()) form.requestSubmit();
  else words.focus();
});

// The address of a picture is looked for as that picture. This comes before the form is sent.
form.addEventListener("submit", (event) => {
  const text = words.value.trim();
  if (mode.value !== "visual" || !/^https?:\/\/\S+$/i.test(text)) return;
  event.preventDefault();
  event.stopPropagation();
  go(`/?${new URLSearchParams({ image_url: text })}`);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey) {
    event.preventDefault();
    words.focus();
    words.select();
  }
});

document.addEventListener("iris:view", follow);
hint();
