"""A test module read as its tests: what pytest and unittest would collect from it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from gates.tamper.bind import Function
from gates.tamper.bodies import asserts
from gates.tamper.cases import Axis, fixture_axis, read_cases
from gates.tamper.conditions import always
from gates.tamper.names import Names, last
from gates.tamper.render import bounded, constant, substitute, text_of
from gates.tamper.scope import Definition, Scope, read_scope
from gates.tamper.suspension import Suspension, suspension_of
from gates.tamper.swallow import hides_failures
from gates.tamper.testcase import MAX_MODULE_STEPS, TestCase
from gates.tamper.walk import Walk, env_of

_SETUPS = frozenset(
    {"setUp", "asyncSetUp", "setUpClass", "setup_method", "setup_class", "setup", "setup_function", "setup_module"}
) | {"setUpModule"}
_SYNCHRONOUS = frozenset({"unittest.TestCase", "unittest.case.TestCase"})


@dataclass(frozen=True)
class Collection:
    """What the runner takes for a test by name: pytest's ``python_functions`` and ``python_classes``."""

    functions: tuple[str, ...] = ("test",)
    classes: tuple[str, ...] = ("Test",)

    def is_function(self, name: str) -> bool:
        """Whether a function of this name is collected."""
        return _matches(name, self.functions)

    def is_class(self, name: str) -> bool:
        """Whether a class of this name is collected."""
        return _matches(name, self.classes)


@dataclass(frozen=True)
class TestModule:
    """The tests of one module by qualified name, and its other functions.

    ``stops`` is what its fixtures at module level skip, by fixture; ``params`` are the parameter sets that they bring;
    ``automatic`` are those that every test runs.
    """

    __test__ = False  # pytest collects classes called Test*

    path: str
    tree: ast.Module
    names: Names
    tests: Mapping[str, TestCase] = field(default_factory=dict)
    others: Mapping[str, TestCase] = field(default_factory=dict)
    stops: Mapping[str, tuple[Suspension, ...]] = field(default_factory=dict)
    params: Mapping[str, Axis] = field(default_factory=dict)
    automatic: frozenset[str] = frozenset()


def read_module(path: str, source: bytes, tree: ast.Module, collection: Collection) -> TestModule:
    """Read every test of a module. ``others`` are its remaining functions, which assert or may be disabled tests."""
    module = _ModuleReader(path, tree, collection).read()
    lines = source.splitlines()
    inside = {line for test in module.tests.values() for line in _lines_of(test.node)}
    outside = b"\n".join(line for number, line in enumerate(lines, 1) if number not in inside)
    context = hashlib.sha256(outside).hexdigest()
    placed = {
        name: replace(test, source=b"\n".join(lines[n - 1] for n in _lines_of(test.node)), context=context)
        for name, test in module.tests.items()
    }
    return replace(module, tests=placed)


