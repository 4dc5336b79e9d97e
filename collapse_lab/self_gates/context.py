"""What the lab's own gates may use beside what every gate may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.models.model import Document, Model
from collapse_lab.sample import Sample
from collapse_lab.tasks.task import Task
from gates.change import Change
from gates.gate import Context, CouldNotJudgeError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from collapse_lab.execution.harness import Job
    from collapse_lab.execution.observation import Observation


@dataclass(frozen=True)
class LabContext(Context):
    """A gate's context in a study.

    ``tasks`` and ``samples`` are by change id. ``author`` is the model that wrote the samples, ``frozen`` the same
    arm's model of round 0, ``foreign`` a model of another base seed. ``execute`` runs programs in the sandbox;
    ``observe`` does, too, and says what they returned, compared with nothing. ``again(tasks, samples, k)`` gives k
    more completions by the author for each sample's prompt (*tasks* stand beside *samples*). ``calibration`` holds
    what was fitted on round 0, by gate name. ``trained_on`` are the fingerprints (``metrics.fingerprint``) of the
    programs, prompt and completion, of all documents that the arm was trained on so far.
    """

    tasks: Mapping[str, Task] = field(default_factory=dict)
    samples: Mapping[str, Sample] = field(default_factory=dict)
    author: Model | None = None
    frozen: Model | None = None
    foreign: Model | None = None
    execute: Callable[[Sequence[Program]], list[Verdict]] | None = None
    again: Callable[[Sequence[Task], Sequence[Sample], int], list[list[Sample]]] | None = None
    observe: Callable[[Sequence[Job]], list[Observation]] | None = None
    calibration: Mapping[str, float] = field(default_factory=dict)
    trained_on: frozenset[str] = frozenset()
    seed: int = 0


@runtime_checkable
class Calibrated(Protocol):
    """A gate with a threshold that can be frozen: it accepts where its score is at least the threshold."""

    def calibrate(self, changes: Sequence[Change], settings: BaseModel, context: LabContext) -> float:
        """Return the threshold that these settings give on round 0's samples."""


@runtime_checkable
class Teaches(Protocol):
    """A gate whose own verdicts the author is trained on: the loop in which a judge learns to agree with itself."""

    def lessons(self, tasks: Sequence[Task], samples: Sequence[Sample], accepted: Sequence[bool]) -> list[Document]:
        """Return documents that teach the verdicts given to *samples* (all three stand side by side)."""


def lab(context: Context, gate: str) -> LabContext:
    """Return the context as the lab's. Raises ``CouldNotJudgeError`` outside of a study."""
    if not isinstance(context, LabContext):
        raise CouldNotJudgeError(
            f"`{gate}` asks the model that wrote the code, which only `collapse-lab` has. Switch it off here, or let "
            "exogenous gates decide."
        )
    return context
