"""Files that are sent in pieces, and what the virus scanner said of files."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)
_WRITE_ANEW = "SELECT pg_get_functiondef('write_anew(text)'::regprocedure)"


def upgrade() -> None:
    """Make the tables; files that are here already were not scanned. PostgreSQL keeps no samples of names."""
    op.create_table(
        "upload",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("address_id", BIG, nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("scan", sa.String(length=12), nullable=False),
        sa.Column("begun_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_upload_address_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_upload_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_upload_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.UniqueConstraint("mark", name="uq_upload_mark"),
        sa.UniqueConstraint("blob", name="uq_upload_blob"),
    )
    for name in ("address_id", "account_id", "ticket_id", "begun_at"):
        op.create_index(f"ix_upload_{name}", "upload", [name])
    op.create_table(
        "upload_piece",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("upload_id", BIG, nullable=False),
        sa.Column("starts", BIG, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name="fk_upload_piece_upload_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_upload_piece"),
        sa.UniqueConstraint("upload_id", "starts", name="uq_upload_piece_upload_id_starts"),
        sa.UniqueConstraint("blob", name="uq_upload_piece_blob"),
    )
    op.add_column("attachment", sa.Column("scan", sa.String(length=12), server_default="none", nullable=False))
    some = sa.text("scan = 'waiting' OR scan = 'failed'")
    op.create_index("ix_attachment_scan", "attachment", ["scan", "id"], sqlite_where=some, postgresql_where=some)
    if op.get_bind().dialect.name == "postgresql":
        again = op.get_bind().execute(sa.text(_WRITE_ANEW)).scalar_one()
        op.execute(again.replace("'ticket_person'", "'ticket_person', 'upload'"))
        for name in ("name", "sha256"):
            op.execute(f"ALTER TABLE upload ALTER COLUMN {name} SET STATISTICS 0")
