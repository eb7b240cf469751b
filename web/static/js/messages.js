// The messages of an open ticket: one that changed is put in place, a new one stands at the end and is announced.
// Nothing scrolls by itself, but once when the page opens. Mail frames get the height of their mail.

import { word, zeg } from "./announce.js";
import { ask, differs, patchWith, remember, replace } from "./fragments.js";

const box = () => document.getElementById("berichten");

/** @param {Element} target @param {Element} fresh */
function patchMessages(target, fresh) {
  const coming = [...fresh.children].filter((one) => one.id);
  const ids = new Set(coming.map((one) => one.id));
  const oldest = Math.min(...coming.map(number).filter(Boolean));
  for (const gone of [...target.children].filter((one) => number(one) >= oldest && !ids.has(one.id))) {
    gone.remove();
  }
  /** @type {Element[]} */
  const added = [];
  for (const one of coming) {
    const here = document.getElementById(one.id);
    if (here) {
      replace(here, one);
    } else if (differs(one)) {
      added.push(insert(target, one));
    }
  }
  if (added.length) {
    tell(target, added.filter((one) => !one.hasAttribute("data-own")));
  }
}

/** @param {Element} one */
function number(one) {
  return Number(/^b-(\d+)$/.exec(one.id)?.[1] ?? 0);
}

/** @param {Element} target @param {Element} fresh */
function insert(target, fresh) {
  remember(fresh);
  const placed = /** @type {Element} */ (document.importNode(fresh, true));
  target.querySelector(":scope > .empty")?.remove();
  target.querySelector(":scope > .pill")?.remove();
  target.append(placed);
  placed.classList.add("come");
  return placed;
}

/** @param {Element} target @param {Element[]} added */
function tell(target, added) {
  const first = added[0];
  if (!first) {
    return;
  }
  const name = first.querySelector("h2")?.textContent?.trim() ?? "";
  zeg(added.length > 1 ? word("new-messages", { count: added.length }) : word("new-message", { name }));
  document.dispatchEvent(new CustomEvent("hd:came"));
  const bottom = target.getBoundingClientRect().bottom;
  if (first.getBoundingClientRect().top > Math.min(bottom, innerHeight) - 40) {
    target.append(pill(/** @type {HTMLElement} */ (first)));
  }
}

/** @param {HTMLElement} first */
function pill(first) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pill";
  button.textContent = `${word("to-new")} ↓`;
  button.addEventListener("click", () => {
    button.remove();
    first.focus();
    first.scrollIntoView({ block: "start" });
  });
  return button;
}

/** Put the earlier messages above those here, which stay where they are on the screen.
 * @param {HTMLAnchorElement} link */
async function earlier(link) {
  const page = await ask("ticket", link.href).catch(() => null);
  const fresh = page?.getElementById("berichten");
  const first = box()?.querySelector(":scope > article");
  if (!link.isConnected) {
    return;
  }
  if (!fresh || !first) {
    location.assign(link.href);
    return;
  }
  const top = first.getBoundingClientRect().top;
  const coming = [...fresh.querySelectorAll(":scope > article")].filter((one) => !document.getElementById(one.id));
  coming.forEach(remember);
  first.before(...coming.map((one) => document.importNode(one, true)));
  const moved = first.getBoundingClientRect().top - top;
  const scroller = box();
  if (scroller && scroller.scrollHeight > scroller.clientHeight) {
    scroller.scrollTop += moved;
  } else {
    scrollBy(0, moved);
  }
  const next = /** @type {HTMLAnchorElement | null} */ (fresh.querySelector("[data-earlier]"));
  if (next) {
    link.href = next.href;
  } else {
    /** @type {HTMLElement} */ (first).focus({ preventScroll: true });
    link.closest("p")?.remove();
  }
  fitAll();
}

/** Give a mail frame the height of its mail; without this it keeps its fixed height and scrolls.
 * @param {HTMLIFrameElement} frame */
function fit(frame) {
  const page = frame.contentDocument;
  if (page?.body && page.URL !== "about:blank" && frame.offsetParent) {
    frame.style.blockSize = "0"; // a document is never lower than its frame
    frame.style.blockSize = `${Math.max(page.documentElement.scrollHeight, 48) + 2}px`;
  }
}

const fitted = new WeakSet();
/** Fit the frames that are new. */
function fitAll() {
  for (const frame of document.querySelectorAll("iframe.mail")) {
    const one = /** @type {HTMLIFrameElement} */ (frame);
    if (!fitted.has(one)) {
      fitted.add(one);
      one.addEventListener("load", () => fit(one));
      one.closest("details")?.addEventListener("toggle", () => fit(one));
      if (one.contentDocument?.readyState === "complete") {
        fit(one);
      }
    }
  }
}

/** The last message with its top in view, unless the address names another place. */
function toLast() {
  const last = box()?.querySelector(":scope > article:last-of-type");
  const scroller = box();
  if (last && scroller && !location.hash && scroller.scrollHeight > scroller.clientHeight) {
    const room = last.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    scroller.scrollTop += room - 16;
  }
}

/** Remember what the server said, then fit and place.
 * @param {boolean} [known] whether the reader was here before, so that it stands where he left it */
function begin(known = false) {
  const here = box();
  if (here) {
    [...here.children].filter((one) => one.id).forEach(remember);
  }
  if (here && !known) {
    toLast();
  }
  fitAll();
}

/** Start with the messages that stand here, and with those of each ticket that is opened. */
export function startMessages() {
  patchWith("berichten", patchMessages);
  begin();
  document.addEventListener("hd:opened", (event) => begin(/** @type {CustomEvent} */ (event).detail.known));
  document.addEventListener("hd:swapped", fitAll);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-earlier]") : null;
    if (link && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      earlier(/** @type {HTMLAnchorElement} */ (link));
    }
  });
}
