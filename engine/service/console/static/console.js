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

// A text is checked while it is written: its form is sent as it is, and what comes back stands in the part it names.
document.querySelectorAll("form[data-checks]").forEach((form) => {
  let timer, underway;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 600);
  });
  form.addEventListener("submit", () => { clearTimeout(timer); underway?.abort(); });
  async function check() {
    underway?.abort();
    underway = new AbortController();
    const fields = new URLSearchParams(new FormData(form));
    fields.set("only", "check");
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual", signal: underway.signal });
      if (!answer.ok) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(form.dataset.checks);
      if (found) document.getElementById(form.dataset.checks).replaceChildren(...found.childNodes);
    } catch { /* gone elsewhere, or typed on: the button still sends it */ }
  }
});

// A text that is being edited is scrolled to a line of it, and a link to one leads into it.
document.querySelectorAll("textarea[data-shows-line]").forEach((one) => scrolled(one, Number(one.dataset.showsLine)));
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-to-line]");
  const text = link && document.querySelector("textarea.code");
  if (!text) return;
  event.preventDefault();
  const lines = text.value.split("\n");
  const line = Number(link.dataset.toLine);
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  scrolled(text, line);
});

function scrolled(text, line) {
  text.scrollTop = Math.max(0, (line - 3) * (text.scrollHeight / text.value.split("\n").length));
}

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
