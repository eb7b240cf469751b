"""Imports say what a worker is to do, what is wrong with the file and what a look found; people are found by name."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_CHUNK = 1000
_WORD = re.compile(r"[^\W_]+")


def upgrade() -> None:
    """Add the columns; people who are there get their names folded, in chunks."""
    op.add_column("import_run", sa.Column("to_do", sa.String(length=8), nullable=True))
    op.add_column("import_run", sa.Column("fault", sa.String(length=32), nullable=True))
    op.add_column("import_run", sa.Column("found_blob", sa.String(length=64), nullable=True))
    op.create_index("ix_import_run_found_blob", "import_run", ["found_blob"], unique=True)
    op.add_column("person", sa.Column("folded", sa.String(length=400), nullable=True))
    bind = op.get_bind()
    some = sa.text("SELECT id, display_name FROM person WHERE id > :after ORDER BY id LIMIT :most")
    write = sa.text("UPDATE person SET folded = :folded WHERE id = :id")
    after = 0
    while rows := bind.execute(some, {"after": after, "most": _CHUNK}).all():
        after = rows[-1].id
        folded = [{"id": row.id, "folded": _folded(row.display_name)} for row in rows if row.display_name]
        if folded:
            bind.execute(write, folded)


def _folded(name: str) -> str:
    marked = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(sign for sign in marked if not unicodedata.combining(sign))
    return " ".join(_WORD.findall(plain))[:400]
