"""Policies that rest on the author's own model, refused with what was measured of such."""

from __future__ import annotations

import pytest

from gates.evidence.refusal import refusal, rests_on_author
from gates.evidence.shelf import Shelf, Shelved
from gates.policy import EVERY_STATUS
from gates.presets import preset, preset_names
from tests.gates.evidence.made_up import card, policy

ALONE = "gates: {perplexity: block}"


def _shelf(*cards: object) -> Shelf:
    return Shelf(tuple(Shelved(one, "test") for one in cards))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", preset_names())
def test_no_shipped_policy_is_refused(name: str) -> None:
    assert refusal(preset(name), Shelf()) == ()


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (ALONE, EVERY_STATUS),
        ("gates: {perplexity: block, self-score: block}", EVERY_STATUS),
        ("gates: {perplexity: block, compile: advise}", EVERY_STATUS),
        ("gates: {perplexity: block, compile: off}", EVERY_STATUS),
        ("gates: {perplexity: block, coin: {level: block, settings: {acceptance: 1.0}}}", EVERY_STATUS),
        ("gates: {perplexity: block, compile: {level: block, only_for: [undeclared]}}", EVERY_STATUS[:3]),
        ("applies_to: [undeclared]\ngates: {perplexity: block, compile: {level: block, only_for: [undeclared]}}", ()),
        ("gates: {perplexity: block, compile: block}", ()),
        ("gates: {perplexity: block, frozen-judge: block}", ()),
        ("gates: {perplexity: advise}", ()),
        ("gates: {coin: block}", ()),
    ],
)
def test_who_decides_is_asked_for_each_provenance(text: str, alone: tuple[str, ...]) -> None:
    assert rests_on_author(policy(text)) == alone


def test_the_refusal_names_the_changes_that_nobody_else_judges() -> None:
    text = "gates: {perplexity: block, compile: {level: block, only_for: [undeclared, mixed]}}"
    said = refusal(policy(text), Shelf())
    assert said[0].startswith("Only the author's own model would decide on ai-declared, human-attested changes here.")


def test_its_own_measurement_is_quoted() -> None:
    own = card(policy(ALONE), name="perplexity-low", kept=0.4, index=(0.25, 0.30, 0.29), random=0.0)
    said = refusal(policy(ALONE), _shelf(card(preset("tests")), own))
    assert said[1] == (
        "Measured: `perplexity-low` has a rubber-stamp index of +0.28 (3 seeds, +0.25 to +0.30) after 2 rounds, 40 % "
        "of skill kept, made-up study."
    )


def test_else_those_with_the_same_gate_and_else_all_of_their_kind() -> None:
    other = card(policy("gates: {perplexity: {level: block, settings: {keep: 0.4}}}"), index=(0.5,), seeds=1)
    elsewhere = card(policy("gates: {self-score: block}"), name="self", index=(-0.1, 0.0))
    said = " ".join(refusal(policy(ALONE), _shelf(other, elsewhere)))
    assert "Measured, with the same gate: `made-up` has a rubber-stamp index of +0.50 (1 seeds" not in said
    assert "with the same gate: `made-up` has a rubber-stamp index of +0.50 (1 seed, +0.50 to +0.50)" in said
    assert "`self`" not in said
    said = " ".join(refusal(policy(ALONE), _shelf(elsewhere)))
    assert "from -0.05 to -0.05, 0 of 1 above 0: `self`" in said


def test_stale_cards_are_not_quoted() -> None:
    own = card(policy(ALONE), versions={"perplexity": "0"})
    assert refusal(policy(ALONE), _shelf(own))[1].startswith("No card of such a policy")
