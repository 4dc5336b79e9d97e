"""A test's body followed statement by statement: what it asserts, on what conditions, and where it stops."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from gates.tamper.calls import call_checks, raises_check, strip_await
from gates.tamper.check import Check
from gates.tamper.conditions import Reader, always
from gates.tamper.names import Names, last
from gates.tamper.render import Env, bounded, opaque, substitute, text_of
from gates.tamper.suspension import Suspension, stops_here, suspension_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
# A test that makes more checks than this is followed no further: what is left of it is then compared by its text.
MAX_CHECKS = 2_000
MAX_LOOP = 50
_MAX_CALL_DEPTH = 3
_CATCHES_ALL = frozenset({"AssertionError", "Exception", "BaseException"})


@dataclass
class Walk:
    """Follows one function. ``helpers`` are functions whose calls are followed into, by ``name`` or ``self.name``."""

    names: Names
    helpers: Mapping[str, Function]
    env: dict[str, ast.expr]
    checks: list[Check] = field(default_factory=list)
    suspensions: list[Suspension] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    _guards: tuple[str, ...] = ()
    _dead: bool = False
    _stack: tuple[str, ...] = ()

    @property
    def reader(self) -> Reader:
        """Read expressions with what the names stand for at this point."""
        return Reader(self.env, self.names)

    def block(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow statements; return whether the end of them is never reached."""
        before, ended = (self._guards, self._dead), False
        for statement in statements:
            ended = self._statement(statement) or ended
            self._dead = self._dead or ended
        self._guards, self._dead = before[0] if not self._returned else (*before[0], *self._returned), before[1]
        return ended

    _returned: tuple[str, ...] = ()

    def _statement(self, node: ast.stmt) -> bool:
        if len(self.checks) >= MAX_CHECKS:
            return False
        match node:
            case ast.Assert():
                self._add(self.reader.condition(node.test), node.lineno)
            case ast.Expr():
                return self._expression(node.value)
            case ast.Return():
                if node.value is not None:
                    self._expression(node.value)
                return True
            case ast.Raise():
                return self._raise(node)
            case ast.Break() | ast.Continue():
                return True
            case ast.If():
                return self._if(node)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.While():
                self._while(node)
            case ast.With() | ast.AsyncWith():
                return self._with(node)
            case ast.Try() | ast.TryStar():
                return self._try(node)
            case ast.Match():
                for case in node.cases:
                    with self._guarded(f"case {text_of(case.pattern)} of {self.reader.text(node.subject)}"):
                        self.block(case.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._nested(node)
            case ast.ClassDef():
                self.block([s for s in node.body if not isinstance(s, Function)])
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return self._assign(node)
            case _:
                pass
        return False

    def _add(self, checks: Iterable[Check], line: int) -> None:
        for check in checks:
            guards = check.guards | frozenset(self._guards)
            self.checks.append(check.placed(line, guards, self._dead or check.dead))

    def _expression(self, value: ast.expr) -> bool:
        value = strip_await(value)
        if not isinstance(value, ast.Call):
            return False
        raised = raises_check(self.reader, value)
        if raised is not None and raised.subject:
            self._add([raised], value.lineno)
            return False
        if self._follow(value):
            return False
        checks = call_checks(self.reader, value)
        self._add(checks, value.lineno)
        if not checks:
            self._note_suspension(value)
        return any(c.op == "fail" for c in checks) or stops_here(self.names, value)

    def _note_suspension(self, value: ast.expr) -> None:
        found = suspension_of(self.names, value)
        self.calls.add(last(self.names.dotted(value.func)) if isinstance(value, ast.Call) else "")
        if found is None or found.kind == "mark" or self._dead:
            return
        condition = " and ".join(filter(None, (found.condition, *sorted(self._guards))))
        self.suspensions.append(replace(found, condition=condition))

    def _raise(self, node: ast.Raise) -> bool:
        if node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if self.names.dotted(error) == "AssertionError":
                self._add([Check("fail", "fail()")], node.lineno)
            else:
                self._note_suspension(node.exc)
        return True

    def _if(self, node: ast.If) -> bool:
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
        if leaving and isinstance(leaving[-1], ast.Return | ast.Continue | ast.Break):
            self._guards = (*self._guards, f"if not {condition}" if first else f"if {condition}")
        return False

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        elements = loop_values(substitute(node.iter, self.env, self.names))
        if elements is None:
            self._bind(node.target, opaque(f"each {self.reader.text(node.iter)}"))
            self.block(node.body)
        else:
            for element in elements:
                self._bind(node.target, element)
                self.block(node.body)
            if not elements:
                with self._guarded(dead=True):
                    self.block(node.body)
        self.block(node.orelse)

    def _while(self, node: ast.While) -> None:
        truth = always(node.test)
        guards = [] if truth else [f"while {self.reader.text(node.test)}"]
        with self._guarded(*guards, dead=truth is False):
            self.block(node.body)
        self.block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        guards: list[str] = []
        for item in node.items:
            context = item.context_expr
            check = raises_check(self.reader, context, node.body)
            if check is not None:
                self._add([check], node.lineno)
            if isinstance(context, ast.Call) and self._swallows(context, check):
                guards.append("its failure is swallowed")
            if item.optional_vars is not None:
                value = opaque("the error") if check else substitute(context, self.env, self.names)
                self._bind(item.optional_vars, value)
        with self._guarded(*guards):
            ended = self.block(node.body)
        return ended and not guards

    def _swallows(self, context: ast.Call, check: Check | None) -> bool:
        if check is not None:
            return check.op == "raises" and bool(_CATCHES_ALL & set(check.expected.split(", ")))
        if last(self.names.dotted(context.func)) != "suppress":
            return False
        return any(self.names.dotted(a) in _CATCHES_ALL for a in context.args)

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        swallowed = any(_handler_swallows(self.names, handler) for handler in node.handlers)
        with self._guarded(*(["its failure is swallowed"] if swallowed else [])):
            ended = self.block(node.body)
        for handler in node.handlers:
            caught = self.reader.text(handler.type) if handler.type else "anything"
            with self._guarded(f"except {caught}"):
                ended = self.block(handler.body) and ended
        self.block(node.orelse)
        self.block(node.finalbody)
        return ended and not swallowed

    def _nested(self, node: Function) -> None:
        """A function within a test counts where it is defined; it is not followed again where it is called."""
        inner = Walk(self.names, self.helpers, {**self.env}, _guards=self._guards, _dead=self._dead, _stack=self._stack)
        inner.block(node.body)
        self.checks.extend(inner.checks)

    def _follow(self, call: ast.Call) -> bool:
        """Follow a call into a helper that asserts; return whether there was one."""
        name = text_of(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""
        helper = self.helpers.get(name.replace("cls.", "self.", 1))
        if helper is None or name in self._stack or len(self._stack) >= _MAX_CALL_DEPTH or not asserts(helper):
            return False
        env = {**self.env, **arguments_of(helper, call, self.reader, method="." in name)}
        inner = Walk(self.names, self.helpers, env, _guards=self._guards, _dead=self._dead, _stack=(*self._stack, name))
        inner.block(helper.body)
        self.checks.extend(inner.checks)
        self.suspensions.extend(inner.suspensions)
        return True

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
        if node.value is None:
            return False
        ended = self._expression(node.value)
        value = substitute(strip_await(node.value), self.env, self.names)
        if isinstance(node, ast.AugAssign):
            old = ast.parse(text_of(node.target), mode="eval").body
            value = ast.BinOp(left=substitute(old, self.env, self.names), op=node.op, right=value)
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


def bindings(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield what an assignment makes names stand for; ``self.x`` is a name too."""
    if isinstance(target, ast.Name):
        yield target.id, bounded(value)
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in ("self", "cls"):
        yield f"self.{target.attr}", bounded(value)
    elif isinstance(target, ast.Starred):
        yield from bindings(target.value, opaque(f"rest of {text_of(bounded(value))}"))
    elif isinstance(target, ast.Tuple | ast.List):
        whole = value.elts if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts) else None
        for index, element in enumerate(target.elts):
            part = whole[index] if whole else ast.Subscript(bounded(value), ast.Constant(index), ast.Load())
            yield from bindings(element, part)


def loop_values(node: ast.expr) -> list[ast.expr] | None:
    """Return the elements that a loop over a literal visits; ``None`` where they are not known or too many."""
    elements: list[ast.expr] | None = None
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        elements = node.elts
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Dict):
        keys, values = node.func.value.keys, node.func.value.values
        if node.func.attr == "items" and None not in keys:
            pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
            elements = [ast.Tuple([key, value], ast.Load()) for key, value in pairs]
    elif isinstance(node, ast.Call) and text_of(node) in ("range(0)", "list()", "iter([])", "iter(())"):
        elements = []
    if elements is None or len(elements) > MAX_LOOP or any(isinstance(e, ast.Starred) for e in elements):
        return None
    return elements


def asserts(function: Function) -> bool:
    """Whether a function's own body asserts something, by a quick look."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.startswith(("assert", "fail", "skip", "raises", "_assert", "check", "_check")):
                return True
    return False


def arguments_of(function: Function, call: ast.Call, reader: Reader, *, method: bool) -> dict[str, ast.expr]:
    """Return what a helper's parameters stand for in one call."""
    spec = function.args
    parameters = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    defaults: dict[str, ast.expr] = dict(zip(reversed(parameters), reversed(spec.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
    if method and parameters[:1] in (["self"], ["cls"]):
        parameters = parameters[1:]
    given = dict(zip(parameters, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    return {
        name: bounded(substitute(value, reader.env, reader.names)) for name, value in {**defaults, **given}.items()
    }


def env_of(statements: Sequence[ast.stmt], names: Names, env: Env) -> dict[str, ast.expr]:
    """Return what the names assigned by *statements* stand for, on top of *env*."""
    walk = Walk(names, {}, {**env})
    for statement in statements:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            walk.block([statement])
    return walk.env


def _handler_swallows(names: Names, handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    types = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    if caught is not None and not any(t is not None and names.dotted(t) in _CATCHES_ALL for t in types):
        return False
    fails = (ast.Raise, ast.Assert)
    for statement in handler.body:
        for node in ast.walk(statement):
            if isinstance(node, fails) or (isinstance(node, ast.Call) and last(names.dotted(node.func)) == "fail"):
                return False
    return True
