// What is said to screen readers: one sentence in five seconds, several lines as their number.

import { desk, word } from "./page.js";

const SAID = 5_000;
/** @type {string[]} */
let unsaid = [];
let saidAt = -SAID;
let saying = 0;

/** @param {string} text */
export function say(text) {
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
