from __future__ import annotations

import math
from typing import Any

import pytest

from collapse_lab.execution import literals
from collapse_lab.execution.compare import matches
from collapse_lab.execution.inside import values

_NAN, _INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("expected", "found", "tolerance", "same"),
    [
        ("1", 1.0, 0, True),
        ("1", True, 0, True),
        ("0.0", -0.0, 0, True),
        ("1", "1", 0, False),
        ("[1, 2]", (1, 2), 0, False),
        ("[1, 2]", [1, 2.0], 0, True),
        ("[1, 2]", [2, 1], 0, False),
        ("[1, 2]", [1, 2, 3], 0, False),
        ("{1, 2}", {2, 1}, 0, True),
        ("{1, 2}", frozenset({1, 2}), 0, True),
        ("{1, 2}", [1, 2], 0, False),
        ("{'a': 1, 'b': 2}", {"b": 2, "a": 1}, 0, True),
        ("{'a': 1}", {"a": 1, "b": 2}, 0, False),
        ("'a'", b"a", 0, False),
        ("None", None, 0, True),
        ("None", 0, 0, False),
        ("float('nan')", _NAN, 0, True),
        ("[1, float('nan')]", [1, _NAN], 0, True),
        ("{float('nan'), 1}", {_NAN, 1}, 0, True),
        ("{'a': float('nan')}", {"a": _NAN}, 0, True),
        ("0.5", _NAN, 0, False),
        ("0.5", _NAN, 1.0, False),
        ("float('nan')", 0.5, 1.0, False),
        ("float('inf')", _INF, 1e-6, True),
        ("-float('inf')", _INF, 1e-6, False),
        ("0.3", 0.1 + 0.2, 0, False),
        ("0.3", 0.1 + 0.2, 1e-9, True),
        ("0.3", 0.31, 1e-9, False),
        ("3", 3.0000000001, 1e-6, True),
        ("1000000", 1000001, 1e-3, False),
        ("[0.3, [0.3]]", [0.1 + 0.2, [0.1 + 0.2]], 1e-9, True),
        ("{0.3, 1.0}", {1.0, 0.1 + 0.2}, 1e-9, True),
        ("{0.3, 1.0}", {1.0, 0.4}, 1e-9, False),
        ("{1.0, 1.5}", {1.4, 0.9}, 0.5, True),
        ("{'a': 0.3}", {"a": 0.1 + 0.2}, 1e-9, True),
        ("{0.3: 'a'}", {0.1 + 0.2: "a"}, 1e-9, True),
        ("(1+2j)", 1 + 2.0000000001j, 1e-6, True),
        ("frozenset({1})", {1}, 0, True),
        ("1.0", 10**400, 1e-6, False),
        ("'\\ud800'", "\ud800", 0, True),
    ],
)
def test_what_is_equal(expected: str, found: Any, tolerance: float, same: bool) -> None:
    assert matches(literals.expected(expected), values.encode(found), tolerance) is same


def test_reports_that_are_no_values_match_nothing() -> None:
    for report in (b"", b"X", b"garbage", values.encode([1]) + b"N", b"l\xff\xff\xff\x7f"):
        assert not matches(literals.expected("[1]"), report)


def test_a_large_value_matches_its_equal() -> None:
    large = literals.Expected.of(list(range(400_000)))
    assert matches(large, values.encode([float(n) for n in range(400_000)]))
    assert not matches(large, values.encode(list(range(1, 400_001))))


@pytest.mark.parametrize("text", ["", "f(1)", "float('1.5')", "[", "__import__('os')", "nan", "float('nan', 1)"])
def test_what_is_no_literal_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="no Python literal"):
        literals.read(text)


def test_arguments_are_a_tuple() -> None:
    with pytest.raises(ValueError, match=r"are no tuple\. Write one argument as"):
        literals.arguments("(1)")
