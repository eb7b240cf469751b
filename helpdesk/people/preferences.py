"""What an account chose for itself: colours, sizes, keys, mail about notices, the seconds to undo an answer in."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.errors import Invalid
from helpdesk.models import Account
from helpdesk.models.account import DENSITIES, SHORTCUTS, TEXT_SIZES, THEMES, UNDO_SECONDS
from helpdesk.unit import Unit

__all__ = ["DENSITIES", "SHORTCUTS", "TEXT_SIZES", "THEMES", "UNDO_SECONDS"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """Choices; None is: as the browser (theme) or the settings of the deployment (undo_seconds) say.

    `text_size` is in percent, `density` the height of the rows of a list.
    """

    theme: str | None = None
    shortcuts: str = "on"
    notify_mail: bool = False
    undo_seconds: int | None = None
    text_size: int = 100
    density: str = "normal"


def preferences_of(unit: Unit, account_id: int) -> Preferences:
    """What this account chose."""
    account = unit.session.get_one(Account, account_id)
    return Preferences(
        account.theme,
        account.shortcuts or "on",
        bool(account.notify_mail),
        account.undo_seconds,
        account.text_size or 100,
        account.density or "normal",
    )


def set_preferences(unit: Unit, account_id: int, chosen: Preferences) -> None:
    """Replace the choices. Raises Invalid for one that does not exist."""
    if chosen.theme is not None and chosen.theme not in THEMES:
        raise Invalid("Choose one of the colour schemes.", field="theme")
    if chosen.shortcuts not in SHORTCUTS:
        raise Invalid("Choose one of the ways to use keys.", field="shortcuts")
    if chosen.undo_seconds is not None and chosen.undo_seconds not in UNDO_SECONDS:
        raise Invalid("Choose one of the numbers of seconds.", field="undo_seconds")
    if chosen.text_size not in TEXT_SIZES:
        raise Invalid("Choose one of the sizes of text.", field="text_size")
    if chosen.density not in DENSITIES:
        raise Invalid("Choose one of the heights of rows.", field="density")
    account = unit.session.get_one(Account, account_id)
    account.text_size, account.density = chosen.text_size, chosen.density
    account.theme, account.shortcuts = chosen.theme, chosen.shortcuts
    account.notify_mail, account.undo_seconds = chosen.notify_mail, chosen.undo_seconds
