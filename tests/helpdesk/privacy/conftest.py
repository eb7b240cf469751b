"""People who decide about holds."""

from __future__ import annotations

import pytest

from helpdesk.ports import Ports
from helpdesk.unit import Actor
from tests.retention import staff


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


@pytest.fixture
def officer(ports: Ports) -> Actor:
    """A privacy officer."""
    return staff(ports, "piet", "privacy_officer")
