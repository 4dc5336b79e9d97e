"""What becomes of a corpus's row, and the count of it: pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.export.known import Content

WEIGHT = "weight"
"""The column that weights stand in."""


class CorpusError(ValueError):
    """A corpus that cannot be read; the message is a sentence that says where and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a corpus calls the three columns that say which content a row is."""

    repository: str = "repository"
    path: str = "path"
    blob: str = "blob"


@dataclass(frozen=True, slots=True)
class Choice:
    """How rows are chosen.

    With ``weigh`` every row stays and has a weight, else those stay whose share of passing lines is ``least`` or
    more. What the ledger does not know, lines or rows, passes where ``keep_unknown``, else fails; rows go then.
    """

    weigh: bool = False
    keep_unknown: bool = True
    least: float = 1.0

    def weight(self, content: Content | None) -> float | None:
        """Return a row's weight, 0 to 1; ``None`` where the row is dropped."""
        if content is None:
            return 1.0 if self.keep_unknown else None
        share = content.share(rest_passes=self.keep_unknown)
        return share if self.weigh or share >= self.least else None


@dataclass(slots=True)
class Tally:
    """What became of the rows; ``unknown`` are those that the ledger knows nothing about, kept or dropped."""

    read: int = 0
    kept: int = 0
    unknown: int = 0
    weights: float = 0.0

    @property
    def mean_weight(self) -> float:
        """The mean weight of the rows that were kept, 0 where none was."""
        return self.weights / self.kept if self.kept else 0.0
