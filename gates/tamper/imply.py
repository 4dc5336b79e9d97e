"""Assertions that another one makes superfluous: parts of a whole that is compared, words that ``match`` asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Sized

from gates.tamper.check import Check
from gates.tamper.render import constant

# How the message of an expected error is written.
_MESSAGES = frozenset(
    f"{form}‹the error›{owner}{end}"
    for form, end in (("str(", ")"), ("", ".args[0]"), ("", ".message"))
    for owner in (".value", ".exception", "")
)
_ESCAPED = re.compile(r"(?:re\.)?escape\((.*)\)\Z", re.DOTALL)


def implies(new: Check, old: Check) -> bool:
    """Whether *new* cannot hold unless *old* does."""
    if new.op == "raises" and new.extra:
        return old.op in ("in", "matches") and old.subject in _MESSAGES and _asks_for(new.extra, _value(old.expected))
    if new.op != "==" or not new.literal:
        return False
    whole = _value(new.expected)
    if old.op == "==" and old.literal and old.subject.startswith(f"{new.subject}["):
        return _has(whole, old.subject.removeprefix(new.subject), _value(old.expected))
    if old.subject == f"len({new.subject})":
        return old.op == "==" and isinstance(whole, Sized) and len(whole) == _value(old.expected)
    return (
        old.op == "in"
        and old.literal
        and old.subject == new.subject
        and isinstance(whole, dict | list | tuple | set | str)
        and _contains(whole, _value(old.expected))
    )


def _has(whole: object, place: str, wanted: object) -> bool:
    """Whether a container has a value at a place, written as its subscripts."""
    try:
        node = ast.parse(f"x{place}", mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        return False
    keys = []
    while isinstance(node, ast.Subscript):
        keys.append(constant(node.slice))
        node = node.value
    for key in reversed(keys):
        try:
            whole = whole[key]  # type: ignore[index]
        except (TypeError, LookupError):
            return False
    found = ... if whole is None else whole
    return isinstance(node, ast.Name) and type(found) is type(wanted) and found == wanted


def _contains(
    whole: dict[object, object] | list[object] | tuple[object, ...] | set[object] | str, part: object
) -> bool:
    try:
        return part in whole
    except TypeError:
        return False


def _asks_for(pattern: str, text: object) -> bool:
    """Whether a pattern (as source) matches only what contains a text."""
    if not isinstance(text, str):
        return False
    escaped = _ESCAPED.match(pattern)
    found = _value(escaped[1] if escaped else pattern)
    if not isinstance(found, str):
        return False
    if escaped:
        return text in found
    plain = re.sub(r"\\(\W)", r"\1", found)
    return not re.search(r"(?<!\\)[|?*{]", found) and (text in found or text in plain)


def _value(text: str) -> object:
    try:
        return constant(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
