"""The tables. A row of ``LedgerRow`` is added and never changed; a row of ``StateRow`` says how things stand now.

Times are UTC. Repositories, installations and accounts are GitHub's numbers, which survive a rename. Texts may quote
a change and are untrusted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.ledger.base import Base, LedgerRow, Stamp, StateRow


class Delivery(LedgerRow):
    """A webhook delivery that was believed, once for each of GitHub's delivery ids.

    ``number`` is that of the one pull request which it is about. What was asked for on the dashboard has such a row,
    too: its event is ``dashboard``.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index(None, "repository_id", "number"),)

    guid: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    action: Mapped[str | None]
    installation: Mapped[int | None]
    repository_id: Mapped[int | None]
    number: Mapped[int | None]
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


class PullSeen(LedgerRow):
    """How a pull request was when it was looked at; the last row by ``updated``, and of these by ``id``, counts.

    ``state`` is ``open``, ``closed`` or ``merged``, ``updated`` GitHub's time of the pull request's last change, and
    ``review_id`` the review for which it was looked at.
    """

    __tablename__ = "pull_seen"
    __table_args__ = (Index(None, "repository_id", "number", "updated"),)

    repository_id: Mapped[int]
    number: Mapped[int]
    state: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]
    head_ref: Mapped[str]
    base_ref: Mapped[str]
    updated: Mapped[datetime]
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    delivery: Mapped[str | None]


class PolicyText(LedgerRow):
    """A policy that judged, once for each of its hashes: ``text`` is all of it, as ``gates.policy.Policy``."""

    __tablename__ = "policy"

    hash: Mapped[str] = mapped_column(unique=True)
    text: Mapped[dict[str, Any]]


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
