"""The mutation operators: a table from a kind of syntax to the faults that are made of it.

The choice follows the operators that Offutt et al. found sufficient ("An experimental determination of sufficient
mutant operators", TOSEM 5(2), 1996: relational, logical, arithmetic and unary operators, and constants), with
deletion of statements (Deng, Offutt, Li, "Empirical evaluation of the statement deletion mutation operator", 2013).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gates.mutants.text import Text


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to spoil a node: the operator's code, the bytes replaced, and by what."""

    operator: str
    start: int
    end: int
    replacement: str


Operator = Callable[[ast.AST, Text], Iterator[Edit]]

# Spelling in the source -> what takes its place. The first is the subtlest.
COMPARISONS: dict[type[ast.cmpop], tuple[bytes, tuple[str, ...]]] = {
    ast.Lt: (rb"<", ("<=", ">=")),
    ast.LtE: (rb"<=", ("<", ">")),
    ast.Gt: (rb">", (">=", "<=")),
    ast.GtE: (rb">=", (">", "<")),
    ast.Eq: (rb"==", ("!=",)),
    ast.NotEq: (rb"!=", ("==",)),
    ast.Is: (rb"\bis\b", ("is not",)),
    ast.IsNot: (rb"\bis\s+not\b", ("is",)),
    ast.In: (rb"\bin\b", ("not in",)),
    ast.NotIn: (rb"\bnot\s+in\b", ("in",)),
}
ARITHMETIC: dict[type[ast.operator], tuple[bytes, str]] = {
    ast.Add: (rb"\+", "-"),
    ast.Sub: (rb"-", "+"),
    ast.Mult: (rb"\*", "/"),
    ast.Div: (rb"/", "*"),
    ast.FloorDiv: (rb"//", "/"),
    ast.Mod: (rb"%", "*"),
    ast.Pow: (rb"\*\*", "*"),
    ast.LShift: (rb"<<", ">>"),
    ast.RShift: (rb">>", "<<"),
    ast.BitAnd: (rb"&", "|"),
    ast.BitOr: (rb"\|", "&"),
    ast.BitXor: (rb"\^", "&"),
}
# The operators' codes; the first make the faults that are hardest to notice.
SUBTLETY = ("comparison", "boolean", "arithmetic", "constant", "not", "condition", "jump", "deletion", "return")
_AND, _OR = re.compile(rb"\band\b"), re.compile(rb"\bor\b")


def comparison(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``a < b`` becomes ``a <= b`` and ``a >= b``."""
    assert isinstance(node, ast.Compare)
    sides = [node.left, *node.comparators]
    for at, op in enumerate(node.ops):
        pattern, others = COMPARISONS[type(op)]
        place = text.find(re.compile(pattern), sides[at], sides[at + 1])
        for other in others if place else ():
            assert place
            yield Edit("comparison", *place, other)


def boolean(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``a and b`` becomes ``a or b``, and the other way round."""
    assert isinstance(node, ast.BoolOp)
    pattern, other = (_AND, "or") if isinstance(node.op, ast.And) else (_OR, "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        place = text.find(pattern, left, right)
        if place:
            yield Edit("boolean", *place, other)


def arithmetic(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``a + b`` becomes ``a - b``; strings are left alone, where that would only be an error."""
    assert isinstance(node, ast.BinOp)
    if _is_string(node.left) or _is_string(node.right):
        return
    pattern, other = ARITHMETIC.get(type(node.op), (b"", ""))
    place = text.find(re.compile(pattern), node.left, node.right) if other else None
    if place:
        yield Edit("arithmetic", *place, other)


def augmented(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``a += b`` becomes ``a -= b``, and goes away."""
    assert isinstance(node, ast.AugAssign)
    if not _is_string(node.value) and type(node.op) in ARITHMETIC:
        pattern, other = ARITHMETIC[type(node.op)]
        place = text.find(re.compile(pattern + b"="), node.target, node.value)
        if place:
            yield Edit("arithmetic", *place, f"{other}=")
    yield from deletion(node, text)


def negation(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``not a`` becomes ``a``, and ``-a`` becomes ``a``."""
    assert isinstance(node, ast.UnaryOp)
    if isinstance(node.op, ast.Not):
        yield Edit("not", *text.span(node), f"({text.of(node.operand)})")
    elif isinstance(node.op, ast.USub):
        yield Edit("arithmetic", *text.span(node), text.of(node.operand))


def constant(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``True`` becomes ``False``, a number becomes the next one."""
    assert isinstance(node, ast.Constant)
    value = node.value
    if isinstance(value, bool):
        yield Edit("constant", *text.span(node), str(not value))
    elif isinstance(value, int) and abs(value) < 2**63:
        yield Edit("constant", *text.span(node), str(value + 1))
    elif isinstance(value, float):
        yield Edit("constant", *text.span(node), repr(value + 1.0))


def returned(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``return a`` becomes ``return None``; a returned text becomes another."""
    assert isinstance(node, ast.Return)
    value = node.value
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return
    yield Edit("return", *text.span(value), "None")
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield Edit("constant", *text.span(value), "''" if value.value else "'mutant'")


def condition(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``if a`` becomes ``if not (a)``; ``while a`` becomes ``while False``."""
    assert isinstance(node, ast.If | ast.IfExp | ast.While)
    test = node.test
    if isinstance(node, ast.While):
        if not isinstance(test, ast.Constant):
            yield Edit("condition", *text.span(test), "False")
        return
    # The comparison and negation operators make the same faults of these.
    single = isinstance(test, ast.Compare) and len(test.ops) == 1
    if not single and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield Edit("condition", *text.span(test), f"not ({text.of(test)})")


def jump(node: ast.AST, text: Text) -> Iterator[Edit]:
    """``break`` becomes ``continue``, and the other way round."""
    assert isinstance(node, ast.Break | ast.Continue)
    yield Edit("jump", *text.span(node), "continue" if isinstance(node, ast.Break) else "break")


def deletion(node: ast.AST, text: Text) -> Iterator[Edit]:
    """A statement that is there for its effect becomes ``pass``."""
    assert isinstance(node, ast.stmt)
    yield Edit("deletion", *text.span(node), "pass")


def call_statement(node: ast.AST, text: Text) -> Iterator[Edit]:
    """A call whose result nobody takes goes away."""
    assert isinstance(node, ast.Expr)
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    if isinstance(value, ast.Call):
        yield from deletion(node, text)


def assignment(node: ast.AST, text: Text) -> Iterator[Edit]:
    """An assignment to an attribute or an item goes away; one to a name would only be an error."""
    assert isinstance(node, ast.Assign)
    if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield from deletion(node, text)


OPERATORS: dict[type[ast.AST], Operator] = {
    ast.Compare: comparison,
    ast.BoolOp: boolean,
    ast.BinOp: arithmetic,
    ast.AugAssign: augmented,
    ast.UnaryOp: negation,
    ast.Constant: constant,
    ast.Return: returned,
    ast.If: condition,
    ast.IfExp: condition,
    ast.While: condition,
    ast.Break: jump,
    ast.Continue: jump,
    ast.Raise: deletion,
    ast.Delete: deletion,
    ast.Expr: call_statement,
    ast.Assign: assignment,
}


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
