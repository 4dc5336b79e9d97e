"""The parameter sets that a test runs on."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gates.tamper.bind import bindings, loop_values
from gates.tamper.names import Names, last
from gates.tamper.render import Env, constant, opaque, substitute, text_of
from gates.tamper.suspension import Suspension, suspension_of

# More sets than this are compared as values, not by what each of them asserts.
MAX_EXPANDED = 64
_DEFAULT_EXAMPLES = 100  # hypothesis.settings.default.max_examples


@dataclass(frozen=True)
class Axis:
    """One ``parametrize``: its argument names, its values (``None`` where they are computed), and their text."""

    names: tuple[str, ...]
    values: tuple[ast.expr, ...] | None
    text: str
    line: int
    suspensions: tuple[Suspension, ...] = ()

    @property
    def rendered(self) -> tuple[str, ...]:
        """Every value as text."""
        return tuple(text_of(v) for v in self.values or ())


@dataclass(frozen=True)
class Cases:
    """Everything that says how often a test runs. ``examples`` is hypothesis's ``max_examples``, if it is used."""

    axes: tuple[Axis, ...] = ()
    examples: int | None = None
    explicit: int = 0
    strategies: str = ""

    @property
    def count(self) -> int | None:
        """How many parameter sets there are; ``None`` where some are computed."""
        total = 1
        for axis in self.axes:
            if axis.values is None:
                return None
            total *= len(axis.values)
        return total

    @property
    def distinct(self) -> int | None:
        """How many different parameter sets there are; ``None`` where some are computed."""
        if self.count is None:
            return None
        total = 1
        for axis in self.axes:
            total *= len(set(axis.rendered))
        return total

    def environments(self) -> Iterator[dict[str, ast.expr]]:
        """Yield what the arguments stand for, one parameter set after the other."""
        for combination in itertools.product(*(axis.values or () for axis in self.axes)):
            env: dict[str, ast.expr] = {}
            for axis, value in zip(self.axes, combination, strict=True):
                env.update(_bound(axis.names, value))
            yield env

    def symbols(self) -> dict[str, ast.expr]:
        """Return stand-ins for the arguments, by their place: how they are called does not matter."""
        names = [name for axis in self.axes for name in axis.names]
        return {name: opaque(f"case {i}") for i, name in enumerate(names)}


def read_cases(decorators: Sequence[ast.expr], env: Env, names: Names) -> Cases:
    """Read what ``parametrize``, ``parameterized.expand`` and hypothesis's decorators say."""
    cases = Cases()
    for decorator in decorators:
        call = names.value(decorator)
        if not isinstance(call, ast.Call):
            continue
        dotted = names.dotted(call.func)
        axis = _axis(dotted, call, env, names)
        if axis is not None:
            cases = replace(cases, axes=(*cases.axes, axis))
        elif dotted.startswith("hypothesis.") or last(dotted) == "given":
            cases = _hypothesis(cases, last(dotted), call, env, names)
    return cases


def _hypothesis(cases: Cases, name: str, call: ast.Call, env: Env, names: Names) -> Cases:
    if name == "given":
        return replace(
            cases,
            strategies=text_of(substitute(call, env, names)),
            examples=cases.examples if cases.examples is not None else _DEFAULT_EXAMPLES,
        )
    if name == "example":
        return replace(cases, explicit=cases.explicit + 1)
    limits = [constant(k.value) for k in call.keywords if k.arg == "max_examples"]
    found = [limit for limit in limits if isinstance(limit, int)]
    return replace(cases, examples=found[0]) if name == "settings" and found else cases


