"""Positions of syntax in a file's bytes."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property

# Python ends lines at these three (Lexical analysis, 2.1.2).
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Text:
    """A source file with the means to find a syntax node's bytes in it (columns count UTF-8 bytes from 0)."""

    source: bytes

    @cached_property
    def _starts(self) -> list[int]:
        first = len(_BOM) if self.source.startswith(_BOM) else 0
        return [first, *(match.end() for match in _LINE_END.finditer(self.source))]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a position."""
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node's bytes begin and end."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Return a node as it is written."""
        start, end = self.span(node)
        return self.source[start:end].decode()

    def line_at(self, offset: int) -> int:
        """Return the line of an offset."""
        return len([s for s in self._starts if s <= offset]) or 1

    def find(self, pattern: re.Pattern[bytes], left: ast.expr, right: ast.expr) -> tuple[int, int] | None:
        """Return where *pattern* stands between two neighbours, ``None`` where a comment makes that unsure."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.source[start:end]
        match = None if b"#" in gap else pattern.search(gap)
        return (start + match.start(), start + match.end()) if match else None
