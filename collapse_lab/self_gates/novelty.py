"""``novelty``: no program twice, whatever its names and layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.self_gates.context import LabContext, lab
from collapse_lab.self_gates.scored import programs
from gates.change import Change
from gates.gate import Context, Kind, Need, Settings
from gates.verdict import Verdict

NAME = "novelty"


def novel(changes: Sequence[Change], context: LabContext, candidates: Sequence[bool] | None = None) -> list[bool]:
    """Return which samples are new: in no document trained on, and equal to no earlier *candidate* of the batch.

    All are candidates where nothing is said. Programs are equal where ``metrics.fingerprint`` says so.
    """
    from collapse_lab.metrics.fingerprint import fingerprint

    known = set(context.trained_on)
    found = []
    for number, program in enumerate(programs(changes, context)):
        mark = fingerprint(program)
        found.append(mark not in known)
        if candidates is None or candidates[number]:
            known.add(mark)
    return found


@dataclass(frozen=True)
class Novelty:
    """Rejects a sample that the arm was trained on already, or that stands earlier in the batch."""

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "in a study: the sample repeats no document of the training so far, and no other sample"
    needs: frozenset[Need] = frozenset({Need.LAB})
    settings_type: type[Settings] = Settings

    def judge(self, changes: Sequence[Change], settings: Settings, context: Context) -> list[Verdict]:
        """Judge each change; of equal ones the first is accepted."""
        return [
            Verdict.accept(NAME, "No such program was trained on, and none is earlier in the batch.")
            if new
            else Verdict.reject(NAME, "The same program was trained on, or is earlier in the batch.")
            for new in novel(changes, lab(context, NAME))
        ]


GATE = Novelty()
