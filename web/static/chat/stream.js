// Hints that something is new, by a stream that is opened again whenever it ends; the clock asks beside it.

import { DEAD, desk, get, page, sparing } from "./page.js";
import { pace, refresh } from "./lines.js";
import { line, show } from "./line.js";

const POLL = 4_000;
const CALM = 20_000;
const QUEUE = 15_000;
const TOKEN = 60_000;
let heardAt = 0;
let soon = 0;

/** @param {{ticket?: number, kind?: string} | null} hint */
function hear(hint) {
  if (!hint || desk || String(hint.ticket) === page.dataset.ticket) {
    soon ||= setTimeout(() => ((soon = 0), refresh()), desk && hint && String(hint.ticket) !== page.dataset.ticket ? 1000 : 20);
  }
}

/** One connection; resolves when it is over, with whether it was open at all.
 * @param {string} address @returns {Promise<boolean>} */
function listen(address) {
  return new Promise((resolve) => {
    const stream = new EventSource(address);
    let watch = 0;
    const end = () => (stream.close(), clearTimeout(watch), resolve(heardAt > 0), (heardAt = 0));
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(end, DEAD);
      heardAt = performance.now();
    };
    stream.addEventListener("ping", alive);
    stream.addEventListener("resync", () => (alive(), hear(null)));
    stream.addEventListener("hint", (event) => (alive(), hear(JSON.parse(event.data))));
    stream.onerror = end;
    watch = setTimeout(end, DEAD);
  });
}

export async function follow() {
  let address = "";
  let until = 0;
  for (let tries = 0; ; tries = Math.min(tries + 1, 5)) {
    while (sparing()) {
      await new Promise((go) => setTimeout(go, POLL)); // lines can become better while a page is open
    }
    const began = performance.now();
    try {
      if (began > until) {
        const answer = await get(page.dataset.stream);
        if (answer.type === "opaqueredirect") {
          show("out");
        }
        const { token, url } = JSON.parse(answer.text);
        if (!url) {
          return;
        }
        address = `${url}/events?token=${encodeURIComponent(token)}`;
        until = performance.now() + TOKEN;
      }
      // One that opened nothing may be shown again: while the stream is down nobody need ask for another one.
      until = (await listen(address)) ? 0 : until;
    } catch {
      // tried again below
    }
    tries = performance.now() - began > 10_000 ? 0 : tries;
    await new Promise((go) => setTimeout(go, 500 * 2 ** tries * (0.5 + Math.random())));
  }
}

/** Ask by the clock: thousands of pages whose stream is down must not drown the server, so the slower it answers, the
 * less it is asked. */
export function askByClock() {
  let askedAt = 0;
  setInterval(() => {
    const calm = document.querySelector("#stand[data-waits]") ? QUEUE : CALM;
    const wait = Math.max(sparing() ? CALM : heardAt && !line.fails ? calm : POLL, 10 * pace.took);
    if (performance.now() - askedAt > wait) {
      askedAt = performance.now();
      refresh();
    }
  }, 1000);
}
