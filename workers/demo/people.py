"""The employees of the demonstration, all made up."""

from __future__ import annotations

from dataclasses import dataclass

DOMAIN = "ministerie.example"


@dataclass(frozen=True)
class Employee:
    """Somebody who asks; `language` is that of their mails."""

    key: str
    name: str
    language: str

    @property
    def address(self) -> str:
        """Their mail address."""
        return f"{self.key}@{DOMAIN}"


EMPLOYEES = {
    one.key: one
    for one in (
        Employee("femke.devries", "Femke de Vries", "nl"),
        Employee("youssef.elamrani", "Youssef El Amrani", "nl"),
        Employee("sam.okafor", "Sam Okafor", "en"),
        Employee("ingrid.vanleeuwen", "Ingrid van Leeuwen", "nl"),
        Employee("joao.pereira", "João Pereira", "en"),
        Employee("zeynep.yilmaz", "Zeynep Yılmaz", "nl"),
    )
}
