"""Full text in our own database, written in the transaction of what it indexes; only the query differs by engine.

Writing costs one row, and on SQLite the tokens besides; many entries are written together (`unit.rows`), in rising
order of their ids: FTS5 gathers them in memory and writes one segment at the commit. PostgreSQL fills its index by
itself, at once: a list of entries still to be indexed (GIN's `fastupdate`) would be read by every search, in each of
the 32 partitions.

Reading must not grow with what is stored: `newest_hits` finds newest entries first and can be left at any time. FTS5
reads the list of a word from its end. GIN would collect every hit before the first could be shown, so each entry is
also indexed under the windows of ids it lies in (docs/adr/0015-search-in-windows.md), and windows are asked for one
after the other, newest first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import column, delete, func, insert, literal, select, table, text

from helpdesk.models import SearchText
from helpdesk.row_sets import among_ids, ids_given
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


def forget_tickets(unit: Unit, ids: Sequence[int]) -> None:
    """Take everything said in these tickets out of the index, in two statements."""
    connection, dialect = unit.session.connection(), _engine(unit)
    here, said = among_ids(dialect, SearchText.ticket_id), ids_given(dialect, ids)
    if dialect == "sqlite":
        gone = select(literal("delete"), SearchText.entry_id, SearchText.stems).where(here)
        words = table("search_index", column("search_index"), column("rowid"), column("stems"))
        connection.execute(insert(words).from_select(["search_index", "rowid", "stems"], gone), said)
    connection.execute(delete(SearchText).where(here), said)


def a_word_of_each(unit: Unit, ids: Sequence[int]) -> dict[int, str]:
    """The first stem of every entry of these tickets, by entry: with it `still_found` looks for the entry.

    None on PostgreSQL, whose index holds nothing but rows of the table.
    """
    connection, dialect = unit.session.connection(), _engine(unit)
    if dialect != "sqlite":
        return {}
    first = func.substr(SearchText.stems, 1, func.instr(SearchText.stems + " ", " ") - 1)
    said = select(SearchText.entry_id, first).where(among_ids(dialect, SearchText.ticket_id))
    return {entry_id: word for entry_id, word in connection.execute(said, ids_given(dialect, ids)) if word}


_STILL_FOUND = text(
    "SELECT CAST(said.key AS INTEGER) FROM json_each(:words) said WHERE EXISTS (SELECT 1 FROM search_index "
    "WHERE search_index MATCH '\"' || said.value || '\"' AND rowid = CAST(said.key AS INTEGER))"
)
"""Each entry by its own word, in one statement."""


def still_found(unit: Unit, words: Mapping[int, str]) -> list[int]:
    """The entries that the index still gives for these words."""
    if not words:
        return []
    return list(unit.session.scalars(_STILL_FOUND, {"words": json.dumps(words)}))


def move_entry(unit: Unit, ticket_id: int, entry_id: int, to_ticket_id: int) -> None:
    """Let an entry's index follow it to another ticket."""
    stems = unit.session.scalar(
        select(SearchText.stems).where(SearchText.ticket_id == ticket_id, SearchText.entry_id == entry_id)
    )
    if stems is None:
        return
    unit.session.execute(delete(SearchText).where(SearchText.ticket_id == ticket_id, SearchText.entry_id == entry_id))
    unit.session.execute(insert(SearchText).values(ticket_id=to_ticket_id, entry_id=entry_id, stems=stems))


WINDOWS = (("A", 14), ("B", 18), ("C", 22))
"""Windows of entry ids, by letter and bits: 16,384, 262,144 and 4,194,304 ids. Stems hold no capitals."""
_WINDOWED = ", ".join(f"'{letter}' || (entry_id >> {bits})::text" for letter, bits in WINDOWS)
INDEXED = f"array_to_tsvector(string_to_array(stems, ' ') || ARRAY[{_WINDOWED}])"
"""What PostgreSQL indexes, as migration 0006 says it: only a query in the same words uses the index."""
BATCH = 1200
"""The most hits that are looked at together: enough for a thousand tickets, for the newest hits seldom share one."""
_EVERY = len(WINDOWS)
_WHOLE = 4
"""Batches that are taken at once where that needs no window: to fetch an entry is cheaper than to leave it out."""
_AIM, _TOGETHER = BATCH * 3 // 4, 16
"""Hits that several windows of one level are asked for at once, and how many windows at most: planning a query costs as
much as answering it, and one that finds too much is asked in vain."""

