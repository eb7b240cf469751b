// Opens tickets without leaving the page: the row's ticket comes as a part, into the place of the one before. The
// address, the title, the focus and Back go along. Whenever anything is not as expected, the page is loaded whole.

import { word, zeg } from "./announce.js";
import { keepAll } from "./drafts.js";
import { ask, changedHere, moveTo, parsed, shownAt, swap } from "./fragments.js";
import { bare, enter, listOf, neighbour, placeOf, rowLinks, ticketIn } from "./walk.js";

const LOOK_AHEAD = 150;
const FRESH = 30_000;
const MOST_AHEAD = 4;
const LATE = 1000;

const find = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector));
/** Tickets that were asked for before anybody opened them, by address.
 * @type {Map<string, {at: number, page: Promise<Document>}>} */
const ahead = new Map();
/** Where things stood when the reader left, by address.
 * @type {Map<string, {list: number, page: number, messages: number}>} */
const places = new Map();
let turn = 0;
let soon = 0;
/** The ticket that is on its way to the screen. */
let aim = "";
/** The ticket so many places from the one that is here, or will be in a moment. */
const beside = (/** @type {number} */ step) => neighbour(aim || shownAt(), step);

/** @param {string} url @returns {Promise<Document>} */
async function load(url) {
  const answer = await fetch(url, { headers: { "X-Fragment": "reader" } });
  if (!answer.ok || answer.redirected || answer.headers.get("X-Fragment") !== "reader") {
    throw new Error(String(answer.status));
  }
  return parsed(await answer.text());
}

/** Ask for a ticket that is likely to be opened next.
 * @param {string | undefined} href */
function lookAhead(href) {
  const url = href ? bare(href) : "";
  const known = ahead.get(url);
  if (!url || !ticketIn(url) || url === shownAt() || (known && performance.now() - known.at < FRESH)) {
    return;
  }
  const page = load(url);
  page.catch(() => ahead.delete(url));
  ahead.delete(url);
  ahead.set(url, { at: performance.now(), page });
  [...ahead.keys()].slice(0, -MOST_AHEAD).forEach((old) => ahead.delete(old));
}

/** What was asked for ahead is put on the screen once, and only while it is fresh.
 * @param {string} url @returns {{page: Promise<Document>, early: boolean}} */
function coming(url) {
  const known = ahead.get(url);
  ahead.delete(url);
  const early = Boolean(known && performance.now() - known.at < FRESH);
  return { page: early && known ? known.page : load(url), early };
}

/** Show that it takes long: a line after a moment, a word after a second. Returns how to stop.
 * @returns {() => void} */
function waiting() {
  const pane = find("#inhoud");
  const late = setTimeout(() => zeg(word("loading")), LATE);
  pane?.setAttribute("aria-busy", "true");
  return () => {
    clearTimeout(late);
    pane?.removeAttribute("aria-busy");
  };
}

/** Open a ticket of this list in its place; resolves with whether it stands there now.
 * @param {string} href @param {{push?: boolean}} [how] push: whether this is a step forward, for Back */
export async function openTicket(href, { push = true } = {}) {
  const url = bare(href);
  if (!find("#rijen") || listOf(url) !== listOf(shownAt()) || !ticketIn(url)) {
    location.assign(href);
    return false;
  }
  const mine = ++turn;
  clearTimeout(soon);
  const { page, early } = coming(url);
  aim = url;
  const stop = waiting();
  let news = false;
  try {
    const [fresh, kept] = await Promise.all([page, keepAll()]);
    if (mine !== turn) {
      return false;
    }
    if (!kept) {
      refuse();
      return false;
    }
    news = put(fresh, url, push && url !== shownAt());
  } catch {
    if (mine === turn) {
      location.assign(href);
    }
    return false;
  } finally {
    aim = mine === turn ? "" : aim;
    stop();
  }
  document.dispatchEvent(new CustomEvent("hd:opened", { detail: { early, news, known: places.has(url) && !push } }));
  return true;
}

/** What is typed could not be kept: it stays on the screen, and so does its address. */
function refuse() {
  zeg(word("not-left"), { nu: true });
  if (bare(location.href) !== shownAt()) {
    history.pushState(null, "", shownAt());
  }
}

/** Put the ticket in place; returns whether there may be something in it that this reader has not seen.
 * @param {Document} page @param {string} url @param {boolean} push */
function put(page, url, push) {
  const fresh = page.getElementById("vraag");
  const aside = page.getElementById("over");
  const here = find("#vraag") ?? find(".reader-empty");
  if (!fresh || !aside || !here) {
    throw new Error("not a ticket");
  }
  leave();
  here.replaceWith(document.adoptNode(fresh));
  find("#over")?.remove();
  find("#vraag")?.after(document.adoptNode(aside));
  arrive(url, push, page.title, true);
  const number = ticketIn(url);
  if (push && placeOf(url) < 0) {
    enter(shownAt());
  }
  const row = document.getElementById(`v-${number}`);
  const news = !row || row.classList.contains("unread");
  mark(number);
  showWalk();
  goTo(row, push ? undefined : places.get(url)?.messages);
  return news;
}

/** Focus and scrolling come when everything is changed: each needs the whole page laid out, and so it is once.
 * @param {HTMLElement | null} row of the list @param {number} [messages] where the messages stood before */
function goTo(row, messages) {
  find("#onderwerp")?.focus({ preventScroll: true });
  scrollTo(0, 0);
  const box = find("#berichten");
  if (box && messages !== undefined) {
    box.scrollTop = messages;
  }
  row?.scrollIntoView({ block: "nearest" });
}

