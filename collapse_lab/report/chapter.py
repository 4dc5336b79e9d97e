"""One run's part of the page, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collapse_lab.report import confounds
from collapse_lab.report.claims import answers, load
from collapse_lab.report.contrasts import against_none, against_random
from collapse_lab.report.diagnosis import diagnosis
from collapse_lab.report.gates import quality, rubber
from collapse_lab.report.inside import contamination, drift, endings, variety
from collapse_lab.report.keep import curves, headline, retention, rounds, strata
from collapse_lab.report.marks import marks
from collapse_lab.report.prediction import predict
from collapse_lab.report.reading import Run
from collapse_lab.report.rest import claims, cost, prediction, tally
from collapse_lab.report.retention import kept
from collapse_lab.report.scores import Scores
from collapse_lab.report.section import Figure, Section
from collapse_lab.report.table import Table


@dataclass(frozen=True)
class Chapter:
    """A run on the page: its name and question, what it is in a line, the minute's summary, warnings, sections."""

    name: str
    question: str
    size: str
    summary: Sequence[str]
    warnings: Sequence[str]
    sections: Sequence[Section]

    @property
    def tables(self) -> list[Table]:
        """Every table of the chapter."""
        return [figure.table for section in self.sections for figure in section.figures]


def chapter(run: Run) -> Chapter:
    """Compute everything that the page says of a run."""
    scores = Scores(run.scores, run.benchmarks[0])
    found = kept(run, scores)
    none, toss = against_none(run, scores), against_random(run, scores)
    # The claims are about code.
    answered = answers(run, scores, load()) if scores.called == "pass@1" else []
    theory = prediction(predict(run))
    sections = [
        retention(run, scores, found, none, toss),
        *([claims(answered)] if answered else []),
        curves(run, scores),
        *marks(run),
        strata(run, scores),
        quality(run),
        rubber(run),
        variety(run),
        drift(run),
        contamination(run),
        endings(run),
        *filter(None, [diagnosis(run)]),
        theory,
        Section("settings", "Settings", figures=[Figure(confounds.table(run))]),
        cost(run),
    ]
    by_id = {section.id: section for section in sections}
    stamped = by_id["rubber-stamp"].found if by_id["rubber-stamp"].notes else ""
    summary = [*headline(run, found, none, toss), by_id["strata"].found, stamped, tally(answered) if answered else ""]
    return Chapter(
        run.name, str(run.summary["question"]), _size(run), [s for s in summary if s], _warnings(run), sections
    )


def _size(run: Run) -> str:
    seeds, bases = len(run.seeds), len({arm.key[0] for arm in run.arms})
    return (
        f"{_count(len(run.labels), 'arm')}, {_count(seeds, 'seed')}, {_count(bases, 'base model')}, "
        f"{rounds(max(0, run.last))}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _warnings(run: Run) -> list[str]:
    """Return what a reader must know before believing anything: short forms, missing seeds, arms that stopped."""
    said = []
    if run.summary.get("quick"):
        said.append(
            "This is the study's quick form: fewer arms, seeds and rounds. It shows that things work, and little more."
        )
    if len(run.seeds) == 1:
        said.append("There is one seed, so nothing here tells an arm's effect from that seed's luck.")
    short = [arm for arm in run.arms if arm.last < run.last]
    if short:
        names = ", ".join(f"{arm.label} (seed {arm.key[1]}: round {arm.last})" for arm in short[:12])
        more = f" and {len(short) - 12} more" if len(short) > 12 else ""
        said.append(
            f"Of {len(run.arms)} arms, counted by seed, {len(short)} stopped before round {run.last}: {names}{more}. "
            "Each number is of the last round that its arm reached; contrasts are made in the last round that both "
            "reached, over the seeds that both have. `collapse-lab run` goes on where they stood."
        )
    planned = int(run.settings.get("rounds") or run.last)
    if run.last < planned:
        said.append(f"The study has {planned} rounds; this run has {run.last}.")
    absent = sorted(set(run.settings.get("seeds") or []) - set(run.seeds))
    if absent:
        said.append(f"The study has seeds that this run has not: {', '.join(map(str, absent))}.")
    uneven = [a for a in run.labels if len(run.arms_of(a)) < len(run.seeds)]
    if uneven:
        said.append(f"Arms with fewer seeds than others: {', '.join(uneven)}.")
    if Scores(run.scores, run.benchmarks[0]).measure == "greedy":
        said.append("No answers were sampled: every score is greedy, one answer a task.")
    return said
