// Lines as they come: asked for at one address, after the newest that is here.

import { desk, get, list, page, word } from "./page.js";
import { answered, failed, show } from "./line.js";
import { say } from "./speech.js";

/** Milliseconds that the last answer took. */
export const pace = { took: 0 };
let asking = false;
let askAgain = false;

/** Ask for what is not here yet; asked meanwhile, it asks once more. */
export async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    do {
      askAgain = false;
      await ask();
    } while (askAgain);
  } catch {
    failed(); // the next hint or the clock asks again
  } finally {
    asking = false;
  }
}

async function ask() {
  const here = list();
  const began = performance.now();
  const more = page.dataset.lines.includes("?") ? "&" : "?";
  const after = here ? `${more}after=${here.dataset.newest}&have=${here.dataset.count}` : "";
  const answer = await get(page.dataset.lines + after);
  if (answer.type === "opaqueredirect") {
    return show("out");
  }
  if (!answer.ok) {
    return answer.status > 499 ? failed() : undefined;
  }
  answered();
  const fresh = new DOMParser().parseFromString(answer.text, "text/html");
  pace.took = performance.now() - began;
  const lines = fresh.getElementById("regels");
  if (here && lines) {
    put(here, lines);
  }
  for (const id of ["stand", "rij"]) {
    swap(document.getElementById(id), fresh.getElementById(id));
  }
}

/** @param {HTMLElement} here @param {HTMLElement} fresh */
function put(here, fresh) {
  const log = /** @type {HTMLElement} */ (here.parentElement);
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const known = new Set([...here.children].map((one) => one.id));
  const coming = [...fresh.children].filter((one) => !known.has(one.id));
  if (fresh.hasAttribute("data-whole")) {
    const waiting = [...here.querySelectorAll(":scope > .pending")];
    here.replaceChildren(...fresh.children, ...waiting);
  } else {
    const first = here.querySelector(":scope > .pending");
    coming.forEach((one) => here.insertBefore(one, first));
  }
  here.dataset.newest = fresh.dataset.newest;
  here.dataset.count = fresh.dataset.count;
  document.dispatchEvent(new Event("hd:lines"));
  const others = coming.filter((one) => one.classList.contains("line-other"));
  for (const one of others) {
    say(`${one.querySelector("b")?.textContent}: ${one.querySelector(".text")?.textContent?.trim().slice(0, 200)}`);
  }
  if (atEnd && coming.length) {
    log.scrollTop = log.scrollHeight;
  }
}

/** Put newer words in place, unless somebody is at work in the old ones.
 * @param {HTMLElement | null} old @param {HTMLElement | null} fresh */
function swap(old, fresh) {
  if (!old || !fresh || old.outerHTML === fresh.outerHTML || old.contains(document.activeElement)) {
    return;
  }
  if (old.id === "rij" && newer(old, fresh)) {
    say(word("elsewhere"));
  }
  const news = old.dataset.said === fresh.dataset.said ? "" : fresh.querySelector("[data-news]")?.textContent?.trim();
  if (news) {
    say(news);
  }
  old.replaceWith(fresh);
}

/** Whether a chat that is not open has a line that it had not.
 * @param {HTMLElement} old @param {HTMLElement} fresh */
function newer(old, fresh) {
  const before = new Set((old.dataset.newest ?? "").trim().split(" "));
  const open = location.pathname.split("/").pop();
  return (fresh.dataset.newest ?? "").trim().split(" ").some((one) => one && !before.has(one) && !one.startsWith(`${open}:`));
}
