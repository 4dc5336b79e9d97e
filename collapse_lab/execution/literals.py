"""The values that stand in a task's cases as Python literals."""

from __future__ import annotations

import ast
import marshal
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from collapse_lab.execution.inside import values


@dataclass(frozen=True, slots=True)
class Expected:
    """An expected value, ready to be compared: itself, as bytes, and how many parts it has."""

    value: Any
    encoded: bytes
    nodes: int

    @classmethod
    def of(cls, value: Any) -> Expected:
        """Return *value* made ready."""
        return cls(value, values.encode(value), values.nodes(value))


@lru_cache(maxsize=65_536)
def expected(text: str) -> Expected:
    """Return the value that *text* stands for. Raises ``ValueError`` where it is no literal."""
    return Expected.of(read(text))


@lru_cache(maxsize=65_536)
def arguments(text: str) -> bytes:
    """Return a case's arguments in the form in which they go into the sandbox, made anew there for each call.

    Raises ``ValueError`` where *text* is no literal tuple.
    """
    value = read(text)
    if not isinstance(value, tuple):
        raise ValueError(f"The arguments {_short(text)} are no tuple. Write one argument as `(x,)`.")  # noqa: TRY004
    return marshal.dumps(value)


def read(text: str) -> Any:
    """Return the value of a literal; ``float('nan')``, ``float('inf')`` and ``frozenset(...)`` may stand in it."""
    try:
        tree = _Calls().visit(ast.parse(text.strip(), mode="eval"))
        return ast.literal_eval(tree)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"{_short(text)} is no Python literal: {error}") from error


class _Calls(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str() as word)], keywords=[]):
                number = float(word)
                if math.isfinite(number):
                    raise ValueError("write a finite float as a number")
                return ast.Constant(number)
            case ast.Call(func=ast.Name(id="frozenset"), args=[] | [ast.Set() | ast.List() | ast.Tuple()], keywords=[]):
                content = [ast.literal_eval(self.visit(arg)) for arg in node.args]
                return ast.Constant(frozenset(*content))  # type: ignore[arg-type]  # literal_eval takes any
        return node


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
