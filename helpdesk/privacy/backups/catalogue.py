"""The catalogue of backups: what there is, where it lies, until when, and how far the ledger was. Lies beside them.

Each backup carries its own page; the catalogue only remembers where backups were put. It stands outside the database,
so that a restore does not forget any.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from helpdesk.errors import Invalid, NotFound, Unavailable
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.load import LONGEST_BACKUP
from helpdesk.retention.terms import Period, day_of, last_day
from helpdesk.settings import Settings
from helpdesk.unit import Unit

PAGE, DATABASE, BLOBS, SUMS = "backup.json", "database", "blobs", "blobs.sha256"
LOCK, SIGN = "backup.lock", ".helpdesk-backups"
"""SIGN lies beside backups: where it is not, a disk is away, and nothing can be said of what lies on it."""
USUAL = Period(days=30)
"""How long a backup is kept if no register says so."""
_FORMAT = 1
_SHORTEST_NAME = 6


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup as its page tells it; `sums` are SHA-256 of the database and of the list of the blobs' own."""

    id: str
    made_at: dt.datetime
    expires_on: dt.date
    engine: str
    schema: str
    ledger_seq: int
    ledger_head: str
    ledger_name: str
    keys_mark: str
    tickets: int
    files: int
    missing: int
    bytes: int
    sums: dict[str, str]

    @property
    def folder_name(self) -> str:
        """The name of its folder: the time it was made and the beginning of its own."""
        return f"{self.made_at:%Y%m%dT%H%M%SZ}-{self.id[:8]}"

    def expired(self, today: dt.date) -> bool:
        """Whether it should be gone."""
        return today >= self.expires_on


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup and the folder in which it lies."""

    backup: Backup
    folder: Path

    @property
    def there(self) -> bool:
        """Whether it lies there now; a disk may be away."""
        return (self.folder / PAGE).exists()


def home(settings: Settings) -> Path:
    """Where backups go if nobody says where, and where the catalogue is."""
    return Path(settings.backup_folder) if settings.backup_folder else settings.data / "backups"


def horizon_end(unit: Unit) -> dt.date:
    """The day on which a backup that is made now must be gone: the shortest term of the registers in force."""
    today = day_of(unit.now)
    terms = [register.backup_horizon for register in in_force(unit.session).values()] or [USUAL]
    return min(last_day(today, term) for term in [*terms, LONGEST_BACKUP])


def write_page(folder: Path, backup: Backup) -> None:
    """Write the page of a backup into its folder, synced."""
    said = asdict(backup) | {
        "format": _FORMAT,
        "made_at": backup.made_at.isoformat(),
        "expires_on": backup.expires_on.isoformat(),
    }
    _write(folder / PAGE, said)


def read_page(folder: Path) -> Backup:
    """The backup in a folder. Raises NotFound where there is none, Invalid for a page that can't be understood."""
    try:
        said = json.loads((folder / PAGE).read_text(encoding="utf-8"))
    except OSError as fault:
        raise NotFound("There is no backup in {folder}.", folder=str(folder)) from fault
    except ValueError as fault:
        raise _unreadable(folder) from fault
    return _backup(said, folder)


def _backup(said: object, folder: Path) -> Backup:
    if not isinstance(said, dict) or said.pop("format", None) != _FORMAT:
        raise _unreadable(folder)
    try:
        said["made_at"] = dt.datetime.fromisoformat(said["made_at"])
        said["expires_on"] = dt.date.fromisoformat(said["expires_on"])
        return Backup(**said)
    except (KeyError, TypeError, ValueError) as fault:
        raise _unreadable(folder) from fault


def _unreadable(folder: Path) -> Invalid:
    return Invalid("The page of the backup in {folder} can't be read.", folder=str(folder), code="backup_page")


def _write(path: Path, said: object) -> None:
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("w", encoding="utf-8") as out:
            json.dump(said, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    except OSError as fault:
        raise Unavailable("The catalogue of backups can't be written now.", code="disk") from fault


def _catalogue(settings: Settings) -> Path:
    return home(settings) / "catalogue.json"


def kept(settings: Settings) -> list[Kept]:
    """Every backup that was made and not removed, the oldest first; those of another disk, too, while it is away."""
    path = _catalogue(settings)
    try:
        remembered = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as fault:
        raise Unavailable("The catalogue of backups can't be read: remove {path}.", path=str(path)) from fault
    found = {name: Kept(_backup(row["backup"], path), Path(row["folder"])) for name, row in remembered.items()}
    for folder in home(settings).iterdir() if home(settings).exists() else ():
        if (folder / PAGE).exists() and not folder.name.startswith("."):
            one = Kept(read_page(folder), folder)
            found[one.backup.id] = one
    return sorted(found.values(), key=lambda one: one.backup.made_at)


def remember(settings: Settings, some: Iterable[Kept]) -> None:
    """Write down where backups lie."""
    rows = {}
    for one in some:
        said = asdict(one.backup) | {
            "format": _FORMAT,
            "made_at": one.backup.made_at.isoformat(),
            "expires_on": one.backup.expires_on.isoformat(),
        }
        rows[one.backup.id] = {"folder": str(one.folder.absolute()), "backup": said}
    home(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(_catalogue(settings), rows)


def overdue(settings: Settings, today: dt.date) -> list[Kept]:
    """Backups that should be gone (RD-74)."""
    return [one for one in kept(settings) if one.backup.expired(today)]


def named(settings: Settings, name: str) -> Kept:
    """The backup with this folder, or this beginning of its name. Raises NotFound, or Invalid when several fit."""
    folder = Path(name)
    if (folder / PAGE).exists():
        return Kept(read_page(folder), folder)
    fitting = [one for one in kept(settings) if one.backup.id.startswith(name) and len(name) >= _SHORTEST_NAME]
    if len(fitting) > 1:
        raise Invalid("Several backups begin with {name}: write more of it.", name=name, code="backup_name")
    if not fitting or not fitting[0].there:
        raise NotFound("There is no backup {name}. See 'helpdesk backup list'.", name=name)
    return fitting[0]
