// A chat page, for who asks and for advisors: shows lines as they come, sends each until it is acknowledged, and says
// what is new. The page is complete without it. Lines are asked for at one address, after the newest that is here.

const page = /** @type {HTMLElement} */ (document.querySelector("[data-chat]"));
const desk = page.hasAttribute("data-desk");
const POLL = 4_000;
const CALM = 20_000;
const QUEUE = 15_000;
const DEAD = 45_000;
const TYPING = 4_000;
const SAID = 5_000;
const TOKEN = 60_000;
/** Who asks over a slow line, or saves data, has no stream and sends no signs: lines are asked for every 20 s. */
const sparing = () =>
  !desk && (navigator.connection?.saveData || /2g|3g/.test(navigator.connection?.effectiveType ?? ""));

const list = () => document.getElementById("regels");
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-say]"));
const headers = { "X-Chat": "1" };
const word = (name, values = {}) => {
  const found = document.getElementById("chatwoorden")?.content.querySelector(`[data-word="${name}"]`);
  return (found?.textContent ?? "").replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
};

// --- what is said to screen readers: one sentence in five seconds, several lines as their number -------------------
/** @type {string[]} */
let unsaid = [];
let saidAt = -SAID;
let saying = 0;

/** @param {string} text */
function say(text) {
  unsaid.push(text);
  saying ||= setTimeout(speak, Math.max(300, saidAt + SAID - performance.now()));
}

function speak() {
  const place = document.getElementById(desk ? "zeg-chat" : "zeg");
  saying = 0;
  saidAt = performance.now();
  if (place) {
    place.textContent = unsaid.length > 1 ? word("several", { count: unsaid.length }) : unsaid[0] ?? "";
  }
  unsaid = [];
}

// --- lines ---------------------------------------------------------------------------------------------------------
let asking = false;
let askAgain = false;

/** Ask for what is not here yet; asked meanwhile, it asks once more. */
async function refresh() {
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

// --- the line itself: what is wrong with it is written above the form, where there is a place for it ------------------
let fails = 0;

/** @param {string} name of the words, none while all is well */
function show(name) {
  const place = document.getElementById("lijn");
  if (place && place.dataset.shown !== name) {
    place.dataset.shown = name;
    place.hidden = !name;
    place.querySelector("span").textContent = name && word(name);
    place.querySelector("a").hidden = name !== "out";
    if (name) {
      say(word(name));
    } else {
      wake();
    }
  }
}

/** One failure alone says little; after a second one in a row it is said. */
function failed() {
  fails += 1;
  if (fails > 1 || !navigator.onLine) {
    show("lost");
  }
}

/** An answer that is lost on its way is not waited for without end.
 * @param {string} address */
async function get(address) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), DEAD);
  const answer = await fetch(address, { headers, redirect: "manual", signal: stop.signal });
  const text = answer.ok ? await answer.text() : "";
  clearTimeout(late);
  return { ok: answer.ok, status: answer.status, type: answer.type, text };
}

let took = 0;
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
  fails = 0;
  show("");
  const fresh = new DOMParser().parseFromString(answer.text, "text/html");
  took = performance.now() - began;
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
  acknowledged();
  const others = coming.filter((one) => one.classList.contains("line-other"));
  for (const one of others) {
    say(`${one.querySelector("b")?.textContent}: ${one.querySelector(".text")?.textContent?.trim().slice(0, 200)}`);
  }
  if (atEnd && coming.length) {
    log.scrollTop = log.scrollHeight;
  }
  readSoon();
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

// --- sending: in order, each with an id of its own, again until the server says that it is kept ---------------------
/** @typedef {{id: string, text: string, files: {id: string, name: string}[], item: HTMLElement, entry: string}} Waiting */
/** @type {Waiting[]} */
const outbox = [];
let sending = false;
/** Ends the wait for the next try: the line is back. */
let wake = () => {};

/** @param {string} text @param {{id: string, name: string}[]} files sent ahead of the line */
function enqueue(text, files = []) {
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
function acknowledged() {
  for (const one of outbox.filter((each) => each.entry && document.getElementById(each.entry))) {
    one.item.remove();
    outbox.splice(outbox.indexOf(one), 1);
  }
}

// --- signs: that one writes, and how far one has read ----------------------------------------------------------------
let typedAt = 0;
let readUpto = "";
let reading = 0;

/** @param {Record<string, string>} said */
function sign(said) {
  if (page.dataset.signs && form && !sparing()) {
    const body = new FormData();
    const token = form.querySelector("input[type=hidden]");
    body.set(token.name, token.value);
    Object.entries(said).forEach(([name, value]) => body.set(name, value));
    fetch(page.dataset.signs, { method: "POST", body, headers, redirect: "manual" }).catch(() => {});
  }
}

function readSoon() {
  clearTimeout(reading);
  reading = setTimeout(() => {
    const newest = list()?.dataset.newest ?? "";
    if (page.hasAttribute("data-receipts") && document.visibilityState === "visible" && newest !== readUpto) {
      readUpto = newest;
      sign({ read: newest });
    }
  }, 1000);
}

// --- hints -----------------------------------------------------------------------------------------------------------
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

async function follow() {
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

let askedAt = 0;
setInterval(() => {
  // Thousands of pages whose stream is down must not drown the server: the slower it answers, the less it is asked.
  const calm = document.querySelector("#stand[data-waits]") ? QUEUE : CALM;
  const wait = Math.max(sparing() ? CALM : heardAt && !fails ? calm : POLL, 10 * took);
  if (performance.now() - askedAt > wait) {
    askedAt = performance.now();
    refresh();
  }
}, 1000);

/** Put the words of the chosen reply where the caret is.
 * @param {HTMLButtonElement} button */
async function insert(button) {
  const body = new FormData(form);
  body.delete("files");
  const answer = await fetch(button.formAction, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  const area = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  if (told?.text) {
    area.setRangeText(told.text, area.selectionStart, area.selectionEnd, "end");
    area.focus();
  } else {
    say(told?.problem ?? word("failed"));
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.hasAttribute("data-insert")) {
    insert(/** @type {HTMLButtonElement} */ (event.submitter));
    return;
  }
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const sent = [...form.querySelectorAll("[data-files] input")];
  if (text.value.trim() || sent.length) {
    enqueue(text.value, sent.map((one) => ({ id: one.value, name: one.parentElement.firstElementChild.textContent })));
    form.querySelector("[data-files]")?.replaceChildren();
    text.value = "";
    text.focus();
  }
});
form?.addEventListener("input", () => {
  if (performance.now() - typedAt > TYPING) {
    typedAt = performance.now();
    sign({});
  }
});
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target instanceof HTMLTextAreaElement) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("visibilitychange", readSoon);
if (form) {
  /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text")).required = false; // a file says enough
}
const start = document.getElementById("gesprek");
if (start) {
  start.scrollTop = start.scrollHeight;
}
document.documentElement.classList.add("js");
readSoon();
follow();
