// Signs: that one writes, and how far one has read.

import { form, headers, list, page, sparing } from "./page.js";

const TYPING = 4_000;
let typedAt = 0;
let readUpto = "";
let reading = 0;

/** @param {Record<string, string>} said */
function sign(said) {
  if (page.dataset.signs && form && !sparing()) {
    const body = new FormData();
    const token = form.querySelector("input[type=hidden]");
    body.set(token.name, token.value);
    Object.entries(said).forEach(([name, value]) => body.set(name, value));
    fetch(page.dataset.signs, { method: "POST", body, headers, redirect: "manual" }).catch(() => {});
  }
}

export function readSoon() {
  clearTimeout(reading);
  reading = setTimeout(() => {
    const newest = list()?.dataset.newest ?? "";
    if (page.hasAttribute("data-receipts") && document.visibilityState === "visible" && newest !== readUpto) {
      readUpto = newest;
      sign({ read: newest });
    }
  }, 1000);
}

/** One writes: said at most every four seconds. */
export function typing() {
  if (performance.now() - typedAt > TYPING) {
    typedAt = performance.now();
    sign({});
  }
}
