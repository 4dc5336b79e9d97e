"""How two assertions about the same thing differ: is the second one weaker?"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable

from gates.tamper.check import SYMMETRIC, Check
from gates.tamper.render import constant

# What people call a missing tolerance: pytest.approx's, unittest's and numpy's defaults.
_DEFAULT_TOLERANCE = {"rel": 1e-6, "abs": 1e-12, "places": 7, "decimal": 7, "rtol": 1e-7, "atol": 0.0}
_MORE_IS_STRICTER = frozenset({"places", "decimal"})
_QUOTED = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
_OPPOSITES = frozenset({("truthy", "falsy"), ("falsy", "truthy"), ("!=", "=="), ("not in", "in"), ("is not", "is")})
# Calls under which different values look the same.
_BLURRING = ("abs", "bool", "frozenset", "int", "len", "round", "set", "sorted", "type")
_BLURRING_METHODS = ("casefold", "lower", "lstrip", "rstrip", "split", "splitlines", "strip", "title", "upper")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def weakened(base: Check, head: Check) -> str | None:
    """Return the rule that *head* breaks when it takes the place of *base*; ``None`` where it is as strict.

    Both are about the same subject, or about subjects of which one is a part of the other.
    """
    if base.subject != head.subject and nested_subject(base, head):
        return _part(base, head)
    if base.op == head.op:
        same_sides = base.key[:3] == head.key[:3]
        rule = _SAME_KIND.get(base.op, _expected)
        return rule(base, head) if not same_sides or base.extra != head.extra else None
    if base.strength is None or head.strength is None:
        return None
    if _equivalent(base, head):
        return None
    if (base.op, head.op) in _OPPOSITES and base.expected == head.expected:
        return "expectation-changed"
    if head.strength < base.strength:
        return "raises-widened" if base.op == "raises" else "assertion-loosened"
    if head.strength == base.strength:
        return "expectation-changed"
    return None


def same_subject(base: Check, head: Check) -> bool:
    """Whether two assertions look at the same thing: the same subject, or a side that both compare with."""
    if (base.strength is None) != (head.strength is None):
        return False
    if base.subject == head.subject:
        return True
    if base.op not in SYMMETRIC or head.op not in SYMMETRIC or base.literal or head.literal:
        return False
    return bool({base.subject, base.expected} & {head.subject, head.expected})


def nested_subject(base: Check, head: Check) -> bool:
    """Whether one subject is a part of the other (``x`` and ``len(x)``, ``r.status`` and ``r``)."""
    if base.strength is None or head.strength is None:
        return False
    short, long = sorted((base.subject, head.subject), key=len)
    return bool(short) and re.search(rf"(?<![\w.]){re.escape(short)}(?!\w)", long) is not None


def identifiers(text: str) -> set[str]:
    """Return the names in an expression; what stands in quotes is none."""
    return set(_IDENTIFIER.findall(_QUOTED.sub("", text)))


def is_rename(base: str, head: str, vocabulary: frozenset[str]) -> bool:
    """Whether two subjects differ in names alone, and the old names are gone from the head's whole module."""
    vanished = identifiers(base) - identifiers(head)
    return bool(vanished) and not vanished & vocabulary and _shape(base) == _shape(head)


def _shape(text: str) -> list[str]:
    """Return an expression's text with its names taken out, and its quoted parts."""
    return [_IDENTIFIER.sub("_", _QUOTED.sub("''", text)), *_QUOTED.findall(text)]


def covers(either: Check, base: Check) -> bool:
    """Whether an ``or`` has the base's assertion as one of its alternatives."""
    alternatives = set(either.expected.split(" | "))
    return bool(
        alternatives
        & {f"{base.subject} {base.op} {base.expected}", f"{base.expected} {base.op} {base.subject}", base.subject}
    )


def _part(base: Check, head: Check) -> str | None:
    """Compare an assertion about a thing with one about a part of it; the one about the whole says more."""
    if base.op == "falsy" and head.op == "==" and head.subject == f"len({base.subject})":
        return "expectation-changed"  # a length of nought is read as "falsy"
    before, after = base.strength or 0, head.strength or 0
    if after < before:
        return "raises-widened" if base.op == "raises" else "assertion-loosened"
    if after > before or len(head.subject) < len(base.subject):
        return None
    if base.expected == head.expected:
        return "assertion-loosened" if _blurs(base.subject, head.subject) else "subject-changed"
    return "assertion-loosened"


