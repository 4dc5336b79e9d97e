"""The numbers known from the paper beside what runs measured, cell by cell, and how each measurement differs.

A run's settings are held against those of the study that is as literal as can be said (``paper.yml``). What differs
stands beside every measured number; where a run has not the cell's round, benchmark or gate, there is no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from collapse_lab.arms import ArmsError, cells
from collapse_lab.arms import Cell as Arm
from collapse_lab.metrics.intervals import Interval, bootstrap, wilson
from collapse_lab.models.model import Strict
from collapse_lab.report.contrasts import student
from collapse_lab.report.reading import ReportError, Run
from collapse_lab.report.scores import Measure, Scores
from collapse_lab.studies import models_of, open_study
from collapse_lab.study import CodeTasks, PretrainedModel, Study
from gates.policy import PolicyError

# What changes a result in its last bits alone, or where it goes and not what it is.
_NOTHING = frozenset({"checkpoint_every", "part", "recompute", "compile"})


class Cell(Strict):
    """One published number; ``paper.yml`` explains the keys. Either a ``score`` or an ``acceptance``."""

    source: str
    model: str | None
    gate: str
    round: int = Field(ge=0)
    benchmark: str | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    acceptance: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _one_number(self) -> Cell:
        if (self.score is None) == (self.acceptance is None) or (self.score is None) != (self.benchmark is None):
            raise ValueError("a cell has a score on a benchmark, or an acceptance")
        return self

    @property
    def value(self) -> float:
        """The number."""
        return self.score if self.score is not None else self.acceptance or 0.0

    @property
    def what(self) -> str:
        """What it is the number of."""
        return self.benchmark or "acceptance"


class Paper(Strict):
    """``paper.yml``, which says what the keys mean."""

    study: str
    gates: dict[str, tuple[str, ...]]
    tasks: dict[str, int]
    differs: tuple[str, ...]
    sources: dict[str, str]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Measured:
    """What one run has for a cell: the number of the same kind as the paper's (a greedy score, or an acceptance), the
    score of drawn answers where there are any, each with its interval, and every way in which the settings differ."""

    run: str
    label: str
    value: Interval | None
    drawn: Interval | None
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """A cell, the interval that its own number of tasks gives it, and what runs measured; nothing where none did."""

    cell: Cell
    published: Interval
    measured: tuple[Measured, ...]


@cache
def load() -> Paper:
    """Return what is known of the paper."""
    return Paper.model_validate(yaml.safe_load((files("collapse_lab") / "paper.yml").read_text("utf-8")))


def verify(paper: Paper, runs: Sequence[Run]) -> list[Compared]:
    """Return every cell with what *runs* measured of it, in the paper's order. Raises ``ReportError``."""
    opened = [_Opened.of(run) for run in runs if _model(_study(run)) in _models(paper)]
    return [
        Compared(cell, _published(paper, cell), tuple(m for run in opened for m in run.measured(paper, cell)))
        for cell in paper.cells
    ]


def unasked(paper: Paper, runs: Sequence[Run]) -> list[str]:
    """Return a sentence for each run that can have no cell, with the reason."""
    models = [(run.folder, _model(_study(run))) for run in runs]
    return [
        f"{folder} is of {model}, which the paper does not have: none of its numbers is shown."
        for folder, model in models
        if model not in _models(paper)
    ]


def _published(paper: Paper, cell: Cell) -> Interval:
    tasks = paper.tasks.get(cell.benchmark or "")
    found = wilson(round(cell.value * tasks), tasks) if tasks else None
    # Its own number, as it was printed; the tasks give the width.
    return Interval(cell.value, found.low, found.high) if found else Interval(cell.value, cell.value, cell.value)


