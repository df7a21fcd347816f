/* The details of an image, beside the grid. The address says whose are open. */

import { copyAddress, findSimilar, lessLike, moreLike } from "./actions.js";
import { mark as markPart } from "./part.js";
import { askText, send } from "./request.js";
import { orSay, toast } from "./toast.js";

const panel = document.getElementById("panel");
const layout = document.querySelector(".layout");
let opener = null;

const tileOf = (id) => document.querySelector(`.tile[data-id="${CSS.escape(id)}"]`);

function put(id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set("asset", id);
  else url.searchParams.delete("asset");
  history.replaceState(null, "", url);
}

function mark(id) {
  document.querySelector(".tile.open")?.classList.remove("open");
  if (id) tileOf(id)?.classList.add("open");
}

/** Shows the details of an image. */
export async function open(id, { focus = true } = {}) {
  const html = await orSay(() => askText(`/-/assets/${encodeURIComponent(id)}`));
  if (html === undefined) return;
  opener = tileOf(id)?.querySelector(".tile-link");
  show(html);
  layout.classList.add("with-panel");
  put(id);
  mark(id);
  if (focus) panel.querySelector("[data-close]").focus();
}

function show(html) {
  panel.innerHTML = html; // rendered by this server, which escapes everything
  panel.hidden = false;
}

export function close() {
  panel.hidden = true;
  layout.classList.remove("with-panel");
  put(null);
  mark(null);
  opener?.focus();
}

async function change(form) {
  const html = await orSay(async () => (await send(form.action, new FormData(form))).text());
  if (html === undefined) return;
  const field = document.activeElement?.name;
  show(html);
  panel.querySelector(`[name="${field ?? "add"}"]`)?.focus();
  toast(form.dataset.done);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".tile-link");
  if (!link || event.ctrlKey || event.metaKey || event.button !== 0) return;
  event.preventDefault();
  open(link.closest(".tile").dataset.id);
});

panel.addEventListener("click", (event) => {
  const { asset } = panel.querySelector("[data-asset]")?.dataset ?? {};
  const button = event.target.closest("button");
  if (button?.matches("[data-close]")) close();
  else if (button?.matches("[data-similar]")) findSimilar(asset);
  else if (button?.matches("[data-more-like]")) moreLike(asset);
  else if (button?.matches("[data-less-like]")) lessLike(asset);
  else if (button?.matches("[data-part]")) {
    markPart({ id: asset, screen: button.dataset.picture, name: button.dataset.name });
  } else if (button?.matches("[data-copy]")) copyAddress(button.dataset);
});

panel.addEventListener("submit", (event) => {
  event.preventDefault();
  change(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden && panel.contains(event.target)) close();
});

document.addEventListener("iris:view", () => {
  const id = new URL(location.href).searchParams.get("asset");
  if (!id && !panel.hidden) {
    opener = null;
    close();
  } else if (id) open(id, { focus: false });
});
