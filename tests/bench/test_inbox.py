"""The inbox benchmark itself: its corpus is what it says, and it notices what is slow or grows."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from helpdesk.adapters.database import connect_database
from helpdesk.migrating import migrate
from helpdesk.text.stems import stem_text
from tests.bench.inbox import LIMITS, SMALL, Timed, faults
from tests.bench.inbox_corpus import LONG_ENTRIES, ONCE, PEOPLE, WORDS, WORDS_PER_ENTRY, Corpus
from tests.bench.inbox_load import fill, lines_of, schema_of
from tests.bench.inbox_site import NOW, next_page
from tests.services.postgres import Postgres

TICKETS = 2000


def test_the_corpus_has_the_shares_it_promises() -> None:
    corpus = Corpus(TICKETS, 3, NOW)
    often = corpus.vocabulary.in_share_of_tickets(0.1)
    corpus.watched = (often, ONCE)
    rows: Counter[str] = Counter()
    tickets: list[tuple[Any, ...]] = []
    texts: dict[int, str] = {}
    stems: dict[int, str] = {}
    for batch in corpus.batches(500):
        rows.update({table: len(found) for table, found in batch.items()})
        tickets += batch["ticket"]
        texts |= {row[2]: row[5] for row in batch["content"] if row[4] in ("body", "markdown")}
        stems |= {row[0]: row[2] for row in batch["search_text"]}
    open_ones = [row for row in tickets if row[4] in ("new", "open")]
    assert (len(tickets), len(open_ones)) == (TICKETS, 0.3 * TICKETS)
    assert sum(row[5] is None for row in open_ones) == 0.02 * TICKETS
    assert rows["person"] == PEOPLE
    assert rows["entry"] - LONG_ENTRIES == pytest.approx(4 * TICKETS, rel=0.05)
    assert corpus.counted[often] / TICKETS == pytest.approx(0.1, rel=0.2)
    assert corpus.counted[ONCE] == 1
    assert set(texts) == set(stems)
    whole = [entry for entry in texts if set(stem_text(texts[entry]).split()) == set(stems[entry].split())]
    assert len(texts) - len(whole) == rows["attachment"], "only an entry with a file has more words than its text"
    assert {len(text.split()) - (ONCE in text) for text in texts.values()} == {WORDS_PER_ENTRY}


def test_words_are_drawn_by_zipf() -> None:
    corpus = Corpus(TICKETS, 3, NOW)
    drawn: Counter[str] = Counter()
    for batch in corpus.batches():
        for row in batch["content"]:
            drawn.update(row[5].split() if row[4] in ("body", "markdown") else ())
    words = corpus.vocabulary.words
    assert len(set(words)) == WORDS
    assert drawn[words[0]] / drawn[words[9]] == pytest.approx(10, rel=0.15)
    assert sum(drawn[word] for word in words[1000:1100]) / drawn[words[0]] == pytest.approx(0.095, rel=0.2)


_FITTING = "SELECT count(DISTINCT ticket_id) FROM search_index i JOIN entry ON id = i.rowid WHERE search_index MATCH ?"


def test_a_filled_database_is_set_as_a_migrated_one(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}" for name in ("migrated", "filled")]
    for url in urls:
        engine = connect_database(url, durable=False)
        migrate(engine)
        engine.dispose()
    corpus = Corpus(60, 3, NOW)
    corpus.watched = (corpus.vocabulary.words[9],)
    fill(urls[1], corpus)
    assert schema_of(urls[0]) == schema_of(urls[1])
    found = []
    for url in urls:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            found.append(connection.execute("SELECT * FROM search_index_config").fetchall())
            fitting = connection.execute(_FITTING, (f'"{corpus.vocabulary.stems[9].split()[0]}"',)).fetchone()[0]
    assert found[0] == found[1]
    assert fitting == corpus.counted[corpus.vocabulary.words[9]] > 0


def test_postgresql_is_filled_as_it_is_migrated(postgres_template: tuple[Postgres, str]) -> None:
    server, template = postgres_template
    url = server.fresh_database(template)
    before = schema_of(url)
    fill(url, Corpus(60, 3, NOW))
    try:
        assert schema_of(url) == before
        assert len(before) > 400
    finally:
        server.drop(url)


@pytest.mark.parametrize("value", ["a\tb", "a\nb", "a\\b"])
def test_a_value_that_copy_would_read_otherwise_is_refused(value: str) -> None:
    assert lines_of([(1, None, "a b"), (2, True, "c")]) == "1\tNone\ta b\n2\tTrue\tc\n"
    with pytest.raises(ValueError, match="escaped"):
        lines_of([(1, value)])


def timed(small: float, large: float) -> Timed:
    found = Timed()
    found.warm[SMALL], found.warm[TICKETS] = [0.001] * 37 + [small] * 3, [0.001] * 37 + [large] * 3
    return found


def test_a_page_that_is_slow_or_grows_is_a_fault() -> None:
    assert faults({"list open 1": timed(0.05, 0.09), "ticket": timed(0.14, 0.14)}, TICKETS) == []
    slow = {f"{kind} x": timed(limit, limit + 0.001) for kind, limit in LIMITS.items()}
    assert [line.partition(":")[0] for line in faults(slow, TICKETS)] == list(slow)
    (grown,) = faults({"list open 1": timed(0.05, 0.1)}, TICKETS)
    assert grown == f"list open 1: 2.0 times as long as at {SMALL} tickets"


def test_the_link_to_the_next_page_is_the_last_of_the_pages() -> None:
    row, begin = '<a href="/werk/w/alle?na=x">vraag</a>', '<a href="/werk/w/alle">begin</a>'
    nav = f'{row}<nav class="paging" aria-label="p">{begin}{{}}</nav>'
    assert next_page(nav.format('<a href="/werk/w/alle?volgorde=oudste&amp;na=1_2">50</a>')) == (
        "/werk/w/alle?volgorde=oudste&na=1_2"
    )
    assert next_page(nav.format("")) is None
