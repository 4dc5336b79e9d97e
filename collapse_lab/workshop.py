"""What the stages work with: the sandboxed harness, the gates' context, the tasks, and models opened from artifacts."""

from __future__ import annotations

import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from collapse_lab.execution.harness import Harness
from collapse_lab.execution.outcome import Program, Verdict
from collapse_lab.models.model import Document, Model
from collapse_lab.self_gates.context import LabContext
from collapse_lab.study import Study
from collapse_lab.tasks import open_source
from collapse_lab.tasks.task import Task
from gates.interpreter import Interpreter
from gates.sandbox.choose import choose
from gates.workspace import Workspace

if TYPE_CHECKING:
    from collapse_lab.models.base import Told
    from collapse_lab.store import Artifact

# An arm asks for its author, its round-0 model and a foreign one.
_MOST_OPEN = 3
# Arms of one seed have the same tasks; a pool takes a second to draw.
_MOST_POOLS = 64
# Linux's file system in memory. A batch of samples is some megabytes there.
_MEMORY, _ROOM = Path("/dev/shm"), 1 << 30  # noqa: S108


def small_files() -> Path | None:
    """Return where thousands of small files that live for seconds are best written: in memory, if there is room.

    On a disk, writing 1,000 samples takes longer than linting them. ``None`` stands for the usual temporary directory.
    """
    fits = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if fits else None


class Workshop:
    """Tools for one process that runs arms of one study. A context manager.

    Raises ``gates.sandbox.spec.SandboxError`` on entry where no sandbox works: samples never run without one.
    """

    def __init__(self, study: Study, workers: int = 1) -> None:
        self._study, self._workers = study, workers
        self._opened: OrderedDict[str, Model] = OrderedDict()
        self._exits = ExitStack()
        self.source = open_source(study.tasks)
        self.pool = lru_cache(_MOST_POOLS)(self._pool)

    def __enter__(self) -> Workshop:
        self._sandbox = choose(None)
        # Before torch is imported: a fork of a process that holds it costs 25 ms instead of 1.
        self._harness = self._exits.enter_context(Harness(self._workers, self._study.limits, self._sandbox))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @contextmanager
    def gating(self) -> Iterator[LabContext]:
        """Give what gates work with for one batch; their files go with it."""
        own = Interpreter.own()
        with Workspace(small_files()) as workspace:
            yield LabContext(
                workspace,
                own,
                own,
                self._sandbox,
                jobs=self._workers,
                execute=self.execute,
                observe=self._harness.observe,
            )

    def _pool(self, purpose: str, seed: int, count: int) -> tuple[Task, ...]:
        return tuple(self.source.pool(purpose, seed, count))

    def execute(self, programs: Sequence[Program]) -> list[Verdict]:
        """Run programs in the sandbox and compare what they return, outside their process."""
        return self._harness.judge(programs)

    def has_open(self, artifact: Artifact) -> bool:
        """Return whether the model is in memory."""
        return artifact.key in self._opened

    def open(self, artifact: Artifact) -> Model:
        """Return the model of an artifact whose weights are there."""
        if artifact.key not in self._opened:
            from collapse_lab.models.causal import open_model

            self._opened[artifact.key] = open_model(artifact.path / "model")
        self._opened.move_to_end(artifact.key)
        while len(self._opened) > _MOST_OPEN:
            self._opened.popitem(last=False)
        return self._opened[artifact.key]

    def base_documents(self, study: Study, number: int) -> list[Document]:
        """Return the human documents that base *number* was trained on: of pretrained weights none are known but those
        that they were tuned on here."""
        if study.model.kind == "pretrained":
            from collapse_lab.models import tuned

            tuning = study.model.tuning(number)
            return [] if tuning is None else tuned.documents(tuning, self.source)
        from collapse_lab.models.base import documents

        return documents(study, self.source, number)

    def train_base(self, study: Study, number: int, path: Path, told: Told | None = None) -> None:
        """Make base *number* in *path*: trained from nothing, or somebody's weights as transformers opens them, tuned
        where the study says so.

        An interrupted training goes on where it stood; *told* hears of its steps.
        """
        if study.model.kind == "pretrained":
            from collapse_lab.models.pretrained import open_pretrained
            from collapse_lab.models.tuned import tune_base

            if (tuning := study.model.tuning(number)) is None:
                open_pretrained(study.model, number, path)
            else:
                tune_base(study.model, tuning, self.source, path, told=told)
            return
        from collapse_lab.models.base import train_base

        train_base(study, self.source, number, path, self.execute, told=told)
