from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.execution.inside import values

_NUMBERS = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.complex_numbers(allow_nan=False)
_SCALARS = st.none() | _NUMBERS | st.binary() | st.text(st.characters(exclude_categories=()))
_KEYS = st.recursive(_SCALARS, lambda inner: st.tuples(inner) | st.frozensets(inner), max_leaves=4)
_VALUES = st.recursive(
    _SCALARS | st.sets(_KEYS),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(_KEYS, inner),
    max_leaves=12,
)


@given(_VALUES)
def test_a_value_comes_back_with_its_types(value: Any) -> None:
    back = values.decode(values.encode(value), values.nodes(value))
    assert repr(back) == repr(value) or back == value
    assert values.encode(back) == values.encode(value) or "{" in repr(value) or "frozenset" in repr(value)


@given(_VALUES)
def test_equal_values_have_equal_digests(value: Any) -> None:
    assert values.digest(values.decode(values.encode(value))) == values.digest(value)


@pytest.mark.parametrize("value", [Counter("aab"), OrderedDict(a=1), defaultdict(int, {1: 2})])
def test_the_dictionaries_of_collections_are_dictionaries(value: dict[Any, Any]) -> None:
    assert values.decode(values.encode(value)) == dict(value)


class _Int(int):
    pass


@pytest.mark.parametrize(
    "value", [_Int(3), object(), deque([1]), namedtuple("P", "x")(1), range(3), {}.keys(), len, ...]
)
def test_anything_else_is_foreign_and_equals_nothing(value: object) -> None:
    found = values.decode(values.encode(value))
    assert values.encode(value) == b"X"
    assert found != value
    assert not found == found  # noqa: SIM201 - the very thing


def test_nan_has_one_form_and_minus_zero_its_own() -> None:
    assert values.encode(float("nan")) == values.encode(-float("nan"))
    assert values.encode(-0.0) != values.encode(0.0)
    assert values.decode(values.encode(-0.0)) == 0


def test_a_large_value_is_known_by_a_digest_which_equal_values_share() -> None:
    numbers = list(range(120_000))
    short = values.encode(numbers)
    assert len(short) < 64
    assert values.decode(short) == [float(n) for n in numbers]
    assert values.decode(short) != [*numbers[:-1], 0]
    one, other = {n: str(n) for n in numbers}, {n: str(n) for n in reversed(numbers)}
    assert values.encode(one) == values.encode(other)


def test_what_is_nested_too_deeply_equals_only_itself_and_a_knot_nothing() -> None:
    deep: Any = 0
    for _ in range(values.DEPTH + 5):
        deep = [deep]
    knot: Any = []
    knot.append(knot)
    assert values.encode(deep)[:1] == b"M"
    assert values.decode(values.encode(deep)) == deep
    assert values.encode(knot) == b"X"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(values.MalformedError):
        values.decode(body, 50)


@pytest.mark.parametrize(
    "body", [b"", b"Q", b"i\x09\0\0\0", b"NN", b"l\xff\xff\xff\xff", b"S\1\0\0\0l\0\0\0\0", b"l\1\0\0\0" * 500]
)
def test_what_is_no_value_is_refused(body: bytes) -> None:
    with pytest.raises(values.MalformedError):
        values.decode(body)


def test_more_parts_than_asked_for_are_refused() -> None:
    assert values.decode(values.encode([1, 2]), 3) == [1, 2]
    with pytest.raises(values.MalformedError):
        values.decode(values.encode([1, 2]), 2)
