// The keys as a dialog over the page, and a line at the first letter that ever did something. The help page is the same
// as a page of its own, for when the dialog can't come.

import { word, zeg } from "./announce.js";

const TOLD = "hd-keys-told";
const HELP = "/werk/hulp";

/** @param {string} text @param {() => void} act */
function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", act);
  return made;
}

/** Show the tables of the help page in a dialog; Escape closes it and gives the focus back. */
export async function showKeys() {
  if (location.pathname === HELP) {
    document.getElementById("toetsen")?.scrollIntoView();
    return;
  }
  try {
    const answer = await fetch(HELP);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const section = page.getElementById("toetsen")?.closest("section");
    if (!answer.ok || answer.redirected || !section) {
      throw new Error(String(answer.status));
    }
    const dialog = document.createElement("dialog");
    dialog.className = "keys";
    dialog.setAttribute("aria-labelledby", "toetsen");
    dialog.append(button(word("close"), () => dialog.close()), document.importNode(section, true));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    const heading = /** @type {HTMLElement | null} */ (dialog.querySelector("#toetsen"));
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
  } catch {
    location.assign(HELP);
  }
}

/** Say once on this device what a letter did, to somebody who never chose how keys work.
 * @param {string} key @param {string} words */
export function firstKey(key, words) {
  if (!("unchosen" in document.body.dataset) || localStorage.getItem(TOLD)) {
    return;
  }
  localStorage.setItem(TOLD, "1");
  const line = Object.assign(document.createElement("p"), { className: "toast" });
  const said = word("first-key", { key, words });
  const settings = Object.assign(document.createElement("a"), { href: "/werk/instellingen#keuzes", textContent: word("keys-off") });
  line.append(`${said} `, button(word("show-keys"), showKeys), settings, button(word("close"), () => line.remove()));
  document.querySelector("main")?.append(line);
  zeg(said);
}
