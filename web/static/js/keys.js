// The keys of the workspace. Which key does what comes with the page; a letter counts only where nobody types, and
// only as the reader chose: on, off, or with Control held.

import { ACTIONS } from "./acts.js";
import { firstKey } from "./help.js";

const SEQUENCE = 1500;
/** Keys that are no letters: they count while one types too. */
const ALWAYS = new Set(["Escape", "F6", "Shift+F6", "Control+Enter", "Control+;"]);
const AT_ROWS = new Set(["Home", "End"]);

const ARROWS = new Map([
  ["ArrowDown", "next-row"],
  ["ArrowUp", "previous-row"],
]);

/** @param {KeyboardEvent} event */
function named(event) {
  const letter = event.key.length === 1;
  const held = (event.ctrlKey || event.metaKey) && (!letter || event.key === ";") ? "Control+" : "";
  const shift = event.shiftKey && (!letter || /\p{Lu}/u.test(event.key)) ? "Shift+" : "";
  return held + shift + event.key;
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof Element && Boolean(target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog"));
}

/** Start, with the keys and the choice that came with the page. */
export function startKeys() {
  /** @type {string[][]} */
  const keys = JSON.parse(document.body.dataset.keys ?? "[]");
  const table = new Map(keys.map(([name, , action]) => [name, action]));
  const words = new Map(keys.map(([, , action, said]) => [action, said]));
  const choice = document.body.dataset.shortcuts ?? "on";
  let before = "";
  let since = 0;
  document.addEventListener("keydown", (event) => {
    const key = named(event);
    const plain = !ALWAYS.has(key);
    const wrong = choice === "ctrl" ? !event.ctrlKey : event.ctrlKey || event.metaKey;
    const covered = document.querySelector("dialog[open]");
    if (covered || event.defaultPrevented || event.isComposing || event.altKey || (plain && (choice === "off" || wrong || typing(event.target)))) {
      return;
    }
    if (AT_ROWS.has(key) && !document.activeElement?.closest("#rijen")) {
      return;
    }
    const together = event.timeStamp - since < SEQUENCE ? `${before} ${key}` : "";
    const action = table.get(together) ?? table.get(key) ?? ARROWS.get(key);
    [before, since] = [together && table.has(together) ? "" : key, event.timeStamp];
    if (!action || (ARROWS.has(key) && !document.activeElement?.closest("#rijen"))) {
      return;
    }
    if (ACTIONS[action]?.() !== false) {
      event.preventDefault();
    }
    if (/^\p{L}$/u.test(event.key)) {
      firstKey(event.key, words.get(action) ?? "");
    }
  });
}
