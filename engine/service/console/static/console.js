// The console is complete without this. It sends choices at once, asks before what is grave, and keeps pages up to date.
"use strict";
document.documentElement.classList.add("scripted");

// A choice is sent when it is made; who has no script presses the button beside it.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
});

// What is grave is asked again. The dialogue says what the form's `data-confirm` says.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.dataset.confirmed) {
    event.preventDefault();
    ask(question, () => {
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter);
    });
    return;
  }
  // Pressed twice is sent once.
  if (form.matches("[data-downloads]")) return; // the page stays
  setTimeout(() => form.querySelectorAll("button").forEach((one) => (one.disabled = true)));
});

function ask(question, then) {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  const acts = document.createElement("div");
  const swedish = document.documentElement.lang === "sv";
  const yes = document.createElement("button");
  const no = document.createElement("button");
  text.textContent = question;
  text.id = "question";
  yes.textContent = swedish ? "Ja" : "Yes";
  no.textContent = swedish ? "Nej" : "No";
  yes.className = "main";
  acts.className = "acts";
  acts.append(yes, no);
  dialog.setAttribute("aria-labelledby", "question");
  dialog.append(text, acts);
  document.body.append(dialog);
  yes.addEventListener("click", () => { dialog.remove(); then(); });
  no.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  no.focus();
}

// Buttons are good again when somebody comes back to a page.
addEventListener("pageshow", () => document.querySelectorAll("form button:disabled:not([data-off])").forEach((one) => (one.disabled = false)));
