/* One file on its way to the server. XMLHttpRequest, since fetch tells nothing of how far it is. */

import { csrf } from "./request.js";

const LOST = "The connection was lost. The file is still here: try again.";
const STUCK = 120_000; // milliseconds without any news after which a connection counts as lost

/** Sends a file. `onProgress` gets shares from 0 to 1; `signal` takes it back. */
export function upload({ file, folder, preset }, onProgress, signal) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const fail = (message, again) => failed(Object.assign(new Error(message), { again }));
    let timer = null;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STUCK);
    };
    signal.addEventListener("abort", () => request.abort());
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      alive();
      onProgress(total ? loaded / total : 0);
    });
    request.addEventListener("error", () => fail(LOST, true));
    request.addEventListener("abort", () => fail(signal.aborted ? "Cancelled" : LOST, !signal.aborted));
    request.addEventListener("loadend", () => clearTimeout(timer));
    request.addEventListener("load", () => settle(request, done, fail));
    request.open("POST", "/-/uploads");
    request.setRequestHeader("X-Iris", "1");
    request.setRequestHeader("X-CSRF-Token", csrf());
    alive();
    request.send(form(file, folder, preset));
  });
}

function form(file, folder, preset) {
  const body = new FormData();
  body.append("preset", preset);
  body.append("folder", folder);
  body.append("file", file, file.name);
  return body;
}

function settle({ status, responseText }, done, fail) {
  let answer = null;
  try {
    answer = JSON.parse(responseText);
  } catch {
    // a proxy's own error page
  }
  if (status === 200 && answer) return done(answer);
  if (status === 401) return fail("You are not signed in any more. Sign in in another tab, then try again.", true);
  const sentence = answer?.error?.message ?? `The server answered with status ${status}.`;
  return fail(sentence, status >= 429 || status === 0);
}
