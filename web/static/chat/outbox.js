// Sending: in order, each line with an id of its own, again until the server says that it is kept.

import { form, get, headers, list, word } from "./page.js";
import { refresh } from "./lines.js";
import { show } from "./line.js";
import { say } from "./speech.js";

/** @typedef {{id: string, text: string, files: {id: string, name: string}[], item: HTMLElement, entry: string}} Waiting */
/** @type {Waiting[]} */
const outbox = [];
let sending = false;
/** Ends the wait for the next try: the line is back. */
let wake = () => {};
document.addEventListener("hd:back", () => wake());

/** @param {string} text @param {{id: string, name: string}[]} files sent ahead of the line */
export function enqueue(text, files = []) {
  const item = document.createElement("li");
  item.className = "line line-own pending";
  item.innerHTML = '<p class="line-head"><b></b> <span class="muted"></span></p><div class="text" dir="auto"></div>';
  item.querySelector("b").textContent = word("you");
  item.querySelector(".text").textContent = [text, ...files.map((one) => one.name)].filter(Boolean).join("\n");
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
  outbox.push({ id, text, files, item, entry: "" });
  state(item, word("sending"));
  list()?.append(item);
  const log = document.getElementById("gesprek");
  if (log) {
    log.scrollTop = log.scrollHeight;
  }
  drain();
}

/** @param {HTMLElement} item @param {string} text */
function state(item, text) {
  const place = item.querySelector(".line-head .muted");
  if (place && place.textContent !== text) {
    place.textContent = text;
  }
}

async function drain() {
  if (sending) {
    return;
  }
  sending = true;
  for (let tries = 0; ; ) {
    const one = outbox.find((each) => !each.entry);
    if (!one) {
      break;
    }
    const answer = await post(one);
    if (answer === "again") {
      tries += 1;
      state(one.item, word("waits-sending"));
      await new Promise((go) => {
        wake = () => go(0);
        setTimeout(go, Math.min(250 * 2 ** tries, 8000) * (0.8 + Math.random() * 0.4));
      });
    } else if (typeof answer === "object") {
      tries = 0;
      one.entry = `b-${answer.entry}`;
      refresh();
    } else {
      refused(one, answer);
    }
  }
  sending = false;
}

/** What became of a line: what the server says of it, "again" when nobody knows, or why it is refused.
 * @param {Waiting} one @returns {Promise<{entry: number} | string>} */
async function post(one) {
  const body = new FormData(/** @type {HTMLFormElement} */ (form));
  body.set("text", one.text);
  body.set("client_id", one.id);
  body.delete("files");
  body.delete("uploads");
  one.files.forEach((file) => body.append("uploads", file.id));
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), 10_000);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers, redirect: "manual", signal: stop.signal });
    if (answer.ok) {
      return await answer.json();
    }
    if (answer.status === 422 || answer.status === 409 || answer.status === 400) {
      return (await answer.json()).problem ?? word("failed");
    }
    if (answer.status === 404 || answer.status === 403) {
      return (await renewed()) ? await post(one) : word("failed");
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      show("out");
    }
  } catch {
    // no answer: perhaps it is kept, perhaps not; the same id asks again
  } finally {
    clearTimeout(late);
  }
  return "again";
}

/** Who signed in again has forms with another token: take it from a fresh page. @returns {Promise<boolean>} */
async function renewed() {
  const token = /** @type {HTMLInputElement} */ (form.querySelector("input[type=hidden]"));
  const page = new DOMParser().parseFromString((await get(location.href)).text, "text/html");
  const fresh = /** @type {HTMLInputElement | null} */ (page.querySelector(`form[data-say] input[name="${token.name}"]`));
  const other = fresh && fresh.value !== token.value;
  document.querySelectorAll(`input[name="${token.name}"]`).forEach((one) => other && (one.value = fresh.value));
  return Boolean(other);
}

/** @param {Waiting} one @param {string} why */
function refused(one, why) {
  outbox.splice(outbox.indexOf(one), 1);
  state(one.item, `${word("failed")}: ${why} `);
  say(why);
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: word("again") });
  button.addEventListener("click", () => (one.item.remove(), enqueue(one.text, one.files)));
  one.item.querySelector(".line-head")?.append(button);
}

/** Lines that stand in the log now need no stand-in. */
export function acknowledged() {
  for (const one of outbox.filter((each) => each.entry && document.getElementById(each.entry))) {
    one.item.remove();
    outbox.splice(outbox.indexOf(one), 1);
  }
}
