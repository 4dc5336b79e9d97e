"""How much of what a repository merges is declared AI's, month by month. Pure.

What training on as much again did in the lab stands beside it (``gates.evidence.exposure``). Both are estimates:
``ASSUMPTIONS`` belong beneath the shares, and the lab's own beneath what is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.provenance.types import Status

ASSUMPTIONS = (
    "A line is AI's where its commit, its pull request or a maintainer says so; lines of mixed commits count as AI's.",
    "Undeclared lines may be AI's, too: the true share lies between this one and the one with every undeclared line.",
    "Lines are counted as they were merged. What was changed or removed later still counts.",
)


@dataclass(frozen=True, slots=True)
class MergedLines:
    """How many lines of one status were merged in a month (``2026-08``, UTC)."""

    month: str
    status: Status
    lines: int


@dataclass(frozen=True, slots=True)
class Share:
    """The lines that were merged in some time, by whose they are: numbers of lines."""

    month: str
    ai: int = 0
    mixed: int = 0
    human: int = 0
    undeclared: int = 0

    @property
    def lines(self) -> int:
        """All of them."""
        return self.ai + self.mixed + self.human + self.undeclared

    @property
    def declared(self) -> float | None:
        """The share (0 to 1) that is declared AI's, in whole or part: the least it can be. ``None`` without lines."""
        return (self.ai + self.mixed) / self.lines if self.lines else None

    @property
    def most(self) -> float | None:
        """The share (0 to 1) that it would be if every undeclared line were AI's. ``None`` without lines."""
        return (self.lines - self.human) / self.lines if self.lines else None


_FIELDS = {
    Status.AI_DECLARED: "ai",
    Status.MIXED: "mixed",
    Status.HUMAN_ATTESTED: "human",
    Status.UNDECLARED: "undeclared",
}


def by_month(lines: Iterable[MergedLines]) -> list[Share]:
    """Return the shares of each month in which something was merged, in their order."""
    counts: dict[str, dict[str, int]] = {}
    for row in lines:
        of_month = counts.setdefault(row.month, {})
        of_month[_FIELDS[row.status]] = of_month.get(_FIELDS[row.status], 0) + row.lines
    return [Share(month, **of_month) for month, of_month in sorted(counts.items())]


def together(shares: Iterable[Share], name: str = "all") -> Share:
    """Return the lines of several months as one."""
    every = list(shares)
    return Share(name, *(sum(getattr(share, field) for share in every) for field in _FIELDS.values()))
