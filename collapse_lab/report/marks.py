"""The section on answers in words: F1, precision and recall of yes, BLEU-4 and ROUGE-L, by round and arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collapse_lab.metrics.intervals import Interval, bootstrap, combined
from collapse_lab.metrics.marks import RATES, SIDES, named, outcomes
from collapse_lab.report.draw.curves import Curve, Small, multiples
from collapse_lab.report.draw.style import Picture
from collapse_lab.report.reading import Run
from collapse_lab.report.retention import curve
from collapse_lab.report.scores import Measure, Scores
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Column, Table, shown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

WORDS = {
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "neither": "Neither yes nor no",
    "bleu": "BLEU-4",
    "rouge_l": "ROUGE-L",
}
_SIDES: tuple[Measure, Measure] = ("sampled", "greedy")
_NOTES = {
    "f1": (
        "Of yes, as scikit-learn counts: an answer that is neither yes nor no finds nothing and is no false alarm. "
        "{positive} of the functions are vulnerable: who always says yes has an F1 of {always}, who always says no 0."
    ),
    "bleu": (
        "BLEU-4 is smoothed by adding 1 to all precisions but the first, sentence by sentence, as CodeXGLUE does; "
        "ROUGE-L is an F1 over the longest common subsequence. No summary is right or wrong, so none has a pass@k."
    ),
}


@dataclass(frozen=True)
class _Marked:
    """One benchmark's rows of scores, and which of its answers are shown: ``sampled`` where there are any."""

    benchmark: str
    frame: pd.DataFrame

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that it has, the one that is drawn first."""
        measured = [column for column in self.frame.columns if self.frame[column].notna().any()]
        known = named(column.removeprefix(SIDES["greedy"]) for column in measured)
        return tuple(name for name in WORDS if name in known)

    @property
    def side(self) -> str:
        """Whose answers: ``sampled`` or ``greedy``."""
        column = self.column(self.figures[0], "sampled")
        return "sampled" if self.frame[column].notna().any() else "greedy"

    def column(self, name: str, side: str) -> str:
        """Return the column that a figure is made of."""
        return f"{SIDES[side]}{'yes' if name in RATES else name}"

    def at(self, label: str, t: int, last: int, name: str) -> Interval | None:
        """Return a figure in round *t* over the seeds that reached round *last*, and the tasks that all of them
        have."""
        values = self._table(label, t, last, self.column(name, self.side))
        if name not in RATES:
            return bootstrap(values)
        return combined(outcomes(self._table(label, t, last, "positive"), values), RATES[name])

    def _table(self, label: str, t: int, last: int, column: str) -> NDArray[np.float64]:
        ours = self.frame[self.frame["label"] == label].set_index(["base", "seed", "task"])
        table, reached = (ours[ours["round"] == when][column].astype(float).unstack("task") for when in (t, last))
        return table.reindex(index=reached.index).dropna(axis="columns").to_numpy(float)


def marks(run: Run) -> list[Section]:
    """Return the section, or none where no benchmark of the run asks for words."""
    whole = [_Marked(name, run.scores[run.scores["benchmark"] == name]) for name in run.benchmarks]
    found = [one for one in whole if one.figures]
    if not found:
        return []
    notes = [note for one in found if (note := _note(one))]
    # Where code is what is trained on, its scores are what the rest of the page is about.
    code = [one.benchmark for one in whole if not one.figures] if whole[0].figures else []
    if code:
        notes.append(f"Of {', '.join(code)}, code: pass@1, by its own tests.")
    figures = [*(_figure(run, one) for one in found), *(_code(run, name) for name in code)]
    return [Section("answers", "Answers in words", notes=notes, figures=figures)]


def _note(one: _Marked) -> str:
    note = f"On {one.benchmark}, {one.side} answers. {_NOTES[one.figures[0]]}"
    if one.figures[0] != "f1":
        return note
    positive = float(one.frame.drop_duplicates("task")["positive"].mean())
    return note.format(positive=f"{100 * positive:.0f} %", always=shown(2 * positive / (1 + positive), "share"))


def _figure(run: Run, one: _Marked) -> Figure:
    """Return a benchmark's table, and its first figure drawn."""
    rows: list[dict[str, Any]] = []
    panels: list[Small] = []
    behind: dict[str, tuple[str, Curve]] = {}
    drawn = one.figures[0]
    for label in run.labels:
        last = _last(run, one, label)
        points: list[Interval] = []
        for t in _rounds(one, label, last):
            found = {name: one.at(label, t, last, name) for name in one.figures}
            rows.append({"label": label, "round": t, **found})
            points += [point for point in [found[drawn]] if point]
        if len(points) != last + 1:
            continue
        curve = Curve([p.estimate for p in points], [p.low for p in points], [p.high for p in points])
        if label in ("none", "human"):
            behind[label] = (run.group(label), Curve(curve.values))
        panels.append(Small(label, run.group(label), curve))
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        *(Column(name, WORDS[name], "share") for name in one.figures),
    )
    title = f"{one.benchmark}: {one.side} answers by round and arm"
    table = Table(f"answers-{one.benchmark}", title, columns, rows, "Intervals of 95 %, over tasks and seeds.")
    return Figure(table, _picture(one, title, panels, behind) if panels else None)


def _code(run: Run, benchmark: str) -> Figure:
    """Return the table of a benchmark of code that is scored beside answers in words."""
    scores = Scores(run.scores, benchmark)
    columns = (
        Column("label", "Arm", "code"),
        Column("round", "Round", "count"),
        Column("sampled", "Sampled pass@1", "share"),
        Column("greedy", "Greedy pass@1", "share"),
    )
    rows = [
        {"label": label, "round": t, "sampled": sampled, "greedy": greedy}
        for label in run.labels
        for t, (sampled, greedy) in enumerate(
            zip(*(curve(scores, label, run.last_of(label), side) for side in _SIDES), strict=True)
        )
        if sampled or greedy
    ]
    title = f"{benchmark}: pass@1 by round and arm"
    return Figure(Table(f"answers-{benchmark}", title, columns, rows, "Intervals of 95 %, over tasks and seeds."))


def _last(run: Run, one: _Marked, label: str) -> int:
    """Return the last round in which an arm was scored on the benchmark."""
    scored = one.frame[one.frame["label"] == label]["round"]
    return int(scored.max()) if len(scored) else run.last_of(label)


def _rounds(one: _Marked, label: str, last: int) -> list[int]:
    scored = set(one.frame[one.frame["label"] == label]["round"])
    return [t for t in range(last + 1) if t in scored]


def _picture(one: _Marked, title: str, panels: list[Small], behind: dict[str, tuple[str, Curve]]) -> Picture:
    what = WORDS[one.figures[0]]
    key = f"{what} on {one.benchmark} by round, with 95 % intervals."
    if behind:
        named_ = {"none": "none (dark)", "human": "human (green)"}
        key += " Thin lines behind: " + " and ".join(named_[name] for name in behind)
    alt = f"{what} on {one.benchmark} by round: " + "; ".join(
        f"{p.label} {p.curve.values[0]:.2f} to {p.curve.values[-1]:.2f}" for p in panels
    )
    return Picture(f"answers-{one.benchmark}", title, alt, lambda narrow: multiples(panels, behind, key, narrow))
