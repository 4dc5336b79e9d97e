"""The contract of a gate: changes in, one verdict each out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from gates.cache import Cache
from gates.change import Change
from gates.interpreter import Interpreter
from gates.sandbox.spec import Command, Result, Sandbox, SandboxError
from gates.stopping import Stop
from gates.verdict import Verdict
from gates.workspace import Workspace


class Kind(StrEnum):
    """A gate's independence from the author's model."""

    EXOGENOUS = "exogenous"
    ANCHORED = "anchored"
    ENDOGENOUS = "endogenous"


class Need(StrEnum):
    """What a gate cannot work without."""

    SANDBOX = "sandbox"
    PYTEST = "pytest"
    LAB = "collapse-lab"


class Settings(BaseModel):
    """A gate's settings: the fields are the YAML. A gate without any uses this class itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CouldNotJudgeError(RuntimeError):
    """A gate could not come to a verdict; the message is the reason that people read, with the remedy."""


@dataclass(frozen=True, slots=True)
class PreparedOutcome:
    """How the ``total`` tests that pass on a change's base fare on its head.

    ``failure`` says in a sentence what the first that does not pass did; ``None`` where all pass.
    """

    total: int
    failure: str | None = None


class PreparedTests(Protocol):
    """A way to run a base's tests that is faster than pytest, for thousands of generated samples.

    It must come to pytest's verdict, and the judged code must not be able to reach it.
    """

    def outcomes(self, changes: Sequence[Change]) -> list[PreparedOutcome | None]:
        """Return an outcome for each change; ``None`` where nothing is prepared, and pytest is to run."""


@dataclass(frozen=True)
class Context:
    """What a gate may use of the world; the only way to it.

    ``interpreter`` runs the repository's tests. ``own`` is Exogate's, where the tools are installed. ``deadline``
    is a ``time.monotonic`` value after which the panel no longer waits. ``prepared_tests`` is for studies; a review
    always runs pytest. ``stop`` says when the review is not wanted any more.
    """

    workspace: Workspace
    interpreter: Interpreter
    own: Interpreter
    sandbox: Sandbox | None = None
    sandbox_remedy: str = "No sandbox back-end was chosen. See `exogate doctor`."
    cache: Cache = field(default_factory=Cache)
    deadline: float = float("inf")
    jobs: int = 1
    prepared_tests: PreparedTests | None = None
    stop: Stop = field(default_factory=Stop)

    def seconds_left(self) -> float:
        """Return the seconds until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def run(self, command: Command) -> Result:
        """Run a command in the sandbox, within the time left.

        Raises ``CouldNotJudgeError`` where no sandbox works: execution never falls back to none; in a panel also
        ``StoppedError`` where the review is to stop.
        """
        if self.sandbox is None:
            raise CouldNotJudgeError(self.sandbox_remedy)
        left = self.seconds_left()
        if left <= 0:
            raise CouldNotJudgeError("The review's time was used up before this gate could run; raise budget.seconds.")
        limits = replace(command.limits, wall_seconds=min(command.limits.wall_seconds, left))
        try:
            return self.sandbox.run(replace(command, limits=limits))
        except SandboxError as error:
            raise CouldNotJudgeError(f"The sandbox failed: {error} See `exogate doctor`.") from error


class Gate(Protocol):
    """A judge. Implementations are immutable objects, registered by name.

    ``version`` changes whenever the same change could get another verdict; caches and evidence hang on it.
    ``summary`` says in one line what it decides.
    """

    @property
    def name(self) -> str:
        """The name used in policies."""

    @property
    def version(self) -> str:
        """The version of the gate's judgement."""

    @property
    def kind(self) -> Kind:
        """Its independence from the author's model."""

    @property
    def summary(self) -> str:
        """One line for people."""

    @property
    def needs(self) -> frozenset[Need]:
        """What it cannot work without."""

    @property
    def settings_type(self) -> type[Settings]:
        """The pydantic model of its settings; every field has a default."""

    def judge(self, changes: Sequence[Change], settings: Any, context: Context) -> list[Verdict]:
        """Judge each change; the list has the same length and order.

        May raise ``CouldNotJudgeError`` for the whole batch. Any other exception is a defect of the gate: the
        panel turns it into an ``error`` verdict.
        """
