// Keeps what is typed: on the server, at most two seconds after it was typed and when the reader leaves the field.
// Only while the server can't be reached the text stands in this tab's sessionStorage; it goes when the server has it.

import { word } from "./announce.js";
import { signedOut } from "./connection.js";

const SAVE_AFTER = 2000;
const RETRY_AFTER = 5000;
const LONGEST = 8000;
const PREFIX = "hd-draft:";

const texts = (/** @type {HTMLFormElement} */ form) => /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
const keyOf = (/** @type {HTMLFormElement} */ form) => PREFIX + new URL(form.dataset.draft ?? "", location.href).pathname;
const all = () => /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll("form[data-draft]")]);
/** @type {WeakMap<HTMLFormElement, {timer: number, dirty: boolean, saving: Promise<void> | null}>} */
const states = new WeakMap();

/** @param {HTMLFormElement} form */
function stateOf(form) {
  const state = states.get(form) ?? { timer: 0, dirty: false, saving: null };
  states.set(form, state);
  return state;
}

/** @param {HTMLFormElement} form */
function chosen(form) {
  const field = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("files"));
  return field?.files?.length ? field : null;
}

/** The items of files that were sent ahead of the form.
 * @param {HTMLFormElement} form */
function sentAhead(form) {
  return [...form.querySelectorAll("[data-files] > li:has([name=uploads])")];
}

/** @param {HTMLFormElement} form @param {string} text */
function say(form, text) {
  const place = form.querySelector(".saved");
  if (place) {
    place.textContent = text;
  }
}

/** Save what is typed now, if anything was; the files stay in the browser, unless they are to go along.
 * @param {HTMLFormElement} form
 * @param {{leaving?: boolean, files?: boolean}} [how] leaving: whether the page goes away */
export async function save(form, { leaving = false, files = false } = {}) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.timer = 0;
  if (state.dirty || (files && (chosen(form) || sentAhead(form).length))) {
    state.dirty = false;
    state.saving = send(form, leaving, files);
    await state.saving;
    state.saving = null;
  }
}

/** @param {HTMLFormElement} form @param {boolean} leaving @param {boolean} files */
async function send(form, leaving, files) {
  const body = new FormData(form);
  if (!files) {
    body.delete("files");
    body.delete("uploads");
  }
  const along = files ? sentAhead(form) : [];
  try {
    const headers = { "X-Fragment": "draft" };
    const answer = await fetch(form.dataset.draft ?? "", { method: "POST", body, headers, keepalive: leaving });
    if (answer.status === 401 || answer.redirected) {
      signedOut();
      throw new TypeError("signed out");
    }
    if (!answer.ok) {
      throw new TypeError(String(answer.status));
    }
    const { saved, said } = await answer.json();
    sessionStorage.removeItem(keyOf(form));
    say(form, said);
    form.querySelector("[data-discard]")?.toggleAttribute("hidden", !saved);
    const field = files ? chosen(form) : null;
    if (field) {
      field.value = "";
    }
    along.forEach((item) => item.remove()); // they are the draft's now
  } catch {
    keepHere(form);
  }
}

const underWay = (/** @type {HTMLFormElement} */ form) => form.querySelector("[data-uploads][aria-busy=true]") !== null;

/** Resolves once the files of a form are there.
 * @param {HTMLFormElement} form */
async function arrived(form) {
  while (underWay(form)) {
    await new Promise((resolve) => document.addEventListener("hd:files", resolve, { once: true }));
  }
}

/** Have everything that was typed and chosen on the server, before its form goes; resolves with whether it is.
 * @returns {Promise<boolean>} */
export async function keepAll() {
  for (const form of all()) {
    while (form.ariaBusy === "true") {
      await new Promise((resolve) => document.addEventListener("hd:sent", resolve, { once: true }));
    }
    await Promise.race([arrived(form), new Promise((resolve) => setTimeout(resolve, LONGEST))]);
    await stateOf(form).saving;
    await save(form, { files: true });
  }
  return all().every((form) => !stateOf(form).dirty && !chosen(form) && !underWay(form));
}

/** @param {HTMLFormElement} form */
function keepHere(form) {
  const state = stateOf(form);
  state.dirty = true;
  sessionStorage.setItem(keyOf(form), texts(form).value);
  say(form, word("not-saved"));
  state.timer ||= setTimeout(() => save(form), RETRY_AFTER);
}

/** The form was sent, or is about to be: nothing of it is to be saved any more.
 * @param {HTMLFormElement} form */
export function settled(form) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.timer = 0;
  state.dirty = false;
  sessionStorage.removeItem(keyOf(form));
}

/** Save again soon, because sending did not work.
 * @param {HTMLFormElement} form */
export function touched(form) {
  const state = stateOf(form);
  state.dirty = true;
  state.timer ||= setTimeout(() => save(form), SAVE_AFTER);
}

/** What this tab kept while the server was away comes back into its form, and goes to the server.
 * @param {HTMLFormElement} form */
function restore(form) {
  const kept = sessionStorage.getItem(keyOf(form));
  if (kept === null) {
    return;
  }
  if (kept !== texts(form).value) {
    texts(form).value = kept;
    const fold = form.closest("details");
    if (fold) {
      fold.open = true;
    }
  }
  stateOf(form).dirty = true;
  save(form);
}

/** @param {Event} event */
function written(event) {
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  return form?.dataset.draft ? form : null;
}

/** Start for the forms that write, those here and those to come. */
export function startDrafts() {
  const leave = () => all().forEach((form) => void save(form, { leaving: true }));
  all().forEach(restore);
  document.addEventListener("hd:opened", () => all().forEach(restore));
  document.addEventListener("input", (event) => {
    const form = written(event);
    if (form) {
      touched(form);
    }
  });
  document.addEventListener("focusout", (event) => {
    const form = written(event);
    if (form) {
      save(form);
    }
  });
  addEventListener("beforeunload", leave);
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  document.querySelector("form[action$='/uitloggen']")?.addEventListener("submit", () => {
    Object.keys(sessionStorage).forEach((key) => key.startsWith("hd-") && sessionStorage.removeItem(key));
  });
}
