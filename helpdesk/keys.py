"""The deployment's secret keys: one file, made once, rotated for reply tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from helpdesk.errors import Misconfigured


@dataclass(frozen=True)
class Keys:
    """`digest` recognises content, `session` signs cookies and stream tokens, `tokens` sign reply tokens by key id."""

    digest: bytes
    session: bytes
    tokens: dict[str, bytes]
    current: str

    def content_digest(self, data: bytes) -> str:
        """Keyed digest of bytes: equal for equal bytes here, meaningless elsewhere."""
        return hmac.new(self.digest, data, hashlib.sha256).hexdigest()[:48]

    def word_digest(self, purpose: str, word: str) -> str:
        """Keyed digest of a word such as a Message-ID, apart for each purpose."""
        return hmac.new(self.digest, f"{purpose}:{word}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
            :48
        ]

    def session_digest(self, token: str) -> str:
        """Keyed digest under which a session token is stored."""
        return hmac.new(self.session, token.encode(), hashlib.sha256).hexdigest()

    def link_token(self, seed: str) -> str:
        """The token of a mailed link: made again whenever its mail is composed, so that no row holds it."""
        digest = hmac.new(self.session, f"link:{seed}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def link_code(self, seed: str) -> str:
        """The six digits that a mailed link has beside it, made again in the same way."""
        digest = hmac.new(self.session, f"code:{seed}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"


def _write(path: Path, raw: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(raw, out)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def create_keys(path: Path) -> None:
    """Make the file if it is not there; never overwrites."""
    if not path.exists():
        tokens = {"1": secrets.token_hex(32)}
        _write(
            path, {"digest": secrets.token_hex(32), "session": secrets.token_hex(32), "tokens": tokens, "current": "1"}
        )


def rotate_tokens(path: Path) -> str:
    """Add a token key and make it the current one; the old ones keep their tokens valid. Returns its id."""
    raw = json.loads(path.read_text())
    fresh = str(max(int(kid) for kid in raw["tokens"]) + 1)
    raw["tokens"][fresh] = secrets.token_hex(32)
    raw["current"] = fresh
    _write(path, raw)
    return fresh


def load_keys(path: Path) -> Keys:
    """The keys. Raises Misconfigured when the file is missing or broken: without it no token or digest is right."""
    try:
        raw = json.loads(path.read_text())
        tokens = {kid: bytes.fromhex(key) for kid, key in raw["tokens"].items()}
        return Keys(bytes.fromhex(raw["digest"]), bytes.fromhex(raw["session"]), tokens, raw["current"])
    except FileNotFoundError as fault:
        raise Misconfigured("There are no keys at {path}: run 'helpdesk init'.", path=str(path)) from fault
    except (ValueError, KeyError) as fault:
        raise Misconfigured(
            "The keys at {path} can't be read: restore them from the backup.", path=str(path)
        ) from fault
