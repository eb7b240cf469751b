// Says things to screen readers, at most one in five seconds, and holds the words of the screen for the other modules.

const PAUSE = 5000;
const CLEAR = 7000;
const SETTLE = 300;

/** A word of the page in the reader's language, with its {placeholders} filled.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 * @returns {string} */
export function word(name, values = {}) {
  const source = document.getElementById("woorden")?.content.querySelector(`[data-word="${name}"]`);
  return (source?.textContent ?? "").replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

/** @type {Map<string, {waiting: string[], spoken: number, timer: number}>} */
const regions = new Map();

/** Say a sentence; one that is already waiting is not said twice.
 * @param {string} text
 * @param {{nu?: boolean}} [how] nu: at once and interrupting, for what must not be missed */
export function zeg(text, { nu = false } = {}) {
  const id = nu ? "zeg-nu" : "zeg";
  const region = regions.get(id) ?? { waiting: [], spoken: -PAUSE, timer: 0 };
  regions.set(id, region);
  if (!text || region.waiting.includes(text)) {
    return;
  }
  region.waiting.push(text);
  if (!region.timer) {
    const wait = Math.max(SETTLE, region.spoken + PAUSE - performance.now());
    region.timer = setTimeout(() => speak(id, region), wait);
  }
}

/** @param {string} id @param {{waiting: string[], spoken: number, timer: number}} region */
function speak(id, region) {
  const place = document.getElementById(id);
  const said = region.waiting.splice(0).slice(-2).join(" ");
  region.timer = 0;
  region.spoken = performance.now();
  if (place) {
    place.textContent = said;
    setTimeout(() => place.textContent === said && (place.textContent = ""), CLEAR);
  }
}
