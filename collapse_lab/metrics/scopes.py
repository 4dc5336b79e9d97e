"""Which names a piece of Python binds, scope by scope, so that renaming them changes nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NESTED = (*FUNCTIONS, ast.Lambda, ast.ClassDef, *COMPREHENSIONS)
_IMPORTS = (ast.Import, ast.ImportFrom)
_PATTERNS = (ast.MatchAs, ast.MatchStar, ast.MatchMapping)
_BINDING = (*FUNCTIONS, ast.ClassDef, *COMPREHENSIONS, *_IMPORTS, ast.ExceptHandler, *_PATTERNS)


@dataclass
class Scope:
    """Names bound in one scope, and those that it takes from elsewhere by ``global`` and ``nonlocal``.

    ``kept``: the names of a class body are attributes, which keep their spelling, and nested scopes do not see them.
    """

    bound: set[str] = field(default_factory=set)
    from_module: set[str] = field(default_factory=set)
    from_outside: set[str] = field(default_factory=set)
    kept: bool = False

    @classmethod
    def of(cls, nodes: Iterable[ast.AST], *, kept: bool = False) -> Scope:
        """Return the scope whose body *nodes* are; nested scopes are left out, but for what they bind in this one."""
        scope = cls(kept=kept)
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):  # most nodes are names: they come first, and have no children
                if not isinstance(node.ctx, ast.Load):
                    scope.bound.add(node.id)
                continue
            if isinstance(node, ast.Global):
                scope.from_module.update(node.names)
            elif isinstance(node, ast.Nonlocal):
                scope.from_outside.update(node.names)
            elif isinstance(node, _BINDING):
                scope.bound.update(_binds(node))
            waiting.extend(_in_this_scope(node) if isinstance(node, _NESTED) else ast.iter_child_nodes(node))
        scope.bound -= scope.from_module | scope.from_outside
        return scope


def module_scope(tree: ast.Module) -> Scope:
    """Return the scope of a module, with what functions bind in it by ``global``."""
    scope = Scope.of(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            scope.bound.update(node.names)
    return scope


def arguments_of(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[ast.arg]:
    """Yield a function's parameters, in the order of its signature."""
    a = function.args
    yield from (*a.posonlyargs, *a.args)
    yield from (a.vararg,) if a.vararg else ()
    yield from a.kwonlyargs
    yield from (a.kwarg,) if a.kwarg else ()


def imported_as(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def _binds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (imported_as(alias) for alias in aliases)
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            yield name
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            # `:=` in a comprehension binds in the scope around it.
            yield from (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))


def _in_this_scope(node: ast.AST) -> Iterable[ast.AST]:
    """Return the parts of a node with a scope of its own that belong to the scope around it."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        case ast.Lambda():
            return [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return [node.generators[0].iter]
    return ()
