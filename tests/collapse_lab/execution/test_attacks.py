"""Every attack is contained, and its neighbours in the same batch keep their verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Limits, Program, Verdict
from collapse_lab.tasks.task import Case
from tests.collapse_lab.execution.attacks import ATTACKS, Attack

pytestmark = pytest.mark.sandbox

_CASES = tuple(Case(f"({a}, {b})", str(a * b + 7)) for a, b in ((11, 13), (2, 3), (1000, 17)))
_RIGHT = "# NEIGHBOUR_MARK_OK!\ndef secret(a, b):\n    return a * b + 7\n"
_NEARLY = "def secret(a, b):\n    return a * b + (7 if a < 1000 else 8)\n"


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, tuple[Verdict, Verdict, Verdict]]:
    """Of each attack: its own verdict, a right neighbour's and a wrong one's that came after it."""
    found = {}
    for seconds in sorted({attack.seconds for attack in ATTACKS}):
        attacks = [attack for attack in ATTACKS if attack.seconds == seconds]
        with Harness(2, Limits(cpu_seconds=seconds, wall_factor=3, memory_mib=192)) as harness:
            found.update(_judged(attacks, harness))
    return found


def _judged(attacks: Sequence[Attack], harness: Harness) -> Mapping[str, tuple[Verdict, Verdict, Verdict]]:
    sources = [text for attack in attacks for text in (attack.source, _RIGHT, _NEARLY)]
    judged = harness.judge([Program(_RIGHT, "secret", _CASES)] + [Program(s, "secret", _CASES) for s in sources])
    assert judged[0].passed
    rows = [judged[at : at + 3] for at in range(1, len(judged), 3)]
    return {a.name: (row[0], row[1], row[2]) for a, row in zip(attacks, rows, strict=True)}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_contained(attack: Attack, verdicts: Mapping[str, tuple[Verdict, Verdict, Verdict]]) -> None:
    own, right, wrong = verdicts[attack.name]
    assert f"{own.ending} {own.exception}".strip() in attack.ends
    assert right == Verdict("passed")
    assert wrong == Verdict("wrong", case=2)


def test_there_are_enough_of_them() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 25
