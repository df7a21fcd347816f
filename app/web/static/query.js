/* What is searched for is in the address. Filters stay until somebody removes them; which details are
   open, and whether weak matches are shown, does not outlive a search. */

import { go } from "./navigate.js";
import { toast } from "./toast.js";

const FILTERS = ["folder", "tag", "type", "format", "after", "before", "expression", "collapse"];
const KINDS = ["q", "like", "picture", "image_url"];
const PARTS = [...KINDS, ...KINDS.map((kind) => `not_${kind}`)];
const MOST = 10; // parts of one search: MOST_TERMS of the server

const pairs = () => [...new URL(location.href).searchParams];
const only = (names) => pairs().filter(([name]) => names.includes(name));
const show = (parts) => go(`/?${new URLSearchParams(parts)}`);

/** Whether images are ranked by what they show. */
export const ranked = () => document.querySelector(".results-head")?.dataset.ranked === "yes";

/** Whether there are pictures among what is searched for. */
export const withPictures = () => ranked() && only(PARTS).some(([name]) => !name.endsWith("q"));

/** Searches for something else, within the filters. */
export const searchFor = (name, value, ...more) => show([[name, value], ...more, ...only(FILTERS)]);

/** Without a search: what the filters leave. */
export const leaveSearch = (...more) => show([...more, ...only(FILTERS)]);

/** Searches for one thing more; for what is there already, on which side it is now. */
export function alsoFor(name, value) {
  if (!ranked()) return searchFor(name, value);
  const kind = name.replace("not_", "");
  const others = only(PARTS).filter(([each, text]) => each.replace("not_", "") !== kind || text !== value);
  if (others.length >= MOST) return toast(`A search has up to ${MOST} parts. Remove one of them first.`, "bad");
  return show([...others, [name, value], ...only([...FILTERS, "sort"])]);
}

/** Changes the words of the search, or adds some to its pictures. */
export function say(words) {
  if (!ranked()) return words ? searchFor("q", words) : leaveSearch();
  const parts = only(PARTS);
  const at = parts.findIndex(([name]) => name === "q");
  if (at >= 0) parts.splice(at, 1, ...(words ? [["q", words]] : []));
  else if (words) parts.unshift(["q", words]);
  return show([...parts, ...only(FILTERS)]);
}
