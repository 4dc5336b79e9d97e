"""What another policy would have decided: known only where the same gate judged with the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.simulate import Kept, Reviewed, Simulated, Simulation, Why, summed
from gates.decision import Decision
from gates.gate import Settings
from gates.policy import Policy
from gates.presets import parse, preset
from gates.registry import get
from gates.verdict import Outcome

ACCEPT, REJECT, ERROR, SKIP = Outcome.ACCEPT, Outcome.REJECT, Outcome.ERROR, Outcome.SKIP


def policy(*lines: str) -> Policy:
    return parse("\n".join(lines), "test")


COMPILE = policy("gates:", "  compile: block")
TWO = policy("gates:", "  compile: block", "  secrets: block", "  lint: advise")


def reviewed(
    by: Policy | str, outcomes: Mapping[str, Outcome], status: str = "undeclared", version: str | None = None
) -> Reviewed:
    kept = [Kept(gate, outcome, "said", version or get(gate).version) for gate, outcome in outcomes.items()]
    return Reviewed(by if isinstance(by, str) else by.hash, Decision.ACCEPT, status, kept)


def simulated(of: Policy, what: Reviewed, *known: Policy) -> Simulated:
    return Simulation(of, {one.hash: one for one in known}, get).of(what)


def test_the_policy_that_judged_decides_as_it_did() -> None:
    told = simulated(TWO, reviewed(TWO, {"compile": ACCEPT, "secrets": REJECT, "lint": REJECT}))
    assert told == Simulated(Decision.REJECT, ("secrets",))


def test_a_milder_policy_takes_the_verdicts_of_its_own_gates() -> None:
    told = simulated(COMPILE, reviewed(TWO, {"compile": ACCEPT, "secrets": REJECT, "lint": ACCEPT}), TWO)
    assert told == Simulated(Decision.ACCEPT)


def test_a_gate_that_was_not_asked_has_to_run_and_the_decision_hangs_on_it() -> None:
    told = simulated(TWO, reviewed(COMPILE, {"compile": ACCEPT}), COMPILE)
    assert told.decision is None
    assert told.to_run == ("secrets",)
    assert [(one.gate, one.blocking, one.why) for one in told.missing] == [
        ("secrets", True, Why.NOT_ASKED),
        ("lint", False, Why.NOT_ASKED),
    ]


def test_a_rejection_is_final_whatever_is_missing() -> None:
    told = simulated(TWO, reviewed(COMPILE, {"compile": REJECT}), COMPILE)
    assert (told.decision, told.by, told.to_run) == (Decision.REJECT, ("compile",), ())


def test_an_error_is_not_final_while_a_gate_is_missing() -> None:
    assert simulated(TWO, reviewed(COMPILE, {"compile": ERROR}), COMPILE).decision is None
    told = simulated(COMPILE, reviewed(COMPILE, {"compile": ERROR}))
    assert told == Simulated(Decision.ERROR, ("compile",))


def test_a_missing_gate_that_only_advises_leaves_the_decision() -> None:
    advising = policy("gates:", "  compile: block", "  lint: advise")
    told = simulated(advising, reviewed(COMPILE, {"compile": ACCEPT}), COMPILE)
    assert told.decision is Decision.ACCEPT
    assert [one.gate for one in told.missing] == ["lint"]
    assert told.to_run == ()


def test_another_version_of_a_gate_says_nothing_even_under_the_same_policy() -> None:
    told = simulated(COMPILE, reviewed(COMPILE, {"compile": ACCEPT}, version="0"))
    assert [one.why for one in told.missing] == [Why.OTHER_VERSION]


def test_a_version_that_was_not_kept_says_nothing() -> None:
    what = Reviewed(COMPILE.hash, Decision.ACCEPT, "undeclared", [Kept("compile", ACCEPT, "said", None)])
    assert [one.why for one in simulated(COMPILE, what).missing] == [Why.NO_VERSION]


def test_other_settings_say_nothing() -> None:
    one = policy("gates:", "  lint: block")
    two = policy("gates:", "  lint:", "    level: block", "    settings:", "      max_new: 3")
    assert one.hash != two.hash
    assert [o.why for o in simulated(two, reviewed(one, {"lint": ACCEPT}), one).missing] == [Why.OTHER_SETTINGS]
    assert simulated(one, reviewed(one, {"lint": ACCEPT}), one).decision is Decision.ACCEPT


@dataclass(frozen=True)
class _Judge:
    version: str
    settings_type: type[Settings]


class _Some(Settings):
    """A setting of some gate."""

    limit: int = 1


def test_of_a_policy_known_by_its_hash_alone_only_gates_without_settings_are_known() -> None:
    bare = {"compile": _Judge("1", Settings), "secrets": _Judge("1", _Some)}
    what = reviewed("f" * 64, {"compile": ACCEPT, "secrets": ACCEPT}, version="1")
    told = Simulation(policy("gates:", "  compile: block", "  secrets: block"), {}, bare.get).of(what)
    assert [(one.gate, one.why) for one in told.missing] == [("secrets", Why.UNKNOWN_SETTINGS)]
    skipped = reviewed("f" * 64, {"compile": SKIP}, version="1")
    assert [o.why for o in Simulation(COMPILE, {}, bare.get).of(skipped).missing] == [Why.NOT_ITS_TURN]


def test_a_gate_that_is_not_installed_any_more_says_nothing() -> None:
    told = Simulation(COMPILE, {}, lambda name: None).of(reviewed(COMPILE, {"compile": ACCEPT}))
    assert [one.why for one in told.missing] == [Why.OTHER_VERSION]


def only(*statuses: str) -> Policy:
    return policy("gates:", "  compile:", "    level: block", f"    only_for: [{', '.join(statuses)}]")


def test_a_gate_that_is_kept_for_other_changes_need_not_run() -> None:
    told = simulated(only("ai-declared"), reviewed(COMPILE, {}), COMPILE)
    assert told == Simulated(Decision.ACCEPT)


def test_a_skip_because_it_was_not_its_turn_is_no_verdict_of_a_wider_policy() -> None:
    narrow = only("ai-declared")
    told = simulated(COMPILE, reviewed(narrow, {"compile": SKIP}), narrow)
    assert [one.why for one in told.missing] == [Why.NOT_ITS_TURN]


def test_a_policy_for_some_changes_asks_nothing_of_the_others() -> None:
    some = policy("applies_to: [ai-declared]", "gates:", "  compile: block")
    assert simulated(some, reviewed(COMPILE, {"compile": REJECT}), COMPILE).decision is Decision.ACCEPT
    declared = reviewed(COMPILE, {"compile": REJECT}, "ai-declared")
    assert simulated(some, declared, COMPILE).decision is Decision.REJECT


def test_where_signoffs_are_read_otherwise_a_status_is_not_sure() -> None:
    strict = policy("accept_signoffs: true", "gates:", "  compile:", "    only_for: [human-attested]")
    told = simulated(strict, reviewed(COMPILE, {"compile": ACCEPT}), COMPILE)
    assert [one.why for one in told.missing] == [Why.OTHER_STATUS]
    declared = reviewed(COMPILE, {"compile": ACCEPT}, "ai-declared")
    assert simulated(strict, declared, COMPILE).decision is Decision.ACCEPT


def test_the_sum_counts_what_turned_and_what_would_have_to_run() -> None:
    accepted = reviewed(COMPILE, {"compile": ACCEPT})
    results = [
        (accepted, Simulated(Decision.ACCEPT)),
        (accepted, Simulated(Decision.REJECT, ("compile",))),
        (accepted, simulated(TWO, accepted, COMPILE)),
    ]
    told = summed(results)
    assert (told.all, told.unknown) == (3, 1)
    assert told.decisions == {Decision.ACCEPT: 1, Decision.REJECT: 1}
    assert told.turned == {(Decision.ACCEPT, Decision.REJECT): 1}
    assert told.to_run == {"secrets": 1}
    assert summed([]).all == 0


def test_every_shipped_policy_decides_its_own_reviews() -> None:
    for name in ("compile", "tests", "standard", "strict"):
        shipped = preset(name)
        what = reviewed(shipped, dict.fromkeys(shipped.active(), ACCEPT))
        assert simulated(shipped, what, shipped).decision is Decision.ACCEPT, name
