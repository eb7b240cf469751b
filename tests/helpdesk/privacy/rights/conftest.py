"""People who decide about requests."""

from __future__ import annotations

import pytest

from helpdesk.ports import Ports
from helpdesk.unit import Actor
from tests.retention import staff


@pytest.fixture
def second(ports: Ports) -> Actor:
    """Another privacy officer."""
    return staff(ports, "petra", "privacy_officer")


@pytest.fixture
def archivist(ports: Ports) -> Actor:
    """A record manager."""
    return staff(ports, "rika", "record_manager")


@pytest.fixture
def advisor(ports: Ports) -> Actor:
    """Somebody who answers."""
    return staff(ports, "aad", "advisor")
