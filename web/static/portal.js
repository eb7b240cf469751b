// Warns two minutes before the session of somebody who asks ends; staying touches nothing they type.
const WARNING = 120_000;
const box = document.querySelector("#einde");

function warn() {
  const span = Number(box.dataset.seconds) * 1000;
  let ends = Date.now() + span;
  const [before, after, form] = ["[data-before]", "[data-after]", "form"].map((one) => box.querySelector(one));

  function look() {
    const left = ends - Date.now();
    box.hidden = left > WARNING;
    before.hidden = left <= 0;
    after.hidden = left > 0;
    form.hidden = left <= 0;
    if (left > 0) setTimeout(look, Math.min(left > WARNING ? left - WARNING : left, 2 ** 31 - 1));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
    if (answer?.type !== "opaqueredirect") return form.submit();
    ends = Date.now() + span;
    look();
  });
  document.addEventListener("visibilitychange", look);
  look();
}

if (box) warn();
const worker = document.querySelector("script[data-worker]")?.dataset.worker;
if (worker) addEventListener("load", () => navigator.serviceWorker?.register(worker).catch(() => {}));
document.documentElement.classList.add("js");
