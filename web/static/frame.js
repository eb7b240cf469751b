// The chat in a frame on a page of another site: talks with the page around it, by its exact origin and no other.

const { sites = "", unreadOne = "", unreadMany = "" } = document.body.dataset;
const known = sites.split(" ").filter((one) => one.startsWith("http"));
const identity = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-challenge]"));
let around = "";
let closed = false;
let unread = 0;

/** @param {Record<string, unknown>} said */
function tell(said) {
  if (around) {
    parent.postMessage(said, around);
  }
}

function opened() {
  const heading = document.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
  closed = false;
  unread = 0;
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || !known.includes(origin) || typeof data?.helpdesk !== "string") {
    return;
  }
  const first = !around;
  around = origin;
  if (data.helpdesk === "open") {
    opened();
  } else if (data.helpdesk === "closed") {
    closed = true;
  } else if (data.helpdesk === "token" && identity && typeof data.token === "string") {
    identity.elements.namedItem("token").value = data.token;
    identity.submit();
    return;
  }
  tell({ helpdesk: "here", challenge: first ? identity?.dataset.challenge : undefined });
});

addEventListener("keydown", ({ key, isComposing }) => {
  if (key === "Escape" && !isComposing) {
    tell({ helpdesk: "close" });
  }
});

const lines = document.getElementById("gesprek");
if (lines) {
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    const coming = added.filter((one) => one instanceof Element && one.matches(".line-other")).length;
    if (closed && coming) {
      unread += coming;
      tell({ helpdesk: "unread", count: unread, words: unread > 1 ? unreadMany.replace("{count}", String(unread)) : unreadOne });
    }
  }).observe(lines, { childList: true, subtree: true });
}
document.documentElement.classList.add("js");
