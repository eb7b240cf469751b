"""The web application for a test, made in a tenth of the time: its templates were compiled for the one before."""

from __future__ import annotations

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import update

from helpdesk.models import Account
from helpdesk.ports import Ports
from helpdesk.unit import Unit
from web.app import create_app

_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class _Remembered(BytecodeCache):
    """Compiled templates by their name and text, for all applications of this process."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give back what was made of the same text."""
        if code := self._code.get(f"{bucket.key}-{bucket.checksum}"):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._code[f"{bucket.key}-{bucket.checksum}"] = bucket.bytecode_to_string()


_REMEMBERED = _Remembered()


def made_app(ports: Ports) -> Flask:
    """The application, as it is served."""
    app = create_app(ports.settings, ports)
    app.jinja_env.bytecode_cache = _REMEMBERED
    return app


def quick_passwords(unit: Unit, password: str) -> None:
    """Give every account this password, hashed at little cost: a hash says itself how to check it."""
    unit.session.execute(update(Account).values(password_hash=_QUICK.hash(password)))
