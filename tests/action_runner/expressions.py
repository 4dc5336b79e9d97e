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
        raise NotImplementedError(f"the expression {term!r}")
    value: Any = contexts
    names = term.split(".")
    if names[0] not in contexts:
        raise NotImplementedError(f"the context {names[0]!r}")
    for name in names:
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return str(value)
