"""The gate stage: a policy's decisions, what they would be at frozen thresholds, flips, and gates that are broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from collapse_lab.policies import coin, policy_of
from collapse_lab.sample import Sample, seed_of
from collapse_lab.self_gates.context import LabContext
from collapse_lab.stages.gate import GateBrokenError, Gated, calibrate, gate
from collapse_lab.tasks.task import Case, Task
from gates.interpreter import Interpreter
from gates.policy import GateRule, Policy
from gates.workspace import Workspace
from tests.collapse_lab.self_gates.standin import Author

CASE = Case("(1,)", "2")
TASK = Task("t", "def double(n: int) -> int:\n", "double", "    return 2 * n\n", (CASE,), (CASE,), "head", "numbers")
RIGHT, BROKEN = "    return 2 * n\n", "    return (\n"
# To the author a completion is as unlikely as it is long.
LENGTHS = [f"    return {'9' * digits}\n" for digits in range(1, 9)]


@pytest.fixture
def context() -> Iterator[LabContext]:
    own = Interpreter.own()
    with Workspace() as workspace:
        yield LabContext(workspace, own, own, author=Author())


def samples(completions: list[str]) -> list[Sample]:
    return [Sample(f"s{n}.0", "t", text, 1, True, seed_of("test", n)) for n, text in enumerate(completions)]


def judged(policy: Policy, completions: list[str], context: LabContext, flip: float = 0.0) -> list[Gated]:
    return gate(policy, [TASK] * len(completions), samples(completions), context, flip)


def policy(**gates: Mapping[str, Any]) -> Policy:
    rules = {name.replace("_", "-"): GateRule.model_validate(rule) for name, rule in gates.items()}
    return Policy(name="test", description="A test's.", gates=rules)


def perplexity(**settings: Any) -> Policy:
    return policy(perplexity={"level": "block", "settings": {"keep": 0.5, **settings}})


def test_a_policy_decides_and_says_who_objected(context: LabContext) -> None:
    rows = judged(policy_of("compile"), [RIGHT, BROKEN], context)
    assert [(row.accepted, row.frozen, row.score, row.error) for row in rows] == [
        (True, True, None, False),
        (False, False, None, False),
    ]
    assert [row.why for row in rows] == [(), ("compile",)]
    assert [row.sample for row in rows] == ["s0.0", "s1.0"]


def test_what_advises_decides_nothing_and_is_not_asked(context: LabContext) -> None:
    # `perplexity` would be broken without an author.
    asked = policy(compile={"level": "block"}, perplexity={"level": "advise"})
    rows = judged(asked, [RIGHT], replace(context, author=None))
    assert rows[0].accepted


def test_no_gate_lets_everything_through(context: LabContext) -> None:
    assert all(row.accepted and row.frozen for row in judged(policy_of("none"), [RIGHT, BROKEN], context))


def test_no_samples_give_no_verdicts(context: LabContext) -> None:
    assert judged(policy_of("compile"), [], context) == []


def test_a_threshold_is_fitted_on_round_0_and_frozen_beside_the_decision(context: LabContext) -> None:
    asked = perplexity(threshold="quantile")
    fitted = calibrate(asked, [TASK] * 8, samples(LENGTHS), context)
    assert fitted == {"perplexity": -len(LENGTHS[3])}
    # Later samples are all likelier than round 0's median: the quantile keeps half, the frozen threshold all.
    rows = judged(asked, LENGTHS[:4], replace(context, calibration=fitted))
    assert [row.accepted for row in rows] == [True, True, False, False]
    assert [row.frozen for row in rows] == [True] * 4
    assert [row.score for row in rows] == [-len(text) for text in LENGTHS[:4]]
    rows = judged(asked, LENGTHS[4:], replace(context, calibration=fitted))
    assert [row.accepted for row in rows] == [True, True, False, False]
    assert [row.frozen for row in rows] == [False] * 4


def test_a_frozen_threshold_decides_where_the_policy_says_so(context: LabContext) -> None:
    asked = perplexity(threshold="frozen")
    fitted = calibrate(asked, [TASK] * 8, samples(LENGTHS), context)
    rows = judged(asked, LENGTHS[2:6], replace(context, calibration=fitted))
    assert [row.accepted for row in rows] == [row.frozen for row in rows] == [True, True, False, False]


def test_gates_without_a_threshold_decide_over_frozen_as_well(context: LabContext) -> None:
    asked = policy(compile={"level": "block"}, perplexity={"level": "block", "settings": {"keep": 1.0}})
    fitted = calibrate(asked, [TASK] * 2, samples([RIGHT, BROKEN]), context)
    assert list(fitted) == ["perplexity"]
    rows = judged(asked, [RIGHT, BROKEN], replace(context, calibration=fitted))
    assert [(row.accepted, row.frozen) for row in rows] == [(True, True), (False, False)]


def test_flips_turn_over_a_share_and_nothing_else(context: LabContext) -> None:
    completions = [RIGHT, BROKEN] * 200
    plain = judged(policy_of("compile"), completions, context)
    flipped = judged(policy_of("compile"), completions, context, 0.2)
    turned = [a.accepted != b.accepted for a, b in zip(plain, flipped, strict=True)]
    # 80 of 400 are expected; 5 standard deviations are 40.
    assert 40 < sum(turned) < 120
    assert [a.frozen != b.frozen for a, b in zip(plain, flipped, strict=True)] == turned
    assert [a.why for a in plain] == [b.why for b in flipped]
    assert flipped == judged(policy_of("compile"), completions, context, 0.2)


def test_more_noise_turns_over_the_same_and_more(context: LabContext) -> None:
    completions = [RIGHT] * 200
    few, many, every = (
        {row.sample for row in judged(policy_of("compile"), completions, context, flip) if not row.accepted}
        for flip in (0.05, 0.2, 1.0)
    )
    assert few < many < every
    assert len(every) == 200


def test_a_gate_that_can_judge_nothing_stops_the_study(context: LabContext) -> None:
    with pytest.raises(GateBrokenError, match=r"`perplexity` could judge none of 2 samples: .*this study has none"):
        judged(perplexity(), [RIGHT, RIGHT], replace(context, author=None))


def test_a_sample_that_cannot_be_judged_is_not_accepted(context: LabContext) -> None:
    lost = Author(nll=lambda text: float("nan") if text == BROKEN else 1.0)
    rows = judged(perplexity(keep=1.0), [RIGHT, BROKEN], replace(context, author=lost))
    assert [(row.accepted, row.error, row.why) for row in rows] == [(True, False, ()), (False, True, ("perplexity",))]
    # Noise turns over what was said, and nothing was said of it.
    rows = judged(perplexity(keep=1.0), [RIGHT, BROKEN], replace(context, author=lost), 1.0)
    assert [row.accepted for row in rows] == [False, False]


def test_a_coin_accepts_about_its_share_of_what_is_alike(context: LabContext) -> None:
    rows = judged(coin(0.3, 7), [RIGHT] * 400, context)
    # 120 are expected; 5 standard deviations are 46.
    assert 74 < sum(row.accepted for row in rows) < 166
    assert [row.accepted for row in rows] != [row.accepted for row in judged(coin(0.3, 8), [RIGHT] * 400, context)]
