// While somebody writes a question: answers that may help, in room that was kept for them, so that nothing moves.
const SOON = 500;
const LEAST = 4;
const box = /** @type {HTMLElement} */ (document.querySelector("[data-suggest]"));
const form = /** @type {HTMLFormElement} */ (box.closest("form"));
const [list, said] = [box.querySelector("[data-found]"), box.querySelector("[role=status]")];
let timer = 0;
let turn = 0;
let asked = "";

async function suggest() {
  const words = ["subject", "text"].map((name) => form.elements.namedItem(name).value).join("\n").trim();
  if (words === asked || words.length < LEAST) return;
  asked = words;
  const mine = ++turn;
  const body = new FormData();
  const token = form.querySelector("input[type=hidden]");
  body.set(token.name, token.value);
  body.set("q", words.slice(0, 4000));
  const answer = await fetch(box.dataset.suggest, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (!answer?.ok || mine !== turn) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = list.textContent;
  if (list.contains(document.activeElement)) return;
  list.replaceChildren(...fresh.body.children);
  const told = list.querySelector("[data-count]")?.textContent ?? "";
  if (told && list.textContent !== before) said.textContent = told;
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(suggest, SOON);
});