def _blurs(whole: str, seen: str) -> bool:
    """Whether one subject is the other with differences taken away: sorted, rounded, stripped, in lower case."""
    return any(seen.startswith(f"{name}({whole}") for name in _BLURRING) or any(
        seen.startswith(f"{whole}.{name}(") and seen.endswith(")") for name in _BLURRING_METHODS
    )


def _equivalent(base: Check, head: Check) -> bool:
    """Whether ``==`` and ``is`` compare with the same value."""
    return {base.op, head.op} <= {"==", "is"} and base.expected == head.expected


def _expected(base: Check, head: Check) -> str | None:
    if base.subject != head.subject and base.expected == head.expected:
        return "subject-changed"
    return "expectation-changed"


def _approx(base: Check, head: Check) -> str | None:
    if base.key[1:3] != head.key[1:3]:
        return _expected(base, head)
    old, new = _tolerances(base.extra), _tolerances(head.extra)
    for name in old.keys() | new.keys():
        before, after = old.get(name, _DEFAULT_TOLERANCE.get(name)), new.get(name, _DEFAULT_TOLERANCE.get(name))
        if before is None or after is None:
            return "assertion-loosened"
        if after < before if name in _MORE_IS_STRICTER else after > before:
            return "assertion-loosened"
    return None


def _tolerances(extra: str) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for word in extra.split(" "):
        name, _, value = word.partition("=")
        if name:
            number = _number(value)
            found[name] = number
    return found


def _bound(base: Check, head: Check) -> str | None:
    before, after = _number(base.expected), _number(head.expected)
    if base.subject != head.subject or before is None or after is None:
        return _expected(base, head)
    looser = after < before if base.op in (">", ">=") else after > before
    return "assertion-loosened" if looser else None


def _contained(base: Check, head: Check) -> str | None:
    if base.subject != head.subject:
        return _expected(base, head)
    old, new = _literal(base.expected), _literal(head.expected)
    if isinstance(old, str) and isinstance(new, str):  # part of a text: a longer part says more
        return None if old in new else "assertion-loosened" if new in old else "expectation-changed"
    if isinstance(old, tuple | list | set) and isinstance(new, tuple | list | set):
        before, after = {repr(v) for v in old}, {repr(v) for v in new}
        return None if after <= before else "assertion-loosened"
    return "expectation-changed"


def _error(base: Check, head: Check) -> str | None:
    if base.extra and base.extra != head.extra:
        old, new = _literal(base.extra), _literal(head.extra)
        if not head.extra or new in ("", ".*", ".+", "."):
            return "raises-widened"
        alternatives = [set(p.split("|")) if isinstance(p, str) else set() for p in (old, new)]
        if isinstance(old, str) and isinstance(new, str) and old not in new and not alternatives[1] < alternatives[0]:
            return "raises-widened" if new in old else "expectation-changed"
    before, after = set(base.expected.split(", ")), set(head.expected.split(", "))
    if before == after or after < before:
        return None if base.subject == head.subject else "subject-changed"
    if before < after:
        return "raises-widened"
    if all(any(_is_subclass(old, new) for old in before) for new in after):
        return "raises-widened"
    if all(any(_is_subclass(new, old) for old in before) for new in after):
        return None
    return "expectation-changed"


def _is_subclass(child: str, parent: str) -> bool:
    """Whether one error is a kind of another, as far as that is known without running code."""
    if parent in ("Exception", "BaseException"):
        return child not in ("Exception", "BaseException") or (child, parent) == ("Exception", "BaseException")
    first, second = (getattr(builtins, name, None) for name in (child, parent))
    return isinstance(first, type) and isinstance(second, type) and first is not second and issubclass(first, second)


def _type(base: Check, head: Check) -> str | None:
    if base.subject != head.subject:
        return _expected(base, head)
    before, after = (set(re.split(r"[(),| ]+", c.expected)) - {""} for c in (base, head))
    if after <= before:
        return None
    return "assertion-loosened" if before < after else "expectation-changed"


def _statement(base: Check, head: Check) -> str | None:
    """A subject without an expected value: another one is another assertion."""
    return None if base.subject == head.subject else "subject-changed"


def _number(text: str) -> float | None:
    value = _literal(text)
    return float(value) if isinstance(value, int | float) else None


def _literal(text: str) -> object:
    try:
        return constant(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_SAME_KIND: dict[str, Callable[[Check, Check], str | None]] = {
    "approx": _approx,
    "in": _contained,
    "<": _bound,
    "<=": _bound,
    ">": _bound,
    ">=": _bound,
    "raises": _error,
    "warns": _error,
    "isinstance": _type,
    **dict.fromkeys(("truthy", "falsy", "all", "any", "or", "fail"), _statement),
}
