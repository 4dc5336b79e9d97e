"""The Review: what every reporter, and later the ledger, consumes."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.provenance.types import Provenance
from gates.decision import Decision, Judged

SCHEMA_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the lab measured for the policy that judged, when it judged.

    ``line`` is shown to people. ``status`` is `measured`, `composed`, `stale` or `unmeasured`; ``verdict`` and ``card``
    (its hash) are those of the card whose numbers hold for the policy, ``None`` where there is none.
    """

    line: str
    status: str
    verdict: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyUsed:
    """The policy that judged.

    ``source`` says in words where it came from ("preset", "the base's .github/exogate.yml", a file's path).
    ``enforced`` is false where its rejections only advise (no policy was chosen, so the default speaks).
    """

    name: str
    hash: str
    source: str
    enforced: bool = True
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One side of the change: the name that was asked for and the commit it stands for."""

    ref: str
    commit: str


@dataclass(frozen=True)
class Review:
    """One review of one change.

    ``decision`` is what the caller acts on; ``would_decide`` is what the policy says when enforced (they differ
    only when it is not). ``notes`` are sentences on the change as a whole (submodules, LFS pointers, files not
    compared). ``review_needed`` says, where the policy asks for it, which human review the change needs.
    """

    decision: Decision
    would_decide: Decision
    policy: PolicyUsed
    provenance: Provenance
    verdicts: tuple[Judged, ...]
    base: Revision
    head: Revision
    merge_base: str
    files: int
    added_lines: int
    removed_lines: int
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    review_needed: str | None = None
    tool_version: str = ""
    sandbox: str | None = None
    gate_versions: dict[str, str] = field(default_factory=dict)
