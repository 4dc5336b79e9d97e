"""Pools of code that people wrote, without tests: prompts to complete, and human documents to train on.

``harvest``      functions with docstrings out of source text; code is parsed, never imported or run
``origins``      what is installed here: the standard library and distributions, with their licences
``licences``     which of those licences are permissive
``clean``        copies, near copies, and what overlaps a benchmark, left out and counted
``collect``      all of these together: a file of functions and its manifest
``functions``    such a file as a pool
``stack``        The Stack, from the Hub, as a pool
``prose``        natural-language texts, drawn beside code
``paragraphs``   such texts out of documents; ``texts``, their files; ``wikipedia``, from the Hub
``answers``      functions with questions about them, and people's answers
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from collapse_lab.pools.rows import PoolError

if TYPE_CHECKING:
    from collapse_lab.study import PoolChoice
    from collapse_lab.tasks.task import Task

__all__ = ["FunctionSource", "PoolError", "open_pool"]


class FunctionSource(Protocol):
    """A pool of tasks that nothing tests."""

    @property
    def name(self) -> str:
        """``functions``, ``stack``, or a data set of answers."""

    @property
    def identity(self) -> dict[str, str | int]:
        """What the pool hangs on, for artifacts' keys."""

    def pool(self, purpose: str, seed: int, count: int) -> Sequence[Task]:
        """Return *count* tasks. No task of one purpose is ever one of another purpose, but for the purposes that are
        neither ``prompts`` nor ``human`` nor ``base``: these share a part."""

    def room(self, purpose: str) -> int:
        """Return how many different tasks there are for a purpose."""


@lru_cache(maxsize=4)
def open_pool(choice: PoolChoice, cache: Path | None = None) -> FunctionSource:
    """Return the pool that a study names. Equal choices give the same one.

    Without a file, what this machine's harvest (or the Hub) gives is kept in *cache* and found there again.
    Raises ``PoolError`` where there is no such pool (``BenchmarkError`` for one of a benchmark's file).
    """
    from collapse_lab.pools.functions import open_functions
    from collapse_lab.pools.stack import open_stack

    if choice.name == "stack":
        return open_stack(choice.seed, Path(choice.path) if choice.path else None, cache)
    if choice.answered:
        from collapse_lab.pools.answers import open_answers

        return open_answers(choice)
    if choice.name == "functions":
        return open_functions(choice.seed, Path(choice.path) if choice.path else None, cache)
    raise PoolError("The pocket pool is no file of functions: it belongs to the pocket tasks.")
