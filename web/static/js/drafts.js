// Keeps what is typed: on the server, at most two seconds after it was typed and when the reader leaves the field.
// Only while the server can't be reached the text stands in this tab's sessionStorage; it goes when the server has it.

import { word } from "./announce.js";
import { signedOut } from "./connection.js";

const SAVE_AFTER = 2000;
const RETRY_AFTER = 5000;
const PREFIX = "hd-draft:";

const texts = (/** @type {HTMLFormElement} */ form) => /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
const keyOf = (/** @type {HTMLFormElement} */ form) => PREFIX + new URL(form.dataset.draft ?? "", location.href).pathname;
/** @type {WeakMap<HTMLFormElement, {timer: number, dirty: boolean, saving: Promise<void> | null}>} */
const states = new WeakMap();

/** @param {HTMLFormElement} form */
function stateOf(form) {
  const state = states.get(form) ?? { timer: 0, dirty: false, saving: null };
  states.set(form, state);
  return state;
}

/** The form without its files, which the browser keeps.
 * @param {HTMLFormElement} form */
function words(form) {
  const data = new FormData(form);
  data.delete("files");
  return data;
}

/** @param {HTMLFormElement} form @param {string} text */
function say(form, text) {
  const place = form.querySelector(".saved");
  if (place) {
    place.textContent = text;
  }
}

/** Save what is typed now, if anything was.
 * @param {HTMLFormElement} form @param {boolean} [leaving] whether the page goes away */
export async function save(form, leaving = false) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.timer = 0;
  if (!state.dirty) {
    return;
  }
  state.dirty = false;
  try {
    const answer = await fetch(form.dataset.draft ?? "", {
      method: "POST",
      body: words(form),
      headers: { "X-Fragment": "draft" },
      keepalive: leaving,
    });
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
  } catch {
    keepHere(form);
  }
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

/** Start for every form that writes. */
export function startDrafts() {
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-draft]"))) {
    restore(form);
    form.addEventListener("input", () => touched(form));
    form.addEventListener("focusout", () => save(form));
    addEventListener("beforeunload", () => void save(form, true));
    addEventListener("pagehide", () => void save(form, true));
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save(form, true));
  }
  document.querySelector("form[action$='/uitloggen']")?.addEventListener("submit", () => {
    Object.keys(sessionStorage).forEach((key) => key.startsWith("hd-") && sessionStorage.removeItem(key));
  });
}
