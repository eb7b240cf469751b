// Puts a reply or an answer where the caret is, chosen in a dialog over the page. The same page without scripts puts it
// below the draft; whenever anything is not as expected, the form goes there.

import { word, zeg } from "./announce.js";
import { parsed } from "./fragments.js";

const SOON = 250;
const HEADERS = { "X-Fragment": "insert" };
const BLANK = /\[\[[^[\]\n]{1,60}\?\]\]/;
const ARROWS = new Map([["ArrowDown", 1], ["ArrowUp", -1]]);

/** @param {string} url @param {FormData} [body] */
async function load(url, body) {
  const answer = await fetch(url, { method: body ? "POST" : "GET", headers: HEADERS, body });
  if (!answer.ok || answer.redirected) {
    throw new Error(String(answer.status));
  }
  return answer;
}

/** @param {Response} answer */
async function partOf(answer) {
  const part = parsed(await answer.text()).getElementById("invoegen");
  if (!part) {
    throw new Error("nothing to choose from");
  }
  return document.adoptNode(part);
}

/** Put a text where the caret was, as a paragraph of its own, with its first blank selected.
 * @param {HTMLTextAreaElement} area @param {number[]} caret its start and end before the dialog took the focus
 * @param {string} text */
function put(area, [left, right], text) {
  const [before, after] = [area.value.slice(0, left), area.value.slice(right)];
  const start = before.trim() && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : "";
  const end = after.trim() && !after.startsWith("\n") ? "\n\n" : "";
  const from = left + start.length;
  area.setRangeText(start + text + end, left, right, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  const blank = BLANK.exec(text);
  area.focus();
  area.setSelectionRange(from + (blank ? blank.index : text.length), from + (blank ? blank.index + blank[0].length : text.length));
}

/** What the words find takes the place of what stood there; a search that is overtaken shows nothing.
 * @param {HTMLElement} part */
function searching(part) {
  const form = /** @type {HTMLFormElement} */ (part.querySelector("form[role=search]"));
  let timer = 0;
  let turn = 0;
  const search = async () => {
    clearTimeout(timer);
    const mine = ++turn;
    try {
      const fresh = (await partOf(await load(form.action, new FormData(form)))).querySelector("#stukken");
      if (mine === turn && fresh) {
        part.querySelector("#stukken")?.replaceWith(fresh);
        zeg(fresh.querySelector("[data-found]")?.textContent?.trim() ?? "");
      }
    } catch {
      zeg(word("not-done"), { nu: true });
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, SOON);
  });
}

/** From the box to the first choice and on, and back.
 * @param {KeyboardEvent} event @param {HTMLElement} part */
function walk(event, part) {
  const step = ARROWS.get(event.key);
  const all = /** @type {HTMLElement[]} */ ([...part.querySelectorAll("input[type=search], #stukken button")]);
  const next = step && all[all.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step];
  if (next) {
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

/** Choose what goes into the answer of this form; without an answer of the server its own page does it.
 * @param {HTMLFormElement} form @param {HTMLButtonElement} opener */
export async function insertInto(form, opener) {
  const area = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const caret = [area.selectionStart, area.selectionEnd];
  try {
    const part = await partOf(await load(opener.formAction));
    const dialog = document.createElement("dialog");
    dialog.className = "keys insert-over";
    dialog.setAttribute("aria-labelledby", "invoegen-kop");
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: word("close") });
    close.addEventListener("click", () => dialog.close());
    dialog.append(close, part);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("keydown", (event) => walk(event, part));
    dialog.addEventListener("submit", async (event) => {
      const chosen = /** @type {HTMLFormElement} */ (event.target);
      if (event.defaultPrevented || chosen.getAttribute("role") === "search") {
        return;
      }
      event.preventDefault();
      try {
        const { text } = await (await load(chosen.action, new FormData(chosen))).json();
        dialog.close();
        put(area, caret, text);
      } catch {
        zeg(word("not-done"), { nu: true });
      }
    });
    searching(part);
    document.body.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (part.querySelector("#zoek-stuk"))?.focus();
  } catch {
    form.action = opener.formAction;
    form.noValidate = true;
    form.submit();
  }
}