def _axis(dotted: str, call: ast.Call, env: Env, names: Names) -> Axis | None:
    keywords = {k.arg: k.value for k in call.keywords}
    arguments = list(call.args)
    if dotted.endswith("mark.parametrize"):
        label = arguments[0] if arguments else keywords.get("argnames")
        values = arguments[1] if len(arguments) > 1 else keywords.get("argvalues")
    elif dotted.endswith("parameterized.expand") and arguments:
        label, values = None, arguments[0]
    else:
        return None
    if values is None:
        return None
    substituted = substitute(names.value(values), env, names)
    elements = _long_values(substituted)
    text, line = text_of(substituted), call.lineno
    if elements is None:
        return Axis(_labels(label, None), None, text, line)
    # Substitution takes module names away, which marks are told by.
    written = _long_values(names.value(values)) or []
    suspended = [_suspended(element, names, line) for element in written]
    plain = tuple(_value(element) for element in elements)
    if isinstance(label, ast.Tuple | ast.List) and len(label.elts) == 1:
        # Names in a list of one: each row is one, too.
        plain = tuple(e.elts[0] if isinstance(e, ast.Tuple) and len(e.elts) == 1 else e for e in plain)
    return Axis(_labels(label, plain), plain, text, line, tuple(s for s in suspended if s is not None))


def fixture_axis(name: str, params: ast.expr, line: int, env: Env, names: Names) -> Axis:
    """Return the parameter sets that a fixture brings to each of its tests."""
    substituted = substitute(names.value(params), env, names)
    elements = _long_values(substituted)
    values = None if elements is None else tuple(_value(e) for e in elements)
    return Axis((name,), values, text_of(substituted), line)


def _long_values(node: ast.expr) -> list[ast.expr] | None:
    """Return a table's rows, however many; what is computed has none."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _sliced(_long_values(node.value), node.slice)
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and not any(isinstance(e, ast.Starred) for e in node.elts):
        return list(node.elts)
    return loop_values(node)


def _sliced(rows: list[ast.expr] | None, piece: ast.Slice) -> list[ast.expr] | None:
    bounds: list[int | None] = []
    for node in (piece.lower, piece.upper, piece.step):
        value = None if node is None else constant(node)
        if node is not None and not isinstance(value, int):
            return None
        bounds.append(value if isinstance(value, int) else None)
    return None if rows is None or bounds[2] == 0 else rows[bounds[0] : bounds[1] : bounds[2]]


def _labels(label: ast.expr | None, values: Sequence[ast.expr] | None) -> tuple[str, ...]:
    found = constant(label) if label is not None else None
    if isinstance(found, str):
        return tuple(part for name in found.split(",") if (part := name.strip()))
    if isinstance(found, list | tuple):
        return tuple(str(name) for name in found)
    width = len(values[0].elts) if values and isinstance(values[0], ast.Tuple) else 1
    return tuple(f"‹argument {i}›" for i in range(width))


def _value(element: ast.expr) -> ast.expr:
    """Return the plain value of a ``pytest.param``: its id and marks are no part of it."""
    if isinstance(element, ast.Call) and text_of(element.func).rpartition(".")[2] == "param":
        return element.args[0] if len(element.args) == 1 else ast.Tuple(element.args, ast.Load())
    return element


def _suspended(element: ast.expr, names: Names, line: int) -> Suspension | None:
    if not isinstance(element, ast.Call) or text_of(element.func).rpartition(".")[2] != "param":
        return None
    marks = next((k.value for k in element.keywords if k.arg == "marks"), None)
    for mark in marks.elts if isinstance(marks, ast.Tuple | ast.List) else [marks]:
        found = suspension_of(names, mark) if mark is not None else None
        if found is not None and found.kind in ("skip", "xfail"):
            value = text_of(_value(element))
            condition = f"case {value}" + (f", {found.condition}" if found.condition else "")
            return Suspension(found.kind, condition, line, f"the case {value}", found.strict)
    return None


def _bound(names: Sequence[str], value: ast.expr) -> dict[str, ast.expr]:
    if len(names) == 1:
        return dict(bindings(ast.Name(names[0], ast.Store()), value))
    targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
    return dict(bindings(ast.Tuple(targets, ast.Store()), value))
