"""A page of the organisation says who looks at it: its server signs a token (JWT, RFC 7519) that opens a chat, once.

Such a session is good for the chat alone: the site's secret is a weaker proof than a mail or the work account.
"""

from __future__ import annotations

import datetime as dt
import hmac
import logging
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from helpdesk.errors import Conflict, Misconfigured
from helpdesk.people.addresses import normal
from helpdesk.people.requester_sessions import open_session
from helpdesk.people.spent import spend
from helpdesk.settings import SiteSettings
from helpdesk.sign_in.requesters import may_sign_in
from helpdesk.unit import Unit

log = logging.getLogger(__name__)

LONGEST = dt.timedelta(minutes=5)
"""How long a token may be good for."""
_LONGEST_TOKEN = 4000
_SHORTEST_ID, _LONGEST_ID = 8, 200
_SHORTEST_SECRET = 32
"""Bytes; a key of HS256 is as long as its digest (RFC 7518 3.2)."""


def enter(unit: Unit, token: str, challenge: str) -> str:
    """A session for the chat, for whom a site vouches to the browser that holds this challenge; returns its token.

    Raises Conflict (`vouched`) for a token that is forged, too old or too long good, used, of another audience or for
    another browser, and for an address that may not sign in; which of these is told to nobody.
    """
    site, said = _signed(unit, token)
    if not said["exp"] <= (unit.now + LONGEST).timestamp():
        raise _refused()
    address, ends = normal(said["email"]), dt.datetime.fromtimestamp(said["exp"], dt.UTC)
    good = (
        ends > unit.now
        and _SHORTEST_ID <= len(said["jti"]) <= _LONGEST_ID
        and hmac.compare_digest(said["nonce"].encode(), challenge.encode())
        and may_sign_in(unit, address)
    )
    if not good or not spend(unit, f"site {site.origin}", said["jti"], ends):
        raise _refused()
    return open_session(unit, address, site.origin)


def _refused() -> Conflict:
    return Conflict("The page on which this chat stands could not say who you are. Sign in to go on.", code="vouched")


def _signed(unit: Unit, token: str) -> tuple[SiteSettings, dict[str, Any]]:
    """The site whose secret signed the token, and what it says, with the right types; it names itself as its issuer."""
    if len(token) > _LONGEST_TOKEN:
        raise _refused()
    for site in unit.ports.settings.sites:
        if not site.secret_file:
            continue
        try:
            said = jwt.decode(token, OctKey.import_key(_secret(site)), algorithms=["HS256"]).claims
            _registry(unit, site).validate({name: said[name] for name in said if name != "iat"})
            _words(said)
        except (JoseError, ValueError, TypeError, RecursionError):
            continue
        except Misconfigured as fault:
            log.warning("site", extra={"fault": fault.code})
            continue
        return site, said
    raise _refused()


def _words(said: dict[str, Any]) -> None:
    """Raise TypeError or ValueError for words that are none: other things, and halves of signs."""
    for name in ("jti", "email", "nonce"):
        if not isinstance(said[name], str):
            raise TypeError(name)
        said[name].encode()


def _registry(unit: Unit, site: SiteSettings) -> JWTClaimsRegistry:
    """What must be said. When it was signed is not asked (`iat`): it has an end, and clocks differ by seconds."""
    audience = unit.ports.settings.public_url.rstrip("/")
    return JWTClaimsRegistry(
        now=int(unit.now.timestamp()),
        leeway=0,
        iss={"essential": True, "value": site.origin},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        jti={"essential": True},
        email={"essential": True},
        nonce={"essential": True},
    )


def _secret(site: SiteSettings) -> bytes:
    try:
        secret = Path(site.secret_file).read_bytes().strip()
    except OSError as fault:
        raise Misconfigured("The secret of {origin} can't be read.", origin=site.origin) from fault
    if len(secret) < _SHORTEST_SECRET:
        raise Misconfigured("The secret of {origin} is shorter than 32 characters.", origin=site.origin)
    return secret


def check_secrets(sites: tuple[SiteSettings, ...]) -> int:
    """How many sites may vouch for people. Raises Misconfigured for a secret that can't be used."""
    return sum(1 for site in sites if site.secret_file and _secret(site))
