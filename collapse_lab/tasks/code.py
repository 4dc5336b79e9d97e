"""Real benchmarks, and a pool of prompts apart from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from collapse_lab.benchmarks import open_benchmark
from collapse_lab.pools import FunctionSource, open_pool
from collapse_lab.study import PocketTasks
from collapse_lab.tasks.pocket import PocketSource
from collapse_lab.tasks.task import Benchmark, Task

if TYPE_CHECKING:
    from collapse_lab.study import CodeTasks


class CodeSource:
    """Implements ``collapse_lab.tasks.task.TaskSource``. Nothing is read before it is asked for."""

    name = "code"

    def __init__(self, settings: CodeTasks) -> None:
        self.settings = settings

    @property
    def identity(self) -> dict[str, Any]:
        """What its pools hang on; benchmarks have hashes of their own."""
        return dict(self._drawn.identity)

    def pool(self, purpose: str, seed: int, count: int) -> Sequence[Task]:
        """Return *count* tasks of the pool."""
        return self._drawn.pool(purpose, seed, count)

    def room(self, purpose: str) -> int | None:
        """Return how many different tasks the pool has for a purpose."""
        return self._drawn.room(purpose)

    def benchmarks(self) -> Mapping[str, Benchmark]:
        """Return the benchmarks in the study's order. Raises ``ValueError`` for one that is not to be had."""
        return {choice.name: open_benchmark(choice) for choice in self.settings.benchmarks}

    def texts(self) -> Sequence[tuple[str, str]]:
        """Return nothing: whoever learns real code has a tokenizer already."""
        return ()

    @cached_property
    def _drawn(self) -> PocketSource | FunctionSource:
        choice = self.settings.pool
        return PocketSource(PocketTasks(seed=choice.seed)) if choice.name == "pocket" else open_pool(choice)
