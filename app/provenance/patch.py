"""Which lines each commit added, out of ``git diff-tree --stdin -p -U0``."""

from __future__ import annotations

import re

from app.provenance.commit import Span

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COMMIT = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def added_spans(output: bytes) -> dict[str, dict[str, tuple[Span, ...]]]:
    """Return, by commit and path, the lines that were added, as spans in order.

    The body of a hunk is skipped by its header's counts, so that no line of a file can pass for a header.
    """
    found: dict[str, dict[str, list[Span]]] = {}
    files: dict[str, list[Span]] = {}
    spans: list[Span] = []
    skip = 0
    for line in output.split(b"\n"):
        if skip:
            skip -= not line.startswith(b"\\")
        elif (hunk := _HUNK.match(line)) is not None:
            removed, start, count = (int(part) if part is not None else 1 for part in hunk.groups())
            skip = removed + count
            if count:
                spans.append((start, start + count - 1))
        elif line.startswith(b"+++ "):
            spans = files.setdefault(_path(line[4:]), [])
        elif _COMMIT.fullmatch(line):
            files = found.setdefault(line.decode(), {})
    return {sha: {path: tuple(s) for path, s in paths.items() if s} for sha, paths in found.items()}


def _path(raw: bytes) -> str:
    """Return the path of a ``+++`` line: git ends it with a tab where it holds a blank, and quotes odd ones."""
    raw = raw.removesuffix(b"\t")
    if raw.startswith(b'"') and raw.endswith(b'"'):
        raw = _ESCAPE.sub(_unescaped, raw[1:-1])
    return raw.removeprefix(b"b/").decode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    char = match.group(1)
    return bytes([int(char, 8) & 0xFF]) if len(char) == 3 else _ESCAPED.get(char, char)
