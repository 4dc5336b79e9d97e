"""The second version: the contents that merges left files with, so that a corpus can be filtered by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.ledger.guards import guards

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table and guard it. Of the merges that are there it has nothing: what it would hold was not kept."""
    op.create_table(
        "merge_file",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merge_id", _KEY, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_merge_file"),
        sa.ForeignKeyConstraint(["merge_id"], ["merge.id"], name="fk_merge_file_merge_id"),
    )
    op.create_index("ix_merge_file_merge_id", "merge_file", ["merge_id"])
    for statement in guards({"merge_file": ()}, op.get_bind().dialect.name, first=False):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Remove the table; its triggers go with it."""
    op.drop_table("merge_file")
