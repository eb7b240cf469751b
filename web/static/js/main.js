// Starts what makes the pages quicker; every page works without it.

import { write } from "./acts.js";
import { startDrafts } from "./drafts.js";
import { startKeys } from "./keys.js";
import { startList } from "./list.js";
import { startLive } from "./live.js";
import { startMessages } from "./messages.js";
import { startSending } from "./send.js";
import { remember } from "./fragments.js";
import { startSelecting } from "./select.js";
import { startSplit } from "./split.js";
import { startOpening } from "./open.js";

document.documentElement.classList.add("js");
startList();
/** What the server said of the ticket's parts, before a script changes them. */
function rememberParts() {
  for (const id of ["kop", "persoon"]) {
    const part = document.getElementById(id);
    if (part) {
      remember(part);
    }
  }
}
rememberParts();
document.addEventListener("hd:opened", rememberParts);
startOpening();
startMessages();
startDrafts();
startSending();
startSelecting();
startSplit();
startKeys();
startLive();

/** A drawer or a menu never stays over what has the focus: going on with the keyboard closes it.
 * @param {FocusEvent} event */
function leave({ target }) {
  if (!(target instanceof Element) || !target.matches(":focus-visible")) {
    return;
  }
  for (const one of /** @type {NodeListOf<any>} */ (document.querySelectorAll(":popover-open, .menu[open]"))) {
    if (!one.contains(target) && one.matches(".menu")) {
      one.open = false;
    } else if (!one.contains(target)) {
      one.hidePopover();
    }
  }
}
document.addEventListener("focusin", leave);

/** The caret where the address asks for it, else the focus on the ticket; after the browser has gone to the address. */
function place() {
  const writing = /** @type {HTMLDetailsElement | null} */ (document.querySelector(".compose[open]:not(:has(.trouble *))"));
  const asked = location.hash.slice(1);
  const wish = new URLSearchParams(location.search).get("schrijf") ?? asked;
  if (wish === "antwoord" || wish === "notitie") {
    write(wish);
  } else if (asked.startsWith("v-")) {
    (document.getElementById(asked)?.querySelector("a") ?? document.getElementById("lijst"))?.focus();
  } else if (writing && !document.getElementById("lijst")?.offsetParent) {
    writing.open = false; // on a phone a kept draft would hide the ticket; its button says that it is there
  } else if (!asked && document.activeElement === document.body) {
    document.getElementById("onderwerp")?.focus({ preventScroll: true });
  }
}
addEventListener("load", () => requestAnimationFrame(place), { once: true });
