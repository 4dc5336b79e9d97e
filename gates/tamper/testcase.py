"""One test in a form that can be compared: its checks, what suspends it, and on what it runs."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gates.tamper.bind import Function
from gates.tamper.bodies import used_names
from gates.tamper.cases import MAX_EXPANDED, Cases
from gates.tamper.check import Check
from gates.tamper.names import Names
from gates.tamper.render import opaque, statement_text
from gates.tamper.suspension import Suspension
from gates.tamper.walk import MAX_STEPS, Walk

# All tests of a module together; what is beyond it would cost minutes.
MAX_MODULE_STEPS = 100_000

_NO_NAMES = Names({}, frozenset(), {})


@dataclass(frozen=True)
class TestCase:
    """One test (or helper that asserts) of one module. ``name`` has its classes before it, joined by ``::``.

    ``steps`` is what is left of the statements that may be followed in its module. ``source`` are its lines;
    ``context`` is a hash of all lines of its module that are in no test.
    """

    __test__ = False  # pytest collects classes called Test*

    path: str
    name: str
    node: Function
    names: Names
    env: Mapping[str, ast.expr]
    helpers: Mapping[str, Function]
    cases: Cases = field(default_factory=Cases)
    around: tuple[Suspension, ...] = ()
    source: bytes = b""
    context: str = ""
    steps: list[int] = field(default_factory=lambda: [MAX_MODULE_STEPS], compare=False)

    @property
    def line(self) -> int:
        """Where it is defined."""
        return self.node.lineno

    @property
    def function(self) -> str:
        """Its own name, without classes."""
        return self.node.name

    @property
    def expandable(self) -> bool:
        """Whether what it asserts can be written out for every parameter set."""
        count = self.cases.count
        return count is not None and count <= MAX_EXPANDED

    def checks(self, *, expand: bool) -> tuple[Check, ...]:
        """Return what it asserts: for every parameter set, or once with stand-ins for the parameters."""
        return self._expanded if expand else self._symbolic

    @cached_property
    def suspensions(self) -> tuple[Suspension, ...]:
        """Everything that keeps it from running or counting, from outside and from its own body."""
        cases = [s for axis in self.cases.axes for s in axis.suspensions]
        return (*self.around, *cases, *self._walked.suspensions)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of its body that does not depend on local names, messages, comments or layout."""
        body = _without_docstring(self.node.body)
        stored = [
            n.id
            for statement in body
            for n in ast.walk(statement)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        numbers = {name: opaque(f"local {i}") for i, name in enumerate(dict.fromkeys(stored))}
        parameters = sorted(a.arg for a in ast.walk(self.node.args) if isinstance(a, ast.arg))
        try:
            lines = [statement_text(statement, numbers, _NO_NAMES) for statement in body]
        except RecursionError:
            lines = [self.path, self.name]
        text = "\n".join([*parameters, *lines])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def is_unchanged(self, other: TestCase) -> bool:
        """Whether both are the same lines in the same surroundings."""
        return bool(self.source) and (self.source, self.context) == (other.source, other.context)

    @property
    def too_deep(self) -> bool:
        """Whether it is too large or nested too deeply to be followed: then nothing is known about it."""
        return self._walked.too_deep

    @property
    def acts(self) -> bool:
        """Whether it does anything that could fail: a call or a check that is reached."""
        return self._walked.acts or any(not check.dead for check in self._symbolic)

    @property
    def is_smoke_test(self) -> bool:
        """Whether it only calls things and asserts nothing."""
        return self._walked.acts and all(check.dead for check in self._symbolic)

    @cached_property
    def _used(self) -> frozenset[str]:
        return used_names(self.node)

    @cached_property
    def _walked(self) -> Walk:
        return self._walk(self.cases.symbols(), [MAX_STEPS])

    @cached_property
    def _symbolic(self) -> tuple[Check, ...]:
        return tuple(self._walked.checks)

    @cached_property
    def _expanded(self) -> tuple[Check, ...]:
        if not self.cases.axes:
            return self._symbolic
        budget = [MAX_STEPS]
        return tuple(check for env in self.cases.environments() for check in self._walk(env, budget).checks)

    def _walk(self, env: Mapping[str, ast.expr], budget: list[int]) -> Walk:
        walk = Walk(self.names, self.helpers, {**self.env, **env}, self.env, self._used, budget=budget)
        allowed = budget[0]
        try:
            walk.block(self.node.body)
        except RecursionError:
            walk.too_deep = True
        self.steps[0] -= allowed - budget[0]
        walk.too_deep = walk.too_deep or self.steps[0] < 0
        if walk.too_deep:
            walk.checks.clear()
        return walk


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body
