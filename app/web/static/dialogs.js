/* Dialogs close with their buttons and with a click beside them; so does the account menu. */

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-dismiss]")) dialog.close();
  });
}

const account = document.querySelector(".account");

document.addEventListener("click", (event) => {
  if (!account.contains(event.target)) account.open = false;
});

account.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !account.open) return;
  account.open = false;
  account.querySelector("summary").focus();
});
