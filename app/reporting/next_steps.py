"""What to do next, in one to three sentences: one place for every report that people read."""

from __future__ import annotations

from app.reporting.words import by_importance, counted, gates_with, listed
from app.review_types import Review
from gates.decision import Decision
from gates.verdict import Outcome, Verdict

MOST_STEPS = 3
_ENFORCE = "Nothing was enforced: name a policy with --policy or in the base's .github/exogate.yml to make it decide."


def summarise(review: Review) -> list[str]:
    """Return at most ``MOST_STEPS`` sentences, the most urgent first; never empty.

    They may quote untrusted text (paths, reasons): the reporter neutralises them.
    """
    steps = [*_rejections(review), *_errors(review), *_review_needed(review), *_enforcement(review)]
    return (steps or _advice(review) or ["Nothing is left to do here: no gate objects."])[:MOST_STEPS]


def _rejections(review: Review) -> list[str]:
    gates = gates_with(review.verdicts, Outcome.REJECT, blocking=True)
    if not gates:
        return []
    first = next(j.verdict for j in review.verdicts if j.verdict.gate == gates[0])
    return [f"Fix what {listed(gates)} {_verb(gates, 'rejects', 'reject')}; start with {_start(first)}."]


def _start(verdict: Verdict) -> str:
    for finding in by_importance(verdict.findings):
        if finding.path is not None:
            where = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
            return f"{where} ({finding.rule})"
    return f"{verdict.gate}'s reason"


def _errors(review: Review) -> list[str]:
    blocking = gates_with(review.verdicts, Outcome.ERROR, blocking=True)
    gates = blocking or gates_with(review.verdicts, Outcome.ERROR, blocking=False)
    if not gates:
        return []
    effect = "An error never counts as accepted" if blocking else "It only advises, so the decision stands"
    return [f"{listed(gates)} could not judge: do what the reason says, then review again. {effect}."]


def _review_needed(review: Review) -> list[str]:
    return [f"Review needed: {review.review_needed}"] if review.review_needed else []


def _enforcement(review: Review) -> list[str]:
    if review.policy.enforced or review.would_decide is Decision.ACCEPT:
        return []
    return [_ENFORCE]


def _advice(review: Review) -> list[str]:
    gates = gates_with(review.verdicts, Outcome.REJECT, blocking=False)
    if gates:
        return [f"Read the advice of {listed(gates)}; it does not block."]
    warnings = sum(len(j.verdict.findings) for j in review.verdicts)
    return [f"No gate objects; {counted(warnings, 'finding')} to read at leisure."] if warnings else []


def _verb(gates: list[str], one: str, many: str) -> str:
    return one if len(gates) == 1 else many
