"""The expressions that `action.yml` uses: a context's value, a string, and `==` between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_LOOKUP = re.compile(r"[a-z_]+(?:\.[A-Za-z_][\w-]*)+")


def expand(text: str, contexts: Mapping[str, Any]) -> str:
    return _EXPRESSION.sub(lambda match: evaluate(match.group(1), contexts), text)


def evaluate(expression: str, contexts: Mapping[str, Any]) -> str:
    """Return an expression's value as text; comparisons ignore case, as GitHub's do."""
    left, equal, right = expression.partition("==")
    if equal:
        same = _value(left, contexts).lower() == _value(right, contexts).lower()
        return "true" if same else "false"
    return _value(expression, contexts)


def _value(term: str, contexts: Mapping[str, Any]) -> str:
    term = term.strip()
    if re.fullmatch(r"'[^']*'", term):
        return term[1:-1]
    if not _LOOKUP.fullmatch(term):
        raise ValueError(f"The tests' runner does not know the expression {term!r}. Teach it to, here.")
    value: Any = contexts
    names = term.split(".")
    if names[0] not in contexts:
        raise ValueError(f"The tests' runner does not know the context {names[0]!r}. Give it to the job.")
    for name in names:
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return str(value)
