// Hears from the event stream that something changed, and asks for the parts on this page again: the same addresses
// as ever. One stream for all tabs of a browser. Without a stream the same is asked every quarter of a minute.

import { word } from "./announce.js";
import { back, isSignedOut, lost, signedIn, signedOut } from "./connection.js";
import { SignedOut, ask, shownAt, swap } from "./fragments.js";

const COALESCE = 400;
const POLL = 15_000;
const DEAD = 45_000;
const LONGEST = 30_000;
/** What changes no list, and would make each one ask many times a second. */
const CHATTER = new Set(["chat_line", "typing", "read"]);

const open = () => document.getElementById("vraag")?.dataset.ticket ?? "";
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("hd-live") : null;
const due = new Set();
let timer = 0;
let tries = 0;
let streaming = false;

/** @param {{ticket?: number, kind?: string} | null} hint null: everything may have changed */
function hear(hint) {
  if (!CHATTER.has(hint?.kind ?? "")) {
    due.add("list");
  }
  if (open() && (!hint || String(hint.ticket) === open())) {
    due.add("ticket");
  }
  timer ||= due.size ? setTimeout(refresh, COALESCE) : 0;
}

/** Ask for what is due; what fails is due again. */
export async function refresh() {
  clearTimeout(timer);
  timer = 0;
  const names = [...due].filter((name) => document.getElementById(name === "list" ? "rijen" : "kop"));
  due.clear();
  try {
    for (const name of names) {
      const page = await ask(name, undefined, { byItself: true });
      moved(page);
      swap(page);
    }
    signedIn();
    back();
    document.dispatchEvent(new CustomEvent("hd:fresh"));
  } catch (fault) {
    if (fault instanceof SignedOut) {
      signedOut();
    } else {
      names.forEach((name) => due.add(name));
      unreachable(fault, POLL / 1000, () => hear(null));
    }
  }
}

/** Say that the server can't be reached, if that is what happened; a stream that is down alone is no trouble.
 * @param {unknown} fault @param {number} seconds @param {() => void} retry */
function unreachable(fault, seconds, retry) {
  if (fault instanceof TypeError && !isSignedOut()) {
    lost(Math.ceil(seconds), retry);
  }
}

/** The ticket was merged meanwhile: say so, and leave what is typed where it is.
 * @param {Document | null} page */
function moved(page) {
  const there = page?.body.dataset.moved;
  const above = document.getElementById("boven");
  if (there && above && new URL(there).pathname !== new URL(shownAt()).pathname && !above.querySelector("[data-merged]")) {
    const box = document.createElement("p");
    box.className = "box box-warn";
    box.dataset.merged = "1";
    const link = Object.assign(document.createElement("a"), { href: there, textContent: word("open-it") });
    box.append(`${word("merged")} `, link);
    above.prepend(box);
    page?.body.replaceChildren();
  }
}

/** The stream, with growing pauses between tries; ends where there is none. */
async function lead() {
  for (;;) {
    /** @type {unknown} */
    let fault = null;
    try {
      const answer = await fetch("/werk/stroom");
      if (answer.redirected) {
        throw new SignedOut();
      }
      const { token, url } = await answer.json();
      if (!url) {
        return;
      }
      await listen(`${url}/events?token=${encodeURIComponent(token)}`);
    } catch (found) {
      fault = found;
      if (fault instanceof SignedOut) {
        signedOut();
      }
    }
    streaming = false;
    await pause(fault);
  }
}

/** Wait longer after each try in vain, or until the reader or the browser says to try now.
 * @param {unknown} fault */
function pause(fault) {
  const wait = Math.min(1000 * 2 ** tries, LONGEST) * (0.8 + Math.random() * 0.4);
  tries = Math.min(tries + 1, 6);
  return new Promise((resolve) => {
    const waited = setTimeout(resolve, wait);
    const go = () => resolve(clearTimeout(waited));
    unreachable(fault, wait / 1000, go);
    addEventListener("online", go, { once: true });
  });
}

/** One connection; resolves when it is over.
 * @param {string} address @returns {Promise<void>} */
function listen(address) {
  return new Promise((resolve) => {
    const stream = new EventSource(address);
    let heard = 0;
    const end = () => {
      stream.close();
      clearTimeout(heard);
      resolve();
    };
    const alive = () => {
      clearTimeout(heard);
      heard = setTimeout(end, DEAD);
      streaming = true;
    };
    const pass = (/** @type {{ticket?: number} | null} */ hint) => {
      alive();
      hear(hint);
      tabs?.postMessage(hint);
    };
    stream.addEventListener("open", alive);
    stream.addEventListener("ping", () => (alive(), tabs?.postMessage("ping")));
    stream.addEventListener("resync", () => ((tries = 0), pass(null)));
    stream.addEventListener("hint", (event) => pass(JSON.parse(event.data)));
    stream.onerror = end;
    addEventListener("pagehide", end, { once: true });
    heard = setTimeout(end, DEAD);
  });
}

let last = 0;
/** Start listening, in this tab or through the one that does. */
export function startLive() {
  if (!document.getElementById("rijen")) {
    return;
  }
  document.addEventListener("hd:opened", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.early) {
      due.add("ticket"); // it was asked for before it was opened
      refresh();
    }
  });
  tabs?.addEventListener("message", (event) => {
    last = performance.now();
    if (event.data !== "ping") {
      hear(event.data);
    }
  });
  if (navigator.locks) {
    navigator.locks.request("hd-live", lead);
  } else {
    lead();
  }
  setInterval(() => {
    const quiet = !streaming && (performance.now() - last > DEAD || !last);
    if (quiet && document.visibilityState !== "hidden") {
      hear(null);
    }
  }, POLL);
}
