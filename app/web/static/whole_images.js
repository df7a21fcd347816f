/* Whether tiles show images as a whole or fill their squares: remembered in this browser. */

const KEY = "iris.whole";

function show() {
  const on = localStorage.getItem(KEY) === "1";
  document.documentElement.classList.toggle("whole", on);
  document.querySelector("[data-fit]")?.setAttribute("aria-pressed", String(on));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-fit]")) return;
  localStorage.setItem(KEY, localStorage.getItem(KEY) === "1" ? "0" : "1");
  show();
});

document.addEventListener("iris:view", show);
show();
