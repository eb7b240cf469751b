"""A commit whose answer never came may have happened: then the bytes must be there, for the rows are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from helpdesk.errors import Unavailable
from helpdesk.models import InboundMail
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.accept import accept
from tests.letters import envelope, letter


def lose_the_next_answer(ports: Ports) -> None:
    """The next commit reaches the database; its answer does not reach us."""

    def break_line(connection: Any) -> None:
        connection.dialect.do_commit(connection.connection)
        raise OperationalError("COMMIT", None, ConnectionError("the line broke"))

    event.listen(ports.engine, "commit", break_line, once=True)


def test_the_bytes_outlive_a_commit_without_an_answer(ports: Ports) -> None:
    raw = letter()
    lose_the_next_answer(ports)
    with pytest.raises(Unavailable):
        accept([(raw, envelope(ports, raw, uid=7))], ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        blob = unit.session.scalar(select(InboundMail.blob))
    assert blob is not None
    assert ports.blobs.read(blob) == raw
    again = accept([(raw, envelope(ports, raw, uid=7))], ports)[0]
    assert again.state == "seen"
    assert ports.blobs.read(blob) == raw


def test_bytes_whose_rows_were_refused_go_at_once(ports: Ports) -> None:
    raw = letter()

    def refuse(*_arguments: Any) -> None:
        raise OperationalError("INSERT", None, ConnectionError("gone before the rows"))

    event.listen(ports.engine, "before_cursor_execute", refuse, once=True)
    with pytest.raises(Unavailable):
        accept([(raw, envelope(ports, raw, uid=7))], ports)
    assert not list(ports.blobs.staged())
