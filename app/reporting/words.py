"""The words and the order in which every reporter for people tells a review; plain data, no markup.

What is returned may quote untrusted text: the reporter neutralises it for its medium.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.provenance.types import Provenance, Status, Tier
from app.review_types import Review, Revision
from gates.decision import Decision, Judged
from gates.verdict import Finding, Outcome, Severity

# How many findings of one gate a report for people shows; JSON and SARIF hold them all.
SHOWN_PER_GATE = 10
UNKNOWN = "unknown"


class Tone(StrEnum):
    """How a line should feel; a reporter turns it into a colour or a symbol."""

    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Headline:
    """The first line: the decision in a word or two, what it rests on, and its tone. ``word + rest`` is the line."""

    word: str
    rest: str
    tone: Tone


OUTCOME_TONES = {
    Outcome.ACCEPT: Tone.GOOD,
    Outcome.REJECT: Tone.BAD,
    Outcome.ERROR: Tone.WARN,
    Outcome.SKIP: Tone.QUIET,
}
_TIER_WORDS = {Tier.ACTOR: "account", Tier.SIGNATURE: "signature", Tier.EMAIL: "e-mail", Tier.TEXT: "text"}
_TIER_ORDER = list(Tier)
_SEVERITY_ORDER = list(Severity)
_OUTCOME_ORDER = (Outcome.REJECT, Outcome.ERROR, Outcome.ACCEPT, Outcome.SKIP)


def headline(review: Review) -> Headline:
    """Return the decision in words."""
    rejecting = gates_with(review.verdicts, Outcome.REJECT, blocking=True)
    unjudged = gates_with(review.verdicts, Outcome.ERROR, blocking=True)
    if review.decision is Decision.REJECT:
        return Headline("Rejected", f" by {listed(rejecting) if rejecting else 'the policy'}", Tone.BAD)
    if review.decision is Decision.ERROR:
        return Headline("Could not judge", f": {_unjudged(unjudged)}", Tone.WARN)
    if review.would_decide is Decision.REJECT:
        return Headline("Accepted", f", as advice only: enforced, {listed(rejecting)} would reject", Tone.WARN)
    if review.would_decide is Decision.ERROR:
        return Headline("Accepted", f", as advice only: {_unjudged(unjudged)}", Tone.WARN)
    return Headline("Accepted", f": {_why_accepted(review)}", Tone.GOOD)


def _unjudged(gates: list[str]) -> str:
    return f"{listed(gates)} came to no verdict" if gates else "the policy came to no decision"


def _why_accepted(review: Review) -> str:
    advice = gates_with(review.verdicts, Outcome.REJECT, blocking=False)
    unjudged = gates_with(review.verdicts, Outcome.ERROR, blocking=False)
    count = Counter(j.verdict.outcome for j in review.verdicts)
    if set(count) == {Outcome.SKIP}:
        return "no gate applies to this change"
    skipped = counted(count[Outcome.SKIP], "gate") if not count[Outcome.ACCEPT] else str(count[Outcome.SKIP])
    parts = [
        f"{counted(count[Outcome.ACCEPT], 'gate')} accepted" if count[Outcome.ACCEPT] else "",
        f"{listed(advice)} advised against it" if advice else "",
        f"{listed(unjudged)} could not judge" if unjudged else "",
        f"{skipped} did not apply" if count[Outcome.SKIP] else "",
    ]
    return ", ".join(filter(None, parts)) if review.verdicts else "the policy asks no gate"


def change_line(review: Review) -> str:
    """Return what was compared and how large it is."""
    base, head = (_revision(r) for r in (review.base, review.head))
    size = f"{counted(review.files, 'file')}, +{review.added_lines} -{review.removed_lines} lines"
    return f"{base} .. {head}: {size}"


def _revision(revision: Revision) -> str:
    short = revision.commit[:10]
    return short if revision.commit.startswith(revision.ref) else f"{revision.ref} ({short})"


def policy_line(review: Review) -> str:
    """Return which policy judged, whether it binds, and for how long."""
    binding = "enforced" if review.policy.enforced else "advice only"
    return f"{review.policy.name} ({review.policy.source}), {binding}; {review.seconds:.1f} s"


def evidence_line(review: Review) -> str | None:
    """Return what was measured for the policy; ``None`` where the review is of a time before that was asked."""
    evidence = review.policy.evidence
    return None if evidence is None else evidence.line.removeprefix(f"policy `{review.policy.name}`: ")


def provenance_line(provenance: Provenance) -> str:
    """Return where the change was declared to come from, in one line."""
    match provenance.status:
        case Status.AI_DECLARED:
            line = f"declared: AI, {_declared_by(provenance)}"
        case Status.MIXED:
            line = f"declared: AI in part{_share(provenance)}, {_declared_by(provenance)}"
        case Status.HUMAN_ATTESTED:
            line = "attested: a person says they wrote it"
        case _:
            line = "undeclared: nothing says who wrote it; that does not mean a person did"
    seen = len(provenance.ignored)
    return f"{line}; {counted(seen, 'sign')} not counted" if seen else line


def _declared_by(provenance: Provenance) -> str:
    tools = [_tool(provenance, harness) for harness in provenance.harnesses]
    parts = [listed(tools or list(provenance.model_families) or ["tool not named"])]
    if provenance.models:
        parts.append(f"model {listed(provenance.models)}")
    if provenance.signals:
        strongest = min((s.tier for s in provenance.signals), key=_TIER_ORDER.index)
        parts.append(f"{_TIER_WORDS[strongest]} tier")
    return ", ".join(parts)


def _tool(provenance: Provenance, harness: str) -> str:
    """Return a tool with the families of model behind it, or that no sign names one."""
    families = sorted({s.model_family for s in provenance.signals if s.harness == harness})
    named = [family for family in families if family != UNKNOWN] or (["model unknown"] if families else [])
    return f"{harness} ({', '.join(named)})" if named else harness


def _share(provenance: Provenance) -> str:
    total = sum(provenance.lines.values())
    declared = provenance.lines.get(Status.AI_DECLARED, 0) + provenance.lines.get(Status.MIXED, 0)
    return f" ({declared} of {total} added lines)" if total else ""


def in_order(verdicts: Iterable[Judged]) -> list[Judged]:
    """Return the verdicts by what a maintainer must see first: rejections, then errors; blocking before advice."""
    return sorted(verdicts, key=lambda j: (_OUTCOME_ORDER.index(j.verdict.outcome), not j.blocking))


def by_importance(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, gravest first, then by place."""
    return sorted(
        findings,
        key=lambda f: (_SEVERITY_ORDER.index(f.severity), f.path or "", f.line or 0, f.rule, f.message),
    )


def by_file(findings: Sequence[Finding]) -> dict[str | None, list[Finding]]:
    """Return findings grouped by path, the files in the order of their first finding."""
    groups: dict[str | None, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.path, []).append(finding)
    return groups


def place(finding: Finding) -> str:
    """Return the finding's lines in words: ``12``, ``12-14``, or nothing."""
    if finding.line is None:
        return ""
    if finding.end_line is None or finding.end_line <= finding.line:
        return str(finding.line)
    return f"{finding.line}-{finding.end_line}"


def gates_with(verdicts: Iterable[Judged], outcome: Outcome, *, blocking: bool) -> list[str]:
    """Return the names of the gates that ended so."""
    return [j.verdict.gate for j in verdicts if j.verdict.outcome is outcome and j.blocking is blocking]


def weight(judged: Judged) -> str:
    """Return what a verdict's gate does in the policy."""
    return "blocks" if judged.blocking else "advises"


def listed(names: Sequence[str]) -> str:
    """Return names as English lists them: ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, plural where it must be."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
