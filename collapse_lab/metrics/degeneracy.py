"""Samples that do not end, and samples that repeat themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gates.exogenous.repetition import measure


@dataclass(frozen=True, slots=True)
class Degeneracy:
    """``stop_rate``: the share of samples that ended by themselves; ``cap_rate``: of those that the length cap cut
    off; ``repeated_line_share``: the mean over samples of the share of non-blank lines that occurred before, as the
    ``repetition`` gate counts them. All ``None`` without samples."""

    stop_rate: float | None
    cap_rate: float | None
    repeated_line_share: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return it for a table or a JSON file."""
        return asdict(self)


def degeneracy(completions: Sequence[str], stopped: Sequence[bool]) -> Degeneracy:
    """Return the degeneracy of samples: their completions, and whether each stopped by itself."""
    if not completions:
        return Degeneracy(None, None, None)
    stop_rate = sum(stopped) / len(stopped)
    shares = [measure(list(enumerate(text.splitlines(), 1))).share for text in completions]
    return Degeneracy(stop_rate, 1 - stop_rate, sum(shares) / len(shares))
