"""Wrong bodies that look right: what a hurried person, or a small model, writes in place of a reference body."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from collapse_lab.tasks.cases import neighbours
from collapse_lab.tasks.names import ROLES, Names
from collapse_lab.tasks.specification import call, of_names
from collapse_lab.tasks.streams import stream
from collapse_lab.tasks.task import Task
from collapse_lab.tasks.writing import written_body

_SWAPS: Mapping[str, tuple[str, ...]] = {
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=",),
    "!=": ("==",),
    "+": ("-",),
    "-": ("+",),
    "*": ("+", "**"),
    "**": ("*",),
    "//": ("*", "%"),
    "%": ("//",),
    "+=": ("-=", "="),
    "*=": ("+=",),
    "//=": ("-=",),
    "max": ("min",),
    "min": ("max",),
    "any": ("all",),
    "all": ("any",),
    "and": ("or",),
    "True": ("False",),
    "False": ("True",),
    "upper": ("lower",),
    "lower": ("upper",),
    "isupper": ("islower",),
    "islower": ("isupper",),
    "in": ("not in",),
}
_FOR_IN = re.compile(r"\bfor [\w, ]+ $")


@dataclass(frozen=True, slots=True)
class Corruption:
    """A wrong body and what is wrong with it.

    ``kind``: ``operator``, ``off-by-one``, ``operation`` (another one in its place), ``no-return``, ``name`` (one that
    is not defined) or ``syntax``. ``operation`` and ``no-return`` fail a hidden case for sure and ``syntax`` does not
    parse; the others change the text and may now and then leave the function as it was: whoever needs certainty runs
    the hidden cases.
    """

    kind: str
    body: str


def corrupted(task: Task, seed: int) -> Corruption:
    """Return a wrong version of the task's reference: the same for the same task and seed."""
    random = stream("corrupt", task.prompt, task.reference, seed)
    ways = dict(_WAYS)
    while ways:
        kind = random.choices(list(ways), [weight for _, weight in ways.values()])[0]
        way, _ = ways.pop(kind)
        for _ in range(4):
            body = way(task, random)
            if body is not None and body != task.reference and _parses(task, body) == (kind != "syntax"):
                return Corruption(kind, body)
    raise ValueError(f"no corruption fits the reference of task {task.id}")


def _parses(task: Task, body: str) -> bool:
    try:
        ast.parse(task.program(body))
    except SyntaxError:
        return False
    return True


def _tokens(task: Task) -> list[tokenize.TokenInfo]:
    """Return the body's tokens; their rows count from the body's first line."""
    above = task.prompt.count("\n")
    tokens = tokenize.generate_tokens(io.StringIO(task.program(task.reference)).readline)
    return [
        token._replace(start=(token.start[0] - above, token.start[1]), end=(token.end[0] - above, token.end[1]))
        for token in tokens
        if token.start[0] > above
    ]


def _with(task: Task, token: tokenize.TokenInfo, text: str) -> str:
    lines = task.reference.splitlines(keepends=True)
    row = token.start[0] - 1
    lines[row] = lines[row][: token.start[1]] + text + lines[row][token.end[1] :]
    return "".join(lines)


def _operator(task: Task, random: Random) -> str | None:
    places = [
        token
        for token in _tokens(task)
        if token.type in (tokenize.OP, tokenize.NAME)
        and token.string in _SWAPS
        and not (token.string == "in" and _FOR_IN.search(token.line[: token.start[1]]))
        and not (token.string in "+-" and token.line[token.end[1] : token.end[1] + 1] != " ")
    ]
    if not places:
        return None
    token = random.choice(places)
    return _with(task, token, random.choice(_SWAPS[token.string]))


def _off_by_one(task: Task, random: Random) -> str | None:
    places = [token for token in _tokens(task) if token.type == tokenize.NUMBER and token.string.isdecimal()]
    if not places:
        return None
    token = random.choice(places)
    number = int(token.string)
    return _with(task, token, str(random.choice((number + 1, max(number - 1, 0)))))


def _operation(task: Task, random: Random) -> str | None:
    """Write the body of another specification under the task's prompt."""
    try:
        specification = of_names(task.family, task.operations)
    except KeyError:  # the task is not the pocket generator's
        return None
    place = random.randrange(len(specification.operations))
    others = neighbours(specification, place)
    if not others:
        return None
    other = specification.with_operation(place, random.choices(others, [1 / o.rank for o in others])[0])
    inputs = [ast.literal_eval(case.arguments) for case in task.hidden]
    if not other.sound or all(repr(call(other, i)) == c.expected for i, c in zip(inputs, task.hidden, strict=True)):
        return None
    function = ast.parse(task.prompt + "    pass\n").body[0]
    assert isinstance(function, ast.FunctionDef)
    names = Names(random, other.takes, tuple(argument.arg for argument in function.args.args), function.name)
    return written_body(other, names, random, 0.0)[0]


def _no_return(task: Task, random: Random) -> str | None:
    """Forget the last ``return``, with or without what it returned; where that was all, only the word."""
    lines = task.reference.splitlines()
    at = max(i for i, line in enumerate(lines) if line.lstrip().startswith("return"))
    if not lines[at].startswith("    return"):
        return None
    if at and random.random() < 0.5 and not lines[at - 1].endswith(":"):
        del lines[at]
    else:
        lines[at] = lines[at].replace("return ", "", 1)
    return "\n".join(lines) + "\n"


def _name(task: Task, random: Random) -> str | None:
    program = ast.parse(task.program(task.reference))
    known = {node.id for node in ast.walk(program) if isinstance(node, ast.Name)}
    known |= {node.arg for node in ast.walk(program) if isinstance(node, ast.arg)} | {task.entry_point}
    free = sorted({name for names in ROLES.values() for name in names} - known)
    above = task.prompt.count("\n")
    loads = {
        (node.lineno - above, node.col_offset)
        for node in ast.walk(program)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.lineno > above
    }
    places = [token for token in _tokens(task) if token.start in loads]
    return _with(task, random.choice(places), random.choice(free)) if places and free else None


def _syntax(task: Task, random: Random) -> str | None:
    """Lose a bracket, a colon, a quote or an operand, or slip with the indent."""
    kind = random.random()
    tokens = _tokens(task)
    if kind < 0.8:
        places = [token for token in tokens if token.string in ("(", ")", "[", "]", ":", "in", "=", "for", "if")]
        return _with(task, random.choice(places), "") if places else None
    lines = task.reference.splitlines()
    at = random.randrange(len(lines))
    lines[at] = lines[at][2:] if kind < 0.9 else f"    {lines[at]}"
    return "\n".join(lines) + "\n"


_WAYS: Mapping[str, tuple[Callable[[Task, Random], str | None], int]] = {
    "operator": (_operator, 5),
    "off-by-one": (_off_by_one, 4),
    "operation": (_operation, 6),
    "no-return": (_no_return, 1),
    "name": (_name, 2),
    "syntax": (_syntax, 2),
}

KINDS = tuple(_WAYS)
"""What can be wrong with a corrupted body."""
