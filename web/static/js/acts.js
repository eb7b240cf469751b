// What the keys do, by the name of the act. Each act is also a button or a link on the page.

import { word, zeg } from "./announce.js";
import { showKeys } from "./help.js";
import { showNew } from "./list.js";
import { openBeside, openTicket, toList } from "./open.js";
import { choose, chooseNothing, mark, onChosen } from "./select.js";

const find = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector));
const follow = (/** @type {string} */ path) => location.assign(path);
const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#rijen .row a")]);
const articles = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#berichten > article")]);

/** Open the form that writes and put the caret in it; on the list, first go to the ticket.
 * @param {"antwoord" | "notitie"} id */
export function write(id) {
  const fold = /** @type {HTMLDetailsElement | null} */ (find(`#${id}`));
  if (fold) {
    fold.open = true;
    fold.querySelector("textarea")?.focus();
    quoted(id, fold.querySelector("textarea"));
  } else {
    openRow(id);
  }
}

/** With text selected in a message, quote it in an answer.
 * @param {string} id @param {HTMLTextAreaElement | null} area */
function quoted(id, area) {
  const selection = getSelection();
  const inside = selection?.anchorNode && find("#berichten")?.contains(selection.anchorNode);
  const text = inside ? String(selection).trim() : "";
  if (id === "antwoord" && area && text) {
    area.setRangeText(`${text.replace(/^/gm, "> ")}\n\n`, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {"antwoord" | "notitie"} [then] the form to write in */
async function openRow(then) {
  const here = document.activeElement?.closest(".row")?.querySelector("a");
  if (!then) {
    here?.click();
  } else if (here && (await openTicket(here.href))) {
    write(then);
  }
}

/** @param {HTMLElement[]} among @param {number} step @param {Element | null | undefined} from */
function move(among, step, from) {
  const at = from ? among.indexOf(/** @type {HTMLElement} */ (from)) : -1;
  const next = at < 0 ? among[step > 0 ? 0 : among.length - 1] : among[at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** @param {number} step */
function moveRow(step) {
  const here = document.activeElement?.closest(".row")?.querySelector("a");
  move(rows(), step, here ?? rows().find((one) => one.hasAttribute("aria-current")));
}

/** @param {string} key */
function press(key) {
  const button = find(`#kop [data-key="${key}"] button`);
  if (button) {
    button.click();
  }
}

/** Open a menu of the ticket's head with the focus in its first field.
 * @param {string} id */
function menu(id) {
  const fold = /** @type {HTMLDetailsElement | null} */ (find(`#${id}`));
  if (fold) {
    fold.open = true;
    /** @type {HTMLElement | null} */ (fold.querySelector("select, input:not([type=hidden])"))?.focus();
  }
}

/** Mark as unread what is chosen, or the open ticket, which is left for its row. */
async function unread() {
  if (!onChosen("unread") && (await mark("unread"))) {
    toList();
  }
}

/** @param {number} step */
function extend(step) {
  choose(true);
  moveRow(step);
  choose(true);
}

/** Close what lies on top; else from the ticket to its row. Never throws a word away. */
function back() {
  const fold = /** @type {HTMLDetailsElement | null} */ (
    document.activeElement?.closest("details[open]") ?? find("#kop details[open]") ?? find(".compose[open]")
  );
  if (find(":popover-open")) {
    /** @type {any} */ (find(":popover-open")).hidePopover();
  } else if (document.activeElement?.closest("#lijst") && find("#selecteren[open]")) {
    chooseNothing();
  } else if (fold && !fold.closest("article")) {
    fold.open = false;
    /** @type {HTMLElement | null} */ (fold.querySelector("summary"))?.focus();
  } else if (find("#vraag")) {
    const row = find("#rijen [aria-current]");
    if (row?.offsetParent) {
      row.focus();
    } else {
      find(".back a")?.click();
    }
  }
}

/** @param {number} step */
function pane(step) {
  const all = ["#lijst", "#berichten", ".compose[open] textarea", ".compose summary", "#over"].map(find);
  const panes = all.filter((one) => one?.offsetParent).filter((one, at, them) => at === them.indexOf(one));
  const here = panes.findIndex((one) => one === document.activeElement || one?.contains(document.activeElement));
  const next = panes[here + step];
  next?.focus();
  return Boolean(next);
}

/** @param {string} text @param {string} said */
function copy(text, said) {
  navigator.clipboard?.writeText(text).then(() => zeg(word(said)), () => {});
}

/** Unfold all quotes; fold them when one stands open. */
function foldQuotes() {
  const all = /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll("#berichten .quoted")]);
  const open = !all.some((one) => one.open);
  all.forEach((one) => (one.open = open));
}

const number = () => find("#kop .number")?.textContent?.trim() ?? "";
/** @type {Record<string, () => unknown>} */
export const ACTIONS = {
  help: () => void showKeys(),
  search: () => find("#zoek")?.focus(),
  "go-mine": () => follow("/werk/w/mijn"),
  "go-unassigned": () => follow("/werk/w/niet-toegewezen"),
  "go-open": () => follow("/werk/w/open"),
  "go-waiting": () => follow("/werk/w/wacht-op-vrager"),
  "go-drafts": () => follow("/werk/concepten"),
  "go-notices": () => follow("/werk/meldingen"),
  new: () => follow("/werk/nieuw"),
  back,
  undo: () => /** @type {HTMLElement | undefined} */ (find(".undo-act button") ?? [...document.querySelectorAll("[data-undo] button")].at(-1))?.click(),
  "next-pane": () => pane(1),
  "previous-pane": () => pane(-1),
  "next-row": () => moveRow(1),
  "previous-row": () => moveRow(-1),
  "first-row": () => move(rows(), 1, null),
  "last-row": () => move(rows(), -1, null),
  open: () => openRow(),
  "show-new": showNew,
  "next-ticket": () => openBeside(1),
  "previous-ticket": () => openBeside(-1),
  "next-message": () => move(articles(), 1, document.activeElement?.closest("article.msg")),
  "previous-message": () => move(articles(), -1, document.activeElement?.closest("article.msg")),
  reply: () => write("antwoord"),
  note: () => write("notitie"),
  select: () => choose(),
  "select-next": () => extend(1),
  "select-previous": () => extend(-1),
  unread,
  assign: () => onChosen("assign") || menu("toewijzen"),
  take: () => onChosen("take") || press("i"),
  unassign: () => press("A"),
  done: () => onChosen("done") || press("e"),
  merge: () => menu("meer"),
  quotes: foldQuotes,
  "copy-number": () => copy(number(), "number-copied"),
  "copy-link": () => copy(`${location.origin}/v/${number()}`, "link-copied"),
  insert: () => find(".compose[open] [data-insert]")?.click(),
  send: () => find(".compose[open] form.write:focus-within button.primary")?.click(),
};
