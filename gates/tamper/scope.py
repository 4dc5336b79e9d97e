"""The functions and classes that a module or class ends up with: the last definition of a name counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gates.tamper.bind import Function
from gates.tamper.conditions import always
from gates.tamper.render import text_of
from gates.tamper.suspension import Suspension


@dataclass(frozen=True)
class Definition:
    """A function or class, with the conditions on which it is defined at all."""

    node: Function | ast.ClassDef
    guards: tuple[str, ...] = ()
    dead: bool = False

    def suspensions(self) -> tuple[Suspension, ...]:
        """Return the conditions as what they amount to: a skip."""
        return tuple(Suspension("skip", f"not ({g})", self.node.lineno) for g in self.guards)


@dataclass(frozen=True)
class Scope:
    """What a body defines, by name.

    ``choice`` is its own ``__test__``, ``None`` where it has none. ``unmade`` are names that a class takes from its
    bases (``test_a = None``).
    """

    functions: Mapping[str, Definition] = field(default_factory=dict)
    choice: bool | None = None
    unmade: frozenset[str] = frozenset()

    @property
    def opted_out(self) -> bool:
        """Whether it says that it holds no tests."""
        return self.choice is False


def read_scope(body: Sequence[ast.stmt]) -> Scope:
    """Read a module's or class's body in order; a later definition, assignment or ``del`` replaces an earlier one."""
    found: dict[str, Definition] = {}
    choice: bool | None = None
    unmade: set[str] = set()
    for statement, guards, dead in _flat(body, (), False):
        if isinstance(statement, Function | ast.ClassDef):
            earlier = found.pop(statement.name, None)
            # A second definition under another condition is the other branch of the same test.
            if earlier is not None and earlier.guards and guards:
                guards = ()
            found[statement.name] = Definition(statement, guards, dead)
            continue
        for name, value in _rebound(statement):
            if name == "__test__":
                choice = always(value) if value is not None else None
            elif value is not None and always(value) is False:
                unmade.add(name)
                if name in found:
                    found[name] = replace(found[name], dead=True)
            elif name in found and (value is None or name not in _mentioned(value)):
                found[name] = replace(found[name], dead=True)
    return Scope(found, choice, frozenset(unmade - found.keys()))


def _flat(
    body: Sequence[ast.stmt], guards: tuple[str, ...], dead: bool
) -> Iterator[tuple[ast.stmt, tuple[str, ...], bool]]:
    for statement in body:
        if isinstance(statement, ast.If):
            truth, condition = always(statement.test), text_of(statement.test)
            yield from _flat(statement.body, guards if truth else (*guards, condition), dead or truth is False)
            other = guards if truth is False else (*guards, f"not {condition}")
            yield from _flat(statement.orelse, other, dead or truth is True)
        elif isinstance(statement, ast.Try):
            yield from _flat([*statement.body, *statement.orelse, *statement.finalbody], guards, dead)
            for handler in statement.handlers:
                yield from _flat([s for s in handler.body if not isinstance(s, Function | ast.ClassDef)], guards, dead)
        elif isinstance(statement, ast.With):
            yield from _flat(statement.body, guards, dead)
        else:
            yield statement, guards, dead


def _rebound(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that a statement gives another meaning; ``f.__test__ = False`` unmakes the test ``f``."""
    if isinstance(statement, ast.Delete):
        yield from ((t.id, None) for t in statement.targets if isinstance(t, ast.Name))
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
            elif isinstance(target, ast.Attribute) and target.attr == "__test__" and isinstance(target.value, ast.Name):
                yield target.value.id, statement.value


def _mentioned(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
