"""The same code has the same fingerprint, whatever it calls its variables and however it is laid out.

Two programs that parse have one fingerprint where their syntax trees are equal after this:

- comments, layout, and the spelling of constants are gone (``0x10`` is 16, ``'a'`` is ``"a"``; 1, 1.0 and True differ);
- docstrings, annotations and type parameters are taken out (a body of nothing else is ``pass``; a name that is only
  annotated stays as a name);
- every name that the program binds in a module, function, lambda or comprehension is a number, in the order in which
  the names are met, each scope for itself. Names from outside (builtins), attributes, keywords of calls, imported
  modules, and names in class bodies keep their spelling.

A program that does not parse (or is refused by ``gates.source``) is known by its words, without layout.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from collapse_lab.metrics.scopes import COMPREHENSIONS, FUNCTIONS, Scope, arguments_of, imported_as, module_scope
from collapse_lab.metrics.words import words
from gates.source import ParseFailure, parse_python

_IGNORED = frozenset({"type_comment", "type_ignores", "kind", "ctx", "annotation", "returns", "type_params", "simple"})
# Fields that hold names of variables; those of functions, classes and imports are written apart.
_NAMES: dict[type[ast.AST], str] = {
    ast.Name: "id",
    ast.Global: "names",
    ast.Nonlocal: "names",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}


@lru_cache(maxsize=4096)
def fingerprint(program: str) -> str:
    """Return the fingerprint of a program, 32 hexadecimal digits; never raises.

    It is the same in every process under one version of Python, whose grammar decides what a tree looks like.
    """
    tree = parse_python(program.encode("utf-8", "surrogatepass"))
    if isinstance(tree, ParseFailure):
        return _hash("words", words(program))
    return _hash("tree", _written(tree))


def _hash(kind: str, parts: list[str]) -> str:
    text = "\0".join([kind, *parts])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class _Named:
    """A name of a variable, to be looked up in the scopes around it."""

    name: str | None


@dataclass(frozen=True, slots=True)
class _Left:
    """The end of the innermost scope."""


# What a tree is taken apart into, in order: finished words, nodes still to be taken apart, names, and scopes' limits.
_Part = str | ast.AST | _Named | Scope | _Left


def _written(tree: ast.Module) -> list[str]:
    """Return the tree as words. Without recursion: a caller deep in the stack gets the same answer."""
    module = module_scope(tree)
    scopes, numbers = [module], _Numbers()
    written: list[str] = []
    waiting: list[_Part] = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            written.append(part)
        elif isinstance(part, _Named):
            scope = _scope_of(part.name, scopes)
            known = part.name is not None and scope is not None and not scope.kept
            written.append(numbers.of(scope, part.name) if known else repr(part.name))
        elif isinstance(part, Scope):
            scopes.append(part)
        elif isinstance(part, _Left):
            scopes.pop()
        else:
            node = _unannotated(part)
            waiting.append(")")
            waiting += reversed(_parts(node))
            written.append(f"{type(node).__name__}(")
    return written


class _Numbers:
    """Numbers for names in the order in which they are met."""

    def __init__(self) -> None:
        # The scope stands in the value so that its identity is not used again.
        self._known: dict[tuple[int, str | None], tuple[int, Scope | None]] = {}

    def of(self, scope: Scope | None, name: str | None) -> str:
        """Return the number of a name in its scope."""
        return str(self._known.setdefault((id(scope), name), (len(self._known), scope))[0])


def _scope_of(name: str | None, scopes: list[Scope]) -> Scope | None:
    """Return the scope that binds a name used in the innermost of *scopes*, ``None`` for a name from outside."""
    for scope in reversed(scopes):
        if name in scope.from_module:
            return scopes[0]
        # A class body's names are seen in it alone.
        if name in scope.bound and (scope is scopes[-1] or not scope.kept):
            return scope
    return None


def _unannotated(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.Assign(targets=[node.target], value=node.value)
    return node


def _parts(node: ast.AST) -> list[_Part]:
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return _function(node)
    if isinstance(node, COMPREHENSIONS):
        return _comprehension(node)
    if isinstance(node, ast.ClassDef):
        outside = _list([*node.decorator_list, *node.bases, *node.keywords])
        return [_Named(node.name), *outside, Scope.of(node.body, kept=True), *_body(node.body), _Left()]
    if isinstance(node, ast.Module):
        return _body(node.body)
    if isinstance(node, ast.alias):
        return [repr(node.name), _Named(imported_as(node))]
    if isinstance(node, ast.Constant):
        value = node.value
        # Python refuses to write very long integers in decimal.
        return [f"{type(value).__name__} {hex(value) if type(value) is int else repr(value)}"]
    return _fields(node)


def _fields(node: ast.AST) -> list[_Part]:
    parts: list[_Part] = []
    for field in node._fields:
        if field in _IGNORED:
            continue
        value = getattr(node, field)
        if field == _NAMES.get(type(node)):
            parts += map(_Named, value if isinstance(value, list) else [value])
        else:
            parts += _list(value) if isinstance(value, list) else [_one(value)]
    return parts


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[_Part]:
    a = node.args
    names = [p.arg for p in arguments_of(node)]
    shape = repr([len(a.posonlyargs), len(a.args), bool(a.vararg), len(a.kwonlyargs), bool(a.kwarg)])
    parts: list[_Part] = [] if isinstance(node, ast.Lambda) else [_Named(node.name), *_list(node.decorator_list)]
    body: list[ast.stmt] | list[ast.expr] = [node.body] if isinstance(node, ast.Lambda) else node.body
    scope = Scope.of(body)
    scope.bound.update(names)
    inside = _list(body) if isinstance(node, ast.Lambda) else _body(node.body)
    return [*parts, *_list(a.defaults), *_list(a.kw_defaults), shape, scope, *map(_Named, names), *inside, _Left()]


def _comprehension(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> list[_Part]:
    # The first iterable belongs to the scope around; the rest is written where its names are bound already.
    parts: list[_Part] = [node.generators[0].iter, Scope.of(g.target for g in node.generators)]
    for number, generator in enumerate(node.generators):
        later = [generator.iter] if number else []
        parts += [repr(generator.is_async), generator.target, *later, *_list(generator.ifs)]
    parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return [*parts, _Left()]


def _body(statements: list[ast.stmt]) -> list[_Part]:
    return _list((statements[1:] if _is_documented(statements) else statements) or [ast.Pass()])


def _is_documented(statements: list[ast.stmt]) -> bool:
    match statements:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            return True
    return False


def _list(values: Iterable[object]) -> list[_Part]:
    return ["[", *map(_one, values), "]"]


def _one(value: object) -> _Part:
    return value if isinstance(value, ast.AST) else repr(value)
