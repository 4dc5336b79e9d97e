"""The import statements of a file that cannot be parsed here: its grammar may be newer than this Python's."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import partial

from gates.dependencies.imported import Imported
from gates.source import MAX_BYTES

_STATEMENT = re.compile(r"[ \t]*(?:import[ \t]+[\w.]|from[ \t]+[\w.]+[ \t]+import\b)")
# What a string holds is no statement; only those of several lines can look like one.
_LONG_STRING = re.compile(r"(\"\"\"|''').*?\1", re.DOTALL)
_OPTIONAL = re.compile(r"(?:try|except)\b.*:|with\b.*\bsuppress\b")
_TYPING = re.compile(r"if\s+(?:\w+\.)?TYPE_CHECKING\s*:")
# The names taken from one module, and the block that an import is the start of, fit on so many lines.
_MOST_LINES = 200


def import_statements(source: bytes) -> list[Imported]:
    """Return the imports of *source*, line by line: those by a call are not seen, and guards only where next to it."""
    if len(source) > MAX_BYTES:
        return []
    text = _LONG_STRING.sub(lambda m: "\n" * m.group().count("\n"), source.decode("utf-8", "replace"))
    lines = text.replace("\r\n", "\n").split("\n")
    found: list[Imported] = []
    for index, line in enumerate(lines):
        if not _STATEMENT.match(line):
            continue
        above = _above(lines, index)
        optional, typing_only = bool(_OPTIONAL.match(above)), bool(_TYPING.match(above))
        guarded = partial(Imported, line=index + 1, optional=optional, typing_only=typing_only)
        for node in _parsed(lines, index):
            if isinstance(node, ast.Import):
                found += [guarded(alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                found.append(guarded(node.module or "", level=node.level, names=names))
    return found


def _parsed(lines: Sequence[str], index: int) -> list[ast.stmt]:
    """Parse the statement that starts on a line; nothing where it is none."""
    statement = lines[index].strip()
    end = index + 1
    while _is_open(statement) and end < min(len(lines), index + _MOST_LINES):
        statement += "\n" + lines[end]
        end += 1
    try:
        return ast.parse(statement).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _is_open(statement: str) -> bool:
    return ("(" in statement and ")" not in statement) or statement.endswith("\\")


def _above(lines: Sequence[str], index: int) -> str:
    """Return the line that the statement's block belongs to; empty at the top level."""
    indent = _indent(lines[index])
    if not indent:
        return ""
    near = (lines[n] for n in range(index - 1, max(index - _MOST_LINES, 0) - 1, -1))
    return next((s.strip() for s in near if s.strip() and _indent(s) < indent), "")


def _indent(line: str) -> int:
    return len(line.expandtabs()) - len(line.expandtabs().lstrip())
