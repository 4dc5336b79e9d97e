from __future__ import annotations

import pytest

from gates.change import Change, MemorySnapshot
from gates.tamper.review import find_weakenings

CONFIG = {"pytest.ini": "[pytest]\naddopts = --doctest-modules\n"}
TEXT = 'def double(x):\n    """Return the double.\n\n    >>> y = 2\n    >>> double(y)\n    4\n    """\n'
CODE = TEXT + "    return 2 * x\n"


def found(head: str, base: str = CODE, config: dict[str, str] = CONFIG) -> list[tuple[str, int | None]] | None:
    before, after = ({**config, "src/m.py": text, "README.md": "x"} for text in (base, head))
    weakenings = find_weakenings(Change.between(MemorySnapshot.of(before), MemorySnapshot.of(after)))
    return None if weakenings is None else [(w.rule, w.line) for w in weakenings]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("4\n", "5\n", [("expectation-changed", 5)]),
        ("double(y)\n", "double(y)  # doctest: +SKIP\n", [("new-skip", 5)]),
        ("    >>> double(y)\n    4\n", "", [("assertion-removed", None)]),
        ("double(y)", "double(1)", [("assertion-removed", None)]),
    ],
)
def test_an_example_weakened(old: str, new: str, rules: list[tuple[str, int | None]]) -> None:
    assert found(CODE.replace(old, new)) == rules


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Return the double.", "Return twice *x*."),
        ("double(y)\n", "double( y )\n"),
        ("    >>> y = 2\n", "    >>> y = 2\n    >>> z = 3\n    >>> double(z)\n    6\n"),
        ("2 * x", "x + x"),
        ("def double(x)", "def twice(x)"),
    ],
)
def test_examples_as_strict_are_silent(old: str, new: str) -> None:
    assert found(CODE.replace(old, new)) == []


def test_examples_that_nobody_runs_do_not_count() -> None:
    assert found(CODE.replace("4\n", "5\n"), config={}) is None


def test_a_skipped_example_may_go() -> None:
    skipped = CODE.replace("double(y)\n", "double(y)  # doctest: +SKIP\n")
    assert found(TEXT.replace("    >>> double(y)\n    4\n", "") + "    return 2 * x\n", skipped) == []


def test_what_doctest_refuses_is_no_example() -> None:
    broken = CODE.replace("    4\n", "  4\n")
    assert found(broken.replace("2 * x", "x + x"), broken) == []
