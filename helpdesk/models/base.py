"""The ground under all tables: naming, times in UTC, and columns that say what personal data they hold."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, get_args

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

Category = Literal[
    "contact",  # names, addresses and telephone numbers of people who ask (R1, R13)
    "conversation",  # questions, answers, notes and attachments (R1, R13)
    "directory",  # the copy of the staff directory (R2, R9)
    "fact",  # dates the retention clock runs on
    "staff",  # accounts of the people who work here
    "case",  # requests under the AVG, holds and their reasons
    "security_log",  # who signed in, who looked
    "intake_log",  # what the doors saw of a mail
    "preference",  # choices a person made for themselves
    "knowledge",  # published answers
]
CATEGORIES: tuple[str, ...] = get_args(Category)


class Base(DeclarativeBase):
    """All tables; constraints get predictable names so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware time, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """To UTC; SQLite stores it without the zone, so that text order is time order."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone can't be stored")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Back as an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if dialect.name == "sqlite" else value.astimezone(dt.UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON()


def personal(category: Category, *args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column that holds personal data of one category; the register of processing maps it to a rule (RD-10)."""
    kwargs["info"] = {"personal": category}
    return mapped_column(*args, **kwargs)


def plain(why: str, *args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column without personal data, and why that is so."""
    kwargs["info"] = {"plain": why}
    return mapped_column(*args, **kwargs)


def own_id() -> MappedColumn[Any]:
    """A surrogate key: a number drawn by the database."""
    return plain("surrogate key", BigId, primary_key=True, autoincrement=True)
