"""What a pull request stands at: never a success that was not earned."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import pytest

from app.reporting.labels import wanted
from app.standing import Approvals, Conclusion, stand
from gates.decision import Judged
from gates.verdict import Outcome, Verdict

from .conftest import review

LACKING = Approvals("The policy asks for one approval from a person.")
ITS_OWN = Approvals("The policy asks for one approval from a person.", self_review=True)


def judged(outcome: Outcome, *, blocking: bool = True, gate: str = "lint") -> Judged:
    return Judged(Verdict(gate, outcome, "A reason."), blocking)


@pytest.mark.parametrize(
    ("outcome", "enforced", "approvals", "conclusion", "title"),
    [
        (Outcome.ACCEPT, True, Approvals(), Conclusion.SUCCESS, "Gates passed"),
        (Outcome.ACCEPT, True, LACKING, Conclusion.ACTION_REQUIRED, "Gates passed; a review is needed"),
        (Outcome.ACCEPT, True, ITS_OWN, Conclusion.ACTION_REQUIRED, "Gates passed; only its own kind approved"),
        (Outcome.ACCEPT, False, Approvals(), Conclusion.NEUTRAL, "Advice only: no blocking gate objects"),
        (Outcome.REJECT, True, Approvals(), Conclusion.FAILURE, "Rejected by lint"),
        (Outcome.REJECT, True, LACKING, Conclusion.FAILURE, "Rejected by lint"),
        (Outcome.REJECT, False, Approvals(), Conclusion.NEUTRAL, "Advice only: gates object"),
        (Outcome.ERROR, True, Approvals(), Conclusion.NEUTRAL, "Could not judge: lint"),
        (Outcome.ERROR, False, Approvals(), Conclusion.NEUTRAL, "Advice only: gates object"),
        (Outcome.SKIP, True, Approvals(), Conclusion.NEUTRAL, "Nothing to judge: no gate applies to this change"),
    ],
)
def test_the_conclusion_and_its_sentence(
    outcome: Outcome, enforced: bool, approvals: Approvals, conclusion: Conclusion, title: str
) -> None:
    standing = stand(review(judged(outcome), enforced=enforced), approvals)
    assert (standing.conclusion, standing.title) == (conclusion, title)


def test_success_is_never_said_of_what_was_not_accepted() -> None:
    for outcomes in product(Outcome, repeat=3):
        for weights in product((True, False), repeat=3):
            gates = ("compile", "lint", "tests")
            verdicts = [judged(o, blocking=b, gate=g) for o, b, g in zip(outcomes, weights, gates, strict=True)]
            standing = stand(review(*verdicts), Approvals())
            blocking = {o for o, b in zip(outcomes, weights, strict=True) if b}
            if standing.conclusion is Conclusion.SUCCESS:
                assert not blocking & {Outcome.REJECT, Outcome.ERROR}
                assert Outcome.ACCEPT in outcomes
            assert (standing.conclusion is Conclusion.FAILURE) == (Outcome.REJECT in blocking)


def test_what_is_lacking_is_a_label(samples: SimpleNamespace) -> None:
    assert not {n for n in wanted(samples.REJECTED) if n.startswith("review/")}
    assert not {n for n in wanted(samples.REJECTED, Approvals()) if n.startswith("review/")}
    assert "review/needs-human" in wanted(samples.REJECTED, LACKING)
    assert {"review/needs-human", "review/self-review"} <= wanted(samples.REJECTED, ITS_OWN)
