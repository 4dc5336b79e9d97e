"""Tasks: what a model is asked to write, with the tests that decide."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collapse_lab.study import CodeTasks, PocketTasks
    from collapse_lab.tasks.task import TaskSource


@lru_cache(maxsize=4)
def open_source(settings: PocketTasks | CodeTasks) -> TaskSource:
    """Return the source that a study's ``tasks`` name. Equal settings give the same one.

    Raises ``ValueError``, in a sentence, where a benchmark or a pool of a `code` source is not to be had.
    """
    if settings.kind == "code":
        from collapse_lab.tasks.code import CodeSource

        return CodeSource(settings)
    from collapse_lab.tasks.pocket import PocketSource

    return PocketSource(settings)
