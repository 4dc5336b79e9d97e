"""What a function's body or a call says at a quick look."""

from __future__ import annotations

import ast

from gates.tamper.bind import Function


def called_name(call: ast.Call) -> str:
    """Return the name by which a helper would be called: ``name`` or ``self.name``."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        owner = call.func.value.id
        return f"{'self' if owner == 'cls' else owner}.{call.func.attr}"
    return ""


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


def used_names(function: Function) -> frozenset[str]:
    """Return the names that a function's body reads."""
    return frozenset(
        n.id
        for statement in function.body
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    )
