"""The registers in force, read from the approved versions. Proposing and approving stands in `helpdesk.privacy`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.errors import NotFound
from helpdesk.models import Policy
from helpdesk.retention.register.load import load
from helpdesk.retention.register.model import Register

_IN_FORCE = select(Policy.processing, Policy.version).where(Policy.state == "in_force").order_by(Policy.processing)
_READ: dict[str, Register] = {}
"""Versions read so far: a version never changes, so it is read once a process."""


def in_force(session: Session) -> dict[str, Register]:
    """The register in force for each processing, by its number; empty until two people approved one (RD-13)."""
    return {processing: _register(session, version) for processing, version in session.execute(_IN_FORCE)}


def version(session: Session, name: str) -> Register:
    """A register by its version, whether it is in force or was. Raises NotFound."""
    if session.scalar(select(Policy.id).where(Policy.version == name)) is None:
        raise NotFound("There is no such register.")
    return _register(session, name)


def _register(session: Session, version: str) -> Register:
    if version not in _READ:
        text = session.scalar(select(Policy.text).where(Policy.version == version))
        _READ[version] = load((text or "").encode())
    return _READ[version]
