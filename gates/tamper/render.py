"""Expressions as text that does not depend on how local names are chosen."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from typing import cast

from gates.tamper.formatted import as_f_string
from gates.tamper.names import Names
from gates.tamper.ordered import ordered

# What a name stands for is written out up to this many nodes; a longer value is written as its hash.
MAX_INLINE_NODES = 80
MAX_TEXT = 2_000

Env = Mapping[str, ast.expr]
_SCOPES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)


def substitute(node: ast.expr, env: Env, names: Names) -> ast.expr:
    """Return *node* with known names replaced by what they stand for (``self.x`` by the key ``self.x``).

    Names bound inside the expression are numbered; an attribute of an imported module is written without it.
    """
    return cast("ast.expr", _rebuild(node, env, names))


def statement_text(node: ast.stmt, env: Env, names: Names) -> str:
    """Return a statement as text with known names replaced, without the messages of assertions."""
    return text_of(_rebuild(node, env, names))


def text_of(node: ast.AST) -> str:
    """Return a node's source in one spelling; what has none (an f-string in another) comes out as its tree."""
    for spell in (ast.unparse, ast.dump):
        try:
            return spell(node)
        except (ValueError, RecursionError):
            continue
    return "‹unprintable›"


def written(node: ast.AST) -> str:
    """Return a node's source, the end of a very long one replaced by a hash: what checks are compared by."""
    text = text_of(node)
    return text if len(text) <= MAX_TEXT else f"{text[:100]}‹={_digest(text)}›"


def opaque(text: str) -> ast.Name:
    """Return a name that stands for something that has no expression of its own."""
    return ast.Name(id=f"‹{text}›", ctx=ast.Load())


def bounded(node: ast.expr) -> ast.expr:
    """Return *node*, or a stand-in with its hash where it is too long to be written into others."""
    if sum(1 for _ in ast.walk(node)) <= MAX_INLINE_NODES:
        return node
    digest = _digest(text_of(node))
    return opaque(f"={digest}" if is_literal(node) else digest)


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is made of constants only (a container of them, a negative number, a hash of one)."""
    allowed = (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.unaryop, ast.expr_context)
    return all(isinstance(n, allowed) or (isinstance(n, ast.Name) and n.id[:2] == "‹=") for n in ast.walk(node))


def constant(node: ast.expr) -> object:
    """Return a literal's value, ``None`` where it has none (``Ellipsis`` for the literal ``None``)."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return ... if value is None else value


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _rebuild(node: ast.AST, env: Env, names: Names) -> ast.AST:
    if isinstance(node, ast.Name):
        return _name(node, env, names)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id in ("self", "cls") and (value := env.get(f"self.{node.attr}")) is not None:
            return value
        if node.value.id in names.modules and node.value.id not in env:
            return ast.Name(id=node.attr, ctx=ast.Load())
    if isinstance(node, ast.Constant):
        return ast.Constant(value=node.value)
    if isinstance(node, ast.NamedExpr):
        return _rebuild(node.value, env, names)
    if isinstance(node, ast.Call) and (formatted := as_f_string(node)) is not None:
        node = formatted
    if isinstance(node, _SCOPES):
        env = _inner(node, env)
    dropped = "msg" if isinstance(node, ast.Assert) else ""
    fields = {name: _field(value, env, names) for name, value in ast.iter_fields(node) if name != dropped}
    rebuilt = ordered(type(node)(**fields))
    if isinstance(node, ast.stmt) and isinstance(rebuilt, ast.stmt):
        rebuilt.lineno = node.lineno  # ast.unparse asks for it
    return rebuilt


def _field(value: object, env: Env, names: Names) -> object:
    if isinstance(value, ast.arg):
        known = env.get(value.arg)
        return ast.arg(arg=known.id if isinstance(known, ast.Name) else value.arg)
    if isinstance(value, ast.AST):
        return _rebuild(value, env, names)
    if isinstance(value, list):
        return [_field(v, env, names) for v in value]
    return value


def _name(node: ast.Name, env: Env, names: Names) -> ast.expr:
    if node.id in env:
        return env[node.id]
    imported = names.imports.get(node.id)
    return ast.Name(id=imported.rpartition(".")[2] if imported else node.id, ctx=ast.Load())


def _inner(node: ast.AST, env: Env) -> Env:
    """Return *env* with the names that a comprehension or lambda binds numbered."""
    bound: list[str] = []
    if isinstance(node, ast.Lambda):
        arguments = node.args
        bound = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    else:
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                bound.append(child.id)
    return {**env, **{name: ast.Name(id=f"_{i}", ctx=ast.Load()) for i, name in enumerate(dict.fromkeys(bound))}}
