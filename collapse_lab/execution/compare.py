"""Whether what a program returned is what was expected: Python's own equality, with two additions.

Values are equal as ``==`` has it: ``1``, ``1.0`` and ``True`` are, a list and a tuple are not, sets and dictionaries
have no order. In addition NaN is equal to an *expected* NaN in the same place, and with a tolerance two numbers, one
of which is a float (or complex), are equal where ``math.isclose`` with that tolerance, relative and absolute, says
so. Instances of a program's own classes equal nothing.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from collapse_lab.execution.inside import values
from collapse_lab.execution.literals import Expected

Equal = Callable[[Any, Any], bool]


def matches(expected: Expected, report: bytes, tolerance: float = 0.0) -> bool:
    """Return whether the encoded value in *report* (anybody's bytes) is the expected one.

    The cost is bounded by the size of the expected value, not by that of the report.
    """
    if report == expected.encoded:
        return report != b"X"
    try:
        found = values.decode(report, expected.nodes)
    except values.MalformedError:
        return False
    return equal(found, expected.value, tolerance)


def equal(found: Any, expected: Any, tolerance: float = 0.0) -> bool:
    """Return whether *found*, made of built-in types alone, is the *expected* value."""
    if found == expected:
        return True
    match expected:
        case float() | int() | complex() if isinstance(found, (float, int, complex)):
            return _close(found, expected, tolerance)
        case list() | tuple() if type(found) is type(expected) and len(found) == len(expected):
            return all(equal(a, b, tolerance) for a, b in zip(found, expected, strict=True))
        case dict() if isinstance(found, dict) and len(found) == len(expected):
            return _same_dict(found, expected, tolerance)
        case set() | frozenset() if isinstance(found, (set, frozenset)) and len(found) == len(expected):
            return _paired(list(found), list(expected), lambda a, b: equal(a, b, tolerance))
    return False


def _close(found: Any, expected: Any, tolerance: float) -> bool:
    if found != found:
        return bool(expected != expected)
    if not tolerance or (isinstance(found, int) and isinstance(expected, int)):
        return False
    if isinstance(found, complex) or isinstance(expected, complex):
        return cmath.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance)
    try:
        return math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an int too large for a float
        return False


def _same_dict(found: dict[Any, Any], expected: dict[Any, Any], tolerance: float) -> bool:
    """Keys may be near or NaN, too; those that are equal are paired without a search."""
    left = dict(expected)
    others = []
    for key, value in found.items():
        if key in left:
            if not equal(value, left.pop(key), tolerance):
                return False
        else:
            others.append((key, value))
    return _paired(others, list(left.items()), lambda a, b: equal(a, b, tolerance))


def _paired(found: list[Any], expected: list[Any], same: Equal) -> bool:
    """Return whether each found one has an expected one of its own; as many on both sides."""
    left = sorted(expected, key=_rank)
    for item in sorted(found, key=_rank):
        place = next((n for n, other in enumerate(left) if same(item, other)), None)
        if place is None:
            return False
        del left[place]
    return not left


def _rank(item: Any) -> float:
    """Numbers by size (with a tolerance, the lowest must take the lowest), all else as it comes."""
    if isinstance(item, (int, float)) and item == item:
        try:
            return float(item)
        except OverflowError:
            return math.inf if item > 0 else -math.inf
    return -math.inf
