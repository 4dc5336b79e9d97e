"""What names stand for after an assignment, in a loop, and in a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.tamper.conditions import Reader
from gates.tamper.render import bounded, constant, opaque, substitute, text_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
MAX_LOOP = 50
_EMPTY = frozenset({"list()", "tuple()", "dict()", "set()", "iter([])", "iter(())"})


def bindings(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield what an assignment makes names stand for; ``self.x`` is a name too."""
    if isinstance(target, ast.Name):
        yield target.id, bounded(value)
    elif (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in ("self", "cls")
    ):
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
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        elements = _made(node, node.func.id)
    if elements is None or len(elements) > MAX_LOOP or any(isinstance(e, ast.Starred) for e in elements):
        return None
    return elements


def _made(node: ast.Call, name: str) -> list[ast.expr] | None:
    """Return what a built-in function makes of literals."""
    if name == "range":
        return _counted(node)
    if text_of(node) in _EMPTY:
        return []
    lists = [loop_values(argument) for argument in node.args]
    known = [values for values in lists if values is not None]
    if node.keywords or not known or len(known) < len(lists):
        return None
    if name == "zip":
        return [ast.Tuple(list(row), ast.Load()) for row in zip(*known, strict=False)]
    if len(known) > 1:
        return None
    if name == "enumerate":
        return [ast.Tuple([ast.Constant(i), value], ast.Load()) for i, value in enumerate(known[0])]
    # In whatever order: it is the same elements.
    return known[0] if name in ("sorted", "reversed", "list", "tuple", "iter") else None


def _counted(node: ast.Call) -> list[ast.expr] | None:
    bounds = [constant(a) for a in node.args]
    integers = [b for b in bounds if isinstance(b, int)]
    if not 0 < len(integers) == len(bounds) < 4 or (len(integers) == 3 and integers[2] == 0):
        return None
    return [ast.Constant(value) for value in range(*integers)[: MAX_LOOP + 1]]


def arguments_of(function: Function, call: ast.Call, reader: Reader, *, method: bool) -> dict[str, ast.expr]:
    """Return what a helper's parameters stand for in one call."""
    spec = function.args
    parameters = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    defaults: dict[str, ast.expr] = dict(zip(reversed(parameters), reversed(spec.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
    if method and parameters[:1] in (["self"], ["cls"]):
        parameters = parameters[1:]
    given = dict(zip(parameters, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    return {name: bounded(substitute(value, reader.env, reader.names)) for name, value in {**defaults, **given}.items()}