@dataclass(frozen=True)
class _Opened:
    """A run with its study, as it was run."""

    run: Run
    study: Study
    arms: tuple[Arm, ...]
    tables: dict[str, Scores]

    @classmethod
    def of(cls, run: Run) -> _Opened:
        study = _study(run)
        try:
            arms = tuple(cells(study))
        except (ArmsError, PolicyError) as error:
            raise ReportError(f"{run.folder} is of a study that cannot be read here: {error}") from error
        return cls(run, study, arms, {name: Scores(run.scores, name) for name in run.benchmarks})

    def measured(self, paper: Paper, cell: Cell) -> Iterator[Measured]:
        """Yield what each arm that is the cell's gate has in its round."""
        if _model(self.study) != cell.model:
            return
        for arm in self._arms(paper.gates[cell.gate]):
            value, drawn = self._values(cell, arm.label)
            if value is not None or drawn is not None:
                yield Measured(self.run.folder.name, arm.label, value, drawn, tuple(self._differs(paper, cell, arm)))

    def _arms(self, policies: Sequence[str]) -> Iterator[Arm]:
        seen: set[str] = set()
        for arm in self.arms:
            if arm.policy in policies and arm.label in self.run.labels and arm.label not in seen:
                seen.add(arm.label)
                yield arm

    def _values(self, cell: Cell, label: str) -> tuple[Interval | None, Interval | None]:
        if cell.benchmark is None:
            rates = self.run.values(label, cell.round, "acceptance")
            mean = sum(rates) / len(rates) if rates else None
            return student(rates) or (None if mean is None else Interval(mean, mean, mean)), None
        table = self.tables.get(cell.benchmark)
        if table is None:
            return None, None
        return _score(table, label, cell.round, "greedy"), _score(table, label, cell.round, "sampled")

    def _differs(self, paper: Paper, cell: Cell, arm: Arm) -> Iterator[str]:
        """Yield every setting of an arm that is not the paper's."""
        wanted = paper.gates[cell.gate][0]
        if arm.policy != wanted:
            yield f"policy {arm.policy}, not {wanted}"
        literal = open_study(paper.study, model=cell.model if cell.model in models_of(paper.study) else None)
        own = next((a for a in cells(literal) if a.policy == wanted), None)
        seeds = {found.key[1] for found in self.run.arms_of(arm.label) if found.last >= cell.round}
        # The base's score is the same in every arm and seed: nothing has been drawn or trained yet.
        base = cell.benchmark is not None and cell.round == 0
        if len(seeds) != len(literal.seeds) and not base:
            yield f"{len(seeds)} seeds, not {len(literal.seeds)}"
        yield from _asking(self.study, literal)
        if not base:
            yield from _drawing(self.study, arm, literal, own or cells(literal)[0])
        if cell.round > 0:
            yield from _training(arm, own or cells(literal)[0])
        if cell.benchmark is not None:
            yield from self._tasks(paper, cell.benchmark)

    def _tasks(self, paper: Paper, benchmark: str) -> Iterator[str]:
        facts = self.run.summary["benchmarks"].get(benchmark, {})
        if (count := facts.get("tasks")) != paper.tasks.get(benchmark):
            yield f"{count} tasks, not {paper.tasks.get(benchmark)}"
        if isinstance(self.study.tasks, CodeTasks):
            choice = next(c for c in self.study.tasks.benchmarks if c.name == benchmark)
            for key in ("since", "until"):
                if getattr(choice, key):
                    yield f"tasks {key} {getattr(choice, key)}"
            if choice.max_tokens is not None:
                yield f"answers of at most {choice.max_tokens} tokens"


def _asking(study: Study, literal: Study) -> Iterator[str]:
    """Yield what differs in how a model is opened and scored."""
    if isinstance(study.model, PretrainedModel) and isinstance(literal.model, PretrainedModel):
        if study.model.source != literal.model.source:
            # Not which: it may be a folder of somebody's machine.
            yield "weights from a place of its own"
        if study.model.tuned and study.model.tuned != literal.model.tuned:
            yield f"a base tuned on {study.model.tuned.documents} human documents before round 0"
        yield from _different("precision", study.model.precision, literal.model.precision)
    yield from _different("greedy answers", study.evaluation.greedy, literal.evaluation.greedy)
    yield from _different("limits", study.limits, literal.limits)


def _drawing(study: Study, arm: Arm, literal: Study, own: Arm) -> Iterator[str]:
    """Yield what differs in what a round's samples are drawn from, and how."""
    if _pool(study) != _pool(literal):
        yield f"prompts from {_pool(study)}, not {_pool(literal)}"
    for key in ("prompts", "fresh_prompts"):
        yield from _different(key, getattr(study, key), getattr(literal, key))
    yield from _different("sampling", arm.sampling, own.sampling)


def _training(arm: Arm, own: Arm) -> Iterator[str]:
    """Yield what differs in what a round trains on, and how."""
    for key in ("start", "data", "training"):
        yield from _different(key, getattr(arm, key), getattr(own, key))


def _different(name: str, here: Any, there: Any) -> Iterator[str]:
    if here == there:
        return
    if not isinstance(here, BaseModel) or not isinstance(there, BaseModel):
        yield f"{name} {_said(here)}, not {_said(there)}"
        return
    now, was = here.model_dump(), there.model_dump()
    # What nobody says of a setting that came later is not written at all.
    for key in dict.fromkeys((*now, *was)):
        if now.get(key) != was.get(key) and key not in _NOTHING:
            yield f"{name}: {key} {_said(now.get(key))}, not {_said(was.get(key))}"


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _score(table: Scores, label: str, t: int, measure: Measure) -> Interval | None:
    """Return pass@1 with an interval over tasks, and over seeds where there are several; ``None`` without answers."""
    found = table.at(label, t, measure).dropna(how="all")
    values = found.dropna(axis="columns").to_numpy(float)
    if not values.size:
        return None
    if len(values) == 1 and measure == "greedy":
        return wilson(round(values.sum()), values.size)
    return bootstrap(values)


def _study(run: Run) -> Study:
    try:
        return Study.model_validate(run.settings)
    except ValidationError as error:
        raise ReportError(f"{run.folder} is of a study that this version does not know: {error}") from error


def _models(paper: Paper) -> set[str]:
    return {cell.model for cell in paper.cells if cell.model}


def _model(study: Study) -> str:
    return study.model.name if isinstance(study.model, PretrainedModel) else "a pocket model"


def _pool(study: Study) -> str:
    return study.tasks.pool.name if isinstance(study.tasks, CodeTasks) else "generated tasks"
