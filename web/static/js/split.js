// The line between the list and the ticket, to drag or to move with the arrow keys. The width stays with this browser, in
// a cookie, so that the next page comes with it; the settings have the same choice without scripts.

import { word } from "./announce.js";

const [NARROWEST, WIDEST] = [17, 28];
const rem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
const list = () => document.getElementById("lijst");

/** @param {HTMLElement} line @param {number} width in rem */
function set(line, width) {
  const whole = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
  document.documentElement.dataset.list = String(whole);
  line.setAttribute("aria-valuenow", String(whole));
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `lijstbreedte=${whole}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

/** @param {HTMLElement} line @param {KeyboardEvent} event */
function pressed(line, event) {
  const now = Number(line.getAttribute("aria-valuenow"));
  /** @type {Record<string, number>} */
  const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: NARROWEST, End: WIDEST };
  if (event.key in to && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    set(line, to[event.key]);
  }
}

/** Start on a page with a list beside a ticket. */
export function startSplit() {
  const here = list();
  if (!here) {
    return;
  }
  const line = document.createElement("div");
  line.className = "split";
  line.tabIndex = 0;
  const said = { role: "separator", "aria-orientation": "vertical", "aria-controls": "lijst", "aria-label": word("list-width") };
  const bounds = { "aria-valuemin": NARROWEST, "aria-valuemax": WIDEST, "aria-valuenow": Math.round(here.offsetWidth / rem()) };
  Object.entries({ ...said, ...bounds }).forEach(([name, value]) => line.setAttribute(name, String(value)));
  line.addEventListener("keydown", (event) => pressed(line, event));
  line.addEventListener("pointerdown", (event) => line.setPointerCapture(event.pointerId));
  line.addEventListener("pointermove", (event) => {
    if (line.hasPointerCapture(event.pointerId)) {
      set(line, (event.clientX - here.getBoundingClientRect().left) / rem());
    }
  });
  here.after(line);
}
