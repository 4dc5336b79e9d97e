"""The detector: pure functions from commits, texts and records to what was declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.provenance import agent_trace
from app.provenance.agent_trace import Trace, Traces
from app.provenance.commit import Added, Commit, PullText
from app.provenance.credits import trailer_signs
from app.provenance.identity import Identity, actor_signs, as_role, identity_signs
from app.provenance.lines import add_lines, count_lines
from app.provenance.names import UNKNOWN
from app.provenance.records import Recorded, known_families, read_records, reference_signs, traces_by_commit
from app.provenance.rules import RuleSet, shipped_rules
from app.provenance.seen import NO_TOOL, Seen, in_window, seen, settle
from app.provenance.text import body_signs, branch_signs, message_signs
from app.provenance.trailers import parse_trailers
from app.provenance.types import Ignored, Provenance, Role, Signal, Status

_PARTLY = "It attests only a part of the lines that the commit added."
_NOTHING = "The commit added no line that could be attested."


@dataclass(frozen=True, slots=True)
class CommitProvenance:
    """One commit and what it declares."""

    commit: Commit
    provenance: Provenance


@dataclass(frozen=True)
class ChangeProvenance:
    """What a whole change declares, and each of its commits; ``remarks`` are sentences on what was not read."""

    sum: Provenance
    commits: tuple[CommitProvenance, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What is known of a change besides its commits' headers and messages; keyed by commit id.

    ``remarks`` are sentences on what could not be read.
    """

    notes: Mapping[str, bytes] = field(default_factory=dict)
    traces: Traces = field(default_factory=Traces)
    added: Mapping[str, Added] = field(default_factory=dict)
    refs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def detect_commit(
    commit: Commit,
    *,
    note: bytes | None = None,
    traces: Iterable[Trace] = (),
    added: Added | None = None,
    refs: Iterable[str] = (),
    accepted_signoffs: bool = False,
    rules: RuleSet | None = None,
) -> Provenance:
    """Return what one commit declares.

    *note* is its git-ai note, *traces* its Agent Trace records, *refs* the references that belong to it. Never
    fails on what people write; line counts are there where *added* is.
    """
    rules = rules or shipped_rules()
    recorded = read_records(commit, note, traces, added, rules)
    signs = [*_own_signs(commit, rules), *reference_signs(commit, refs, rules), *recorded.signs]
    counted, ignored = settle(signs, commit.sha)
    people = recorded.people
    if accepted_signoffs and not people and not any(map(_hints, signs)):
        people = _sign_offs(commit, rules)
    status = _commit_status(bool(counted), recorded, people, added)
    attested, refused = _attestations(people, status, added, commit.sha)
    return _collect(
        status,
        [*counted, *attested],
        [*ignored, *recorded.problems, *refused],
        count_lines(_of_the_rest(status, recorded, counted), added, recorded.split),
        rules,
    )


def _own_signs(commit: Commit, rules: RuleSet) -> list[Seen]:
    """Return the signs in the commit itself: its header, trailers and message."""
    texts = [*trailer_signs(commit.message, commit.author_date, rules), *message_signs(commit.message, rules)]
    return [*_header_signs(commit, rules), *(in_window(sign, commit.author_date) for sign in texts)]


def _of_the_rest(status: Status, recorded: Recorded, counted: Iterable[Signal]) -> Status:
    """Return the status of the lines that no record speaks of: a record's word covers its own lines only."""
    if recorded.split is None:
        return status
    beyond = any(signal.field not in ("note", "trace") for signal in counted)
    return Status.AI_DECLARED if beyond else Status.UNDECLARED


def _header_signs(commit: Commit, rules: RuleSet) -> list[Seen]:
    author = Identity(commit.author_name, commit.author_email, "author", commit.author_date)
    signs = identity_signs(author, rules)
    if commit.committer_email.lower() != commit.author_email.lower():
        # Whoever commits another's work handled it, but did not necessarily write it.
        committer = Identity(commit.committer_name, commit.committer_email, "committer", commit.committer_date)
        signs += as_role(identity_signs(committer, rules), Role.ASSIST)
    for row in rules.by_field.get("author-name", ()):
        if commit.author_name.rstrip().endswith(row.value):
            signs.append(seen(row, "author", f"{commit.author_name} <{commit.author_email}>"))
    return signs


def _hints(sign: Seen) -> bool:
    """Whether a sign, counted or not, leaves doubt that only people wrote: reviews and bare names do not."""
    if sign.role is Role.REVIEW or sign.row.id == "bare-name":
        return False
    return sign.reason is None or sign.harness != UNKNOWN


def _sign_offs(commit: Commit, rules: RuleSet) -> tuple[Seen, ...]:
    """Return the author's or committer's own sign-off, which a policy may take for an attestation."""
    own = {commit.author_email.lower(), commit.committer_email.lower()}
    for trailer in parse_trailers(commit.message):
        address = trailer.value.rpartition("<")[2].rstrip("> ").lower()
        if trailer.key.lower() == "signed-off-by" and address in own and "[bot]" not in address:
            sign = seen(rules.by_id["signoff"], f"trailer:{trailer.key}", f"{trailer.key}: {trailer.value}")
            return (replace(sign, harness=NO_TOOL, family=NO_TOOL),)
    return ()


