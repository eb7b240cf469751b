"""What the organisation's own mail server found out about a sender (RFC 8601). Checks no signature itself."""

import re
from typing import Literal

Verdict = Literal["pass", "fail", "none"]

MAX_HEADER = 8192
_COMMENT = re.compile(r"\([^()]{0,2000}\)")
_RESULT = re.compile(r"^\s*(dmarc|spf|dkim|arc|auth)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.I)
_FROM = re.compile(r"header\.from\s*=\s*\"?([^\s;\"]+)", re.I)
_IDENTITY = re.compile(r"(?:smtp\.mailfrom|header\.d|header\.i)\s*=\s*\"?([^\s;\"]+)", re.I)


def verdict(headers: tuple[str, ...], authserv_id: str | None, from_domain: str = "") -> Verdict:
    """`pass` or `fail` as the configured server says it, else `none`.

    `headers` are the Authentication-Results fields, topmost first. Only the topmost one of `authserv_id` counts:
    what stands below it may have come in with the mail, forged. DMARC decides; without it, an SPF or DKIM pass
    counts when its domain is the one in From (`from_domain`, or the one that the field itself names).
    """
    if not authserv_id:
        return "none"
    for header in headers:
        server, _, rest = _COMMENT.sub(" ", header[:MAX_HEADER]).partition(";")
        if server.lower().split()[:1] == [authserv_id.lower()]:
            return _decide(rest.split(";"), from_domain.lower())
    return "none"


def _decide(results: list[str], from_domain: str) -> Verdict:
    said: dict[str, Verdict] = {}
    for result in results:
        found = _RESULT.match(result)
        if found is None:
            continue
        method, value = found.group(1).lower(), found.group(2).lower()
        domain = _FROM.search(result)
        from_domain = from_domain or (domain.group(1).lower() if domain else "")
        if method == "dmarc":
            return "pass" if value in ("pass", "bestguesspass") else "fail" if value == "fail" else "none"
        identity = _IDENTITY.search(result)
        aligned = identity is not None and _aligned(identity.group(1), from_domain)
        if value == "pass" and aligned:
            said["any"] = "pass"
        elif value in ("fail", "hardfail"):
            said.setdefault("any", "fail")
    return said.get("any", "none")


def _aligned(identity: str, from_domain: str) -> bool:
    """Same domain or one below the other (relaxed alignment without a list of public suffixes)."""
    domain = identity.rpartition("@")[2].lower().strip(".")
    if not from_domain or "." not in domain or "." not in from_domain:
        return False
    return domain == from_domain or domain.endswith("." + from_domain) or from_domain.endswith("." + domain)
