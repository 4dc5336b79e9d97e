"""`coin`: a control without any signal; what a real gate is worth is measured against it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from gates.change import Change
from gates.gate import Context, Kind, Need, Settings
from gates.verdict import Outcome, Verdict


class CoinSettings(Settings):
    """``acceptance`` is the share of changes to accept; another ``seed`` accepts others."""

    acceptance: float = Field(default=0.5, ge=0.0, le=1.0)
    seed: int = 0


@dataclass(frozen=True)
class CoinGate:
    """Accepts by a hash of the head's content, so that the same change always gets the same answer."""

    name: str = "coin"
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "a control for the lab: accepts a stated share of changes, whatever they hold"
    needs: frozenset[Need] = frozenset()
    settings_type: type[Settings] = CoinSettings

    def judge(self, changes: Sequence[Change], settings: CoinSettings, context: Context) -> list[Verdict]:
        """Toss for each change; the score is the toss, in [0, 1)."""
        return [self._toss(change, settings) for change in changes]

    def _toss(self, change: Change, settings: CoinSettings) -> Verdict:
        digest = hashlib.sha256(f"{settings.seed}\0{change.head.id}\0{change.id}".encode()).digest()
        toss = int.from_bytes(digest[:8], "big") / 2**64
        outcome = Outcome.ACCEPT if toss < settings.acceptance else Outcome.REJECT
        return Verdict(self.name, outcome, f"A toss, not a judgement: {settings.acceptance:.0%} are accepted.", toss)


GATE = CoinGate()
