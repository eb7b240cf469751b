"""A file that comes in pieces: begun, gone on with where a broken line stopped, put together, and checked.

The exchange is that of tus 1.0 (tus.io/protocols/resumable-upload, core and termination) with the page's own random id
as the name of the file, so that beginning twice begins once. Whoever sends it is part of what is kept of that id: the
id of somebody else reads as one that is not there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select

from helpdesk.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from helpdesk.models import Address, Upload, UploadPiece
from helpdesk.people.access import own_ticket_for, require, ticket_for
from helpdesk.ports import Ports
from helpdesk.row_sets import insert_once
from helpdesk.rows import table_of
from helpdesk.unit import Actor, Unit, unit_of_work
from helpdesk.uploads import kinds, scanning

LARGEST_FILE, LARGEST_PIECE = 20_000_000, 1_000_000
KEPT_FOR = dt.timedelta(days=1)
MOST = 20
"""Files that one sender may have on the way at once."""
_TOKEN, _SHA256 = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
_SWEPT = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is: bytes that are here, of how many; `done` once it may go with a form."""

    token: str
    name: str
    size: int
    offset: int
    done: bool
    scan: str = "none"


@dataclass(frozen=True, slots=True)
class Taken:
    """A whole file that goes with a form; its bytes are those of the key `blob`."""

    name: str
    content_type: str
    size: int
    blob: str
    scan: str


def begin(unit: Unit, token: str, name: str, size: int, sha256: str = "", number: str = "") -> Progress:
    """Begin a file of so many bytes, for the ticket with this number or for a new one; again, it is gone on with.

    Raises Invalid for one that may not come, TooMany when too many are on their way, NotFound for another's ticket,
    Unavailable when the disk is nearly full.
    """
    if not _TOKEN.fullmatch(token):
        raise Invalid("This page is too old to send from. Open it again.", code="no_client_id")
    mark, owner = _mark(unit, token), _owner(unit)
    if (known := _find(unit, mark)) is not None:
        return _progress(unit, known, token)
    named = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")[:500] or "file"
    _may_come(unit, named, size, owner)
    row = {
        "mark": mark,
        "ticket_id": _ticket_id(unit, number),
        "name": named,
        "size": size,
        "sha256": sha256 if _SHA256.fullmatch(sha256) else None,
        "scan": "none",
        "begun_at": unit.now,
        **owner,
    }
    # Of two that begin the same file at once one keeps it, and the other goes on with that.
    insert_once(unit.session.connection(), table_of(Upload), [row])
    return _progress(unit, _there(unit, token), token)


def _may_come(unit: Unit, name: str, size: int, owner: dict[str, int]) -> None:
    if size <= 0:
        raise Invalid("The file {name} is empty. Choose it again, or leave it out.", field="files", name=name)
    if size > LARGEST_FILE:
        raise Invalid("The file {name} is larger than 20 MB. Send a smaller one.", field="files", name=name)
    if unit.ports.blobs.free() < unit.ports.settings.min_free:
        raise Unavailable("There is no room for files now. Send your text without them.", code="disk")
    mine = [getattr(Upload, column) == value for column, value in owner.items()]
    if (unit.session.scalar(select(func.count()).select_from(Upload).where(*mine)) or 0) >= MOST:
        raise TooMany("You have {count} files on their way already. Send the form they belong to first.", count=MOST)


def add_piece(unit: Unit, token: str, offset: int, piece: bytes) -> Progress:
    """Keep a piece that begins at `offset`. Raises Conflict when the file does not stop there: ask how far it is."""
    row = _locked(unit, token)
    here = _offset(unit, row)
    if offset != here:
        raise Conflict("This piece does not fit where the file stops.", code="offset")
    if here + len(piece) > row.size or len(piece) > LARGEST_PIECE:
        raise Invalid(
            "The file {name} is longer than it was said to be. Choose it again.", field="files", name=row.name
        )
    if offset == 0 and piece:
        kinds.check_start(row.name, piece[: kinds.HEAD])
    if piece:
        [key] = unit.ports.blobs.stage([piece])
        unit.after_commit(lambda: unit.ports.blobs.settle([key]))
        unit.session.add(UploadPiece(upload_id=row.id, starts=offset, size=len(piece), blob=key))
        unit.session.flush()
    return _progress(unit, row, token)


def progress(unit: Unit, token: str) -> Progress:
    """How far a file is. Raises NotFound."""
    return _progress(unit, _there(unit, token), token)


def finish(ports: Ports, actor: Actor, token: str) -> Progress:
    """Put a file together once all of it is here, and check it; may be repeated.

    Scanning happens outside any transaction. Raises Invalid for one that may not come: it is gone then.
    """
    with unit_of_work(ports, actor, write=False) as unit:
        row = _there(unit, token)
        if row.blob is not None or _offset(unit, row) < row.size:
            return _progress(unit, row, token)
        content = b"".join(ports.blobs.read(piece.blob) for piece in _pieces(unit, row))
    try:
        kind, state = _checked(ports, row, content)
    except Invalid:
        with unit_of_work(ports, actor) as unit:
            drop(unit, token)
        raise
    with unit_of_work(ports, actor) as unit:
        row = _locked(unit, token)
        if row.blob is None:
            [key] = ports.blobs.stage([content])
            unit.after_commit(lambda: ports.blobs.settle([key]))
            row.blob, row.content_type, row.scan = key, kind, state
            unit.session.flush()
    with unit_of_work(ports, actor) as unit:
        _unlink_pieces(unit, [row.id])
        return _progress(unit, row, token)


