/* Short notices at the edge of the page, read out by screen readers. */

const STAYS = 6000; // milliseconds

/** Shows a sentence; `kind` is good or bad. */
export function toast(sentence, kind = "good") {
  const box = document.createElement("p");
  box.className = `toast toast-${kind}`;
  box.textContent = sentence;
  document.querySelector(".toasts").append(box);
  setTimeout(() => box.remove(), STAYS);
}

/** Runs what may fail, and says so if it does. */
export async function orSay(action) {
  try {
    return await action();
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, "bad");
    return undefined;
  }
}