/** Remember where things stand before they go. */
function leave() {
  const list = find("#lijst")?.scrollTop ?? 0;
  places.set(shownAt(), { list, page: scrollY, messages: find("#berichten")?.scrollTop ?? 0 });
}

/** @param {string} url @param {boolean} push @param {string} title @param {boolean} open whether a ticket is open */
function arrive(url, push, title, open) {
  if (push) {
    history.pushState(null, "", url);
  }
  moveTo(url);
  document.title = title;
  find(".app")?.classList.toggle("at-ticket", open);
  find(".app")?.classList.toggle("at-list", !open);
  find(".skip[href='#vraag']")?.toggleAttribute("hidden", !open);
  headings(open ? 3 : 2);
}

/** The headings of the list stand one deeper beside a ticket, whose subject is the first heading of the page.
 * @param {number} level */
function headings(level) {
  for (const [one, at] of [...document.querySelectorAll("#rijen .row > :is(h2, h3)")].map((row) => [row, level])
    .concat([[/** @type {Element} */ (find("#lh")), level - 1]])) {
    const old = /** @type {Element} */ (one);
    if (old.localName !== `h${at}`) {
      const next = document.createElement(`h${at}`);
      [...old.attributes].forEach((each) => next.setAttribute(each.name, each.value));
      next.append(...old.childNodes);
      old.replaceWith(next);
    }
  }
}

/** @param {string} number of the ticket that is open; none when it is empty */
function mark(number) {
  for (const row of document.querySelectorAll("#rijen .row")) {
    row.querySelector("a")?.toggleAttribute("aria-current", false);
    if (row.id === `v-${number}`) {
      row.querySelector("a")?.setAttribute("aria-current", "true");
      if (row.classList.contains("unread")) {
        row.classList.remove("unread");
        changedHere(row);
      }
      row.querySelector("a > .vh")?.remove();
    }
  }
}

/** Show the list without a ticket, with the focus on the row the reader came from.
 * @param {string} href @param {boolean} push */
async function openList(href, push) {
  const mine = ++turn;
  const kept = await keepAll();
  if (mine !== turn) {
    return;
  }
  if (!kept) {
    refuse();
    return;
  }
  const url = bare(href);
  const number = ticketIn(shownAt());
  const empty = Object.assign(document.createElement("div"), { className: "reader-empty" });
  empty.append(Object.assign(document.createElement("p"), { textContent: word("choose") }));
  leave();
  find("#vraag")?.replaceWith(empty);
  find("#over")?.remove();
  arrive(url, push, `${find("#lh")?.textContent?.trim()} – ${find(".product")?.textContent?.trim()}`, false);
  mark("");
  const was = places.get(url);
  if (was) {
    scrollTo(0, was.page);
  }
  const row = document.getElementById(`v-${number}`);
  (row?.querySelector("a") ?? find("#lijst"))?.focus({ preventScroll: Boolean(was) });
  row?.scrollIntoView({ block: "nearest" });
  ask("list").then((page) => swap(page, { own: true }), () => {});
}

/** Open the ticket before or after this one.
 * @param {number} step */
export function openBeside(step) {
  const next = beside(step);
  if (next) {
    openTicket(next);
  } else if (find("#vraag")) {
    zeg(word(step > 0 ? "last-row" : "first-row"));
  }
}

/** The links to the tickets beside this one, which the server knows only of the list as it is now. */
function showWalk() {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("#vraag [data-walk]"))) {
    const next = beside(Number(link.dataset.walk));
    link.toggleAttribute("hidden", !next);
    if (next) {
      link.href = next;
    }
  }
  clearTimeout(soon);
  soon = setTimeout(() => lookAhead(beside(1)), LOOK_AHEAD);
}

/** @param {MouseEvent} event */
function clicked(event) {
  const link = /** @type {HTMLAnchorElement | null} */ (
    event.target instanceof Element ? event.target.closest("#rijen .row a, .walk a, .back a") : null
  );
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || listOf(link.href) !== listOf(shownAt())) {
    return;
  }
  event.preventDefault();
  if (!ticketIn(link.href)) {
    openList(link.href, true);
    return;
  }
  if (link.closest(".row")) {
    enter(shownAt());
  }
  openTicket(link.href);
}

/** Leave the ticket for its row in the list. */
export function toList() {
  const link = /** @type {HTMLAnchorElement | null} */ (find(".back a"));
  if (link) {
    openList(link.href, true);
  }
}

/** Start, with the list and perhaps the ticket that came with the page. */
export function startOpening() {
  if (!find("#rijen")) {
    return;
  }
  if (ticketIn(shownAt())) {
    if (placeOf(shownAt()) < 0) {
      enter(shownAt());
    }
    showWalk();
  }
  document.addEventListener("click", clicked);
  document.addEventListener("focusin", (event) => {
    const all = rowLinks();
    const at = all.indexOf(/** @type {HTMLAnchorElement} */ (event.target));
    clearTimeout(soon);
    if (at >= 0) {
      soon = setTimeout(() => all.slice(at, at + 2).forEach((one) => lookAhead(one.href)), LOOK_AHEAD);
    }
  });
  addEventListener("popstate", () => {
    const url = bare(location.href);
    if (url === shownAt()) {
      return;
    }
    if (listOf(url) !== listOf(shownAt())) {
      location.reload();
    } else if (ticketIn(url)) {
      openTicket(url, { push: false });
    } else {
      openList(url, false);
    }
  });
}