Hit = tuple[int, int]
"""The ids of an entry and of its ticket."""
Words = Sequence[tuple[str, ...]]


def newest_hits(unit: Unit, query: str) -> Iterator[list[Hit]]:
    """Entries that hold every word of the query, in batches, newest entry first; nothing for a query without words."""
    words = query_stems(query)
    if words:
        yield from _by_fts5(unit, words) if _engine(unit) == "sqlite" else _by_windows(unit, words)


def _by_fts5(unit: Unit, words: Words) -> Iterator[list[Hit]]:
    statement = text(
        "SELECT i.rowid, e.ticket_id FROM search_index i JOIN entry e ON e.id = i.rowid "
        "WHERE search_index MATCH :match AND i.rowid < :below ORDER BY i.rowid DESC LIMIT :most"
    )
    match = " AND ".join("(" + " OR ".join(f'"{stem}"' for stem in stems) + ")" for stems in words)
    values = {"match": match, "below": 1 << 62, "most": BATCH}
    while True:
        hits = [(row[0], row[1]) for row in unit.session.execute(statement, values).all()]
        if hits:
            yield hits
        if len(hits) < BATCH:
            return
        values["below"] = hits[-1][0]


def _by_windows(unit: Unit, words: Words) -> Iterator[list[Hit]]:
    """Ask for one stretch of ids after the other; how dense the hits were so far says how long the next may be.

    A stretch with more than BATCH hits is left for a shorter one, so that a word that was frequent long ago costs no
    more than one that is frequent now. The shortest, one of the smallest windows, is taken whole.
    """
    match = " & ".join("(" + " | ".join(f"'{stem}'" for stem in stems) + ")" for stems in words)
    below = (unit.session.scalar(text("SELECT max(id) FROM entry")) or 0) + 1
    level, many = 0, 1
    while below > 1:
        start, windows = _stretch(level, many, below)
        shortest = (level, many) == (0, 1)
        most = 1 << WINDOWS[0][1] if shortest else BATCH if windows else _WHOLE * BATCH
        hits = _in_stretch(unit, f"({windows}) & {match}" if windows else match, below, most + 1)
        if len(hits) > most:
            level, many = _shorter(level, many, below)
            continue
        newest = sorted(hits, reverse=True)
        yield from (newest[first : first + BATCH] for first in range(0, len(newest), BATCH))
        level, many = _next_stretch(len(hits), below - start, start)
        below = start


def _stretch(level: int, many: int, below: int) -> tuple[int, str]:
    """The first id of so many windows of a level, the last of which ends before `below`, and how to ask for them.

    A stretch that begins with the first entry needs no windows.
    """
    if level == _EVERY:
        return 1, ""
    letter, bits = WINDOWS[level]
    last = (below - 1) >> bits
    first = last - many + 1
    return (1, "") if first <= 0 else (first << bits, " | ".join(f"'{letter}{n}'" for n in range(first, last + 1)))


def _in_stretch(unit: Unit, match: str, below: int, most: int) -> list[Hit]:
    """At most so many hits in a stretch that ends before `below`, in no order."""
    statement = text(
        f"SELECT entry_id, ticket_id FROM search_text WHERE {INDEXED} @@ CAST(:match AS tsquery) "  # noqa: S608 - constants
        "AND entry_id < :below LIMIT :most"
    )
    values = {"match": match, "below": below, "most": most}
    return [(row[0], row[1]) for row in unit.session.execute(statement, values).all()]


def _next_stretch(hits: int, ids: int, left: int) -> tuple[int, int]:
    """All ids that are left, where few hits are expected in them; else so many windows as a batch is expected in."""
    return (_EVERY, 1) if (hits + 1) * left // ids <= _WHOLE * BATCH else _some_windows(hits, ids)


def _some_windows(hits: int, ids: int) -> tuple[int, int]:
    expected = [(hits + 1) * (1 << bits) // ids for _letter, bits in WINDOWS]
    level = max((level for level, each in enumerate(expected) if each <= BATCH), default=0)
    return level, max(1, min(_AIM // (expected[level] + 1), _TOGETHER))


def _shorter(level: int, many: int, below: int) -> tuple[int, int]:
    """What to ask for after a stretch that held too much."""
    if level == _EVERY:
        return _some_windows(_WHOLE * BATCH, below)
    return (level, many // 4 or 1) if many > 1 else (level - 1, 1)
