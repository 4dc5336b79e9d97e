from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from app.reporting.next_steps import MOST_STEPS, summarise
from app.review_types import Review


def test_there_is_always_something_to_say_and_never_too_much(any_review: Review) -> None:
    steps = summarise(any_review)
    assert 1 <= len(steps) <= MOST_STEPS


def test_a_rejection_names_the_gate_and_the_gravest_place(samples: SimpleNamespace) -> None:
    assert summarise(samples.REJECTED) == [
        "Fix what tampering rejects; start with tests/test_cart.py:12 (deleted-test)."
    ]


def test_an_error_points_to_its_remedy(samples: SimpleNamespace) -> None:
    [step] = summarise(samples.COULD_NOT)
    assert step.startswith("base-tests could not judge: do what the reason says")


def test_an_advisory_error_leaves_the_decision(samples: SimpleNamespace) -> None:
    unjudged = replace(samples.UNJUDGED, blocking=False)
    [step] = summarise(samples.review(samples.ACCEPTING, unjudged))
    assert "the decision stands" in step


def test_advice_only_says_how_to_enforce(samples: SimpleNamespace) -> None:
    assert "--policy" in summarise(samples.ADVICE_ONLY)[-1]
    assert not any("--policy" in step for step in summarise(samples.REJECTED))


def test_the_review_that_the_policy_asks_for_is_named(samples: SimpleNamespace) -> None:
    review = samples.review(samples.ACCEPTING, review_needed="one person of another model family.")
    assert summarise(review) == ["Review needed: one person of another model family."]


def test_findings_of_an_accepted_change_are_mentioned(samples: SimpleNamespace) -> None:
    warned = replace(samples.ACCEPTING.verdict, findings=(samples.LOOSENED,))
    assert summarise(samples.review(samples.blocks(warned))) == ["No gate objects; 1 finding to read at leisure."]
    assert summarise(samples.review(samples.ACCEPTING)) == ["Nothing is left to do here: no gate objects."]


def test_advice_is_read_where_nothing_blocks(samples: SimpleNamespace) -> None:
    assert summarise(samples.review(samples.ACCEPTING, samples.ADVISING)) == [
        "Read the advice of lint; it does not block."
    ]
