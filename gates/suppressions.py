"""Comments by which a change would silence a tool: found, and told from those that were there before."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gates.change import Change, FileChange
from gates.diff import split_lines
from gates.verdict import Finding, Severity

RULE = "new-suppression"
_UNDECODABLE = re.compile("[\udc80-\udcff]")

# Tool -> what its suppressing comments look like, by the tools' own documentation.
PATTERNS: dict[str, re.Pattern[str]] = {
    "pylint": re.compile(r"#.*?\bpylint:\s*(?:disable|skip-file|enable)\S*", re.IGNORECASE),
    "noqa": re.compile(r"#\s*(?:(?:flake8|ruff)[:=]\s*)?noqa\b", re.IGNORECASE),
    "mypy": re.compile(r"#\s*(?:type:\s*ignore|mypy:|pyright:|pyrefly:|ty:\s*ignore)", re.IGNORECASE),
    "bandit": re.compile(r"#\s*nosec\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Suppression:
    """One suppressing comment: whose, on which line of the head (from 1), and its text."""

    tool: str
    line: int
    text: str


def comments(source: bytes) -> Iterator[tuple[int, str]]:
    """Yield ``(line, text)`` for each comment; where *source* does not tokenise, for each line with a ``#``."""
    # Decoded here and not by what the file declares: some codecs take for ever, and comments are found without.
    text = source.decode("utf-8", "surrogateescape")
    # From Python 3.12 on, tokenize refuses what is no UTF-8. A letter in its place keeps every column.
    readable = io.StringIO(_UNDECODABLE.sub("x", text), newline="\n")
    try:
        tokens = [t for t in tokenize.generate_tokens(readable.readline) if t.type == tokenize.COMMENT]
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError):
        for number, line in enumerate(split_lines(source), 1):
            if b"#" in line:
                yield number, line[line.index(b"#") :].decode("utf-8", "surrogateescape")
        return
    lines = text.split("\n")
    for token in tokens:
        number, column = token.start
        yield number, lines[number - 1][column : token.end[1]]


def suppressions(source: bytes, tools: tuple[str, ...]) -> list[Suppression]:
    """Return the suppressing comments of *tools* in a file."""
    text = source.decode("utf-8", "surrogateescape")
    if not any(PATTERNS[tool].search(text) for tool in tools):
        return []
    return [
        Suppression(tool, line, comment.strip())
        for line, comment in comments(source)
        for tool in tools
        if PATTERNS[tool].search(comment)
    ]


def written(change: Change, file: FileChange, tools: tuple[str, ...]) -> list[Suppression]:
    """Return the suppressing comments that the change wrote into *file*.

    One that stood on a line which the change took away, and now stands on one it wrote, was moved and is not new.
    """
    here = [s for s in suppressions(change.head.read(file.path), tools) if file.touches(s.line)]
    if not here or file.old_path is None:
        return here
    before = suppressions(change.base.read(file.old_path), tools)
    left = Counter((s.tool, s.text) for s in before if not file.compared or s.line in file.removed_lines)
    new = []
    for suppression in here:
        key = (suppression.tool, suppression.text)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(suppression)
    return new


def without(source: bytes, unwanted: list[Suppression]) -> bytes:
    """Return *source* with these comments taken away; the lines and columns of all code stay."""
    lines = source.split(b"\n")
    for suppression in unwanted:
        line = lines[suppression.line - 1]
        at = line.rfind(suppression.text.encode("utf-8", "surrogateescape"))
        if at >= 0:
            lines[suppression.line - 1] = line[:at]
    return b"\n".join(lines)


def as_finding(path: str, suppression: Suppression) -> Finding:
    """Return the finding for a new suppression."""
    return Finding(
        path,
        suppression.line,
        RULE,
        f"The change silences a check here: {suppression.text[:200]!r}. What it hides is counted all the same.",
        Severity.NOTE,
    )
