"""A person's word counts, for what it was said of."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.ledger.attribution import UNDECLARED, Origin
from app.ledger.overrule import overruled, overruling
from app.provenance.types import Status

CLAUDE = Origin(Status.AI_DECLARED, "Claude Code", "anthropic")
PERSON = Origin(Status.HUMAN_ATTESTED)
AI, HUMAN, MIXED, NOTHING = Status.AI_DECLARED, Status.HUMAN_ATTESTED, Status.MIXED, Status.UNDECLARED


@dataclass(frozen=True)
class Said:
    value: str
    head: str = "new"
    kind: str = "provenance"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ([], None),
        ([Said("ai")], AI),
        ([Said("human")], HUMAN),
        ([Said("mixed")], MIXED),
        ([Said("undeclared")], NOTHING),
        ([Said("human"), Said("ai")], AI),
        ([Said("ai"), Said("human")], HUMAN),
        # What was said of an older head: AI stays AI, but nobody vouched for what came later.
        ([Said("ai", head="old")], AI),
        ([Said("human", head="old")], None),
        ([Said("ai", head="old"), Said("human", head="old")], AI),
        ([Said("ai"), Said("+gates/passed", kind="label")], AI),
    ],
)
def test_the_last_word_that_applies(said: list[Said], word: Status | None) -> None:
    assert overruling(said, "new") is word


@pytest.mark.parametrize(
    ("origin", "word", "result"),
    [
        (CLAUDE, None, CLAUDE),
        (CLAUDE, HUMAN, PERSON),
        (CLAUDE, NOTHING, UNDECLARED),
        (CLAUDE, AI, CLAUDE),
        (UNDECLARED, AI, Origin(AI)),
        (PERSON, AI, Origin(AI)),
        (UNDECLARED, MIXED, Origin(MIXED)),
        (CLAUDE, MIXED, CLAUDE),
        (PERSON, MIXED, PERSON),
    ],
)
def test_whose_a_line_is_then(origin: Origin, word: Status | None, result: Origin) -> None:
    assert overruled(origin, word) == result
