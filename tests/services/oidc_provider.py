"""A provider of work accounts for tests: a real one as a process of its own, and one that lies, in this process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey

from helpdesk.adapters.oidc_provider import OidcProvider
from helpdesk.ports import Ports
from helpdesk.settings import SiteSettings
from tests.services.process import Service, answers_on, free_port

CLIENT = "helpdesk"
NOBODY_THERE: dict[str, Any] = {
    "oidc_issuer": "http://127.0.0.1:9",
    "oidc_client_id": CLIENT,
    "sites": (SiteSettings("https://intranet.example"),),
}
"""Settings of a provider that does not answer, and of a site whose pages may show the chat."""


def provided(ports: Ports) -> Ports:
    """These ports with the provider of their settings."""
    return replace(ports, work_accounts=OidcProvider(ports.settings))


class OidcProviderMock(Service):
    """`python -m oidc_provider_mock` with these people, each by their claims."""

    name = "oidc"

    def __init__(self, *people: dict[str, object]) -> None:
        super().__init__()
        self._people, self._port = people, free_port()

    @property
    def issuer(self) -> str:
        """How it calls itself."""
        return f"http://127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """The argument vector."""
        people = [word for one in self._people for word in ("--user-claims", json.dumps(one))]
        return [sys.executable, "-m", "oidc_provider_mock", "--require-nonce", "true", "-p", str(self._port), *people]

    def ready(self) -> bool:
        """Whether it accepts connections."""
        return answers_on(self._port)

    def version(self) -> str:
        """Of the package."""
        return version("oidc-provider-mock")


def signs_in_there(address: str, subject: str, *, refuses: bool = False) -> str:
    """Somebody fills in the provider's form at this address; the path and query with which their browser comes back."""
    there = urlsplit(address)
    connection = http.client.HTTPConnection(there.netloc, timeout=10)
    form = {"sub": subject} | ({"action": "deny"} if refuses else {})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"{there.path}?{there.query}", urlencode(form), kind)
    answer = connection.getresponse()
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


@dataclass
class Liar:
    """A provider that says what a test wants; `spoil` may change its claims, `signed` how the token is made."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1", "use": "sig"}))
    person: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], Any] = lambda _claims: None
    signed: Callable[[Liar, dict[str, Any]], str] = lambda liar, claims: liar.sign(claims)
    issuer: str = ""
    says_issuer: str = ""
    now: float = 0.0
    _asked: dict[str, list[str]] = field(default_factory=dict)

    def sign(self, claims: dict[str, Any]) -> str:
        """As it should be."""
        return jwt.encode({"alg": "ES256", "kid": "1"}, claims, self.key, algorithms=["ES256"])

    def by_other_key(self, claims: dict[str, Any]) -> str:
        """By a key that it does not publish, under the name of the one that it does."""
        other = ECKey.generate_key("P-256", {"kid": "1"})
        return jwt.encode({"alg": "ES256", "kid": "1"}, claims, other, algorithms=["ES256"])

    def by_public_key(self, claims: dict[str, Any]) -> str:
        """By the public key as if it were a secret (RFC 8725 2.1)."""
        signed = ".".join(_part(one) for one in ({"alg": "HS256", "kid": "1"}, claims))
        made = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        """By nobody."""
        return ".".join(_part(one) for one in ({"alg": "none"}, claims)) + "."

    def came(self, address: str) -> str:
        """The query with which a browser that was sent there comes back; it is remembered what it was sent with."""
        self._asked = parse_qs(urlsplit(address).query)
        return urlencode({"code": "c0de", "state": self._asked["state"][0]})

    def token(self) -> dict[str, Any]:
        """The answer of the token endpoint; as RFC 7636 4.6 says, only for who knows the verifier."""
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == self._asked["code_challenge"][0]
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "s1", "iat": int(self.now), "exp": int(self.now) + 300}
        claims |= {"nonce": self._asked["nonce"][0]} | self.person
        self.spoil(claims)
        return {"access_token": "a", "token_type": "Bearer", "id_token": self.signed(self, claims)}

    def app(self) -> Flask:
        """Its pages."""
        app = Flask(__name__)

        @app.get("/.well-known/openid-configuration")
        def about() -> Any:
            ends = {"authorization_endpoint": "/there", "token_endpoint": "/token", "jwks_uri": "/keys"}
            here = {name: self.issuer + path for name, path in ends.items()}
            return jsonify(here | {"issuer": self.says_issuer or self.issuer})

        app.add_url_rule("/keys", "keys", lambda: jsonify(keys=[self.key.as_dict(private=False)]))
        app.add_url_rule("/token", "token", lambda: jsonify(self.token()), methods=["POST"])
        return app


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


@contextmanager
def oidc_provider(*people: dict[str, object]) -> Iterator[OidcProviderMock]:
    """The real one, for a while."""
    with OidcProviderMock(*people) as provider:
        yield provider
