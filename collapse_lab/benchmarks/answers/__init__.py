"""Benchmarks whose answers are words, not code: nothing is run, an answer is compared with what is known.

``rubric``    how an answer is marked: yes or no against a label, a summary against a person's
``overlap``   BLEU-4 and ROUGE-L of one text against another
``entries``   published rows as entries, without copies, cut into a benchmark and a pool that share no code
``reveal``    ReVeal: is this C function vulnerable?
``codesearchnet``   CodeSearchNet, Python: what does this function do?

The benchmark and the pool of one name come from the same file by the same cut, so that no function of the benchmark,
no copy and no near copy of one is ever a prompt or a document of training (``tasks.task``, ``pools.answers``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from collapse_lab.benchmarks.answers import codesearchnet, reveal
from collapse_lab.benchmarks.answers.entries import Entry, Parts, parted
from collapse_lab.benchmarks.rows import BenchmarkError

__all__ = ["NAMES", "parts_of"]

_READ: Mapping[str, Callable[[Path | None], Iterable[Entry]]] = {
    "reveal": reveal.entries,
    "codesearchnet": codesearchnet.entries,
}
NAMES = tuple(_READ)


@lru_cache(maxsize=4)
def parts_of(name: str, path: str | None) -> Parts:
    """Return a data set's two parts, from a file or folder of the published form, or from the Hub.

    The same in every process. Raises ``BenchmarkError``, in a sentence.
    """
    parts = parted(_READ[name](Path(path).expanduser() if path else None))
    if not parts.test or not parts.pool:
        raise BenchmarkError(
            f"{name} has {len(parts.test)} functions for the benchmark and {len(parts.pool)} for the pool here; both "
            "need some. A fifth of all goes into the benchmark: give a larger file."
        )
    return parts
