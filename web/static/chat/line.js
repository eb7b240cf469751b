// The line to the server: what is wrong with it is written above the form, where there is a place for it.

import { word } from "./page.js";
import { say } from "./speech.js";

/** How many questions in a row had no answer. */
export const line = { fails: 0 };

/** Write what is wrong, and say it once; `hd:back` tells that nothing is any more.
 * @param {string} name of the words, none while all is well */
export function show(name) {
  const place = document.getElementById("lijn");
  if (place && place.dataset.shown !== name) {
    place.dataset.shown = name;
    place.hidden = !name;
    place.querySelector("span").textContent = name && word(name);
    place.querySelector("a").hidden = name !== "out";
    if (name) {
      say(word(name));
    } else {
      document.dispatchEvent(new Event("hd:back"));
    }
  }
}

/** One failure alone says little; after a second one in a row it is said. */
export function failed() {
  line.fails += 1;
  if (line.fails > 1 || !navigator.onLine) {
    show("lost");
  }
}

/** An answer came. */
export function answered() {
  line.fails = 0;
  show("");
}
