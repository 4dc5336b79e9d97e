"""`"{}".format(x)` in the spelling of an f-string, so that turning one into the other is no difference."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

_CONVERSIONS = {None: -1, "s": ord("s"), "r": ord("r"), "a": ord("a")}


def as_f_string(call: ast.Call) -> ast.JoinedStr | None:
    """Return what a call of ``str.format`` on a literal is as an f-string; ``None`` where it is no such call.

    The template follows the format string syntax of the library reference; nested fields in a format
    specification, ``*args`` and ``**kwargs`` are left alone.
    """
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr == "format"):
        return None
    template = function.value
    if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
        return None
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    named = {k.arg: k.value for k in call.keywords if k.arg is not None}
    try:
        return ast.JoinedStr(values=list(_values(template.value, call.args, named)))
    except (ValueError, IndexError, KeyError):
        return None


def _values(template: str, positional: Sequence[ast.expr], named: Mapping[str, ast.expr]) -> Iterator[ast.expr]:
    """Yield the parts. Raises ``ValueError``, ``IndexError`` or ``KeyError`` for a template that would fail."""
    numbers = count()
    for text, field, spec, conversion in string.Formatter().parse(template):
        if text:
            yield ast.Constant(value=text)
        if field is None:
            continue
        if spec and "{" in spec:
            raise ValueError(spec)
        specification = ast.JoinedStr(values=[ast.Constant(value=spec)]) if spec else None
        value = _looked_up(field, positional, named, numbers)
        yield ast.FormattedValue(value=value, conversion=_CONVERSIONS[conversion], format_spec=specification)


def _looked_up(
    field: str, positional: Sequence[ast.expr], named: Mapping[str, ast.expr], numbers: Iterator[int]
) -> ast.expr:
    end = min((at for at in (field.find("."), field.find("[")) if at >= 0), default=len(field))
    first, rest = field[:end], field[end:]
    is_numbered = first.isdecimal() or not first
    value = positional[int(first or next(numbers))] if is_numbered else named[first]
    while rest:
        value, rest = _step(value, rest)
    return value


def _step(value: ast.expr, rest: str) -> tuple[ast.expr, str]:
    """Apply the first ``.name`` or ``[key]`` of *rest*; return the new value and what is left."""
    if rest.startswith("["):
        key, closed, left = rest[1:].partition("]")
        if not closed:
            raise ValueError(rest)
        index = ast.Constant(value=int(key) if key.isdecimal() else key)
        return ast.Subscript(value=value, slice=index, ctx=ast.Load()), left
    end = min((at for at in (rest.find(".", 1), rest.find("[", 1)) if at > 0), default=len(rest))
    return ast.Attribute(value=value, attr=rest[1:end], ctx=ast.Load()), rest[end:]
