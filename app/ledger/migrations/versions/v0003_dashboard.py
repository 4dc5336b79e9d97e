"""The third version: indexes for pages that look at one repository, or at all of them by their last review."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_INDEXES = (
    ("ix_review_repository_id_recorded", "review", ["repository_id", "recorded"]),
    # With all that a count of outcomes reads, so that it reads no row.
    ("ix_verdict_repository_id_recorded_gate_outcome", "verdict", ["repository_id", "recorded", "gate", "outcome"]),
)


def upgrade() -> None:
    """Make the indexes."""
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Remove them."""
    for name, table, _ in _INDEXES:
        op.drop_index(name, table_name=table)
