"""Whether a program is made of what its prompt gives it."""

from __future__ import annotations

import ast
import builtins

from gates.source import ParseFailure, parse_python

_BUILTINS = frozenset(dir(builtins))


def unattributed(program: str, entry_point: str) -> str | None:
    """Return why *program* cannot be attributed to its prompt, ``None`` where it can.

    It can where the function called *entry_point* reads every one of its arguments, and every name that is read is an
    argument, a name that the program itself binds, or a builtin.
    """
    tree = parse_python(program.encode("utf-8", "surrogatepass"))
    if isinstance(tree, ParseFailure):
        return f"it cannot be parsed: {tree.reason}"
    function = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == entry_point), None)
    if function is None:
        return f"there is no function {entry_point}"
    read = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    a = function.args
    given = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if p is not None]
    unread = next((name for name in given if name not in read), None)
    if unread is not None:
        return f"it does not read its argument {unread}"
    strange = next((name for name in read if name not in _BUILTINS and name not in _bound(tree)), None)
    return f"nothing gives it the name {strange}" if strange is not None else None


def _bound(tree: ast.Module) -> set[str]:
    """Return every name that is bound anywhere in the program."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
    return found
