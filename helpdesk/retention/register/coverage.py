"""Which rule holds for which data: (category, kind of person) -> one rule, or the register is refused (RD-10)."""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.errors import Misconfigured
from helpdesk.models import CATEGORIES, Base
from helpdesk.models.person import PERSON_KINDS
from helpdesk.retention.register.model import Register, Rule

BLOB_FAMILIES: Mapping[str, str] = {"raw": "conversation", "file": "conversation", "draft": "conversation"}
"""Category of the bytes in each family of blobs."""


def rule_for(registers: Mapping[str, Register], processing: str, category: str, kind: str) -> Rule | None:
    """The rule of a processing for a category of data of a kind of person, or of the processing it inherits from.

    None without one, and while the register of that processing is not in force: another one may be.
    """
    register = registers.get(processing)
    while register is not None:
        if rule := register.rule_for(category, kind):
            return rule
        register = registers.get(register.inherits) if register.inherits else None
    return None


def coverage(registers: Mapping[str, Register], processing: str) -> dict[tuple[str, str], str]:
    """The whole matrix of a processing: every category and kind with its rule. Raises Misconfigured without one."""
    matrix = {}
    for category in CATEGORIES:
        for kind in PERSON_KINDS:
            rule = rule_for(registers, processing, category, kind)
            if rule is None:
                raise Misconfigured(
                    "The register {processing} has no rule for {pair}.",
                    processing=processing,
                    pair=f"{category}:{kind}",
                )
            matrix[category, kind] = rule.key
    return matrix


def columns() -> dict[str, str]:
    """Every column of every table as `table.column`, with its category, or `plain`."""
    return {
        f"{table.name}.{column.name}": column.info.get("personal", "plain")
        for table in Base.metadata.sorted_tables
        for column in table.columns
    }
