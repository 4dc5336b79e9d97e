"""All the mutants of a file's changed lines."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from gates.mutants.model import Mutant
from gates.mutants.operators import OPERATORS, Edit
from gates.mutants.text import Text
from gates.source import ParseFailure, parse_python

_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "warnings"})
_LOGGER_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_SILENT_FUNCTIONS = frozenset({"__repr__"})
_MODULE_NAMES = frozenset({"__all__", "__version__", "__author__", "__slots__"})
# A mutant shows no more of the text than this.
_SHOWN = 120


def mutants(path: str, source: bytes, wanted: Callable[[int], bool]) -> list[Mutant] | ParseFailure:
    """Return the possible mutants of *source* whose text begins on a wanted line, in the order of the text.

    Left out are docstrings, annotations, decorators, asserts, code for type checkers, log messages, ``__repr__``,
    and ``if __name__ == "__main__"``. Sources in another encoding than UTF-8 are refused. ``distinct`` sorts out the
    few that are no fault.
    """
    tree = parse_python(source)
    if isinstance(tree, ParseFailure):
        return tree
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        return ParseFailure("it is not encoded in UTF-8")
    text = Text(source)
    found = sorted(_edits(tree, text), key=lambda pair: (pair[0].start, pair[0].end))
    made = (_mutant(path, edit, around, text) for edit, around in found)
    return [mutant for mutant in made if wanted(mutant.line)]


def distinct(source: bytes, candidates: Iterable[Mutant]) -> list[Mutant]:
    """Return those mutants of one file that are valid Python, differ from the original, and from each other.

    Only the top-level statement around a mutant is parsed again: a large file has many.
    """
    tree = parse_python(source)
    if isinstance(tree, ParseFailure):
        return []
    starts = _statement_starts(tree, Text(source))
    seen = set()
    result = []
    for mutant in candidates:
        at = bisect_right(starts, mutant.start) - 1
        first, last = starts[at], starts[at + 1]
        spoiled = mutant.apply(source)[first : last + len(mutant.replacement.encode()) - (mutant.end - mutant.start)]
        shape = _shape(spoiled)
        if shape is not None and shape != _shape(source[first:last]) and (at, shape) not in seen:
            seen.add((at, shape))
            result.append(mutant)
    return result


def _statement_starts(tree: ast.Module, text: Text) -> list[int]:
    """Return the offsets of the lines on which top-level statements begin, and the file's end."""
    lines = {min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) for node in tree.body}
    return [*sorted(text.offset(line, 0) for line in lines), len(text.source)]


def _shape(source: bytes) -> str | None:
    tree = parse_python(source)
    return None if isinstance(tree, ParseFailure) else ast.dump(tree)


def _mutant(path: str, edit: Edit, around: ast.stmt, text: Text) -> Mutant:
    original = text.source[edit.start : edit.end].decode()
    first, last = _lines(around)
    return Mutant(
        path, edit.operator, text.line_at(edit.start), edit.start, edit.end, original, edit.replacement, first, last
    )


def shown(text: str) -> str:
    """Return a piece of source on one line, of bounded length."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]}..."


def _edits(tree: ast.Module, text: Text) -> Iterator[tuple[Edit, ast.stmt]]:
    """Yield every edit with the statement around it, skipping what is not worth spoiling."""
    stack: list[tuple[ast.AST, ast.stmt | None]] = [(node, None) for node in tree.body]
    while stack:
        node, around = stack.pop()
        if _is_silent(node):
            continue
        if isinstance(node, ast.stmt):
            around = node
        operator = OPERATORS.get(type(node))
        if operator is not None and around is not None:
            for edit in operator(node, text):
                yield edit, around
        stack.extend((child, around) for child in _children(node))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that run and matter."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "type_comment"):
            continue
        values = value if isinstance(value, list) else [value]
        yield from (v for v in values if isinstance(v, ast.AST))


def _is_silent(node: ast.AST) -> bool:
    """Whether no test can be blamed for not noticing a fault in this node."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name in _SILENT_FUNCTIONS
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test) or "__main__" in ast.dump(node.test)
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or _is_log(node.value)
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Name) and t.id in _MODULE_NAMES for t in node.targets)
    return False


def _is_log(node: ast.expr) -> bool:
    """Whether an expression is a call like ``logger.info(...)``, ``self.log.debug(...)`` or ``print(...)``."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        return function.id == "print"
    if not isinstance(function, ast.Attribute) or function.attr not in _LOGGER_METHODS:
        return False
    holder = function.value
    name = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
    return name in _LOGGERS


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """Return a statement's first and last line; a compound one's header only."""
    body = getattr(statement, "body", None)
    last = statement.end_lineno or statement.lineno
    if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
        last = max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, last
