"""The first version: the ledger's tables, their guards, and the two tables of state."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.ledger.guards import FUNCTION, guards

revision = "0001"
down_revision = None

# A migration says what was true when it was written: it takes nothing from the models, which move on.
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GUARDED: dict[str, tuple[str, ...]] = {
    "delivery": ("guid",),
    "delivery_outcome": (),
    "installation_event": (),
    "merge": ("repository_id", "number", "merge_sha"),
    "merge_line": (),
    "override": (),
    "repository_name": (),
    "review": (),
    "signal": (),
    "verdict": (),
}
_STATE = ("state_check", "state_pull")


def upgrade() -> None:
    """Make the tables and guard them."""
    _deliveries()
    _reviews()
    _pulls()
    _state()
    for statement in guards(_GUARDED, op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Remove everything that ``upgrade`` made; a table's triggers go with it."""
    for table in ("merge_line", "merge", "override", "signal", "verdict", "review", *_STATE):
        op.drop_table(table)
    for table in ("repository_name", "installation_event", "delivery_outcome", "delivery"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(f"DROP FUNCTION {FUNCTION}()"))


def _deliveries() -> None:
    _table(
        "delivery",
        _words("guid"),
        _words("event"),
        _words("action", null=True),
        _number("installation", null=True),
        _number("repository_id", null=True),
        _moment("received"),
        sa.UniqueConstraint("guid", name="uq_delivery_guid"),
        indexes=[("received",)],
    )
    _table("delivery_outcome", _words("guid"), _words("outcome"), _words("detail"), indexes=[("guid",)])
    _table(
        "installation_event",
        _number("installation"),
        _words("account"),
        _words("event"),
        sa.Column("repositories", sa.JSON(), nullable=False),
        _words("delivery", null=True),
        indexes=[("installation",)],
    )
    _table("repository_name", _number("repository_id"), _words("name"), indexes=[("repository_id",), ("name",)])


def _reviews() -> None:
    _table(
        "review",
        _number("installation", null=True),
        _number("repository_id"),
        _number("number", null=True),
        *(_words(name) for name in ("base", "head", "merge_base", "decision", "would_decide")),
        sa.Column("enforced", sa.Boolean(), nullable=False),
        *(_words(name) for name in ("policy", "policy_source", "status", "tool_version")),
        sa.Column("document", sa.JSON(), nullable=False),
        _words("delivery", null=True),
        *_stamp(),
        indexes=[("repository_id", "number", "head")],
    )
    _table(
        "verdict",
        *_of_review(),
        _words("gate"),
        _words("gate_version", null=True),
        _words("outcome"),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        _words("reason"),
        sa.Column("findings", sa.Integer(), nullable=False),
        *_stamp(),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_verdict_review_id"),
        indexes=[("review_id",)],
    )
    _table(
        "signal",
        *_of_review(),
        _words("commit", null=True),
        _words("signal"),
        *(_words(name, null=True) for name in ("harness", "model_family", "model", "tier", "role")),
        _words("field"),
        _words("evidence"),
        _words("ignored", null=True),
        *_stamp(),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_signal_review_id"),
        indexes=[("review_id",)],
    )


def _pulls() -> None:
    _table(
        "override",
        _number("repository_id"),
        _number("number"),
        *(_words(name) for name in ("head", "actor", "kind", "value", "reason")),
        _words("delivery", null=True),
        _key("review_id", null=True),
        *_stamp(null=True),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_override_review_id"),
        indexes=[("repository_id", "number")],
    )
    _table(
        "merge",
        _number("repository_id"),
        _number("number"),
        *(_words(name) for name in ("head", "merge_sha", "method", "status")),
        sa.Column("harnesses", sa.JSON(), nullable=False),
        sa.Column("model_families", sa.JSON(), nullable=False),
        sa.Column("gates_passed", sa.Boolean(), nullable=True),
        _words("reviewers"),
        _words("delivery", null=True),
        _key("review_id", null=True),
        *_stamp(null=True),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_merge_review_id"),
        sa.UniqueConstraint("repository_id", "number", "merge_sha", name="uq_merge_repository_id_number_merge_sha"),
    )
    _table(
        "merge_line",
        _key("merge_id"),
        _words("path"),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        _words("status"),
        *(_words(name, null=True) for name in ("harness", "model_family", "model")),
        sa.ForeignKeyConstraint(["merge_id"], ["merge.id"], name="fk_merge_line_merge_id"),
        indexes=[("merge_id",)],
    )


def _state() -> None:
    op.create_table(
        "state_check",
        _words("external_id"),
        _number("repository_id"),
        _words("head"),
        _number("installation", null=True),
        _words("repository", null=True),
        _number("check_run_id", null=True),
        _words("state"),
        _moment("changed"),
        sa.PrimaryKeyConstraint("external_id", name="pk_state_check"),
    )
    op.create_index("ix_state_check_state", "state_check", ["state"])
    op.create_table(
        "state_pull",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        _number("generation"),
        _words("head"),
        _words("before", null=True),
        _moment("updated"),
        sa.PrimaryKeyConstraint("repository_id", "number", name="pk_state_pull"),
    )


def _table(name: str, *parts: Any, indexes: list[tuple[str, ...]] | None = None) -> None:
    own = (_key("id"), _moment("recorded"))
    op.create_table(name, *own, *parts, sa.PrimaryKeyConstraint("id", name=f"pk_{name}"))
    for columns in indexes or ():
        op.create_index(f"ix_{name}_{'_'.join(columns)}", name, list(columns))


def _of_review() -> list[sa.Column[Any]]:
    return [_key("review_id"), _number("repository_id"), _number("number", null=True), _words("head")]


def _stamp(*, null: bool = False) -> list[sa.Column[Any]]:
    versions: sa.Column[Any] = sa.Column("gate_versions", sa.JSON(), nullable=null)
    return [_words("rules", null=null), _words("policy_hash", null=null), versions]


def _words(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _key(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _KEY, nullable=null)
