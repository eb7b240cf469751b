// What is looked at on a page as it stands, besides axe. Each function returns sentences, none when all is well.
(() => {
  const SMALLEST = 24;
  const INTERACTIVE = "a[href], button, summary, input:not([type=hidden]), select, textarea, [role=button], [tabindex='0']";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (one) => one.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const AWAY = ".vh, .skip, .skips, template, option";

  /** WCAG 1.4.10: nothing makes the page scroll sideways. */
  function sideways() {
    const page = document.documentElement;
    const wide = page.scrollWidth;
    return wide > page.clientWidth ? [`the page is ${wide} wide and not ${page.clientWidth}`] : [];
  }

  const within = (one) => {
    const at = one.getBoundingClientRect();
    const over = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
    const inside = at.top >= 0 && at.bottom <= innerHeight && at.left >= 0 && at.right <= innerWidth;
    return at.width > 0 && inside && (over === one || one.contains(over));
  };

  /** An open composer has its main button in view, with nothing over it; under a dialog nothing can be pressed. */
  function send() {
    const buttons = document.querySelector("dialog:modal") ? [] : [...document.querySelectorAll(".compose[open] button.primary")].filter(shown);
    return buttons.filter((one) => !within(one)).map((one) => `not in view: ${name(one)}`);
  }

  /** WCAG 2.5.8: 24 by 24, but for a link in a line of text; a row is as large as its row. */
  function targets() {
    const inline = (one) => one.tagName === "A" && getComputedStyle(one).display === "inline" &&
      [...one.parentElement.childNodes].some((near) => near.nodeType === Node.TEXT_NODE && near.data.trim());
    const small = (one) => {
      const at = (one.closest(".row h2, .row h3") ? one.closest(".row") : one).getBoundingClientRect();
      return at.width > 0 && (at.width < SMALLEST - 0.01 || at.height < SMALLEST - 0.01);
    };
    const all = [...document.querySelectorAll(INTERACTIVE)].filter((one) => shown(one) && !one.closest(AWAY));
    return all.filter((one) => small(one) && !inline(one)).map((one) => `smaller than ${SMALLEST}: ${name(one)}`);
  }

  /** How an element treats what does not fit: "cuts", "scrolls", "says" that there is more, or "" for showing it. */
  function treats(one) {
    const style = getComputedStyle(one);
    const ways = `${style.overflowX} ${style.overflowY}`;
    if (style.textOverflow === "ellipsis" || !["none", ""].includes(style.webkitLineClamp)) {
      return "says";
    }
    return /hidden|clip/.test(ways) ? "cuts" : /auto|scroll/.test(ways) ? "scrolls" : "";
  }

  /** Text that lies, in part, where it can't be seen and can't be scrolled to. */
  function cut() {
    const found = [];
    const known = new Map();
    const way = (one) => known.get(one) ?? known.set(one, treats(one)).get(one);
    const range = document.createRange();
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const holder = words.currentNode.parentElement;
      if (!words.currentNode.data.trim() || holder.closest(AWAY) || !shown(holder)) {
        continue;
      }
      range.selectNodeContents(words.currentNode);
      const rects = [...range.getClientRects()].filter((at) => at.width > 1);
      const out = (box) => rects.some((at) => at.right > box.right + 2 || at.left < box.left - 2 || at.bottom > box.bottom + 2);
      for (let one = holder; one && one !== document.documentElement; one = one.parentElement) {
        if (["says", "scrolls"].includes(way(one))) {
          break;
        }
        if (way(one) === "cuts" && out(one.getBoundingClientRect())) {
          found.push(`cut off: ${words.currentNode.data.trim().slice(0, 60)} in ${name(one)}`);
          break;
        }
      }
    }
    return found;
  }

  /** With text twice as large (1.4.4), and with the spacing of 1.4.12. */
  function larger() {
    document.documentElement.style.fontSize = "200%";
    const found = cut().concat(sideways()).map((one) => `at 200 %: ${one}`);
    document.documentElement.style.fontSize = "";
    return found;
  }

  const SPACED = new CSSStyleSheet();
  SPACED.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }`);
  function spaced() {
    document.adoptedStyleSheets = [SPACED];
    const found = cut().concat(sideways()).map((one) => `with text spacing: ${one}`);
    document.adoptedStyleSheets = [];
    return found;
  }

  /** Whether some of an element can be seen where it stands. */
  function covered(one) {
    const at = (one.closest(".row") ?? one).getBoundingClientRect();
    if (!at.width || !at.height) {
      return [];
    }
    const mine = (over) => over && (one.contains(over) || over.contains(one) && over.matches("label, summary, a, .row") ||
      one.closest(".row")?.contains(over) || [...(one.labels ?? [])].some((label) => label.contains(over)));
    const points = [0.02, 0.25, 0.5, 0.75, 0.98].flatMap((x) => [0.05, 0.3, 0.5, 0.7, 0.95].map((y) => [x, y]));
    const seen = points.some(([x, y]) => mine(document.elementFromPoint(at.x + at.width * x, at.y + at.height * y)));
    return seen ? [] : [`covered when it has the focus: ${name(one)}`];
  }

  /** WCAG 2.4.11: looks at what has the focus each time before Tab leaves it, until Tab has come round. */
  function watch() {
    window.__stops?.listening.abort();
    const listening = new AbortController();
    const here = window.__stops = { listening, names: new Set(), faults: new Set(), last: null, round: false };
    document.activeElement?.blur();
    addEventListener("keydown", ({ key }) => {
      const one = document.activeElement;
      if (key === "Tab" && one && one !== document.body) {
        here.round ||= here.names.has(one) && here.last !== one; // a frame has the focus for each link in it
        here.names.add(one);
        covered(one).forEach((fault) => here.faults.add(fault));
      }
      here.last = one;
    }, { capture: true, signal: listening.signal });
  }

  const stops = () => ({ count: window.__stops.names.size, faults: [...window.__stops.faults], done: window.__stops.round });

  /** Where everything stands: the same in another theme, or it is looked at again. */
  const places = () => JSON.stringify([...document.querySelectorAll("body *")].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return [x, y, width, height].map(Math.round);
  }));

  /** Whether a target that axe calls too small is so wherever the page is scrolled to, not just half under a bar. */
  async function staysSmall({ target }) {
    const one = target.length === 1 ? document.querySelector(target[0]) : null;
    if (!one) {
      return true;
    }
    one.scrollIntoView({ block: "center" });
    const again = await axe.run(one, { runOnly: { type: "rule", values: ["target-size"] } });
    return again.violations.length > 0;
  }

  /** Every rule of these tags, by name; violations as [depth of frames, markup]. */
  async function rules(tags) {
    const found = await axe.run(document, { runOnly: { type: "tag", values: tags } });
    const violations = [];
    for (const { id, nodes } of found.violations) {
      const real = [];
      for (const node of nodes) {
        if (id !== "target-size" || (await staysSmall(node))) {
          real.push([node.target.length, node.html]);
        }
      }
      violations.push([id, real]);
    }
    const all = [found.passes, found.violations, found.incomplete, found.inapplicable].flat();
    return { rules: all.map((one) => one.id), violations, incomplete: found.incomplete.map((one) => [one.id, one.nodes.length]) };
  }

  window.__looking = { rules, places, layout: () => [...sideways(), ...send(), ...targets(), ...cut(), ...larger(), ...spaced()], watch, stops };
})();
