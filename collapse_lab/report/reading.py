"""A run's folder, as the report reads it: ``summary.json`` and ``tables/scores.parquet``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collapse_lab.study_tasks import IN_WORDS

if TYPE_CHECKING:
    import pandas as pd

_MAJOR = "1."
GROUPS = ("none", "control", "exogenous", "anchored", "endogenous")
_CONTROLS = ("human", "oracle", "random")


class ReportError(ValueError):
    """A folder that no report can be made of; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Arm:
    """One arm of one seed. ``rounds`` are pages of the summary, in order, as far as the arm got."""

    label: str
    facts: dict[str, Any]
    rounds: tuple[dict[str, Any], ...]

    @property
    def key(self) -> tuple[int, int]:
        """Base and seed: what arms are paired by."""
        return int(self.facts["base"]), int(self.facts["seed"])

    @property
    def last(self) -> int:
        """The last round that is there, -1 without any."""
        return int(self.rounds[-1]["round"]) if self.rounds else -1

    def value(self, t: int, *path: str) -> Any:
        """Return what stands in the page of round *t* under nested keys; ``None`` where anything is missing."""
        found: Any = next((page for page in self.rounds if page["round"] == t), None)
        for part in path:
            if not isinstance(found, dict):
                return None
            found = found.get(part)
        return found


@dataclass(frozen=True)
class Run:
    """A run: what its summary says, its arms, and its table of scores (columns as in ``tables/scores.parquet``)."""

    folder: Path
    summary: dict[str, Any]
    arms: tuple[Arm, ...]
    scores: pd.DataFrame

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self.summary["study"])

    @property
    def settings(self) -> dict[str, Any]:
        """The study file with every default filled in."""
        settings: dict[str, Any] = self.summary["settings"]
        return settings

    @property
    def answered(self) -> bool:
        """Whether samples are answers in words, not code."""
        pool = (self.settings.get("tasks") or {}).get("pool") or {}
        return pool.get("name") in IN_WORDS

    @property
    def people(self) -> str:
        """What people wrote for the pool's prompts: code, or answers in words."""
        return "human answers" if self.answered else "human code"

    @cached_property
    def benchmarks(self) -> list[str]:
        """The benchmarks' names; the first is the one that headlines are about.

        The order is that of the table of scores: the summary's keys are sorted.
        """
        return [str(name) for name in self.scores["benchmark"].unique()]

    @cached_property
    def last(self) -> int:
        """The last round that any arm has."""
        return max((arm.last for arm in self.arms), default=-1)

    @cached_property
    def labels(self) -> list[str]:
        """Every arm's label once: `none` and the controls first, then by how independent the gate is."""
        first: dict[str, Arm] = {}
        for arm in self.arms:
            first.setdefault(arm.label, arm)
        places = {label: place for place, label in enumerate(first)}
        return sorted(first, key=lambda label: (*_rank(first[label]), places[label]))

    @cached_property
    def seeds(self) -> list[int]:
        """The seeds that any arm has."""
        return sorted({arm.key[1] for arm in self.arms})

    def arms_of(self, label: str) -> list[Arm]:
        """Return the arms of a label, one a seed."""
        return [arm for arm in self.arms if arm.label == label]

    def group(self, label: str) -> str:
        """Return which of ``GROUPS`` a label belongs to."""
        return group_of(self.arms_of(label)[0].facts)

    def last_of(self, label: str) -> int:
        """Return the last round that any seed of a label reached."""
        return max((arm.last for arm in self.arms_of(label)), default=-1)

    def values(self, label: str, t: int, *path: str) -> list[float]:
        """Return a measured number at round *t*, for each seed that has it."""
        found = [arm.value(t, *path) for arm in self.arms_of(label)]
        return [float(value) for value in found if isinstance(value, int | float)]

    def mean(self, label: str, t: int, *path: str) -> float | None:
        """Return the mean over seeds of a measured number at round *t*; ``None`` where no seed has it."""
        values = self.values(label, t, *path)
        return sum(values) / len(values) if values else None


def read(folder: Path) -> Run:
    """Read a run's folder. Raises ``ReportError``."""
    import pandas as pd

    file, table = folder / "summary.json", folder / "tables" / "scores.parquet"
    try:
        summary = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(f"{file} cannot be read ({error}). `collapse-lab run` writes it when a run ends.") from error
    version = str(summary.get("schema_version", "")) if isinstance(summary, dict) else ""
    if not version.startswith(_MAJOR):
        raise ReportError(f"{file} has schema version {version or 'none'}; this report reads versions {_MAJOR}x.")
    try:
        scores = pd.read_parquet(table)
    except (OSError, ValueError) as error:
        raise ReportError(f"{table} cannot be read ({error}). Run the study again; what is done is kept.") from error
    arms = tuple(_arm(facts) for facts in summary["arms"])
    if not any(arm.rounds for arm in arms):
        raise ReportError(f"{folder} holds no round of any arm yet. Run the study first, or wait for its first round.")
    return Run(folder, summary, arms, scores)


def group_of(facts: dict[str, Any]) -> str:
    """Return the group of an arm: its summary's ``kind``, with `none` and the controls told apart."""
    if facts.get("control"):
        return "control"
    kind = str(facts.get("kind", "exogenous"))
    return kind if kind in GROUPS else "exogenous"


def _arm(facts: dict[str, Any]) -> Arm:
    rounds: Sequence[dict[str, Any]] = facts.get("rounds") or ()
    pages = tuple(sorted(rounds, key=lambda page: int(page["round"])))
    return Arm(str(facts["label"]), {k: v for k, v in facts.items() if k != "rounds"}, pages)


def _rank(arm: Arm) -> tuple[int, int]:
    group = group_of(arm.facts)
    control = arm.facts.get("control")
    return GROUPS.index(group), _CONTROLS.index(control) if control in _CONTROLS else 0
