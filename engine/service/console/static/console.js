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

// Runs are followed while they go on; what is marked `data-fresh` is loaded again when one has ended.
const followed = document.querySelector("[data-live]");
let source, soon;

function follow() {
  source = new EventSource(followed.dataset.live);
  source.addEventListener("progress", (event) => {
    const step = JSON.parse(event.data);
    const bar = followed.querySelector("progress");
    bar.max = Math.max(1, step.rules);
    bar.value = step.state === "failed" ? 0 : step.done;
    followed.querySelector("p").textContent = step.says;
    followed.hidden = false;
    if (step.state !== "done" && step.state !== "failed") return;
    clearTimeout(soon);
    soon = setTimeout(refresh, 300);
  });
}

async function refresh() {
  const found = await fetch(location.href);
  if (!found.ok || found.redirected) return;
  const page = new DOMParser().parseFromString(await found.text(), "text/html");
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
    // Where somebody is in it with the keyboard it stays as it is.
    if (fresh && !old.contains(document.activeElement)) old.replaceWith(document.importNode(fresh, true));
  }
}

if (followed && "EventSource" in window) {
  follow();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && follow());
}
