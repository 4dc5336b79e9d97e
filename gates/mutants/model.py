"""What a mutant is: one piece of a file's text replaced by another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault. ``start`` and ``end`` are offsets in the file's bytes, ``line`` is where the replaced text begins.

    ``first`` and ``last`` are the lines of the statement around it (of a compound one, its header): when none of
    them runs, the mutant cannot be noticed.
    """

    path: str
    operator: str
    line: int
    start: int
    end: int
    original: str
    replacement: str
    first: int
    last: int

    def apply(self, source: bytes) -> bytes:
        """Return the file with the fault."""
        return source[: self.start] + self.replacement.encode() + source[self.end :]