class _ModuleReader:
    def __init__(self, path: str, tree: ast.Module, collection: Collection) -> None:
        self.path, self.tree, self.collection = path, tree, collection
        self.names = Names.of(tree)
        self.scope = read_scope(tree.body)
        self.env = env_of(tree.body, self.names, {})
        self.steps = [MAX_MODULE_STEPS]
        self.stops: dict[str, tuple[Suspension, ...]] = {}
        self.params: dict[str, Axis] = {}
        self.tests: dict[str, TestCase] = {}
        self.others: dict[str, TestCase] = {}

    def read(self) -> TestModule:
        functions = self.scope.functions
        fixtures = {n: d.node for n, d in functions.items() if isinstance(d.node, Function) and self._fixture(d.node)}
        self.env |= dict(self._fixture_values(fixtures))
        self.stops = {n: self._suspensions_in(node, self.env, {}) for n, node in fixtures.items()}
        self.params = dict(self._fixture_params(fixtures))
        outer = (*self._module_suspensions(), *_marks(self.names, self.tree.body, "the module"))
        helpers = {
            name: d.node
            for name, d in functions.items()
            if isinstance(d.node, Function) and name not in fixtures and not self.collection.is_function(name)
        }
        shared = (*outer, *self._setup_suspensions(self.scope, self.env, helpers, fixtures))
        collected_module = not self.scope.opted_out
        for name, definition in functions.items():
            if not isinstance(definition.node, Function):
                continue
            runs = collected_module and name not in fixtures and self.collection.is_function(name)
            around = (*shared, *definition.suspensions())
            self._add(definition.node, name, self.env, helpers, around, (), runs=runs and not definition.dead)
        for name, definition in functions.items():
            if isinstance(definition.node, ast.ClassDef):
                self._class(definition, name, shared, helpers, runs=collected_module)
        automatic = frozenset(name for name, node in fixtures.items() if _autouse(node))
        return TestModule(self.path, self.tree, self.names, self.tests, self.others, self.stops, self.params, automatic)

    def _add(
        self,
        node: Function,
        name: str,
        env: Mapping[str, ast.expr],
        helpers: Mapping[str, Function],
        around: tuple[Suspension, ...],
        decorators: tuple[ast.expr, ...],
        *,
        runs: bool,
    ) -> None:
        own = tuple(s for d in node.decorator_list if (s := suspension_of(self.names, d)) is not None)
        requested = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        requested = [*requested, *self._used_fixtures((*node.decorator_list, *decorators))]
        own += tuple(s for name_ in requested for s in self.stops.get(name_, ()))
        own += tuple(s for d in node.decorator_list if (s := self._hidden_by(d)) is not None)
        cases = read_cases((*node.decorator_list, *decorators), env, self.names)
        brought = (self.params[name_] for name_ in requested if name_ in self.params)
        cases = replace(cases, axes=(*cases.axes, *brought))
        runs = runs and not _never_runs(node)
        test = TestCase(self.path, name, node, self.names, env, helpers, cases, (*around, *own), steps=self.steps)
        (self.tests if runs else self.others)[name] = test

    def _class(
        self,
        definition: Definition,
        name: str,
        outer: tuple[Suspension, ...],
        helpers: Mapping[str, Function],
        *,
        runs: bool,
    ) -> None:
        node = definition.node
        assert isinstance(node, ast.ClassDef)
        lineage = list(self._lineage(node))
        scopes = [read_scope(c.body) for c in lineage]
        members: dict[str, Definition] = {}
        for scope in reversed(scopes):
            members = {n: d for n, d in members.items() if n not in scope.unmade} | dict(scope.functions)
        decorators = tuple(d for c in lineage for d in c.decorator_list)
        marks = tuple(s for d in decorators if (s := suspension_of(self.names, d)) is not None)
        marks += tuple(s for c in lineage for s in _marks(self.names, c.body, f"the class {c.name}"))
        env = dict(self.env)
        for c in reversed(lineage):
            inner = env_of(c.body, self.names, self.env)
            env |= {f"self.{n}": v for n, v in inner.items() if self.env.get(n) is not v}
        methods = {f"self.{n}": d.node for n, d in members.items() if isinstance(d.node, Function)}
        fixtures = {n: d.node for n, d in members.items() if isinstance(d.node, Function) and self._fixture(d.node)}
        env |= dict(self._fixture_values(fixtures))
        known = {**helpers, **{n: f for n, f in methods.items() if not self._is_method(n[5:])}}
        setup = self._setup_suspensions(Scope(members), env, known, fixtures)
        around = (*outer, *(s.on(f"the class {name}") for s in (*marks, *definition.suspensions())), *setup)
        runs = runs and self._collects(node, lineage, scopes) and not definition.dead
        # unittest's own TestCase calls an async method and throws away what it would do.
        plain = {self.names.dotted(b) for c in lineage for b in c.bases} & _SYNCHRONOUS
        for member, inner_definition in members.items():
            if isinstance(inner_definition.node, Function):
                taken = runs and member not in fixtures and self._is_method(member) and not inner_definition.dead
                taken = taken and not (plain and isinstance(inner_definition.node, ast.AsyncFunctionDef))
                inside = (*around, *inner_definition.suspensions())
                self._add(inner_definition.node, f"{name}::{member}", env, known, inside, decorators, runs=taken)
        for member, inner_definition in members.items():
            if isinstance(inner_definition.node, ast.ClassDef):
                self._class(inner_definition, f"{name}::{member}", around, helpers, runs=runs)

    def _is_method(self, name: str) -> bool:
        return self.collection.is_function(name) or name.startswith("test")

    def _lineage(self, node: ast.ClassDef, seen: frozenset[str] = frozenset()) -> Iterator[ast.ClassDef]:
        """Yield a class and its bases of this module, nearest first."""
        yield node
        for base in node.bases:
            name = text_of(base)
            definition = self.scope.functions.get(name)
            if definition is not None and isinstance(definition.node, ast.ClassDef) and name not in seen | {node.name}:
                yield from self._lineage(definition.node, seen | {node.name, name})

    def _collects(self, node: ast.ClassDef, lineage: list[ast.ClassDef], scopes: list[Scope]) -> bool:
        choice = next((s.choice for s in scopes if s.choice is not None), True)
        if not choice:
            return False
        bases = [last(self.names.dotted(b)) for c in lineage for b in c.bases]
        if any(base.endswith("TestCase") or ("Test" in base and base in self.names.imports) for base in bases):
            return True
        return self.collection.is_class(node.name) and not any("__init__" in s.functions for s in scopes)

    def _used_fixtures(self, decorators: Sequence[ast.expr]) -> Iterator[str]:
        """Yield the fixtures that ``usefixtures`` names."""
        for decorator in decorators:
            if isinstance(decorator, ast.Call) and last(self.names.dotted(decorator.func)) == "usefixtures":
                yield from (str(constant(argument)) for argument in decorator.args)

    def _fixture_params(self, fixtures: Mapping[str, Function]) -> Iterator[tuple[str, Axis]]:
        for name, node in fixtures.items():
            for decorator in node.decorator_list:
                keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                params = next((k.value for k in keywords if k.arg == "params"), None)
                if params is not None:
                    yield name, fixture_axis(name, params, decorator.lineno, self.env, self.names)

    def _hidden_by(self, decorator: ast.expr) -> Suspension | None:
        """Return what a decorator of this module that swallows failures amounts to: the test may fail."""
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        definition = self.scope.functions.get(text_of(function))
        if definition is None or not isinstance(definition.node, Function):
            return None
        if not hides_failures(self.names, definition.node):
            return None
        name = definition.node.name
        return Suspension("xfail", f"`{name}` swallows its failure", decorator.lineno, f"the decorator {name}")

    def _fixture(self, node: Function) -> bool:
        names = [last(self.names.dotted(d.func if isinstance(d, ast.Call) else d)) for d in node.decorator_list]
        return "fixture" in names or "yield_fixture" in names

    def _fixture_values(self, fixtures: Mapping[str, Function]) -> Iterator[tuple[str, ast.expr]]:
        """Yield what a fixture hands to its tests, where its body is plain assignments and a return."""
        for name, node in fixtures.items():
            final = node.body[-1] if node.body else None
            value: ast.expr | None = None
            if isinstance(final, ast.Return):
                value = final.value
            elif isinstance(final, ast.Expr) and isinstance(final.value, ast.Yield):
                value = final.value.value
            if value is not None:
                yield name, bounded(substitute(value, env_of(node.body[:-1], self.names, self.env), self.names))

    def _module_suspensions(self) -> tuple[Suspension, ...]:
        walk = Walk(self.names, {}, {})
        walk.block([s for s in self.tree.body if not isinstance(s, Function | ast.ClassDef)])
        return tuple(s.on("the module") for s in walk.suspensions)

    def _setup_suspensions(
        self,
        scope: Scope,
        env: dict[str, ast.expr],
        helpers: Mapping[str, Function],
        fixtures: Mapping[str, Function],
    ) -> tuple[Suspension, ...]:
        """Follow what runs before each test; what it assigns to ``self`` is added to *env*."""
        found: list[Suspension] = []
        for name, definition in scope.functions.items():
            node = definition.node
            if not isinstance(node, Function) or not (name in _SETUPS or (name in fixtures and _autouse(node))):
                continue
            found.extend(self._suspensions_in(node, env, helpers))
        return tuple(found)

    def _suspensions_in(
        self, node: Function, env: dict[str, ast.expr], helpers: Mapping[str, Function]
    ) -> tuple[Suspension, ...]:
        walk = Walk(self.names, helpers, dict(env))
        walk.block(node.body)
        env |= {n: v for n, v in walk.env.items() if n.startswith("self.")}
        return tuple(s.on(node.name) for s in walk.suspensions)


