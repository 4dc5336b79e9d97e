"""The imports of a Python file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

_CATCHES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
# `importorskip` is pytest's.
_FUNCTIONS = frozenset({"import_module", "__import__", "importorskip"})


@dataclass(frozen=True, slots=True)
class Imported:
    """One import: the dotted module, the names taken from it, the dots before it, and where it stands.

    ``optional`` is true where the program goes on without the module: its failure is caught, or it is itself what
    stands in for a failed import. ``typing_only`` imports stand under ``if TYPE_CHECKING`` and are never run.
    """

    module: str
    line: int
    level: int = 0
    names: tuple[str, ...] = ()
    optional: bool = False
    typing_only: bool = False

    @property
    def top(self) -> str:
        """The top-level module."""
        return self.module.partition(".")[0]


def imports_of(tree: ast.Module, source: bytes) -> list[Imported]:
    """Return a module's imports, those within functions and those by literal name included, by line.

    *source* is what *tree* was parsed from.
    """
    calls = any(name.encode() in source for name in _FUNCTIONS)
    return sorted(_walk(tree, calls=calls), key=lambda i: i.line)


@dataclass(frozen=True, slots=True)
class _Guard:
    optional: bool = False
    typing_only: bool = False


def _walk(root: ast.AST, *, calls: bool) -> Iterator[Imported]:
    """Yield the imports beneath a node; expressions are looked through for *calls* only."""
    stack: list[tuple[ast.AST, _Guard]] = [(root, _Guard())]
    while stack:
        node, guard = stack.pop()
        if not calls and isinstance(node, ast.expr):
            continue
        for found in _here(node):
            optional = found.optional or guard.optional
            yield replace(found, optional=optional, typing_only=guard.typing_only)
        guarded = _guarded(node)
        within = _within(node, guard) if guarded else guard
        stack += [(child, within if id(child) in guarded else guard) for child in ast.iter_child_nodes(node)]


def _guarded(node: ast.AST) -> set[int]:
    """Return which children of a node it guards."""
    if isinstance(node, ast.Try) and any(_catches(h) for h in node.handlers):
        return {id(child) for child in (*node.body, *node.handlers)}
    if isinstance(node, ast.With | ast.AsyncWith) and any(_suppresses(i.context_expr) for i in node.items):
        return {id(child) for child in node.body}
    if isinstance(node, ast.If) and (_is_typing(node) or _asks_first(node.test)):
        return {id(child) for child in node.body}
    return set()


def _within(node: ast.AST, guard: _Guard) -> _Guard:
    typing_only = isinstance(node, ast.If) and _is_typing(node)
    return replace(guard, typing_only=True) if typing_only else replace(guard, optional=True)


def _is_typing(node: ast.If) -> bool:
    return _name(node.test) == "TYPE_CHECKING"


def _asks_first(test: ast.expr) -> bool:
    """Whether a condition asks for a module: ``find_spec("x")``, ``"x" in sys.modules``."""
    parts = list(ast.walk(test))
    if any(isinstance(part, ast.Not | ast.NotIn | ast.Is) for part in parts):
        return False
    return any(
        (isinstance(part, ast.Call) and _name(part.func) == "find_spec")
        or (isinstance(part, ast.Attribute) and part.attr == "modules")
        for part in parts
    )


def _here(node: ast.AST) -> Iterator[Imported]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Imported(alias.name, node.lineno)
    elif isinstance(node, ast.ImportFrom):
        yield Imported(node.module or "", node.lineno, node.level, tuple(alias.name for alias in node.names))
    elif isinstance(node, ast.Call) and node.args:
        called, first = _name(node.func), node.args[0]
        if called in _FUNCTIONS and isinstance(first, ast.Constant):
            module = first.value
            if isinstance(module, str) and all(part.isidentifier() for part in module.split(".")):
                yield Imported(module, node.lineno, optional=called == "importorskip")


def _catches(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(k is None or _name(k) in _CATCHES for k in kinds)


def _suppresses(context: ast.expr) -> bool:
    return (
        isinstance(context, ast.Call)
        and _name(context.func) == "suppress"
        and any(_name(argument) in _CATCHES for argument in context.args)
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
