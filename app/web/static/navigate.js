/* Changes the view without loading the page anew, so that uploads go on. The address keeps up. */

import { askText } from "./request.js";

const results = () => document.getElementById("results");
let loading = null;

/** Shows what an address of the library stands for. */
export async function go(address, { remember = true } = {}) {
  loading?.abort();
  const { signal } = (loading = new AbortController());
  const url = new URL(address, location.href);
  if (remember) history.pushState(null, "", url);
  results().setAttribute("aria-busy", "true");
  try {
    const html = await askText(`/-/results${url.search}`, { signal });
    if (signal.aborted) return; // it came just before somebody went on to another view
    show(html);
  } catch (error) {
    if (signal.aborted) return;
    showFailure(error.message, url);
  }
  results().removeAttribute("aria-busy");
}

/** Loads the present view again. */
export const reload = () => go(location.href, { remember: false });

function show(html) {
  results().innerHTML = html; // rendered by this server, which escapes everything
  scrollTo(0, 0);
  // What had the focus is gone with the images of before.
  if (document.activeElement === document.body) results().focus({ preventScroll: true });
  announce();
}

function announce() {
  const head = results().querySelector(".results-head");
  document.title = head.dataset.title;
  showRanked();
  for (const link of document.querySelectorAll(".folder")) {
    const current = head.dataset.live === "yes" && link.dataset.folder === head.dataset.folder;
    link.toggleAttribute("aria-current", false);
    if (current) link.setAttribute("aria-current", "page");
  }
  document.dispatchEvent(new CustomEvent("iris:view"));
}

/** Some actions make sense among the results of a visual search only. */
function showRanked() {
  const on = results().querySelector(".results-head").dataset.ranked === "yes";
  document.documentElement.classList.toggle("ranked", on);
}

function showFailure(message, url) {
  const box = document.createElement("div");
  box.className = "empty";
  box.setAttribute("role", "alert");
  const title = document.createElement("h2");
  title.textContent = "This could not be loaded";
  const text = document.createElement("p");
  text.textContent = message;
  const again = document.createElement("button");
  again.className = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => go(url, { remember: false }));
  box.append(title, text, again);
  results().replaceChildren(box);
}

function ownClick(event) {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-soft]");
  if (!link || !ownClick(event)) return;
  event.preventDefault();
  go(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-soft]")) return;
  event.preventDefault();
  const given = [...new FormData(form)].filter(([, value]) => value.trim());
  go(given.length ? `/?${new URLSearchParams(given)}` : "/");
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

addEventListener("popstate", () => reload());
showRanked();
