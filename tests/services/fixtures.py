"""The real services as pytest fixtures, one of each per session; a missing one skips, or fails under STRICT=1."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.services import chromium as chromium_service
from tests.services import clamd as clamd_service
from tests.services import dovecot as dovecot_service
from tests.services import postgres as postgres_service
from tests.services import valkey as valkey_service
from tests.services.chromium import Chromium
from tests.services.clamd import Clamd
from tests.services.dovecot import Dovecot
from tests.services.postgres import Postgres
from tests.services.relay import Relay
from tests.services.valkey import Valkey


def need(missing: str | None) -> None:
    """Skip the test with the sentence; where everything must be there (STRICT=1), fail it."""
    if missing is None:
        return
    if os.environ.get("STRICT") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Plain IMAP and LMTP; take a mailbox of your own with `dovecot.account()`."""
    need(dovecot_service.available())
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A cluster that forgets at a power cut; take `postgres_server.fresh_database()`."""
    need(postgres_service.available())
    with Postgres(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """An empty Valkey; shared by the session, so take a database number or prefix of your own."""
    need(valkey_service.available())
    with Valkey() as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A browser; take a `browser.new_context()` of your own."""
    need(chromium_service.available())
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """A virus scanner that knows two signatures of ours."""
    need(clamd_service.available())
    with Clamd() as server:
        yield server


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay that keeps every mail, new for each test."""
    with Relay() as server:
        yield server
