"""A pool of samples, and the same with what was decided over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from collapse_lab.sample import Sample
from collapse_lab.store import Artifact
from collapse_lab.tasks.task import Task


@dataclass(frozen=True)
class Pool:
    """Samples with their tasks beside them, from one artifact."""

    artifact: Artifact
    tasks: tuple[Task, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Judged:
    """A pool with what decided over it: rows of ``stages.gate.Gated`` and of hidden truth, beside the samples."""

    pool: Pool
    verdicts: tuple[dict[str, Any], ...]
    truth: tuple[dict[str, Any], ...]

    @property
    def accepted(self) -> list[int]:
        """The places of the accepted samples."""
        return [i for i, row in enumerate(self.verdicts) if row["accepted"]]
