"""The fourth version: how pull requests were when they were looked at, the policies, and deliveries' pull requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.ledger.guards import guards

revision = "0004"
down_revision = "0003"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = {"pull_seen": (), "policy": ("hash",)}


def upgrade() -> None:
    """Make the tables and guard them. Of what was reviewed before they hold nothing: it was not kept."""
    op.create_table(
        "pull_seen",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("repository_id", "number")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "title", "author", "head_ref", "base_ref")),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_id", _KEY, nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pull_seen"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_pull_seen_review_id"),
    )
    columns = ["repository_id", "number", "updated"]
    op.create_index("ix_pull_seen_repository_id_number_updated", "pull_seen", columns)
    op.create_table(
        "policy",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy"),
        sa.UniqueConstraint("hash", name="uq_policy_hash"),
    )
    for statement in guards(_TABLES, op.get_bind().dialect.name, first=False):
        op.execute(sa.text(statement))
    # Not by copying the table, as is usual on SQLite: its triggers would be gone.
    op.add_column("delivery", sa.Column("number", sa.BigInteger(), nullable=True))
    op.create_index("ix_delivery_repository_id_number", "delivery", ["repository_id", "number"])


def downgrade() -> None:
    """Remove them; the tables' triggers go with them."""
    op.drop_index("ix_delivery_repository_id_number", table_name="delivery")
    op.drop_column("delivery", "number")
    for table in _TABLES:
        op.drop_table(table)
