// A chat page, for who asks and for advisors: shows lines as they come, sends each until it is acknowledged, and says
// what is new. The page is complete without it.

import { form, headers, word } from "./page.js";
import { acknowledged, enqueue } from "./outbox.js";
import { readSoon, typing } from "./signs.js";
import { askByClock, follow } from "./stream.js";
import { say } from "./speech.js";

/** Put the words of the chosen reply where the caret is.
 * @param {HTMLButtonElement} button */
async function insert(button) {
  const body = new FormData(form);
  body.delete("files");
  const answer = await fetch(button.formAction, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  const area = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  if (told?.text) {
    area.setRangeText(told.text, area.selectionStart, area.selectionEnd, "end");
    area.focus();
  } else {
    say(told?.problem ?? word("failed"));
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.hasAttribute("data-insert")) {
    insert(/** @type {HTMLButtonElement} */ (event.submitter));
    return;
  }
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const sent = [...form.querySelectorAll("[data-files] input")];
  if (text.value.trim() || sent.length) {
    enqueue(text.value, sent.map((one) => ({ id: one.value, name: one.parentElement.firstElementChild.textContent })));
    form.querySelector("[data-files]")?.replaceChildren();
    text.value = "";
    text.focus();
  }
});
form?.addEventListener("input", typing);
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target instanceof HTMLTextAreaElement) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("hd:lines", acknowledged);
document.addEventListener("hd:lines", readSoon);
document.addEventListener("visibilitychange", readSoon);
if (form) {
  /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text")).required = false; // a file says enough
}
const start = document.getElementById("gesprek");
if (start) {
  start.scrollTop = start.scrollHeight;
}
document.documentElement.classList.add("js");
readSoon();
askByClock();
follow();
