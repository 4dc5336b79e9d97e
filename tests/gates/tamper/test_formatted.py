"""`str.format` and f-strings: one spelling."""

from __future__ import annotations

import ast
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.tamper.formatted import as_f_string

VALUES = {"a": 3.25, "b": "x", "c": types.SimpleNamespace(d=[7, {"k": 8}])}


def _f_string(source: str) -> ast.JoinedStr | None:
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    return as_f_string(call)


@pytest.mark.parametrize(
    "source",
    [
        "'{}-{}'.format(a, b)",
        "'{1}{0}{1!r}'.format(a, b)",
        "'{x:>10}|{y:.1f}'.format(x=b, y=a)",
        "'{0.d[0]} {0.d[1][k]}'.format(c)",
        "'{{literal}} {}'.format(b)",
        "'nothing'.format()",
    ],
)
def test_the_f_string_says_the_same(source: str) -> None:
    found = _f_string(source)
    assert found is not None
    compiled = compile(ast.fix_missing_locations(ast.Expression(found)), "f", "eval")
    assert eval(compiled, dict(VALUES)) == eval(source, dict(VALUES))


@pytest.mark.parametrize(
    "source",
    [
        "'{}'.format(*a)",
        "'{x}'.format(**a)",
        "'{:{}}'.format(a, b)",
        "'{} {}'.format(a)",
        "'{z}'.format(x=a)",
        "'{'.format(a)",
        "'{0[}'.format(a)",
        "'{!z}'.format(a)",
        "a.format(b)",
        "'{}'.join(a)",
        "b'{}'.format(a)",
    ],
)
def test_everything_else_is_left_alone(source: str) -> None:
    assert _f_string(source) is None


@given(st.text(alphabet="{}[].!:ab01", max_size=12))
def test_any_template_is_translated_or_left_alone(template: str) -> None:
    _f_string(f"{template!r}.format(a, b, a=a, b=b)")
