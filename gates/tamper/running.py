"""Whether a test still runs and counts: suspensions, parameter sets, mocks of what it tests."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from gates.tamper.cases import Axis
from gates.tamper.check import shortened
from gates.tamper.names import last
from gates.tamper.render import constant
from gates.tamper.rules import Weakening
from gates.tamper.testcase import TestCase

_RULES = {"skip": "new-skip", "xfail": "new-xfail", "retry": "retry-added", "mark": "new-skip"}
_VERBS = {"skip": "is skipped", "xfail": "may fail", "retry": "is repeated when it fails", "mark": "is deselected"}
# Where stand-ins for the real code live.
_STAND_IN = re.compile(
    r"(?:^|[._])(?:tests?|testing|fakes?|mocks?|stubs?|dumm(?:y|ies)|conftest)(?=[._])", re.IGNORECASE
)
# Where functions come from that help a test and are not what it tests.
_HELPING = re.compile(_STAND_IN.pattern + r"|^\.|helper|util|factor|fixture|support|common", re.IGNORECASE)
_CALLED = re.compile(r"(?<!\w)([^\W\d]\w*)\(")
_PATCHERS = re.compile(r"(?:^|\.)(?:patch|patch\.object|setattr|patch_object|spy|replace)$")
# Calls that say nothing about what a test is about.
_COMMON = frozenset(
    {"len", "str", "int", "float", "list", "dict", "set", "tuple", "sorted", "repr", "sum", "bool", "type"}
)


def suspended(base: TestCase, head: TestCase, deselected: frozenset[str]) -> Iterator[Weakening]:
    """Yield what newly keeps the test from running or counting; *deselected* are marks that the runner leaves out."""
    before = {s.key: s for s in base.suspensions}
    if ("skip", "") in before:
        return
    for found in head.suspensions:
        if found.kind == "mark" and found.condition not in deselected:
            continue
        old = before.get(found.key)
        if old is not None and not (old.strict and not found.strict):
            continue
        condition = f" when {found.condition}" if found.condition and found.kind not in ("mark", "retry") else ""
        where = "" if found.where == "the test" else f" through {found.where}"
        verb = "need no longer fail as expected" if old is not None else _VERBS[found.kind]
        yield Weakening(
            head.path,
            found.line,
            _RULES[found.kind],
            f"`{head.name}` now {verb}{condition}{where}. The base's test is at {base.path}:{base.line}.",
        )


def narrowed(base: TestCase, head: TestCase) -> Iterator[Weakening]:
    """Yield fewer parameter sets and examples, and other values where what they assert could not be compared."""
    for text in (_fewer(base, head), _fewer_examples(base, head)):
        if text:
            yield Weakening(head.path, head.line, "fewer-cases", f"`{head.name}` {text}.")
    if base.cases.strategies and head.cases.strategies not in ("", base.cases.strategies):
        message = f"`{head.name}` generates other values: {shortened(head.cases.strategies)}."
        yield Weakening(head.path, head.line, "subject-changed", message)
    if base.expandable and head.expandable:
        return
    for old, new in zip(base.cases.axes, head.cases.axes, strict=False):
        rule = _changed_values(old, new)
        if rule is not None:
            yield Weakening(head.path, new.line, rule, f"`{head.name}` runs on other values of {', '.join(old.names)}.")


def mocked(base: TestCase, head: TestCase) -> Iterator[Weakening]:
    """Yield the functions that the base's test was about and the head's replaces."""
    subjects = {name for c in base.checks(expand=False) for name in _CALLED.findall(f"{c.subject} {c.expected}")}
    already = {name for name, _ in _patched(base)}
    for name, line in _patched(head):
        if name in subjects - _COMMON and name not in already:
            yield Weakening(head.path, line, "subject-mocked", f"`{head.name}` replaces `{name}`, which it tests.")
    for name in sorted(subjects & base.names.imports.keys() - _COMMON):
        origin, now = base.names.imports[name], head.names.imports.get(name)
        if _HELPING.search(origin):
            continue
        if (name in head.helpers and name not in base.helpers) or name in _own_names(head) - _own_names(base):
            message = f"`{head.name}` tests a `{name}` of its own file, where it tested `{origin}`."
            yield Weakening(head.path, head.line, "subject-mocked", message)
        elif now is not None and _STAND_IN.search(now):
            message = f"`{head.name}` tests `{now}`, where it tested `{origin}`."
            yield Weakening(head.path, head.line, "subject-mocked", message)


def _own_names(test: TestCase) -> set[str]:
    """Return the names that a test is given as fixtures or assigns itself."""
    stored = (n.id for n in ast.walk(test.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {*stored, *(a.arg for a in ast.walk(test.node.args) if isinstance(a, ast.arg))}


def _fewer(base: TestCase, head: TestCase) -> str:
    before, after = base.cases.distinct, head.cases.distinct
    if before is None or after is None or after >= before:
        return ""
    if base.expandable and head.expandable:
        old, new = (len({c.key for c in t.checks(expand=True) if not c.dead}) for t in (base, head))
        # The values may have moved into a loop, which asserts as often.
        if new >= old > 0:
            return ""
    return f"runs on {after} parameter sets instead of {before}"


def _fewer_examples(base: TestCase, head: TestCase) -> str:
    if base.cases.examples is not None and (head.cases.examples or 1) < base.cases.examples:
        return f"tries {head.cases.examples or 1} generated examples instead of {base.cases.examples}"
    if head.cases.explicit < base.cases.explicit:
        return f"tries {head.cases.explicit} explicit examples instead of {base.cases.explicit}"
    return ""


def _changed_values(old: Axis, new: Axis) -> str | None:
    if old.values is None or new.values is None:
        return "subject-changed" if old.text != new.text else None
    gone = list((Counter(old.rendered) - Counter(new.rendered)).elements())
    come = list((Counter(new.rendered) - Counter(old.rendered)).elements())
    if not gone or not come:
        return None
    first = {repr(_first(value)) for value in gone} & {repr(_first(value)) for value in come}
    return "expectation-changed" if first and len(old.names) > 1 else "subject-changed"


def _first(text: str) -> object:
    try:
        value = constant(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    return value[0] if isinstance(value, tuple) and value else text


def _patched(test: TestCase) -> Iterator[tuple[str, int]]:
    """Yield the last name of everything that a test patches, with the line."""
    for node in ast.walk(test.node):
        if isinstance(node, ast.Assign):  # an attribute of something imported (`Thing.go = ...`)
            attributes = [t for t in node.targets if isinstance(t, ast.Attribute)]
            yield from ((t.attr, node.lineno) for t in attributes if _root(t) in test.names.imports)
        if not isinstance(node, ast.Call):
            continue
        dotted = test.names.dotted(node.func)
        if not _PATCHERS.search(dotted) or not node.args:
            continue
        values = [constant(a) for a in node.args[:2]]
        names = [v for v in values if isinstance(v, str)]
        if names:
            yield last(names[0]), node.lineno


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
