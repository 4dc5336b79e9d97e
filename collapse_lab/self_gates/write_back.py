"""``write-back``: what a retrieval system asks of an answer before it joins the documents, asked of code.

arXiv 2512.22199 (Bidirectional RAG) writes an answer back where the documents entail it, its sources can be
attributed, and it is new. For code: the visible cases pass (entailment), the program is made of what the prompt gives
it (attribution, see ``attribution.py``), and no such program was written back before (novelty).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.execution.outcome import Program
from collapse_lab.execution.outcome import Verdict as Outcome
from collapse_lab.self_gates.attribution import unattributed
from collapse_lab.self_gates.context import LabContext, lab
from collapse_lab.self_gates.novelty import novel
from gates.change import Change
from gates.gate import Context, CouldNotJudgeError, Kind, Need, Settings
from gates.verdict import Verdict

NAME = "write-back"


@dataclass(frozen=True)
class WriteBack:
    """Accepts what is entailed by the visible cases, attributed to the prompt, and new among what was accepted."""

    name: str = NAME
    version: str = "1"
    kind: Kind = Kind.EXOGENOUS
    summary: str = "in a study: the sample passes the visible cases, uses what its prompt gives, and is new"
    needs: frozenset[Need] = frozenset({Need.LAB})
    settings_type: type[Settings] = Settings

    def judge(self, changes: Sequence[Change], settings: Settings, context: Context) -> list[Verdict]:
        """Judge each change; the first reason against it is the one named."""
        seen = lab(context, NAME)
        objections = _objections(changes, seen)
        new = novel(changes, seen, [objection is None for objection in objections])
        return [_verdict(o, fresh) for o, fresh in zip(objections, new, strict=True)]


def _objections(changes: Sequence[Change], context: LabContext) -> list[str | None]:
    if context.execute is None:
        raise CouldNotJudgeError("The samples cannot be run: this study was started without a harness.")
    asked = [(context.tasks[c.id], context.samples[c.id].completion) for c in changes]
    written = [Program(task.program(text), task.entry_point, task.visible) for task, text in asked]
    outcomes = context.execute(written)
    return [_objection(program, outcome) for program, outcome in zip(written, outcomes, strict=True)]


def _objection(program: Program, outcome: Outcome) -> str | None:
    if not program.cases:
        return "its prompt shows no case that it could pass"
    if not outcome.passed:
        return f"it fails a visible case: {outcome.exception or outcome.ending}"
    return unattributed(program.source, program.entry_point)


def _verdict(objection: str | None, new: bool) -> Verdict:
    if objection is not None:
        return Verdict.reject(NAME, f"It is not written back: {objection}.")
    if not new:
        return Verdict.reject(NAME, "It is not written back: the same program was before.")
    return Verdict.accept(NAME, "The visible cases pass, it is made of what the prompt gives, and it is new.")


GATE = WriteBack()
