// Warns before the session of whoever is signed in ends; staying touches nothing they type. Other tabs move the end too,
// so before anything is said the server is asked how long it still is.
const AGAIN = 15_000;
const LONGEST = 2 ** 31 - 1;
const box = document.querySelector("#einde");

function warn() {
  const warning = Number(box.dataset.warning) * 1000;
  const [before, after, form] = ["[data-before]", "[data-after]", "form"].map((one) => box.querySelector(one));
  let ends = Date.now() + Number(box.dataset.seconds) * 1000;
  let timer = 0;

  async function ask() {
    const answer = await fetch(form.action, { redirect: "manual" }).catch(() => null);
    if (answer?.ok) ends = Date.now() + (await answer.json()).seconds * 1000;
    else if (answer?.type === "opaqueredirect") ends = Math.min(ends, Date.now());
  }

  async function look() {
    clearTimeout(timer);
    if (ends - Date.now() <= warning) await ask();
    const left = ends - Date.now();
    box.hidden = left > warning;
    before.hidden = form.hidden = left <= 0;
    after.hidden = left > 0;
    clearTimeout(timer);
    timer = left > 0 ? setTimeout(look, left > warning ? Math.min(left - warning, LONGEST) : Math.min(left, AGAIN)) : 0;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
    await look();
  });
  document.addEventListener("visibilitychange", look);
  look();
}

if (box) warn();
const worker = document.querySelector("script[data-worker]")?.dataset.worker;
if (worker) addEventListener("load", () => navigator.serviceWorker?.register(worker).catch(() => {}));
document.documentElement.classList.add("js");
