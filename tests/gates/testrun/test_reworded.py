from __future__ import annotations

import pytest

from gates.change import Change, MemorySnapshot
from gates.testfiles import TestLayout
from gates.testrun.functions import own_tests
from gates.testrun.reworded import reworded

HEADER = "import pytest\nfrom m import f, g\n\n"
BASE = HEADER + (
    "@pytest.mark.parametrize('a, b', [(1, 2), (2, 3)])\ndef test_rows(a, b):\n    assert f(a) == b\n\n"
    "def test_error():\n    with pytest.raises(ValueError):\n        f(-1)\n\n"
    "def test_smoke():\n    g(1)\n"
)


def found(head: str, base: str = BASE) -> tuple[list[str], set[str]]:
    """Return the names of the own tests, and of those that are reworded."""
    change = Change.between(MemorySnapshot.of({"test_a.py": base}), MemorySnapshot.of({"test_a.py": HEADER + head}))
    layout = TestLayout.of(change.base, change.head)
    tests = own_tests(change, layout)
    return [t.id.rpartition("::")[2] for t in tests], {n.rpartition("::")[2] for n in reworded(change, layout, tests)}


@pytest.mark.parametrize(
    "head",
    [
        "@pytest.mark.parametrize('x, y', [(1, 2), (2, 3)])\ndef test_rows(x: int, y: int):\n    assert f(x) == y",
        "def test_one():\n    assert f(1) == 2\ndef test_two():\n    assert f(2) == 3",
        "class TestF:\n    def test_one(self):\n        got = f(1)\n        assert got == 2, 'why'",
        "@pytest.mark.slow\ndef test_error():\n    with pytest.raises(ValueError):\n        f(-1)",
        "@pytest.mark.slow\ndef test_smoke() -> None:\n    g(1)",
    ],
)
def test_the_same_claims_in_other_words(head: str) -> None:
    own, same = found(head)
    assert own
    assert set(own) == same


@pytest.mark.parametrize(
    "head",
    [
        "def test_three():\n    assert f(3) == 4",
        "def test_one():\n    assert f(1) == 2\n    assert f(3) == 4",
        "def test_error():\n    with pytest.raises(ValueError, match='x'):\n        f(-1)",
        "@pytest.mark.parametrize('a, b', [(1, 2), (2, 3), (3, 4)])\ndef test_rows(a, b):\n    assert f(a) == b",
        "def test_smoke():\n    g(2)",
    ],
)
def test_a_new_claim(head: str) -> None:
    own, same = found(head)
    assert (len(own), same) == (1, set())


def test_without_tests_on_the_base_nothing_is_reworded() -> None:
    assert found("def test_one():\n    assert f(1) == 2", base="") == (["test_one"], set())
