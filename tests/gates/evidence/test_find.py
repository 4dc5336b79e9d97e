"""What is said of a policy: measured, composed, stale, unmeasured; and the line that says it."""

from __future__ import annotations

import subprocess
import sys

from gates.evidence.card import Card
from gates.evidence.compose import compose, left_out
from gates.evidence.find import find
from gates.evidence.shelf import Shelf, Shelved
from gates.policy import Policy
from gates.presets import preset
from tests.gates.evidence.made_up import card, policy

BASE = "extends: tests\n"


def _shelf(*cards: Card) -> Shelf:
    return Shelf(tuple(Shelved(one, f"{one.policy.name}.json (test)") for one in cards))


def test_a_measured_policy_has_its_line() -> None:
    found = find(preset("strict"), _shelf(card(preset("strict"), source="preset")))
    assert found.status == "measured"
    assert found.line == (
        "policy `strict`: 90 % of skill kept after 2 rounds (95 % interval 80 to 100; ungated 41 %), made-up study, "
        "3 seeds"
    )
    assert found.card is not None


def test_a_policy_of_ones_own_that_judges_the_same_has_that_card_under_its_own_name() -> None:
    own = policy("extends: strict\nname: house\ndescription: Ours.\n")
    found = find(own, _shelf(card(preset("strict"), source="preset")))
    assert (found.status, found.line[:15]) == ("measured", "policy `house`:")


def test_a_short_form_and_one_round_are_called_so() -> None:
    found = find(preset("strict"), _shelf(card(preset("strict"), rounds=1, seeds=2, quick=True, index=None)))
    assert "after 1 round (" in found.line
    assert found.line.endswith("made-up study, quick form, 2 seeds")


def test_without_a_verdict_nothing_is_claimed() -> None:
    found = find(preset("quality"), _shelf(card(preset("quality"), acceptance=0.01)))
    assert (found.status, found.card) == ("unmeasured", None)
    assert found.found is not None
    assert "unmeasured (it accepted less than 5 % of the samples" in found.line
    assert "90 %" not in found.line


def test_a_stale_card_claims_nothing() -> None:
    own = _shelf(card(preset("compile"), versions={"compile": "0"}))
    found = find(preset("compile"), own)
    assert (found.status, found.card) == ("stale", None)
    assert found.line.startswith("policy `compile`: evidence is stale (gate `compile` was version 0")
    assert "%" not in found.line


def test_a_shipped_policy_that_became_another_is_stale_and_its_namesake_is_not() -> None:
    old = _shelf(card(preset("compile"), source="preset", hash_="a" * 64))
    assert find(preset("compile"), old).status == "stale"
    namesake = policy("gates: {secrets: block}", "compile")
    assert find(namesake, old).status == "unmeasured"


def test_nothing_known_is_said() -> None:
    found = find(preset("strict"), Shelf())
    assert (found.status, found.line, found.card) == ("unmeasured", "policy `strict`: unmeasured", None)


def test_gates_with_cards_of_their_own_are_composed_without_a_number_for_the_whole() -> None:
    own = policy("name: house\nextends: tests\ngates: {secrets: block, lint: advise}")
    shelf = _shelf(card(preset("tests"), kept=0.8), card(preset("compile"), kept=0.5))
    found = find(own, shelf)
    assert (found.status, found.card) == ("composed", None)
    assert found.line == (
        "policy `house`: composed: not measured as a whole; of its gates, `base-tests`, `compile` and `own-tests` "
        "together kept 80 % of skill (70 to 90); nothing is known of `secrets`"
    ).replace("`base-tests`, `compile` and `own-tests`", _order(preset("tests")))
    assert found.composed.uncovered == ("secrets",)


def _order(of: Policy) -> str:
    names = [f"`{name}`" for name in of.gates]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def test_a_gate_with_other_settings_is_another_gate() -> None:
    own = policy("gates: {repetition: {level: block, settings: {min_tokens: 51}}, compile: block}")
    found = compose(own, _shelf(card(preset("quality")), card(preset("compile"))))
    assert [part.card.policy.name for part in found.parts] == ["compile"]
    assert found.uncovered == ("repetition",)


def test_cards_that_say_nothing_compose_nothing() -> None:
    own = policy("extends: tests\ngates: {secrets: block}")
    unfit = (
        card(preset("tests"), random=None),
        card(preset("tests"), versions={"compile": "0"}),
        card(preset("tests"), settings=None),
        card(preset("none"), ungated=None, random=None),
        card(preset("strict")),
        card(policy("gates: {coin: block}", "half"), random=None),
    )
    assert compose(own, _shelf(*unfit)).parts == ()


def test_the_same_blocking_gates_are_the_same_measurement() -> None:
    own = policy("name: house\nextends: tests\ngates: {lint: advise}\nreview: {approvals: 2}")
    found = find(own, _shelf(card(preset("tests"), kept=0.8), card(preset("compile"))))
    assert found.status == "composed"
    assert found.card is not None
    assert found.card.policy.name == "tests"
    assert "`tests` has the same blocking gates: policy `tests`: 80 % of skill" in found.line


def test_a_gate_kept_for_some_changes_is_not_the_same() -> None:
    own = policy(BASE + "gates: {base-tests: {level: block, only_for: [human-attested]}}")
    found = find(own, _shelf(card(preset("tests"))))
    assert (found.status, found.card) == ("composed", None)
    assert "`base-tests` judges human-attested changes only; a study judges every sample." in found.left_out


def test_a_policy_that_blocks_nothing_is_the_ungated_arm() -> None:
    own = policy("gates: {lint: advise}")
    found = find(own, _shelf(card(preset("none"), ungated=None, random=None), card(preset("tests"))))
    assert found.card is not None
    assert found.card.policy.name == "none"


def test_what_no_study_measures_is_told() -> None:
    own = policy("extends: standard\nenforce: false\napplies_to: [ai-declared]")
    said = " ".join(left_out(own))
    for part in ("`enforce: false`", "ai-declared changes only", "`lint`", "advise", "no person takes part"):
        assert part in said
    assert left_out(preset("tests")) == ()


def test_looking_a_policy_up_loads_nothing_of_the_lab() -> None:
    code = (
        "import sys; from gates.evidence.find import find; from gates.presets import preset; find(preset('strict'));"
        "print({m.partition('.')[0] for m in sys.modules} & {'app', 'collapse_lab', 'numpy', 'pandas', 'torch'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