def _commit_status(ai: bool, recorded: Recorded, people: Sequence[Seen], added: Added | None) -> Status:
    if ai:
        return Status.MIXED if people or recorded.mixed else Status.AI_DECLARED
    if not people:
        return Status.UNDECLARED
    if people[0].row.id == "signoff":
        return Status.HUMAN_ATTESTED
    split = recorded.split
    whole = split is not None and added is not None and 0 < split.human == added.total
    return Status.HUMAN_ATTESTED if whole else Status.UNDECLARED


def _attestations(
    people: Sequence[Seen], status: Status, added: Added | None, sha: str
) -> tuple[list[Signal], list[Ignored]]:
    """Count the attestations where they decided something, else list them with the reason."""
    if status is Status.UNDECLARED:
        reason = _NOTHING if added is not None and not added.total else _PARTLY
        people = [replace(sign, reason=reason) for sign in people]
    return settle(people, sha)


def summarise(
    per_commit: Sequence[CommitProvenance],
    pull: PullText | None = None,
    *,
    extra: Iterable[Ignored] = (),
    rules: RuleSet | None = None,
) -> Provenance:
    """Return what a change declares as a whole, from its commits and the pull request's own text.

    Merge commits that say nothing do not count. A strong signal of the pull request covers every commit. Lines are
    the sum over the commits, so a line written twice counts twice.
    """
    rules = rules or shipped_rules()
    pull = pull or PullText()
    signals = [signal for one in per_commit for signal in one.provenance.signals]
    signs = [*branch_signs(pull.branch, rules), *body_signs(pull.body, rules)]
    signs += actor_signs(pull.author, rules) if pull.author else []
    of_pull, ignored = settle(signs, None, {signal.harness for signal in signals if signal.harness != NO_TOOL})
    covered = any(sign.declares for sign in signs)
    status = _sum_status([one for one in per_commit if not _silent_merge(one)], covered)
    if status is Status.HUMAN_ATTESTED and any(map(_hints, signs)) and any(s.id == "signoff" for s in signals):
        # A sign-off is a habit of the author's tools, too: it does not outweigh a branch that a tool may have named.
        status = Status.UNDECLARED
    every = [item for one in per_commit for item in one.provenance.ignored] + ignored + list(extra)
    lines = add_lines((one.provenance.lines for one in per_commit), covered=covered)
    return _collect(status, of_pull + signals, every, lines, rules)


def _silent_merge(one: CommitProvenance) -> bool:
    return one.commit.is_merge and not one.provenance.signals


def _sum_status(counting: Sequence[CommitProvenance], covered: bool) -> Status:
    states = {one.provenance.status for one in counting}
    if covered:
        states = (states - {Status.UNDECLARED}) | {Status.AI_DECLARED}
    if len(states) == 1:
        return next(iter(states))
    return Status.MIXED if states & {Status.AI_DECLARED, Status.MIXED} else Status.UNDECLARED


def detect_change(
    commits: Sequence[Commit],
    pull: PullText | None = None,
    evidence: Evidence | None = None,
    *,
    accepted_signoffs: bool = False,
    rules: RuleSet | None = None,
) -> ChangeProvenance:
    """Return what a change and each of its commits declare."""
    rules = rules or shipped_rules()
    evidence = evidence or Evidence()
    traces, nameless = traces_by_commit(evidence.traces.records, commits, evidence.added)
    results = tuple(
        CommitProvenance(
            commit,
            detect_commit(
                commit,
                note=evidence.notes.get(commit.sha),
                traces=traces.get(commit.sha, ()),
                added=evidence.added.get(commit.sha),
                refs=evidence.refs.get(commit.sha, ()),
                accepted_signoffs=accepted_signoffs,
                rules=rules,
            ),
        )
        for commit in commits
    )
    extra = _trace_problems(evidence.traces, nameless)
    return ChangeProvenance(summarise(results, pull, extra=extra, rules=rules), results, evidence.remarks)


def _trace_problems(traces: Traces, nameless: int) -> list[Ignored]:
    reasons = list(traces.problems)
    if nameless:
        reasons.append(f"{nameless} record(s) name no git revision, so no commit is known to be theirs.")
    return [Ignored(agent_trace.ROW, "trace", agent_trace.TRACES_PATH, reason) for reason in reasons]


def _collect(
    status: Status, signals: Sequence[Signal], ignored: Sequence[Ignored], lines: Mapping[str, int], rules: RuleSet
) -> Provenance:
    by_commit: dict[str | None, list[tuple[str, str]]] = {}
    for signal in signals:
        by_commit.setdefault(signal.commit, []).append((signal.harness, signal.model_family))
    known = [known_families(pairs) for pairs in by_commit.values()]
    return Provenance(
        status=status,
        signals=tuple(signals),
        ignored=tuple(ignored),
        harnesses=tuple(sorted({tool for tools, _ in known for tool in tools})),
        model_families=tuple(sorted({family for _, families in known for family in families})),
        models=tuple(sorted({signal.model for signal in signals if signal.model})),
        lines=lines,
        rules=rules.version,
    )
