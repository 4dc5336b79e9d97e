"""Functions with docstrings out of source text. The text is parsed, never imported or run."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from collapse_lab.pools.rows import Origin, Row
from gates.source import ParseFailure, parse_python

BODY = (2, 40)
"""The least and the most lines that a function's body may have, its docstring not counted."""

_DOCSTRING_WORDS = 3
_MOST_PROMPT_LINES = 40
_INDENT = 4


@dataclass
class Harvest:
    """What was found, in the order of the sources, and why functions were left out."""

    rows: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, source: bytes, origin: Origin) -> None:
        """Take the functions of one file; *origin* says where it is from, its line is not looked at."""
        tree = parse_python(source)
        if isinstance(tree, ParseFailure):
            self.left_out["files that do not parse"] += 1
            return
        lines = _lines(_decoded(source))
        for function in _functions(tree.body):
            found = _row(function, lines, origin)
            if isinstance(found, str):
                self.left_out[found] += 1
            else:
                self.rows.append(found)


def functions(source: bytes, origin: Origin) -> list[Row]:
    """Return the functions of one file."""
    harvest = Harvest()
    harvest.add(source, origin)
    return harvest.rows


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """Yield the module's functions, those under its `if` and `try` among them; no methods and no inner ones."""
    for node in body:
        match node:
            case ast.FunctionDef():
                yield node
            case ast.If():
                yield from _functions([*node.body, *node.orelse])
            case ast.Try():
                handled = [statement for handler in node.handlers for statement in handler.body]
                yield from _functions([*node.body, *handled, *node.orelse, *node.finalbody])


def _row(function: ast.FunctionDef, lines: list[str], origin: Origin) -> Row | str:
    """Return a function as a row, or why it is left out."""
    docstring = ast.get_docstring(function)
    if docstring is None or len(docstring.split()) < _DOCSTRING_WORDS:
        return "without a docstring of three words"
    if function.decorator_list:
        return "decorated"
    if len(function.body) < 2:
        return "without a body"
    taken = _taken_out(function, lines)
    if taken is None:
        return "not the same when taken out of its file"
    own, text = taken
    above = (own.body[0].end_lineno or 0) - own.lineno + 1
    if own.body[1].lineno - own.lineno < above or {own.body[0].col_offset, own.body[1].col_offset} != {_INDENT}:
        return "not indented by four spaces"
    split = _lines(text)
    while not split[above].strip():
        del split[above]
    prompt, completion = "".join(split[:above]), "".join(split[above:])
    if not BODY[0] <= len(split) - above <= BODY[1] or above > _MOST_PROMPT_LINES:
        return "too short or too long"
    place = Origin(origin.distribution, origin.version, origin.path, function.lineno, origin.licence)
    return Row(function.name, prompt, completion, place)


def _taken_out(function: ast.FunctionDef, lines: list[str]) -> tuple[ast.FunctionDef, str] | None:
    """Return the function at the margin, and its text; ``None`` where that would be another function."""
    text = "".join(lines[function.lineno - 1 : function.end_lineno])
    text = text if text.endswith("\n") else f"{text}\n"
    if function.col_offset == 0:
        return function, text
    # What stands in a text over several lines is dedented as well.
    text = textwrap.dedent(text)
    again = _alone(text)
    return (again, text) if again is not None and ast.dump(again) == ast.dump(function) else None


def _alone(text: str) -> ast.FunctionDef | None:
    """Return the function that a text is alone, as it parses."""
    tree = parse_python(text.encode("utf-8", "surrogatepass"))
    if isinstance(tree, ParseFailure) or len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        return None
    return tree.body[0]


def _decoded(source: bytes) -> str:
    """Return the text that Python reads, with its line ends as one kind."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> list[str]:
    """Return the lines as Python counts them: `str.splitlines` ends one at form feeds as well."""
    return io.StringIO(text).readlines()
