"""Whether the rare is still there: what a model forgets first."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import ceil

from gates.source import ParseFailure, parse_python

_TAIL = 0.1


def features(program: str) -> Counter[str]:
    """Return what a program is made of: ``node:For``, ``call:sum``, ``attribute:append``, with their numbers.

    Calls are those of names that the program does not define itself. Empty for a program that does not parse.
    """
    return Counter(_found(program))


def tail_recall(reference: Iterable[Counter[str]], own: Iterable[Counter[str]]) -> float | None:
    """Return the share of the reference's rarest features that occur in *own* at all.

    The rarest are a tenth of the features (rounded up) by their total number in *reference*, and those as rare as the
    last of these, so that no order of names decides. Both sides should hold equally many programs: more programs find
    more. ``None`` for a reference without features.
    """
    counts = sum(reference, Counter[str]())
    if not counts:
        return None
    ordered = sorted(counts.values())
    limit = ordered[ceil(len(ordered) * _TAIL) - 1]
    rare = {feature for feature, count in counts.items() if count <= limit}
    return len(rare & {feature for counter in own for feature in counter}) / len(rare)


# A reference is the same in every round.
@lru_cache(maxsize=4096)
def _found(program: str) -> tuple[str, ...]:
    tree = parse_python(program.encode("utf-8", "surrogatepass"))
    if isinstance(tree, ParseFailure):
        return ()
    nodes = list(ast.walk(tree))
    own = set(_own(nodes))
    return tuple(feature for node in nodes for feature in _features(node, own))


def _own(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name


def _features(node: ast.AST, own: set[str]) -> Iterator[str]:
    yield f"node:{type(node).__name__}"
    match node:
        case ast.Call(func=ast.Name(id=name)) if name not in own:
            yield f"call:{name}"
        case ast.Attribute(attr=name):
            yield f"attribute:{name}"
