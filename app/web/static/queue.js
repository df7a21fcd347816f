/* All uploads: a few at a time, each of which can be cancelled and tried again. */

import { upload } from "./upload.js";

const AT_ONCE = 3;
const queue = [];
const tellers = [];
let running = 0;

/** A file and what became of it. `state`: waiting, sending, indexing, done, failed or cancelled. */
class Item {
  constructor(file, folder, preset, refusal) {
    Object.assign(this, { file, folder, preset, share: 0, answer: null });
    this.state = refusal ? "failed" : "waiting";
    this.reason = refusal;
    this.again = false;
  }

  get over() {
    return ["done", "failed", "cancelled"].includes(this.state);
  }

  cancel() {
    this.stopper?.abort();
    if (!this.over) this.set("cancelled", "Cancelled", true);
  }

  retry() {
    this.share = 0;
    this.set("waiting");
    pump();
  }

  set(state, reason = null, again = false) {
    Object.assign(this, { state, reason, again });
    tell(this);
  }
}

export const items = () => queue;
export const unfinished = () => queue.filter((item) => !item.over);

/** Calls a function with every item that changes. */
export const onChange = (teller) => tellers.push(teller);
const tell = (item) => tellers.forEach((teller) => call(teller, item));

function call(teller, item) {
  try {
    teller(item);
  } catch (error) {
    reportError(error); // what cannot be shown is uploaded all the same
  }
}

/** Puts a file at the end; `refusal` says why it does not even begin. */
export function add(file, folder, preset, refusal = null) {
  const item = new Item(file, folder, preset, refusal);
  queue.push(item);
  tell(item);
  pump();
}

export function forgetFinished() {
  queue.splice(0, queue.length, ...unfinished());
}

function pump() {
  while (running < AT_ONCE) {
    const item = queue.find(({ state }) => state === "waiting");
    if (!item) return;
    send(item);
  }
}

async function send(item) {
  running += 1;
  item.stopper = new AbortController();
  item.set("sending");
  const onProgress = (share) => progress(item, share);
  await upload(item, onProgress, item.stopper.signal).then(
    (answer) => settle(item, answer),
    ({ message, again }) => item.over || item.set("failed", message, again),
  );
  running -= 1;
  pump();
}

function settle(item, answer) {
  item.answer = answer;
  item.set("done");
}

function progress(item, share) {
  item.share = share;
  // All bytes are there: the server decodes, stores and indexes.
  if (!item.over) item.set(share >= 1 ? "indexing" : "sending");
}

addEventListener("online", () => {
  queue.filter(({ state, again }) => state === "failed" && again).forEach((item) => item.retry());
});

addEventListener("beforeunload", (event) => {
  if (unfinished().length) event.preventDefault();
});
