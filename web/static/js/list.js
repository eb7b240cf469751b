// The list: rows change in place and in their order; new ones wait behind a button, rows that left stay as ghosts.

import { word, zeg } from "./announce.js";
import { keepTicks, patchWith, remember, replace } from "./fragments.js";

/** The list as the server has it now, while the reader still sees the one he began with.
 * @type {Element | null} */
let newest = null;
let announced = 0;
const MINUTE = 60_000;

const rowsOf = (/** @type {Element} */ one) => [...one.querySelectorAll(".row")];

/** @param {Element} target @param {Element} fresh @param {boolean} own whether the reader's own act asked for it */
function patchRows(target, fresh, own) {
  newest = fresh;
  const coming = new Map(rowsOf(fresh).map((row) => [row.id, row]));
  for (const row of rowsOf(target)) {
    const now = coming.get(row.id);
    if (now) {
      replace(row, now, own);
    } else {
      haunt(row);
    }
  }
  offer(added(target).length);
}

/** @param {Element} target */
function added(target) {
  const shown = new Set(rowsOf(target).map((row) => row.id));
  return newest ? rowsOf(newest).filter((row) => !shown.has(row.id)) : [];
}

/** @param {Element} row */
function haunt(row) {
  if (row.classList.contains("ghost")) {
    return;
  }
  row.classList.add("ghost");
  const line = row.querySelector(".line3 .prev");
  if (line) {
    line.textContent = word("left");
  }
}

/** @param {number} count */
function offer(count) {
  const place = document.getElementById("nieuw");
  if (!place) {
    return;
  }
  if (!count) {
    place.replaceChildren();
    return;
  }
  const button = place.querySelector("button") ?? place.appendChild(document.createElement("button"));
  button.type = "button";
  button.setAttribute("aria-keyshortcuts", ".");
  button.textContent = word(count === 1 ? "new-rows-one" : "new-rows", { count });
  button.onclick = showNew;
  if (performance.now() - announced > MINUTE || !announced) {
    announced = performance.now();
    zeg(word(count === 1 ? "said-rows-one" : "said-rows", { count }));
  }
}

/** Show the list as it is now; the focus goes to the first row that is new. */
export function showNew() {
  const here = document.getElementById("rijen");
  if (!here || !newest) {
    return;
  }
  const first = added(here)[0]?.id;
  const placed = /** @type {Element} */ (document.importNode(newest, true));
  rowsOf(newest).forEach(remember);
  const open = here.querySelector(".row [aria-current]")?.closest(".row")?.id;
  keepTicks(here, placed);
  here.replaceWith(placed);
  if (open) {
    document.getElementById(open)?.querySelector("a")?.setAttribute("aria-current", "true");
  }
  document.getElementById("nieuw")?.replaceChildren();
  const link = first ? document.getElementById(first)?.querySelector("a") : null;
  (link ?? document.getElementById("lijst"))?.focus();
}

const SCROLLS = "hd-scroll";
/** Keep where the list stood, by its address, while the reader goes from ticket to ticket. */
function keepScroll() {
  const list = document.getElementById("lijst");
  const name = document.getElementById("lh")?.textContent ?? "";
  if (!list) {
    return;
  }
  const [of, top] = (sessionStorage.getItem(SCROLLS) ?? "").split("\n");
  if (of === name) {
    list.scrollTop = Number(top);
  }
  const current = list.querySelector(".row:has([aria-current])");
  const box = list.getBoundingClientRect();
  const at = current?.getBoundingClientRect();
  if (at && (at.top < box.top + 70 || at.bottom > box.bottom)) {
    current?.scrollIntoView({ block: "nearest" });
  }
  addEventListener("pagehide", () => sessionStorage.setItem(SCROLLS, `${name}\n${list.scrollTop}`));
}

/** The number of unread notices before the title, as the server writes it. */
function count() {
  const unread = document.querySelector("#bel .count")?.firstChild?.textContent?.trim();
  document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
}

/** Start with the list that stands here. */
export function startList() {
  const here = document.getElementById("rijen");
  if (here) {
    rowsOf(here).forEach(remember);
    patchWith("rijen", patchRows);
    keepScroll();
  }
  for (const id of ["tellers", "bel"]) {
    const part = document.getElementById(id);
    if (part) {
      remember(part);
    }
  }
  document.getElementById("volgorde")?.addEventListener("change", (event) => {
    /** @type {HTMLSelectElement} */ (event.target).form?.requestSubmit();
  });
  document.addEventListener("hd:swapped", count);
}
