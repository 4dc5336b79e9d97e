"""What a policy makes of the verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gates.verdict import Outcome, Verdict


class Decision(StrEnum):
    """The end of a review. ``ERROR``: a blocking gate could not judge, and none rejected."""

    ACCEPT = "accept"
    REJECT = "reject"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with its weight in the policy: a blocking one decides, an advisory one informs."""

    verdict: Verdict
    blocking: bool


def decide(judged: Iterable[Judged]) -> Decision:
    """Return the decision over all verdicts: a rejection is final, an error leaves the change unjudged."""
    outcomes = {j.verdict.outcome for j in judged if j.blocking}
    if Outcome.REJECT in outcomes:
        return Decision.REJECT
    if Outcome.ERROR in outcomes:
        return Decision.ERROR
    return Decision.ACCEPT
