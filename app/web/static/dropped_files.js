/* The files that somebody drops or chooses, those in folders included, with the folders' names. */

const SKIPPED = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** `{file, folder}` of everything in a drop. */
export async function dropped(transfer) {
  // All have to be taken before anything is awaited: the drop ends then.
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const taken = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = [];
  for (const each of taken) {
    if (each instanceof File) found.push({ file: each, folder: "" });
    else if (each) await walk(each, "", found);
  }
  return found;
}

/** `{file, folder}` of what an `<input type=file>` holds. */
export function chosen(input) {
  return [...input.files]
    .filter(({ name }) => !SKIPPED.has(name))
    .map((file) => ({ file, folder: file.webkitRelativePath.split("/").slice(0, -1).join("/") }));
}

async function walk(entry, folder, found) {
  if (entry.isFile) {
    if (SKIPPED.has(entry.name)) return;
    found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), folder });
    return;
  }
  const inside = folder ? `${folder}/${entry.name}` : entry.name;
  for (const each of await children(entry)) await walk(each, inside, found);
}

async function children(directory) {
  const reader = directory.createReader();
  const all = [];
  for (;;) {
    // It hands out up to a hundred at a time, and none at the end.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}
