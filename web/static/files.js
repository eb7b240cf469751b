// Sends files in pieces ahead of their form, going on where a broken line stopped; and a form with `data-sure` again and
// again until the server says that it is kept. Without it the plain field and the plain form do the same in one go.
const PIECE = 256 * 1024;
const LATE = 40_000;
const MOST_BEGUN = 3;
const LARGE_PHOTO = 500_000;
const PHOTOS = ["image/jpeg", "image/webp"];
/** Whether the reader saves data, or is on a line on which a photo takes minutes. */
const slow = () => navigator.connection?.saveData || /2g|3g/.test(navigator.connection?.effectiveType ?? "");
const pause = (tries) => new Promise((go) => setTimeout(go, Math.min(300 * 2 ** tries, 15_000) * (0.8 + Math.random() * 0.4)));
const wordIn = (place, name, values = {}) =>
  (place.content.querySelector(`[data-word="${name}"]`)?.textContent ?? "").replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

/** An answer, or null when nobody knows what became of the request.
 * @param {string} address @param {RequestInit} how @returns {Promise<Response | null>} */
async function ask(address, how) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), LATE);
  try {
    const answer = await fetch(address, { ...how, redirect: "manual", signal: stop.signal });
    return answer.status >= 500 ? null : answer;
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

/** @param {number} bytes */
function shown(bytes) {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(value)} ${unit}`;
}

/** @param {HTMLElement} field */
function uploads(field) {
  const input = /** @type {HTMLInputElement} */ (field.querySelector("input[type=file]"));
  const list = field.querySelector("[data-files]");
  const form = /** @type {HTMLFormElement} */ (input.form);
  const token = /** @type {HTMLInputElement} */ (form.querySelector("input[type=hidden]"));
  const where = field.dataset.uploads;
  const word = (name, values) => wordIn(field.querySelector("template"), name, values);
  const pending = new Set();
  let line = Promise.resolve();
  /** @type {HTMLElement | null} the button that sent the form before its files were there */
  let wanted = null;
  field.querySelector("[data-plain]").hidden = true;

  const say = (text) => (field.querySelector("[data-said]").textContent = text);

  /** @param {{li: HTMLElement}} one @param {string} text */
  const state = (one, text) => {
    const place = one.li.querySelector("[data-state]");
    if (place.textContent !== text) place.textContent = text;
  };

  /** @param {HTMLElement} li @param {string} name @param {() => void} gone */
  function removable(li, name, gone) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: word("remove", { name }) });
    button.addEventListener("click", () => (gone(), li.remove(), input.focus()));
    li.append(" ", button);
  }

  /** A smaller form of a photo, where there is one.
   * @param {File} file @returns {Promise<File | null>} */
  const smaller = (file) => import(field.dataset.shrink).then((module) => module.smaller(file)).catch(() => null);

  /** @param {File} file @param {File | null} other the same photo in another size */
  function add(file, other = null) {
    const li = document.createElement("li");
    li.innerHTML = '<span dir="auto"></span> <span class="muted"><span></span> · <span data-state></span></span>';
    li.firstElementChild.textContent = file.name;
    const id = [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
    const one = { li, file, id, gone: false };
    removable(li, file.name, () => drop(one));
    list.append(li);
    pending.add(one);
    field.ariaBusy = "true";
    size(one);
    state(one, "0 %");
    const small = !other && file.size > LARGE_PHOTO && PHOTOS.includes(file.type) ? smaller(file) : null;
    if (small && slow()) {
      state(one, word("shrinking"));
      line = line.then(() => small).then((found) => found && shrunk(one, found));
    } else {
      small?.then((found) => found && offer(one, found));
    }
    line = line.then(() => send(one)).then(() => settled(one));
    if (other) offer(one, other);
    return one;
  }

  function drop(one) {
    one.gone = true;
    settled(one);
    const body = new FormData();
    body.set(token.name, token.value);
    ask(`${where}/${one.id}/weg`, { method: "POST", body });
  }

  const size = (one) => (one.li.querySelector(".muted span").textContent = shown(one.file.size));

  /** The smaller photo goes instead. @param {File} found */
  function shrunk(one, found) {
    say(word("shrunk", { name: found.name, from: shown(one.file.size), to: shown(found.size) }));
    offer(one, one.file, found);
    one.file = found;
    size(one);
  }

  /** A button that sends the same photo in its other size. @param {File} other @param {File} sent */
  function offer(one, other, sent = one.file) {
    if (one.gone) return;
    const words = other.size < sent.size ? word("shrink", { from: shown(sent.size), to: shown(other.size) }) : word("original", { size: shown(other.size) });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: words });
    button.addEventListener("click", () => {
      const fresh = add(other, sent);
      one.li.replaceWith(fresh.li);
      drop(one);
      fresh.li.lastElementChild.focus();
    });
    one.li.append(" ", button);
  }

  function settled(one) {
    pending.delete(one);
    if (pending.size) return;
    field.ariaBusy = "false";
    document.dispatchEvent(new CustomEvent("hd:files"));
    const button = wanted;
    wanted = null;
    if (button) form.requestSubmit(button);
  }

  /** @param {number} at where the next piece begins; -1 not begun yet, -2 nobody knows */
  function next(one, at) {
    if (at === -1) {
      const body = new FormData();
      const said = { id: one.id, name: one.file.name, size: one.file.size, question: field.dataset.question, [token.name]: token.value };
      Object.entries(said).forEach(([name, value]) => body.set(name, String(value)));
      return ask(where, { method: "POST", body });
    }
    if (at === -2) return ask(`${where}/${one.id}`, { method: "HEAD" });
    const headers = { "Upload-Offset": String(at), "X-Formulier": token.value, "Content-Type": "application/offset+octet-stream" };
    return ask(`${where}/${one.id}`, { method: "PATCH", headers, body: one.file.slice(at, at + PIECE) });
  }

  async function send(one) {
    let [at, tries, begun] = [-1, 0, 0];
    while (!one.gone) {
      const answer = await next(one, at);
      if (!answer || answer.status === 409) {
        state(one, word("waits"));
        at = at === -1 ? -1 : -2;
        await pause(tries++);
      } else if (answer.ok) {
        tries = 0;
        at = Number(answer.headers.get("Upload-Offset"));
        if (answer.headers.get("Upload-Complete") === "?1") return added(one);
        state(one, at < one.file.size ? `${Math.floor((100 * at) / one.file.size)} %` : word("checking"));
      } else if (answer.status === 404 && at !== -1 && ++begun < MOST_BEGUN) {
        at = -1;
      } else {
        return failed(one, answer.type === "opaqueredirect" ? word("out") : ((await answer.json().catch(() => ({}))).problem ?? word("lost")));
      }
    }
  }

  function added(one) {
    if (one.gone) return;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "uploads", value: one.id });
    one.li.append(field);
    state(one, word("added"));
    say(word("done", { name: one.file.name }));
  }

  function failed(one, why) {
    state(one, `${word("failed")}: ${why}`);
    say(`${one.file.name}: ${why}`);
  }

  input.addEventListener("change", () => {
    for (const file of input.files) {
      if (list.children.length >= Number(field.dataset.most)) {
        say(word("many"));
        break;
      }
      add(file);
    }
    input.value = "";
  });
  form.addEventListener("submit", (event) => {
    if (pending.size && !event.submitter?.hasAttribute("formaction")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      wanted = event.submitter ?? form.querySelector("button.primary");
      say(word("first"));
    }
  }, true);
  for (const li of list.children) {
    removable(/** @type {HTMLElement} */ (li), li.firstElementChild.textContent, () => {});
  }
}

/** @param {HTMLFormElement} form */
function sure(form) {
  const told = /** @type {HTMLElement} */ (form.querySelector("[data-sending]"));
  const word = (name) => wordIn(form.querySelector("[data-sure-words]"), name);
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const body = new FormData(form);
    body.delete("files");
    told.hidden = false;
    told.textContent = word("sending");
    for (let tries = 0; ; tries += 1) {
      const answer = await ask(form.action, { method: "POST", body, headers: { "X-Sure": "1" } });
      if (answer?.ok) {
        const said = await answer.json().catch(() => null);
        if (said) return go(form, said.location);
      } else if (answer) {
        form.dataset.sent = "1";
        return form.submit(); // the page says why, as it does without a script
      }
      told.textContent = word("waits");
      await pause(tries);
    }
  });
}

/** @param {HTMLFormElement} form that was sent @param {string} address */
function go(form, address) {
  form.dataset.sent = "1";
  const there = new URL(address, location.href);
  const here = there.pathname === location.pathname;
  location.assign(there.href);
  if (here) location.reload();
}

/** The fields that are not at work yet: those of this page, and of a ticket that was opened in it. */
function start() {
  for (const field of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-uploads]:not([aria-busy])"))) {
    field.ariaBusy = "false";
    uploads(field);
  }
}

/** Browsers keep nothing of a form with `autocomplete=off`: the machine may be another's next. Leaving it half done asks. */
function asksBeforeLeaving() {
  let leaving = null;
  addEventListener("submit", (event) => !event.defaultPrevented && (leaving = event.target));
  addEventListener("beforeunload", (event) => {
    const areas = /** @type {NodeListOf<HTMLTextAreaElement>} */ (document.querySelectorAll("form[autocomplete=off] textarea"));
    if ([...areas].some((one) => one.form !== leaving && !one.form.dataset.sent && one.value !== one.defaultValue)) {
      event.preventDefault();
    }
  });
}

start();
asksBeforeLeaving();
document.addEventListener("hd:opened", start);
document.querySelectorAll("form[data-sure]").forEach(sure);
