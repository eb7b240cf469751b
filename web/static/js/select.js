// Choosing tickets of the list by their boxes, and acting on what is chosen: the same form as without scripts. Also
// tells the server what the reader has seen, by that form. A box stays ticked while its row changes.

import { word, zeg } from "./announce.js";
import { ask, shownAt, swap } from "./fragments.js";
import { ticketIn } from "./walk.js";

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("selectie"));
const fold = () => /** @type {HTMLDetailsElement | null} */ (document.getElementById("selecteren"));
const boxes = () => /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("#rijen .pick")]);
const chosen = () => (fold()?.open ? boxes().filter((one) => one.checked) : []);
/** @type {number} */
let speaking = 0;

/** Say how many are chosen. */
function count() {
  const place = document.getElementById("gekozen");
  const many = chosen().length;
  const text = many ? word(many === 1 ? "chosen-one" : "chosen", { count: many }) : word("choose-some");
  if (place && place.textContent !== text) {
    place.textContent = text;
    clearTimeout(speaking);
    speaking = setTimeout(() => zeg(text), 500);
  }
}

/** Choose the row that has the focus, or no longer.
 * @param {boolean} [on] */
export function choose(on) {
  const box = /** @type {HTMLInputElement | null | undefined} */ (document.activeElement?.closest(".row")?.querySelector(".pick"));
  const here = fold();
  if (here && box) {
    here.open = true;
    box.checked = on ?? !box.checked;
    count();
  } else if (here) {
    here.open = !here.open;
    here.querySelector("summary")?.focus();
  }
}

/** Choose nothing any more; whether anything was chosen.
 * @returns {boolean} */
export function chooseNothing() {
  const here = fold();
  const was = Boolean(here?.open);
  boxes().forEach((one) => (one.checked = false));
  if (here) {
    here.open = false;
  }
  count();
  return was;
}

/** Act on what is chosen; false when nothing is, so that the key means the open ticket.
 * @param {string} act @returns {boolean} */
export function onChosen(act) {
  if (!chosen().length) {
    return false;
  }
  if (act === "assign") {
    document.getElementById("kies-wie")?.focus();
  } else {
    /** @type {HTMLElement | null | undefined} */ (form()?.querySelector(`button[value=${act}]`))?.click();
  }
  return true;
}

/** Send words of a form of the list; resolves with the answer, or null.
 * @param {string} url @param {FormData} body */
async function post(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-Fragment": "outcome" } });
    return answer.redirected ? null : answer;
  } catch {
    return null;
  }
}

/** Send the form without leaving the page, then show the list as it is now.
 * @param {HTMLFormElement} sent @param {HTMLElement | null} button */
async function send(sent, button) {
  const answer = await post(sent.action, new FormData(sent, button));
  const place = document.getElementById("uitkomst");
  if (!answer || !place) {
    zeg(word("not-done"), { nu: true });
    return;
  }
  const held = place.contains(document.activeElement);
  zeg(decodeURIComponent(answer.headers.get("X-Announce") ?? ""), { nu: !answer.ok });
  if (answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...(page.getElementById("uitkomst")?.childNodes ?? []));
    chooseNothing();
    if (held || sent.contains(document.activeElement)) {
      document.getElementById("lijst")?.focus({ preventScroll: true });
    }
  }
  refresh();
}

/** The rows, counts and the open ticket as they are now. */
function refresh() {
  ask("list").then(swap, () => {});
  if (document.getElementById("kop")) {
    ask("ticket").then(swap, () => {});
  }
}

/** What is sent of one's own reading, one after the other: the last word is the reader's last.
 * @type {Promise<Response | null>} */
let marking = Promise.resolve(null);

/** Mark the open ticket as read, or as unread.
 * @param {"read" | "unread"} act */
export async function mark(act) {
  const number = ticketIn(shownAt());
  const here = form();
  if (!number || !here) {
    return false;
  }
  const body = new FormData(here);
  body.delete("nr");
  body.set("act", act);
  const entries = [...document.querySelectorAll("#berichten article[id^=b-]")].map((one) => Number(one.id.slice(2)));
  body.set("nr", act === "read" && entries.length ? `${number}:0:${Math.max(...entries)}` : `${number}:0`);
  marking = marking.then(() => post(here.action, body));
  const answer = await marking;
  if (answer?.ok) {
    ask("list").then(swap, () => {});
  }
  return Boolean(answer?.ok);
}

/** Start, for the list on this page. */
export function startSelecting() {
  document.addEventListener("change", (event) => event.target instanceof Element && event.target.matches(".pick") && count());
  document.addEventListener("hd:swapped", count);
  document.addEventListener("submit", (event) => {
    const sent = /** @type {HTMLFormElement} */ (event.target);
    if (sent.id === "selectie" || sent.matches("#uitkomst form")) {
      event.preventDefault();
      send(sent, event.submitter);
    }
  });
  document.addEventListener("hd:opened", (event) => /** @type {CustomEvent} */ (event).detail.news && mark("read"));
  let came = false;
  const seen = () => {
    if (came && document.visibilityState === "visible") {
      came = false;
      mark("read");
    }
  };
  document.addEventListener("visibilitychange", seen);
  document.addEventListener("hd:came", () => {
    came = true;
    seen();
  });
  fold()?.addEventListener("toggle", () => !fold()?.open && chooseNothing());
}
