"""Cards: their form, their schema, and verdicts that follow from their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gates.evidence
from gates.evidence.card import Card, read_card
from gates.evidence.schema import schemas
from gates.evidence.sealed import SealError, seal
from gates.evidence.verdicts import RULES, explained
from gates.presets import preset
from tests.gates.evidence.made_up import card, exposure, policy, text

FOLDER = Path(gates.evidence.__file__).parent


def test_the_schemas_are_what_the_models_give() -> None:
    for name, made in schemas().items():
        assert (FOLDER / name).read_text("utf-8") == made, "Run: python -m gates.evidence.schema"


def test_a_card_and_an_exposure_are_what_the_schemas_say() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for value, name in ((card(preset("strict")), "card"), (exposure(), "exposure")):
        schema = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(json.loads(text(value)), schema)


def test_schema_and_readme_publish_the_rules() -> None:
    assert explained() in json.loads((FOLDER / "card.schema.json").read_text("utf-8"))["description"]
    assert explained() in (FOLDER / "README.md").read_text("utf-8")


SELF = policy("gates: {coin: block}", "half")
CASES = [
    (card(preset("tests")), "holds", "not separably less"),
    (card(preset("tests"), human=0.1), "holds", "not separably less"),
    (card(preset("tests"), human=-0.1), "slows", "but less than training on fresh"),
    (card(preset("tests"), human=None), "slows", "does not say how it compares"),
    (card(preset("tests"), random=0.0, index=(0.1, 0.2, 0.3)), "rubber stamp", "in every seed its approval"),
    (card(preset("tests"), random=-0.1, ungated=-0.1, index=(0.1, 0.2, 0.3)), "rubber stamp", ""),
    (card(preset("tests"), random=0.0, index=(0.1, 0.0, 0.3)), "no better than chance", "both no gate and a toss"),
    (card(preset("tests"), random=0.0, index=(0.1, 0.2)), "no better than chance", ""),
    (card(preset("tests"), random=0.0, index=None), "no better than chance", ""),
    (card(preset("tests"), ungated=0.0, index=(0.1, 0.2, 0.3)), "no better than chance", ""),
    (card(preset("tests"), ungated=None), "unmeasured", "no ungated arm"),
    (card(preset("tests"), random=None), "unmeasured", "no toss"),
    (card(preset("tests"), seeds=1), "unmeasured", "fewer than 2 seeds"),
    (card(preset("tests"), complete=False), "unmeasured", "not come to its end"),
    (card(preset("tests"), acceptance=0.049), "unmeasured", "less than 5 %"),
    (card(preset("tests"), acceptance=0.05), "holds", ""),
    (card(preset("tests"), acceptance=None), "unmeasured", "less than 5 %"),
    (card(preset("tests"), kept=None), "unmeasured", "solved nothing"),
    (card(preset("none"), ungated=None, random=None, human=-0.2, acceptance=1.0), "no better than chance", "its own"),
    (card(SELF, random=None, ungated=0.1, index=(0.2, 0.2, 0.2)), "no better than chance", "looks at the code"),
    (card(preset("control-reject"), acceptance=0.0, random=None), "unmeasured", "less than 5 %"),
    (card(preset("none"), seeds=1, ungated=None, random=None), "unmeasured", "seeds"),
]


@pytest.mark.parametrize(("made", "verdict", "sentence"), CASES, ids=range(len(CASES)))
def test_the_first_rule_that_holds_gives_the_verdict(made: Card, verdict: str, sentence: str) -> None:
    assert made.summary.verdict == verdict
    assert sentence in made.summary.rule


def test_every_rule_gives_some_verdict() -> None:
    assert {rule.sentence for rule in RULES} == {made.summary.rule for made, _, _ in CASES}


def _forged(change: dict[str, object]) -> bytes:
    whole = json.loads(text(card(preset("tests"), human=-0.1)))
    for place, value in change.items():
        *path, last = place.split(".")
        inside = whole
        for key in path:
            inside = inside[key]
        inside[last] = value
    whole["hash"] = seal(whole)
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"summary.verdict": "holds"},
        {"summary.verdict": "holds", "summary.rule": RULES[6].sentence},
        {"summary.contrasts.human.says": "more"},
        {"summary.contrasts.random.agreeing": 2},
        {"summary.retention.policy.low": 2.0},
        {"summary.seeds": 5},
        {"rounds": []},
        {"study.seeds": [0]},
        {"policy.name": "strict\n| evil"},
        {"policy.name": "[x](http://example.com)"},
        {"policy.gates": {"\u202egate": "1"}},
        {"made.commands": ["collapse-lab\x1b[2J"]},
        {"study.question": "\ud800"},
        {"extra": 1},
        {"summary.mean_acceptance": "0.6"},
        {"summary.mean_acceptance": 1.5},
    ],
    ids=str,
)
def test_a_card_whose_parts_contradict_each_other_is_refused(change: dict[str, object]) -> None:
    read_card(_forged({}))
    with pytest.raises(SealError, match=r"form of its schema.*\.$"):
        read_card(_forged(change))
