// The chat of the helpdesk on a page of another site. Without this script the link leads to it.
(() => {
  const page = document;
  const link = page.querySelector("a[data-helpdesk-chat]");
  const { src, dataset } = page.currentScript;
  if (!link || !page.adoptedStyleSheets) return;
  const on = addEventListener;
  const home = new URL(src).origin;
  const name = link.textContent.trim();
  const make = (tag, said) => Object.assign(page.createElement(tag), said);
  const host = make("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{all:initial}
button,div{position:fixed;right:16px;bottom:16px;z-index:9999}
button{min-height:56px;padding:0 24px;border:2px solid #fff;border-radius:28px;background:#0d5a88;color:#fff;font:600 16px system-ui;cursor:pointer}
:focus-visible{outline:3px solid #15202b;box-shadow:0 0 0 6px #fff}
div{bottom:88px;width:24rem;height:min(40rem,100dvh - 8rem);border:1px solid #678;background:#fff}
iframe{width:100%;height:100%;border:0}
@media print{:host{display:none!important}}`);
  root.adoptedStyleSheets = [sheet];
  const button = make("button", { textContent: name, ariaExpanded: false });
  const panel = make("div", { role: "dialog", ariaLabel: name, hidden: true });
  root.append(button, panel);
  link.replaceWith(host);

  let frame, silent;
  const go = () => (location = link.href);
  const leave = () => panel.hidden || go();
  const say = (helpdesk, token) => frame.contentWindow?.postMessage({ helpdesk, token }, home);
  const unread = (count, words) => {
    button.textContent = count ? `${name}, ${words}` : name;
    page.title = (count ? `(${count}) ` : "") + page.title.replace(/^\(\d+\) /, "");
  };
  const tell = () => (panel.hidden ? say("closed") : (frame.focus(), unread(0), say("open")));
  const show = (open) => {
    panel.hidden = !open;
    button.ariaExpanded = open;
    if (!frame) {
      frame = make("iframe", { title: name, src: new URL("chat/venster", src) });
      frame.onload = () => {
        clearTimeout(silent);
        silent = setTimeout(leave, 2000);
        tell();
      };
      return panel.append(frame);
    }
    tell();
  };
  const close = () => (show(false), button.focus());
  button.onclick = () => (innerWidth < 480 ? go() : show(panel.hidden));
  on("message", async ({ origin, source, data }) => {
    if (origin !== home || source !== frame?.contentWindow) return;
    clearTimeout(silent);
    if (data.helpdesk === "close") close();
    if (data.helpdesk === "unread") unread(data.count, data.words);
    if (data.challenge && dataset.identity) {
      const at = new URL(dataset.identity, location);
      at.searchParams.set("challenge", data.challenge);
      const answer = await fetch(at).catch(() => 0);
      if (answer.ok) say("token", await answer.text());
    }
  });
  on("keydown", ({ key }) => key === "Escape" && root.activeElement && !panel.hidden && close());
  // What has the focus on the page is never covered (WCAG 2.4.11).
  on("focusin", ({ target }) => {
    const [a, b] = [target, panel].map((one) => one.getBoundingClientRect());
    if (target !== host && a.right > b.left && a.bottom > b.top && a.left < b.right && a.top < b.bottom) show(false);
  });
  on("securitypolicyviolation", ({ blockedURI }) => blockedURI.startsWith(home) && leave());
})();
