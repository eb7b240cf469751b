"""Full text in our own database, written in the transaction of what it indexes; only the query differs by engine."""

from __future__ import annotations

from sqlalchemy import column, delete, insert, select, table, text

from helpdesk.models import SearchText
from helpdesk.text.stems import query_stems, stem_text
from helpdesk.unit import Unit

_SQLITE_INDEX = table("search_index", column("rowid"), column("stems"))
"""The FTS5 table, which the models do not know."""


def _engine(unit: Unit) -> str:
    return unit.session.connection().dialect.name


def index_entry(unit: Unit, ticket_id: int, entry_id: int, words: str) -> None:
    """Index the words of an entry, replacing what was indexed for it."""
    forget_entry(unit, ticket_id, entry_id)
    index_new_entry(unit, ticket_id, entry_id, words)


def index_new_entry(unit: Unit, ticket_id: int, entry_id: int, words: str) -> None:
    """Index an entry that never was."""
    stems = stem_text(words)
    unit.rows.put(SearchText, {"ticket_id": ticket_id, "entry_id": entry_id, "stems": stems})
    if _engine(unit) == "sqlite":
        unit.rows.put(_SQLITE_INDEX, {"rowid": entry_id, "stems": stems})


def forget_entry(unit: Unit, ticket_id: int, entry_id: int) -> None:
    """Take an entry out of the index; FTS5 needs the very words to find its tokens."""
    stems = unit.session.scalar(
        select(SearchText.stems).where(SearchText.ticket_id == ticket_id, SearchText.entry_id == entry_id)
    )
    if stems is None:
        return
    if _engine(unit) == "sqlite":
        unit.session.execute(
            text("INSERT INTO search_index(search_index, rowid, stems) VALUES ('delete', :id, :stems)"),
            {"id": entry_id, "stems": stems},
        )
    unit.session.execute(delete(SearchText).where(SearchText.ticket_id == ticket_id, SearchText.entry_id == entry_id))


def move_entry(unit: Unit, ticket_id: int, entry_id: int, to_ticket_id: int) -> None:
    """Let an entry's index follow it to another ticket."""
    stems = unit.session.scalar(
        select(SearchText.stems).where(SearchText.ticket_id == ticket_id, SearchText.entry_id == entry_id)
    )
    if stems is None:
        return
    unit.session.execute(delete(SearchText).where(SearchText.ticket_id == ticket_id, SearchText.entry_id == entry_id))
    unit.session.execute(insert(SearchText).values(ticket_id=to_ticket_id, entry_id=entry_id, stems=stems))


def find_tickets(unit: Unit, query: str, limit: int = 200) -> list[int]:
    """Ids of tickets with an entry that holds every word of the query, newest entry first."""
    words = query_stems(query)
    if not words:
        return []
    if _engine(unit) == "sqlite":
        match = " AND ".join("(" + " OR ".join(f'"{stem}"' for stem in stems) + ")" for stems in words)
        statement = text(
            "SELECT s.ticket_id FROM search_index i JOIN search_text s ON s.entry_id = i.rowid "
            "WHERE search_index MATCH :match ORDER BY i.rowid DESC LIMIT :limit"
        )
    else:
        match = " & ".join("(" + " | ".join(f"'{stem}'" for stem in stems) + ")" for stems in words)
        statement = text(
            "SELECT ticket_id FROM search_text WHERE tsv @@ cast(:match AS tsquery) ORDER BY entry_id DESC LIMIT :limit"
        )
    found = unit.session.execute(statement, {"match": match, "limit": limit * 4}).scalars()
    return list(dict.fromkeys(found))[:limit]
