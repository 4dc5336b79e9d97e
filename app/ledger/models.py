"""The tables. A row of ``LedgerRow`` is added and never changed; a row of ``StateRow`` says how things stand now.

Times are UTC. Repositories, installations and accounts are GitHub's numbers, which survive a rename. Texts may quote
a change and are untrusted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Boolean, Double, ForeignKey, Index, Integer, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.ledger.types import Key, Moment, Words

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares: the column types, and names for every constraint, which migrations need."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        float: Double,
        str: Words,
        bool: Boolean,
        datetime: Moment,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class LedgerRow(Base):
    """A row that the database itself refuses to change or remove."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recorded: Mapped[datetime]


class StateRow(Base):
    """A row that is replaced as things go on; it holds nothing that the ledger's rows and GitHub do not tell."""

    __abstract__ = True


class Stamp:
    """What judged: the signals' rule-set version, the policy's hash and the gates' versions."""

    rules: Mapped[str]
    policy_hash: Mapped[str]
    gate_versions: Mapped[dict[str, Any]]


class Delivery(LedgerRow):
    """A webhook delivery that was believed, once for each of GitHub's delivery ids."""

    __tablename__ = "delivery"

    guid: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    action: Mapped[str | None]
    installation: Mapped[int | None]
    repository_id: Mapped[int | None]
    received: Mapped[datetime] = mapped_column(index=True)


class DeliveryOutcome(LedgerRow):
    """What became of a delivery; the last row of a delivery counts."""

    __tablename__ = "delivery_outcome"

    guid: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str]
    detail: Mapped[str]


class InstallationEvent(LedgerRow):
    """The App was installed, suspended or removed, or given other repositories."""

    __tablename__ = "installation_event"

    installation: Mapped[int] = mapped_column(index=True)
    account: Mapped[str]
    event: Mapped[str]
    repositories: Mapped[list[str]]
    delivery: Mapped[str | None]


class RepositoryName(LedgerRow):
    """A repository was seen under this name (owner/name); a rename adds a row."""

    __tablename__ = "repository_name"
    __table_args__ = (Index(None, "repository_id"), Index(None, "name"))

    repository_id: Mapped[int]
    name: Mapped[str]


class Review(LedgerRow, Stamp):
    """One review of one head; ``document`` is the whole of it, in the form of ``review.schema.json``.

    ``number`` is ``None`` for a merge group.
    """

    __tablename__ = "review"
    __table_args__ = (Index(None, "repository_id", "number", "head"), Index(None, "repository_id", "recorded"))

    installation: Mapped[int | None]
    repository_id: Mapped[int]
    number: Mapped[int | None]
    base: Mapped[str]
    head: Mapped[str]
    merge_base: Mapped[str]
    decision: Mapped[str]
    would_decide: Mapped[str]
    enforced: Mapped[bool]
    policy: Mapped[str]
    policy_source: Mapped[str]
    status: Mapped[str]
    tool_version: Mapped[str]
    document: Mapped[dict[str, Any]]
    delivery: Mapped[str | None]


class Verdict(LedgerRow, Stamp):
    """A gate's verdict within a review."""

    __tablename__ = "verdict"
    __table_args__ = (Index(None, "repository_id", "recorded", "gate", "outcome"),)

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    repository_id: Mapped[int]
    number: Mapped[int | None]
    head: Mapped[str]
    gate: Mapped[str]
    gate_version: Mapped[str | None]
    outcome: Mapped[str]
    blocking: Mapped[bool]
    score: Mapped[float | None]
    reason: Mapped[str]
    findings: Mapped[int] = mapped_column(Integer)


class Signal(LedgerRow, Stamp):
    """A signal of provenance within a review; one that did not count has the reason."""

    __tablename__ = "signal"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    repository_id: Mapped[int]
    number: Mapped[int | None]
    head: Mapped[str]
    commit: Mapped[str | None]
    signal: Mapped[str]
    harness: Mapped[str | None]
    model_family: Mapped[str | None]
    model: Mapped[str | None]
    tier: Mapped[str | None]
    role: Mapped[str | None]
    field: Mapped[str]
    evidence: Mapped[str]
    ignored: Mapped[str | None]


class Override(LedgerRow):
    """A person's word against what was declared or judged; the stamp is that of the review it was said about."""

    __tablename__ = "override"
    __table_args__ = (Index(None, "repository_id", "number"),)

    repository_id: Mapped[int]
    number: Mapped[int]
    head: Mapped[str]
    actor: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    delivery: Mapped[str | None]
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    rules: Mapped[str | None]
    policy_hash: Mapped[str | None]
    gate_versions: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Merge(LedgerRow):
    """A pull request was merged, with what its last review said of the head that went in.

    ``gates_passed`` is ``None`` where no review judged that head. The stamp is that review's.
    """

    __tablename__ = "merge"
    __table_args__ = (UniqueConstraint("repository_id", "number", "merge_sha"),)

    repository_id: Mapped[int]
    number: Mapped[int]
    head: Mapped[str]
    merge_sha: Mapped[str]
    method: Mapped[str]
    status: Mapped[str]
    harnesses: Mapped[list[str]]
    model_families: Mapped[list[str]]
    gates_passed: Mapped[bool | None]
    reviewers: Mapped[str]
    delivery: Mapped[str | None]
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    rules: Mapped[str | None]
    policy_hash: Mapped[str | None]
    gate_versions: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class MergeLine(LedgerRow):
    """A run of lines that a merge brought, in the merge commit's version of the file, and whose they are declared."""

    __tablename__ = "merge_line"

    merge_id: Mapped[int] = mapped_column(ForeignKey("merge.id"), index=True)
    path: Mapped[str]
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    harness: Mapped[str | None]
    model_family: Mapped[str | None]
    model: Mapped[str | None]


class MergeFile(LedgerRow):
    """A text file whose content a merge changed; merges of the schema's first version have none.

    ``blob`` is git's id of the content, which has ``lines`` lines; ``before`` that of the content which the merge was
    put on, ``None`` for a file that was not there. ``kept`` are the lines that both have: lists of first, last and
    what to take off for the numbers in the older one.
    """

    __tablename__ = "merge_file"

    merge_id: Mapped[int] = mapped_column(ForeignKey("merge.id"), index=True)
    path: Mapped[str]
    blob: Mapped[str]
    lines: Mapped[int] = mapped_column(Integer)
    before: Mapped[str | None]
    kept: Mapped[list[list[int]]] = mapped_column(JSON)


class CheckState(StateRow):
    """How far a check run on GitHub is, so that none is left open by a crash."""

    __tablename__ = "state_check"

    external_id: Mapped[str] = mapped_column(primary_key=True)
    repository_id: Mapped[int]
    head: Mapped[str]
    installation: Mapped[int | None]
    repository: Mapped[str | None]
    check_run_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(index=True)
    changed: Mapped[datetime]


class PullState(StateRow):
    """Which head of a pull request is the newest that was asked for; ``generation`` counts them up."""

    __tablename__ = "state_pull"

    repository_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int]
    head: Mapped[str]
    before: Mapped[str | None]
    updated: Mapped[datetime]


def append_only_tables() -> list[str]:
    """Return the names of the tables that the database guards, sorted."""
    rows = (mapper.class_ for mapper in Base.registry.mappers)
    return sorted(row.__tablename__ for row in rows if issubclass(row, LedgerRow))
