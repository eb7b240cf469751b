"""Which recipient addresses are ours, and for which desk. Pure: the receiver answers from here alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from helpdesk.settings import DeskSettings

SERVICE_NAMES = ("reply", "bounce")
"""Local parts whose sub-address is a token of ours: reply+TOKEN@, bounce+TOKEN@."""
POSTMASTER = "postmaster"


@dataclass(frozen=True)
class Recipients:
    """Addresses in lower case, each with the key of its desk."""

    desks: dict[str, str]

    @classmethod
    def of(cls, desks: Iterable[DeskSettings]) -> Self:
        """All addresses and aliases; the first desk of a domain also gets postmaster, reply+ and bounce+ there."""
        found: dict[str, str] = {}
        for desk in desks:
            for address in (desk.address, *desk.aliases):
                found.setdefault(address.lower(), desk.key)
                domain = address.rpartition("@")[2].lower()
                for name in (POSTMASTER, *SERVICE_NAMES):
                    found.setdefault(f"{name}@{domain}", desk.key)
        return cls(found)

    def desk_for(self, address: str) -> str | None:
        """The key of the desk, sub-addresses included (RFC 5233); None for an address nobody has."""
        local, _, domain = address.lower().rpartition("@")
        return self.desks.get(f"{local}@{domain}") or self.desks.get(f"{local.partition('+')[0]}@{domain}")

    def is_our_domain(self, address: str) -> bool:
        """Whether we take mail for this domain at all; for any other we'd be a relay."""
        domain = address.lower().rpartition("@")[2]
        return any(known.endswith(f"@{domain}") for known in self.desks)
