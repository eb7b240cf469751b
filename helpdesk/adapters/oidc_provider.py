"""Asks the provider of work accounts who signed in (OpenID Connect Core 1.0, code flow with PKCE); keeps no token."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from authlib.integrations.requests_client import OAuth2Session, OAuthError  # type: ignore[import-untyped]  # no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # as above
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from helpdesk.errors import Conflict, Misconfigured, Unavailable
from helpdesk.ports import Asked, WorkAccount
from helpdesk.settings import Settings

_TIMEOUT = 5
"""Seconds of silence after which the provider counts as not there; somebody waits at the door."""
_KNOWN_FOR = dt.timedelta(minutes=10)
_LEFT_ALONE = dt.timedelta(seconds=10)
"""How long nobody waits for it again after it was not there: everybody who waits takes up a thread of the web."""
_LEEWAY = 60
"""Seconds by which its clock may differ from ours."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures that only the provider can make: never one by a secret that we share, never none (RFC 8725 3.1)."""
_TIMES = {"exp", "iat", "nbf"}
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcProvider:
    """The one issuer of the settings. It is asked for its keys at each sign-in, so that a change of keys counts."""

    def __init__(self, settings: Settings) -> None:
        self._said = settings
        self._metadata: tuple[dt.datetime, dict[str, Any]] | None = None
        self._gone_at: dt.datetime | None = None

    def _session(self, asked: Asked | None = None) -> OAuth2Session:
        said = self._said
        secret = None
        if said.oidc_client_secret_file:
            try:
                secret = Path(said.oidc_client_secret_file).read_text(encoding="utf-8").strip()
            except OSError as fault:
                raise _gone() from fault
        session = OAuth2Session(
            said.oidc_client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=" ".join(said.oidc_scopes),
            redirect_uri=asked.redirect_uri if asked else None,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT,
        )
        session.trust_env = False
        session.verify = said.oidc_ca_file or True
        return session

    def _read(self, session: OAuth2Session, url: str) -> dict[str, Any]:
        answer = session.get(url, withhold_token=True, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else None
        if not isinstance(found, dict):
            raise _gone()
        return found

    def _known(self, session: OAuth2Session, now: dt.datetime) -> dict[str, Any]:
        """What the provider says of itself (Discovery 1.0, 4): it must call itself by the name of the settings."""
        if self._metadata is not None and now - self._metadata[0] < _KNOWN_FOR:
            return self._metadata[1]
        if self._gone_at is not None and now - self._gone_at < _LEFT_ALONE:
            raise _gone()
        issuer = self._said.oidc_issuer
        try:
            found = self._read(session, issuer.rstrip("/") + "/.well-known/openid-configuration")
        except (OSError, ValueError, Unavailable):
            self._gone_at = now
            raise
        scheme = issuer.partition("://")[0] + "://"
        whole = all(str(found.get(name, "")).startswith(scheme) for name in _ENDPOINTS)
        if found.get("issuer") != issuer or not whole:
            raise Misconfigured("The provider of work accounts is not the one that oidc.issuer names.")
        self._metadata = now, found
        return found

    def sign_in_address(self, asked: Asked, now: dt.datetime) -> str:
        """Where the browser goes to sign in. Raises Unavailable."""
        try:
            with self._session(asked) as session:
                there = self._known(session, now)["authorization_endpoint"]
                url, _state = session.create_authorization_url(
                    there, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier
                )
                return str(url)
        except (OSError, ValueError, Misconfigured) as fault:
            raise _gone() from fault

    def who(self, code: str, asked: Asked, now: dt.datetime) -> WorkAccount:
        """Whom this code stands for. Raises Unavailable; Conflict `work_token` when the answer is not to be believed,
        `work_clock` when only its times are not.
        """
        try:
            with self._session(asked) as session:
                known = self._known(session, now)
                given = _tokens(session, known["token_endpoint"], code, asked)
                keys = self._read(session, known["jwks_uri"])
        except (OSError, ValueError, Misconfigured) as fault:
            raise _gone() from fault
        return self._said_by(self._claims(given, keys, asked, now))

    def _claims(self, given: dict[str, Any], keys: dict[str, Any], asked: Asked, now: dt.datetime) -> dict[str, Any]:
        """The claims of the ID token, if it is the provider's, for us, of now and of this sign-in (Core 3.1.3.7)."""
        try:
            registry = JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
            token = jwt.decode(str(given.get("id_token", "")), KeySet.import_key_set(keys), registry=registry)  # type: ignore[arg-type]  # its type of a set of keys
            about = {"nonce": asked.nonce, "client_id": self._said.oidc_client_id} | {
                name: given[name] for name in ("access_token",) if name in given
            }
            meant = {
                "iss": {"essential": True, "value": self._said.oidc_issuer},
                "aud": {"essential": True, "value": self._said.oidc_client_id},
                "sub": {"essential": True},
            }
            claims = CodeIDToken(token.claims, token.header, meant, about)
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except JoseError as fault:
            raise _not_believed(fault) from fault
        except (ValueError, TypeError, KeyError) as fault:
            raise _strange() from fault
        return dict(claims)

    def _said_by(self, claims: dict[str, Any]) -> WorkAccount:
        """An address counts when the provider says that it was verified, or in the claim that the operator trusts."""
        name = self._said.oidc_address_claim
        verified = bool(name) or claims.get("email_verified") is True
        address = claims.get(name or "email") if verified else None
        return WorkAccount(str(claims["sub"]), address if isinstance(address, str) and "@" in address else None)

    def ping(self, now: dt.datetime) -> None:
        """Ask it how it is used. Raises Unavailable, and Misconfigured when it is another one."""
        self._metadata = self._gone_at = None
        try:
            with self._session() as session:
                self._known(session, now)
        except (OSError, ValueError) as fault:
            raise _gone() from fault


def _tokens(session: OAuth2Session, url: str, code: str, asked: Asked) -> dict[str, Any]:
    try:
        found = session.fetch_token(
            url, grant_type="authorization_code", code=code, code_verifier=asked.verifier, allow_redirects=False
        )
    except OAuthError as fault:
        raise _strange() from fault
    return dict(found)


def _gone() -> Unavailable:
    return Unavailable(
        "Signing in with the work account does not work for a moment. Try again in a few minutes, or another way.",
        code="work_account",
    )


def _strange() -> Conflict:
    return Conflict(
        "The work account could not be checked. Start again; if it stays, tell the technical administrator.",
        code="work_token",
    )


def _not_believed(fault: JoseError) -> Conflict:
    if isinstance(fault, ExpiredTokenError | InvalidClaimError) and fault.claim in _TIMES:
        return Conflict(
            "The clock of the work accounts differs from ours. Start again; if it stays, tell the technical "
            "administrator.",
            code="work_clock",
        )
    return _strange()
