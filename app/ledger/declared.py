"""What each commit of a change declares of its lines, out of what the detector says of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.ledger.attribution import Declared, Origin, origin_of, recorded
from app.provenance import git_ai
from app.provenance.agent_trace import Trace
from app.provenance.detector import ChangeProvenance, CommitProvenance, Evidence
from app.provenance.lines import Claim
from app.provenance.records import traces_by_commit
from app.provenance.rules import shipped_rules
from app.provenance.types import Signal, Status

_RECORDS = ("note", "trace")


def declared_lines(change: ChangeProvenance, evidence: Evidence) -> dict[str, Declared]:
    """Return, by commit id, what the commits of *change* declare of their lines.

    A strong signal of the pull request itself covers every line that is not spoken of otherwise.
    """
    commits = [one.commit for one in change.commits]
    traces, _ = traces_by_commit(evidence.traces.records, commits, evidence.added)
    return {one.commit.sha: _declared(one, change, evidence, traces) for one in change.commits}


def _declared(
    one: CommitProvenance, change: ChangeProvenance, evidence: Evidence, traces: Mapping[str, Sequence[Trace]]
) -> Declared:
    sha = one.commit.sha
    note = evidence.notes.get(sha)
    claims = list(git_ai.parse_note(note).claims) if note is not None else []
    claims += [claim for trace in traces.get(sha, ()) for claim in trace.claims]
    added = evidence.added.get(sha)
    if not claims or added is None or added.spans is None:
        claims = []
    return Declared(_rest(one, change, claims), recorded(claim for claim in claims if _counts(claim)))


def _counts(claim: Claim) -> bool:
    return shipped_rules().by_id[claim.source].counts


def _rest(one: CommitProvenance, change: ChangeProvenance, claims: Sequence[Claim]) -> Origin:
    """Return whose the lines are that no record of the commit speaks of: a record's word covers its own lines only."""
    signals = one.provenance.signals
    status = one.provenance.status
    if claims:
        signals = tuple(signal for signal in signals if signal.field not in _RECORDS)
        status = Status.AI_DECLARED if signals else Status.UNDECLARED
    if status is Status.HUMAN_ATTESTED and change.sum.status is Status.UNDECLARED:
        # The whole is in doubt (a branch that a tool may have named), so a part's sign-off is no attestation either.
        status = Status.UNDECLARED
    of_pull = _of_pull(change)
    if status is Status.UNDECLARED and of_pull:
        return origin_of(Status.AI_DECLARED, of_pull)
    return origin_of(status, signals)


def _of_pull(change: ChangeProvenance) -> list[Signal]:
    """Return the pull request's own signals, where one of them declares the whole."""
    own = [signal for signal in change.sum.signals if signal.commit is None]
    strong = any(shipped_rules().by_id[signal.id].strength == "strong" for signal in own)
    return own if strong else []