def _never_runs(node: Function) -> bool:
    """Whether calling a function only makes a generator: pytest refuses such a test, unittest lets it pass.

    A decorator may run one (tornado's ``gen_test``).
    """
    if any(not text_of(d).startswith(("pytest.mark.", "mark.")) for d in node.decorator_list):
        return False
    pending: list[ast.AST] = list(node.body)
    while pending:
        inner = pending.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(inner, Function | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(inner))
    return False


def _lines_of(node: Function) -> range:
    """Return the numbers of a function's lines, its decorators' included."""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def assertive(test: TestCase) -> bool:
    """Whether a function that is no test asserts something."""
    return asserts(test.node)


def _autouse(node: Function) -> bool:
    return any(
        k.arg == "autouse" and always(k.value)
        for d in node.decorator_list
        if isinstance(d, ast.Call)
        for k in d.keywords
    )


def _marks(names: Names, body: list[ast.stmt], where: str) -> tuple[Suspension, ...]:
    """Read ``pytestmark``, a mark or a list of them, added to or assigned."""
    found: list[Suspension] = []
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AugAssign | ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        if any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in targets):
            elements = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
            found.extend(s.on(where) for e in elements if (s := suspension_of(names, e)) is not None)
    return tuple(found)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Match as pytest does: a prefix, or a glob where it holds a wildcard."""
    return any(name.startswith(p) or (any(c in p for c in "*?[") and fnmatchcase(name, p)) for p in patterns)
