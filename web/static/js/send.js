// Sends forms without leaving the page. What was refused is said above the text, which stays as it is; after an answer
// was sent the focus is on Undo, with the seconds that are left.

import { word, zeg } from "./announce.js";
import { signedOut } from "./connection.js";
import { save, settled, touched } from "./drafts.js";
import { ask, forget, parsed, shownAt, swap } from "./fragments.js";
import { insertInto } from "./insert.js";

/** @param {HTMLFormElement} form @param {string} name */
function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** Send a form; resolves with the answer, or null when the server can't be reached.
 * @param {HTMLFormElement} form */
async function post(form) {
  try {
    return await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Fragment": "ticket" } });
  } catch {
    return null;
  }
}

/** Put the changed parts of the page in place, unless another ticket stands there now, and say what happened.
 * @param {Response} answer @param {string} at the address at which the form was sent */
async function taken(answer, at) {
  const fresh = parsed(await answer.text());
  forget();
  if (at === shownAt()) {
    swap(fresh, { own: true });
  }
  zeg(decodeURIComponent(answer.headers.get("X-Announce") ?? ""));
  ask("list").then(swap, () => {});
}

/** @param {HTMLFormElement} form @param {string} html */
function refused(form, html) {
  const found = parsed(html).getElementById("trouble");
  const place = form.querySelector(".trouble");
  if (!found || !place) {
    return failed(form);
  }
  if (form.elements.namedItem("version")) {
    field(form, "version").value = found.dataset.version ?? "";
    field(form, "seen").value = found.dataset.seen ?? "";
  }
  place.replaceChildren(...found.childNodes);
  const heading = /** @type {HTMLElement | null} */ (place.querySelector("h2"));
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
  place.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLFormElement} form */
function failed(form) {
  const place = form.querySelector(".trouble");
  const box = document.createElement("p");
  box.className = "box box-danger";
  box.textContent = word(form.matches(".write") ? "not-sent" : "not-done");
  place?.replaceChildren(box);
  zeg(box.textContent, { nu: true });
}

/** Send an answer or a note.
 * @param {HTMLFormElement} form */
async function sendWords(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button.primary"));
  if (form.ariaBusy === "true") {
    return;
  }
  form.ariaBusy = "true";
  settled(form);
  const at = shownAt();
  const answer = await post(form);
  form.ariaBusy = "false";
  if (answer?.ok && !answer.redirected) {
    empty(form);
    document.dispatchEvent(new CustomEvent("hd:sent"));
    await taken(answer, at);
    if (at === shownAt()) {
      toUndo();
    }
    return;
  }
  touched(form);
  document.dispatchEvent(new CustomEvent("hd:sent"));
  if (answer?.status === 409 || answer?.status === 422) {
    refused(form, await answer.text());
  } else {
    if (answer?.status === 401 || answer?.redirected) {
      signedOut();
    }
    failed(form);
    button.focus();
  }
}

/** @param {HTMLFormElement} form */
function empty(form) {
  field(form, "text").value = "";
  field(form, "client_id").value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  if (form.elements.namedItem("files")) {
    field(form, "files").value = "";
  }
  form.querySelector("[data-files]")?.replaceChildren();
  form.querySelectorAll("[name=kept], [name=confirmed]").forEach((one) => one.closest("label")?.remove());
  form.querySelector(".trouble")?.replaceChildren();
  form.querySelector(".saved")?.replaceChildren();
  form.closest("details")?.querySelector(".has-draft")?.remove();
  form.querySelector("[data-discard]")?.setAttribute("hidden", "");
  /** @type {HTMLDetailsElement} */ (form.closest("details")).open = false;
}

/** Focus on Undo of the answer just sent; on the message where there is nothing to undo. */
function toUndo() {
  const undo = [...document.querySelectorAll("[data-undo] button")].at(-1);
  const last = document.querySelector("#berichten > article:last-of-type");
  const place = /** @type {HTMLElement | null} */ (undo ?? last);
  place?.focus();
  place?.closest("article")?.scrollIntoView({ block: "nearest" });
}

/** The seconds that are left, shown each second and said once. */
function countDown() {
  for (const box of document.querySelectorAll("[data-undo]:not([data-counting])")) {
    const place = /** @type {HTMLElement} */ (box);
    place.dataset.counting = "1";
    const end = performance.now() + Number(place.dataset.undo) * 1000;
    const shown = place.querySelector(".left");
    const timer = setInterval(() => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (!place.isConnected || left <= 0) {
        clearInterval(timer);
        const held = place.contains(document.activeElement);
        const message = /** @type {HTMLElement | null} */ (place.closest("article"));
        place.remove();
        if (held) {
          message?.focus({ preventScroll: true });
        }
      } else if (shown) {
        shown.textContent = word("seconds", { count: left });
      }
    }, 1000);
  }
}

/** A form made before own acts counts as made after them, as long as nobody else has written since. */
function rebase() {
  const head = document.getElementById("kop");
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form.write"))) {
    const seen = form.elements.namedItem("seen") ? Number(field(form, "seen").value) : 0;
    const foreign = [...document.querySelectorAll("#berichten > article:not([data-own])")];
    const idle = !field(form, "text").value.trim();
    if (head && seen && (idle || foreign.every((one) => Number(one.id.slice(2)) <= seen))) {
      field(form, "version").value = head.dataset.version ?? "";
      field(form, "seen").value = head.dataset.seen ?? "";
    }
  }
}

/** Send one of the small forms of a ticket: take, assign, state.
 * @param {HTMLFormElement} form */
async function act(form) {
  const at = shownAt();
  const answer = await post(form);
  if (answer?.ok && !answer.redirected) {
    await taken(answer, at);
    rebase();
  } else if (answer?.status === 401) {
    signedOut();
  } else {
    zeg(word("not-done"), { nu: true });
    form.submit();
  }
}

/** Start: forms that write, and small forms that stay on this ticket. */
export function startSending() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = event.submitter;
    if (form.matches("form.write") && form.dataset.draft) {
      if (button?.hasAttribute("data-discard")) {
        settled(form);
        return;
      }
      event.preventDefault();
      if (button?.hasAttribute("data-insert")) {
        insertInto(form, /** @type {HTMLButtonElement} */ (button));
      } else if (button?.hasAttribute("formaction")) {
        save(form);
      } else {
        sendWords(form);
      }
    } else if (form.matches("#kop form[data-stay]")) {
      event.preventDefault();
      act(form);
    }
  });
  document.addEventListener("hd:swapped", countDown);
  document.addEventListener("hd:opened", countDown);
  countDown();
}
