/* The search box: its words stand for what is chosen at its left, and follow the address. */

import { leaveSearch, say, searchFor, withPictures } from "./query.js";

const form = document.querySelector(".search");
const [mode, words] = [form.elements.mode, form.elements.q];

function hint() {
  words.placeholder = mode.value === "visual" && withPictures() ? words.dataset.more : words.dataset[mode.value];
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (mode.value === "assets") {
    if (text) searchFor("q", text, ["mode", "assets"]);
    else leaveSearch(["mode", "assets"]);
  } else if (/^https?:\/\/\S+$/i.test(text)) {
    searchFor("image_url", text); // the address of a picture is looked for as that picture
  } else say(text);
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
