/* What can be done with an image, whether from its menu, the selection or its details. */

import { alsoFor, searchFor } from "./query.js";
import { orSay, toast } from "./toast.js";

const BETWEEN = 300; // milliseconds; browsers drop downloads that begin at once

export const findSimilar = (id) => searchFor("like", id);
export const moreLike = (id) => alsoFor("like", id);
export const lessLike = (id) => alsoFor("not_like", id);

export function download(tiles) {
  tiles.forEach((tile, number) => setTimeout(() => save(tile.dataset), number * BETWEEN));
}

function save({ original, name }) {
  const link = document.createElement("a");
  link.href = original;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

export function copyAddress({ original }) {
  return orSay(async () => {
    await navigator.clipboard.writeText(new URL(original, location.href).href);
    toast("The address is copied.");
  });
}
