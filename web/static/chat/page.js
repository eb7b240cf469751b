// The page of a chat: its parts, its words, and its questions to the server.

export const page = /** @type {HTMLElement} */ (document.querySelector("[data-chat]"));
export const desk = page.hasAttribute("data-desk");
/** Milliseconds without a word after which a line is taken for dead. */
export const DEAD = 45_000;
/** Who asks over a slow line, or saves data, has no stream and sends no signs: lines are asked for every 20 s. */
export const sparing = () =>
  !desk && (navigator.connection?.saveData || /2g|3g/.test(navigator.connection?.effectiveType ?? ""));

export const list = () => document.getElementById("regels");
export const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-say]"));
export const headers = { "X-Chat": "1" };
export const word = (name, values = {}) => {
  const found = document.getElementById("chatwoorden")?.content.querySelector(`[data-word="${name}"]`);
  return (found?.textContent ?? "").replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
};

/** An answer that is lost on its way is not waited for without end.
 * @param {string} address */
export async function get(address) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), DEAD);
  const answer = await fetch(address, { headers, redirect: "manual", signal: stop.signal });
  const text = answer.ok ? await answer.text() : "";
  clearTimeout(late);
  return { ok: answer.ok, status: answer.status, type: answer.type, text };
}
