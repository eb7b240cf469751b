// Gives each mail frame the height of its mail. Without it the frame keeps its fixed height and scrolls.
function fit(frame) {
  const page = frame.contentDocument;
  if (page?.body && page.URL !== "about:blank") {
    frame.style.blockSize = "0"; // a document is never lower than its frame
    frame.style.blockSize = `${Math.max(page.documentElement.scrollHeight, 48) + 2}px`;
  }
}

for (const frame of document.querySelectorAll("iframe.mail")) {
  frame.addEventListener("load", () => fit(frame));
  frame.closest("details")?.addEventListener("toggle", () => fit(frame));
  if (frame.contentDocument?.readyState === "complete") {
    fit(frame);
  }
}
