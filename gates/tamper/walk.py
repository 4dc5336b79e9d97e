"""A test's body followed statement by statement: what it asserts, on what conditions, and where it stops."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from gates.tamper.bind import Function, arguments_of, bindings, loop_values
from gates.tamper.bodies import asserts, called_name, used_names
from gates.tamper.calls import call_checks, raises_check, strip_await
from gates.tamper.check import Check
from gates.tamper.conditions import Reader, always
from gates.tamper.names import Names, last
from gates.tamper.render import Env, opaque, substitute, text_of, written
from gates.tamper.suspension import Suspension, marked, stop_of, stops_here
from gates.tamper.swallow import CATCHES_ALL, expected_error, handler_swallows

# A test of more statements than this, loops and helpers written out, is followed no further.
MAX_STEPS = 5_000
_MAX_CALL_DEPTH = 5


@dataclass
class Walk:
    """Follows one function.

    ``helpers`` are functions whose calls are followed into, by ``name`` or ``self.name``; ``outer`` is what names
    stand for outside of any function; ``used`` are the names that the function mentions: another function defined
    in it and never mentioned does not run.
    """

    names: Names
    helpers: Mapping[str, Function]
    env: dict[str, ast.expr]
    outer: Env = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    checks: list[Check] = field(default_factory=list)
    suspensions: list[Suspension] = field(default_factory=list)
    acts: bool = False
    too_deep: bool = False
    budget: list[int] = field(default_factory=lambda: [MAX_STEPS])
    _guards: tuple[str, ...] = ()
    _returned: tuple[str, ...] = ()
    _dead: bool = False
    _looped: bool = False
    _stack: tuple[str, ...] = ()

    @property
    def reader(self) -> Reader:
        """Read expressions with what the names stand for at this point."""
        return Reader(self.env, self.names)

    def block(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow statements; return whether the end of them is never reached."""
        ended = False
        with self._guarded():
            for statement in statements:
                ended = self._statement(statement) or ended
                self._dead = self._dead or ended
        return ended

    def _statement(self, node: ast.stmt) -> bool:
        self.budget[0] -= 1
        if self.budget[0] < 0:
            return False
        if not self.acts and not self._dead and not hasattr(node, "body"):
            self.acts = any(isinstance(n, ast.Call) for n in ast.walk(node))
        handler = _HANDLERS.get(type(node))
        return handler(self, node) if handler else False

    def on_assert(self, node: ast.Assert) -> bool:
        """Read the condition."""
        self._name(node.test)
        self._add(self.reader.condition(node.test), node.test)
        return False

    def _name(self, value: ast.expr) -> None:
        """Remember what an expression names on the way (``:=``)."""
        for node in ast.walk(value):
            if isinstance(node, ast.NamedExpr):
                self._bind(node.target, substitute(node.value, self.env, self.names))

    def on_return(self, node: ast.Return) -> bool:
        """Read what is returned; nothing after it runs."""
        if node.value is not None:
            self.on_expression(node.value)
        return True

    def on_match(self, node: ast.Match) -> bool:
        """Follow every case, each on its pattern."""
        for case in node.cases:
            with self._guarded(f"case {text_of(case.pattern)} of {self.reader.text(node.subject)}"):
                self.block(case.body)
        return False

    def _add(self, checks: Sequence[Check], node: ast.stmt | ast.expr) -> None:
        raw = _as_written(node) if checks and not hasattr(node, "body") else ""
        for check in checks:
            guards = check.guards.union(self._guards, self._returned)
            self.checks.append(
                check.placed(node.lineno, guards, dead=self._dead or check.dead, looped=self._looped, raw=raw)
            )

    def on_expression(self, value: ast.expr) -> bool:
        """Read a call (an expected error, a helper, an assertion, a skip) and return whether it ends the test."""
        value = strip_await(value)
        self._name(value)
        if not isinstance(value, ast.Call):
            return False
        if self.names.dotted(value.func) == "hypothesis.assume" and value.args:
            self._guards = (*self._guards, f"if {self.reader.text(value.args[0])}")
            return False
        raised = raises_check(self.reader, value)
        if raised is not None and raised.subject:
            self._add([raised], value)
            return False
        if self._follow(value):
            return False
        # A function of this module that asserts nothing is no check, whatever it is called.
        helper = self._helper(value)
        checks = [] if helper is not None and not asserts(helper) else call_checks(self.reader, value)
        self._add(checks, value)
        if not checks:
            self._note_suspension(value)
        return any(c.op == "fail" for c in checks) or stops_here(self.names, value)

    def _note_suspension(self, value: ast.expr) -> None:
        found = stop_of(self.names, value) or marked(self.names, value)
        if found is None or self._dead:
            return
        condition = " and ".join(filter(None, (found.condition, *sorted(self._guards))))
        self.suspensions.append(replace(found, condition=condition))

    def on_raise(self, node: ast.Raise) -> bool:
        """Read an explicit failure or skip; nothing after it runs."""
        if node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if self.names.dotted(error) in ("AssertionError", "self.failureException"):
                self._add([Check("fail", "fail()")], node)
            else:
                self._note_suspension(node.exc)
        return True

    def on_if(self, node: ast.If) -> bool:
        """Follow both arms, each on its condition; an arm that leaves puts what follows on the other."""
        self._name(node.test)
        truth, condition = always(node.test), self.reader.text(node.test)
        with self._guarded(*([] if truth else [f"if {condition}"]), dead=truth is False):
            first = self.block(node.body)
        with self._guarded(*([] if truth is False else [f"if not {condition}"]), dead=truth is True):
            second = self.block(node.orelse)
        if truth is not None:
            return first if truth else second
        if first and second and node.orelse:
            return True
        leaving = node.body if first else node.orelse if second else []
        guard = f"if not {condition}" if first else f"if {condition}"
        if leaving and isinstance(leaving[-1], ast.Return):
            self._returned = (*self._returned, guard)
        elif leaving and isinstance(leaving[-1], ast.Continue | ast.Break):
            self._guards = (*self._guards, guard)
        return False

    def on_for(self, node: ast.For | ast.AsyncFor) -> bool:
        """Follow the body once for each element of a literal, else once."""
        elements = loop_values(substitute(node.iter, self.env, self.names))
        once = any(isinstance(s, ast.Break | ast.Return) for s in node.body)
        if elements is None:
            self._bind(node.target, opaque(f"each {self.reader.text(node.iter)}"))
            with self._guarded(*(["in the first round"] if once else [])):
                self.block(node.body)
        else:
            outside, self._looped = self._looped, True
            for element in elements[:1] if once else elements:
                self._bind(node.target, element)
                self.block(node.body)
            self._looped = outside
            if not elements:
                with self._guarded(dead=True):
                    self.block(node.body)
        self.block(node.orelse)
        return False

    def on_while(self, node: ast.While) -> bool:
        """Follow the body once."""
        truth = always(node.test)
        guards = [] if truth else [f"while {self.reader.text(node.test)}"]
        with self._guarded(*guards, dead=truth is False):
            self.block(node.body)
        self.block(node.orelse)
        return False

    def on_with(self, node: ast.With | ast.AsyncWith) -> bool:
        """Read expected errors and what swallows failures, then follow the body."""
        guards: list[str] = []
        expects = False
        for item in node.items:
            context = item.context_expr
            check = raises_check(self.reader, context, node.body)
            if check is not None:
                self._add([check], node)
                expects = True
            if isinstance(context, ast.Call) and self._swallows(context, check):
                guards.append("its failure is swallowed")
            if item.optional_vars is not None:
                value = opaque("the error") if check else substitute(context, self.env, self.names)
                self._bind(item.optional_vars, value)
        with self._guarded(*guards):
            ended = self.block(node.body)
        return ended and not guards and not expects

    def _swallows(self, context: ast.Call, check: Check | None) -> bool:
        if check is not None:
            return check.op == "raises" and bool(CATCHES_ALL & set(check.expected.split(", ")))
        if last(self.names.dotted(context.func)) != "suppress":
            return False
        return any(self.names.dotted(a) in CATCHES_ALL for a in context.args)

    def on_try(self, node: ast.Try | ast.TryStar) -> bool:
        """Follow every part; a handler that swallows failures guards the body."""
        expected = expected_error(self.reader, node)
        if expected is not None:
            return self._expected_error(node, expected)
        leaves = any(isinstance(n, ast.Return | ast.Break | ast.Continue) for n in node.finalbody)
        swallowed = leaves or any(handler_swallows(self.names, handler) for handler in node.handlers)
        with self._guarded(*(["its failure is swallowed"] if swallowed else [])):
            ended = self.block(node.body)
        for handler in node.handlers:
            caught = self.reader.text(handler.type) if handler.type else "anything"
            with self._guarded(f"except {caught}"):
                ended = self.block(handler.body) and ended
        self.block(node.orelse)
        self.block(node.finalbody)
        return ended and not swallowed

    def _expected_error(self, node: ast.Try | ast.TryStar, check: Check) -> bool:
        """Follow a ``try`` that fails unless an error comes, as what stands under ``pytest.raises``."""
        self._add([check], node)
        self.block(node.body[:-1] if not node.orelse else node.body)
        for handler in node.handlers:
            if handler.name:
                self.env[handler.name] = ast.Attribute(opaque("the error"), "value", ast.Load())
            self.block(handler.body)
        self.block(node.finalbody)
        return False

    def on_nested(self, node: Function) -> bool:
        """Follow a function within a test where it is defined, and not again where it is called."""
        inner = self._inner({**self.env}, self._stack)
        inner._dead = inner._dead or not (node.decorator_list or node.name in self.used)
        inner.block(node.body)
        self.checks.extend(inner.checks)
        return False

    def _follow(self, call: ast.Call) -> bool:
        """Follow a call into a helper that asserts; return whether there was one."""
        name, helper = called_name(call), self._helper(call)
        if helper is None or name in self._stack or len(self._stack) >= _MAX_CALL_DEPTH or not asserts(helper):
            return False
        own = {name: value for name, value in self.env.items() if name.startswith("self.")}
        env = {**self.outer, **own, **arguments_of(helper, call, self.reader, method="." in name)}
        inner = self._inner(env, (*self._stack, name))
        inner.used = used_names(helper)
        inner.block(helper.body)
        self.checks.extend(inner.checks)
        self.suspensions.extend(inner.suspensions)
        self.acts = self.acts or inner.acts
        return True

    def _inner(self, env: dict[str, ast.expr], stack: tuple[str, ...]) -> Walk:
        guards = (*self._guards, *self._returned)
        return Walk(
            self.names,
            self.helpers,
            env,
            used=self.used,
            budget=self.budget,
            _guards=guards,
            _dead=self._dead,
            _looped=self._looped,
            _stack=stack,
        )

    def _helper(self, call: ast.Call) -> Function | None:
        return self.helpers.get(called_name(call))

    def on_assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
        """Read the value as a call, and remember what the names stand for."""
        if node.value is None:
            return False
        ended = self.on_expression(node.value)
        value = substitute(strip_await(node.value), self.env, self.names)
        if isinstance(node, ast.AugAssign):
            value = ast.BinOp(left=substitute(node.target, self.env, self.names), op=node.op, right=value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            self._bind(target, value)
        return ended

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        self.env.update(bindings(target, value))

    @contextmanager
    def _guarded(self, *guards: str, dead: bool = False) -> Iterator[None]:
        before = self._guards, self._dead
        self._guards, self._dead = (*self._guards, *guards), self._dead or dead
        yield
        self._guards, self._dead = before


_HANDLERS: dict[type[ast.stmt], Callable[[Walk, Any], bool]] = {
    ast.Assert: Walk.on_assert,
    ast.Expr: lambda walk, node: walk.on_expression(node.value),
    ast.Return: Walk.on_return,
    ast.Raise: Walk.on_raise,
    ast.Break: lambda _walk, _node: True,
    ast.Continue: lambda _walk, _node: True,
    ast.If: Walk.on_if,
    ast.For: Walk.on_for,
    ast.AsyncFor: Walk.on_for,
    ast.While: Walk.on_while,
    ast.With: Walk.on_with,
    ast.AsyncWith: Walk.on_with,
    ast.Try: Walk.on_try,
    ast.TryStar: Walk.on_try,
    ast.Match: Walk.on_match,
    ast.FunctionDef: Walk.on_nested,
    ast.AsyncFunctionDef: Walk.on_nested,
    ast.Assign: Walk.on_assign,
    ast.AnnAssign: Walk.on_assign,
    ast.AugAssign: Walk.on_assign,
}


@lru_cache(maxsize=4_096)
def _as_written(node: ast.AST) -> str:
    """Return the text of a node, which a loop comes by many times."""
    return written(node)


def env_of(statements: Sequence[ast.stmt], names: Names, env: Env) -> dict[str, ast.expr]:
    """Return what the names assigned by *statements* stand for, on top of *env*."""
    walk = Walk(names, {}, {**env})
    for statement in statements:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            walk.block([statement])
    return walk.env
