"""The contents that a merge left files with: what ties a line of the ledger to a file that is met elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Kept = tuple[int, int, int]
"""Lines first to last of a content that an older one has too, and what to take off for their numbers there."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A text file whose content a merge changed.

    ``blob`` is git's id of the content, which has ``lines`` lines; ``before`` that of the content which the merge was
    put on, ``None`` for a file that was not there. ``kept`` are the lines that both have, in order.
    """

    path: str
    blob: str
    lines: int
    before: str | None
    kept: Sequence[Kept] = ()


def within(runs: Sequence[Kept], lines: int) -> tuple[Kept, ...]:
    """Return *runs* without what lies behind the last of a content's *lines*."""
    return tuple((first, min(last, lines), shift) for first, last, shift in runs if first <= lines)


def count_lines(content: bytes) -> int:
    """Return the number of a content's lines as git counts them: a last one without an end is one, too."""
    return content.count(b"\n") + (not content.endswith(b"\n") if content else 0)
