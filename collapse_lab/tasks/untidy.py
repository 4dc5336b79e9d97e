"""Untidiness: changes to a body that leave what it computes, and that a linter has something to say about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

from collapse_lab.tasks.flow import Lines
from collapse_lab.tasks.names import SHADOWS, Names

Untidiness = Callable[[Lines, Names, Random], "Lines | None"]

_ASSIGNED = re.compile(r"^([a-z_]+) = ")
_LEAVES = re.compile(r"^( *)return ")


def unused_variable(lines: Lines, names: Names, random: Random) -> Lines:
    """Set a variable that nothing reads."""
    return [f"{names.draw('spare')} = {random.choice(('0', '1', 'None'))}", *lines]


def needless_else(lines: Lines, names: Names, random: Random) -> Lines | None:
    """Put what follows an ``if`` that returns into an ``else``."""
    for at, line in enumerate(lines[:-2]):
        if line.startswith("if ") and _LEAVES.match(lines[at + 1]) and not lines[at + 2].startswith((" ", "else")):
            return [*lines[: at + 2], "else:", *(f"    {rest}" for rest in lines[at + 2 :])]
    return None


def equals_true(lines: Lines, names: Names, random: Random) -> Lines | None:
    """Compare a condition with ``True``."""
    for at, line in enumerate(lines):
        if (found := re.match(r"^( *)if (\w+\.\w+\(.*\)|\w+\(.*\)|[^()]+):$", line)) and " and " not in line:
            test = found[2]
            if not re.fullmatch(r"not \w+|\w+", test):
                return [*lines[:at], f"{found[1]}if ({test}) == True:", *lines[at + 1 :]]
    return None


def needless_pass(lines: Lines, names: Names, random: Random) -> Lines:
    """Say ``pass`` where there is something else to do."""
    ends = [at for at, line in enumerate(lines[:-1]) if line.startswith(" ") and "return" not in line]
    if ends and lines[ends[-1] + 1].startswith("return"):
        at = ends[-1]
        depth = len(lines[at]) - len(lines[at].lstrip())
        return [*lines[: at + 1], " " * depth + "pass", *lines[at + 1 :]]
    return ["pass", *lines]


def shadowed_builtin(lines: Lines, names: Names, random: Random) -> Lines | None:
    """Call a variable by a builtin's name."""
    text = "\n".join(lines)
    free = [name for name in SHADOWS if not re.search(rf"\b{name}\b", text)]
    if not free or (found := _ASSIGNED.match(text)) is None or found[1] in names.parameters:
        return None
    return re.sub(rf"\b{found[1]}\b", random.choice(free), text).split("\n")


def needless_parentheses(lines: Lines, names: Names, random: Random) -> Lines | None:
    """Put what is returned in parentheses."""
    value = lines[-1].strip().removeprefix("return ")
    if "(" in value or value.startswith('"') or " if " in value or " for " in value:
        return None
    depth = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
    return [*lines[:-1], f"{depth}return ({value})"]


def semicolon(lines: Lines, names: Names, random: Random) -> Lines:
    """End a statement with a semicolon."""
    at = random.choice([at for at, line in enumerate(lines) if not line.endswith(":")])
    return [*lines[:at], lines[at] + ";", *lines[at + 1 :]]


def assigned_to_itself(lines: Lines, names: Names, random: Random) -> Lines:
    """Assign a parameter to itself."""
    name = random.choice(names.parameters)
    return [f"{name} = {name}", *lines]


def pointless_statement(lines: Lines, names: Names, random: Random) -> Lines:
    """Name a parameter and do nothing with it."""
    return [random.choice(names.parameters), *lines]


WAYS: Mapping[str, tuple[Untidiness, int]] = {
    "unused-variable": (unused_variable, 5),
    "no-else-return": (needless_else, 6),
    "singleton-comparison": (equals_true, 5),
    "unnecessary-pass": (needless_pass, 3),
    "redefined-builtin": (shadowed_builtin, 4),
    "superfluous-parens": (needless_parentheses, 3),
    "unnecessary-semicolon": (semicolon, 1),
    "self-assigning-variable": (assigned_to_itself, 1),
    "pointless-statement": (pointless_statement, 1),
}
"""Each way by the name of pylint's message, with how often it is tried."""


def untidied(lines: Lines, names: Names, random: Random) -> tuple[Lines, str]:
    """Return the body made untidy in one way, and the name of the message that it earns."""
    ways = dict(WAYS)
    while True:
        name = random.choices(list(ways), [weight for _, weight in ways.values()])[0]
        way, _ = ways.pop(name)
        if (changed := way(lines, names, random)) is not None:
            return changed, name