def _checked(ports: Ports, row: Upload, content: bytes) -> tuple[str, str]:
    if row.sha256 is not None and hashlib.sha256(content).hexdigest() != row.sha256:
        raise Invalid("The file {name} came damaged. Choose it again.", field="files", name=row.name)
    kind, state = kinds.check(row.name, content), scanning.state_of(ports, content)
    if state == "quarantined":
        raise Invalid(
            "The virus scanner found something in the file {name}. Do not send it, and have your device checked.",
            field="files",
            code="virus",
            name=row.name,
        )
    return kind, "waiting" if state == "failed" else state


def drop(unit: Unit, token: str) -> None:
    """Throw a file away that was begun. Raises NotFound."""
    _remove(unit, [_locked(unit, token)])


def chosen(unit: Unit, tokens: Sequence[str]) -> list[Progress]:
    """How far those of these files are that are there, for a form that is shown again."""
    found = [(token, _find(unit, _mark(unit, token))) for token in dict.fromkeys(tokens[:MOST])]
    return [_progress(unit, row, token) for token, row in found if row is not None]


def take(unit: Unit, tokens: Sequence[str]) -> list[Taken]:
    """The whole files of these ids, to be kept with what is written in the same unit: they are no longer on the way.

    Raises Invalid for one that is not there, or not whole.
    """
    taken = []
    for token in dict.fromkeys(tokens):
        row = _find(unit, _mark(unit, token), locked=True)
        if row is None:
            raise Invalid("A file is no longer there. Choose it again.", field="files", code="upload_gone")
        if row.blob is None:
            raise Invalid("The file {name} is not here yet. Wait, or take it off.", field="files", name=row.name)
        taken.append(Taken(row.name, row.content_type or "application/octet-stream", row.size, row.blob, row.scan))
        _unlink_pieces(unit, [row.id])
        unit.session.delete(row)
    unit.session.flush()
    return taken


def forget(unit: Unit) -> int:
    """Unlink files that no form came for within a day or whose sender is gone, and pieces of whole ones."""
    nobodys = Upload.address_id.is_(None) & Upload.account_id.is_(None)
    over = select(Upload).where(or_(Upload.begun_at < unit.now - KEPT_FOR, nobodys)).limit(_SWEPT)
    rows = list(unit.session.scalars(over.with_for_update()))
    _remove(unit, rows)
    _unlink_pieces(unit, list(unit.session.scalars(select(Upload.id).where(Upload.blob.is_not(None)))))
    return len(rows)


def _remove(unit: Unit, rows: Sequence[Upload]) -> None:
    """Unlink first, then the rows: a crash between leaves rows for the next time."""
    ids = [row.id for row in rows]
    _unlink_pieces(unit, ids)
    unit.ports.blobs.destroy([row.blob for row in rows if row.blob is not None])
    unit.session.execute(delete(Upload).where(Upload.id.in_(ids)))


def _unlink_pieces(unit: Unit, ids: Sequence[int]) -> None:
    keys = list(unit.session.scalars(select(UploadPiece.blob).where(UploadPiece.upload_id.in_(ids)))) if ids else []
    if keys:
        unit.ports.blobs.destroy(keys)
        unit.session.execute(delete(UploadPiece).where(UploadPiece.upload_id.in_(ids)))


def _owner(unit: Unit) -> dict[str, int]:
    """Whose a file is, as columns. Raises NotFound for nobody."""
    who = unit.actor.requester
    if who is not None:
        return {"address_id": unit.session.scalars(select(Address.id).where(Address.value == who.address)).one()}
    if unit.actor.account_id is None:
        raise NotFound("This page does not exist, or you may not see it.")
    require(unit.actor, "ticket.reply")
    return {"account_id": unit.actor.account_id}


def _mark(unit: Unit, token: str) -> str:
    who = unit.actor.requester
    side = f"asker:{who.address}" if who is not None else f"account:{unit.actor.account_id}"
    return unit.ports.keys.word_digest("upload", f"{side}:{token}")


def _ticket_id(unit: Unit, number: str) -> int | None:
    if not number:
        return None
    found = own_ticket_for(unit, number) if unit.actor.requester else ticket_for(unit, number, "ticket.reply")
    return found.id


def _find(unit: Unit, mark: str, *, locked: bool = False) -> Upload | None:
    owned: list[ColumnElement[bool]] = [getattr(Upload, name) == value for name, value in _owner(unit).items()]
    wanted = select(Upload).where(Upload.mark == mark, *owned)
    if locked:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return unit.session.scalar(wanted)


def _there(unit: Unit, token: str, *, locked: bool = False) -> Upload:
    row = _find(unit, _mark(unit, token), locked=locked)
    if row is None:
        raise NotFound("There is no such file.")
    return row


def _locked(unit: Unit, token: str) -> Upload:
    return _there(unit, token, locked=True)


def _pieces(unit: Unit, row: Upload) -> Sequence[UploadPiece]:
    own = select(UploadPiece).where(UploadPiece.upload_id == row.id)
    return unit.session.scalars(own.order_by(UploadPiece.starts)).all()


def _offset(unit: Unit, row: Upload) -> int:
    if row.blob is not None:
        return row.size
    return unit.session.scalar(select(func.sum(UploadPiece.size)).where(UploadPiece.upload_id == row.id)) or 0


def _progress(unit: Unit, row: Upload, token: str) -> Progress:
    return Progress(token, row.name, row.size, _offset(unit, row), row.blob is not None, row.scan)
