// The line under the top of the page that says how the connection is; hidden while all is well.

import { word, zeg } from "./announce.js";

const line = () => document.getElementById("verbinding");
let trouble = false;
let shownFor = 0;

/** @param {string} text @param {{button?: string, act?: () => void, href?: string, fine?: boolean}} [more] */
function show(text, { button, act, href, fine = false } = {}) {
  const place = line();
  if (!place) {
    return;
  }
  clearTimeout(shownFor);
  place.classList.toggle("fine", fine);
  const said = document.createElement("span");
  said.textContent = text;
  place.replaceChildren(said);
  if (button && href) {
    const link = Object.assign(document.createElement("a"), { href, target: "_blank", textContent: button });
    place.append(link);
  } else if (button && act) {
    const press = Object.assign(document.createElement("button"), { type: "button", textContent: button });
    press.addEventListener("click", act);
    place.append(press);
  }
}

/** Nothing to say. */
export function hideLine() {
  line()?.replaceChildren();
}

/** The connection is gone; the next try comes after so many seconds.
 * @param {number} seconds @param {() => void} retry */
export function lost(seconds, retry) {
  if (!trouble && document.querySelector("form.write textarea:focus")) {
    zeg(word("lost", { count: seconds }), { nu: true });
  }
  trouble = true;
  show(navigator.onLine ? word("lost", { count: seconds }) : word("offline"), { button: word("try-now"), act: retry });
}

/** Everything is up to date again. */
export function back() {
  if (!trouble) {
    return;
  }
  trouble = false;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  show(word("back", { time }), { fine: true });
  shownFor = setTimeout(hideLine, 5000);
}

/** The session ended; what is typed stays, and another tab signs in. */
export function signedOut() {
  if (document.documentElement.dataset.out) {
    return;
  }
  document.documentElement.dataset.out = "1";
  trouble = true;
  zeg(word("signed-out"), { nu: true });
  show(word("signed-out"), { button: word("sign-in"), href: "/inloggen" });
}

/** Whether the session was found ended. */
export function isSignedOut() {
  return Boolean(document.documentElement.dataset.out);
}

/** Signed in again elsewhere. */
export function signedIn() {
  delete document.documentElement.dataset.out;
}
