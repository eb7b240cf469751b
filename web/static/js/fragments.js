// Fetches named parts of a page and puts them in place by id. Never touches an island, the focus, a selection or an
// open menu: a change there waits until the reader has left. An element's last words from the server are remembered,
// so that what did not change is not touched at all.

import { word } from "./announce.js";

/** @typedef {(target: Element, fresh: Element, own: boolean) => void} Patch */

/** The session ended while the page stayed open. */
export class SignedOut extends Error {}

const etags = new Map();
const known = new Map();
const waiting = new Map();
/** @type {Map<string, Patch>} */
const patches = new Map();

let shown = location.href.split("#")[0];
/** The address of what stands on the screen; while a step back is under way the browser's own is another one. */
export function shownAt() {
  return shown;
}

/** Something else stands on the screen now: nothing that waited or was known of the old is put in its place.
 * @param {string} url */
export function moveTo(url) {
  shown = url;
  etags.clear();
  waiting.clear();
}

/** Let this function put the element with this id in place, instead of replacing it whole.
 * @param {string} id @param {Patch} patch */
export function patchWith(id, patch) {
  patches.set(id, patch);
}

/** Remember what the server said of this element, before a script changes it.
 * @param {Element} element */
export function remember(element) {
  known.set(element.id, element.outerHTML);
}

/** A script changed this element: whatever the server says of it next is news.
 * @param {Element} element */
export function changedHere(element) {
  known.delete(element.id);
}

/** Whether the server's words for this element are other than last time.
 * @param {Element} fresh */
export function differs(fresh) {
  return known.get(fresh.id) !== fresh.outerHTML;
}

/** Ask for a part of a page; null when it did not change, or another page stands here now. Throws SignedOut, or TypeError without a connection.
 * `byItself`: nobody did anything, so it keeps no session alive.
 * @param {string} name @param {string} [url] @param {{byItself?: boolean}} [how]
 * @returns {Promise<Document | null>} */
export async function ask(name, url = shown, { byItself = false } = {}) {
  const here = shown;
  const key = `${name} ${url}`;
  /** @type {Record<string, string>} */
  const headers = byItself ? { "X-Fragment": name, "X-By-Itself": "1" } : { "X-Fragment": name };
  if (etags.has(key)) {
    headers["If-None-Match"] = etags.get(key);
  }
  const answer = await fetch(url, { headers });
  if (answer.status === 304 || here !== shown) {
    return null;
  }
  if (answer.redirected && answer.url.includes("/inloggen")) {
    throw new SignedOut();
  }
  if (!answer.ok || answer.headers.get("X-Fragment") !== name) {
    throw new Error(String(answer.status));
  }
  const text = await answer.text();
  if (here !== shown) {
    return null;
  }
  etags.set(key, answer.headers.get("ETag"));
  return parsed(text, answer.redirected ? answer.url : "");
}

/** The elements of an answer; `dataset.moved` of its body names another page that answered instead.
 * @param {string} html @param {string} [moved] */
export function parsed(html, moved = "") {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.body.dataset.moved = moved;
  return page;
}

/** Forget the tags of a part, because something else put newer words in its place. */
export function forget() {
  etags.clear();
}

/** Put every element of an answer in its place.
 * @param {Document | null} page @param {{own?: boolean}} [how] own: the reader's own act, which may touch the focus */
export function swap(page, { own = false } = {}) {
  for (const fresh of [...(page?.body.children ?? [])]) {
    const target = document.getElementById(fresh.id);
    if (target && !target.closest("[data-hd-island]")) {
      const patch = patches.get(fresh.id);
      if (patch) {
        patch(target, fresh, own);
      } else {
        replace(target, fresh, own);
      }
    }
  }
  document.dispatchEvent(new CustomEvent("hd:swapped"));
}

/** Put one element in the place of another, now or when the reader has left it.
 * @param {Element} target @param {Element} fresh @param {boolean} [own] */
export function replace(target, fresh, own = false) {
  if (!differs(fresh)) {
    waiting.delete(fresh.id);
    return;
  }
  if (!own && busy(target)) {
    waiting.set(fresh.id, fresh);
    target.setAttribute("data-stale", word("changed"));
    return;
  }
  waiting.delete(fresh.id);
  const held = target.contains(document.activeElement) ? document.activeElement : null;
  known.set(fresh.id, fresh.outerHTML);
  const placed = /** @type {Element} */ (document.importNode(fresh, true));
  const open = [...target.querySelectorAll("details")].map((one) => one.open);
  keepTicks(target, placed);
  target.replaceWith(placed);
  const folds = [...placed.querySelectorAll("details:not(.menu)")];
  if (!own && folds.length === open.length) {
    folds.forEach((one, at) => (one.open = open[at]));
  }
  if (held) {
    refocus(placed, held);
  }
}

/** What is chosen in a list stays so when its rows are replaced.
 * @param {Element} old @param {Element} placed */
export function keepTicks(old, placed) {
  const ticked = [...old.querySelectorAll(".pick:checked")].map((one) => one.closest(".row")?.id);
  for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (placed.querySelectorAll(".pick"))) {
    box.checked = ticked.includes((box.closest(".row") ?? placed).id);
  }
}

/** @param {Element} placed @param {Element} held */
function refocus(placed, held) {
  const form = held.closest("form")?.getAttribute("data-key");
  const same = form ? placed.querySelector(`[data-key="${form}"] button`) : null;
  const next = same ?? (held.id ? document.getElementById(held.id) : null) ?? document.getElementById("onderwerp");
  /** @type {HTMLElement | null} */ (next)?.focus({ preventScroll: true });
}

/** Whether the reader is at work inside this element.
 * @param {Element} target */
export function busy(target) {
  const selection = getSelection();
  const selecting = selection && !selection.isCollapsed && selection.containsNode(target, true);
  const inside = target !== document.activeElement && target.contains(document.activeElement);
  return Boolean(inside || selecting || target.querySelector("details.menu[open], dialog[open], :popover-open"));
}

/** Put in place what waited and is no longer held. */
function flush() {
  for (const [id, fresh] of [...waiting]) {
    const target = document.getElementById(id);
    if (!target) {
      waiting.delete(id);
    } else if (!busy(target)) {
      replace(target, fresh);
      document.dispatchEvent(new CustomEvent("hd:swapped"));
    }
  }
}

let flushing = 0;
/** Look again in a moment, once. */
function soon() {
  clearTimeout(flushing);
  flushing = waiting.size ? setTimeout(flush, 200) : 0;
}
for (const name of ["focusout", "selectionchange", "toggle"]) {
  document.addEventListener(name, soon, { capture: true, passive: true });
}
