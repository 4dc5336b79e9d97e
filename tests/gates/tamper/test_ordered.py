from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.tamper.ordered import ordered
from tests.gates.tamper.tables import body, rules

NAMES = ["a", "b", "c", "d"]


@given(st.permutations(NAMES), st.sampled_from(["{{{dict}}}", "dict({call})", "g({call})", "{{{set}}}"]))
def test_what_has_no_order_may_stand_in_any(names: list[str], form: str) -> None:
    def written(order: list[str]) -> str:
        spelled = {
            "dict": ", ".join(f"'{n}': {ord(n)}" for n in order),
            "call": ", ".join(f"{n}={ord(n)}" for n in order),
            "set": ", ".join(f"'{n}'" for n in order),
        }
        return body(f"assert f(1) == {form.format(**spelled)}")

    assert rules(written(NAMES), written(names)) == ()


@pytest.mark.parametrize(
    "text", ["g(b=h(), a=i())", "{'b': h(), 'a': i()}", "{h(), i()}", "g(b=1, **a)", "dict(a, b=1)"]
)
def test_calls_stay_in_their_order(text: str) -> None:
    assert ast.unparse(ordered(ast.parse(text, mode="eval").body)) == text


def test_the_last_of_two_values_of_a_key_stays_the_last() -> None:
    assert ast.unparse(ordered(ast.parse("{'b': 1, 'a': 1, 'b': 2}", mode="eval").body)) == "{'a': 1, 'b': 1, 'b': 2}"
