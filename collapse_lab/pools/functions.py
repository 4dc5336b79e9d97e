"""A file of functions as a pool: the same tasks in every process, and none of one purpose in another."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from collapse_lab.pools.rows import PoolError, Row, read
from collapse_lab.sample import seed_of
from collapse_lab.tasks.task import Benchmark, Task

if TYPE_CHECKING:
    from collapse_lab.pools.origins import Installed

Make = Callable[["Installed", Mapping[str, Benchmark], Path], object]
"""Writes a harvest of what is installed, less what benchmarks hold, into a file."""

PARTS: Mapping[str, range] = {"prompts": range(4), "human": range(4, 6), "base": range(6, 7)}
"""Which eighths of a file a purpose has; the last is for all others together."""

_EIGHTHS = 8
_OTHERS = range(7, 8)


class FunctionPool:
    """Implements ``collapse_lab.pools.FunctionSource`` over rows.

    A row belongs to an eighth by its own hash, so that rows which join or leave move no other. Its tasks have no
    cases and all the same stratum: nothing is scored on them.
    """

    def __init__(self, name: str, rows: Sequence[Row], sha256: str, seed: int = 0) -> None:
        self.name, self._sha256, self._seed = name, sha256, seed
        # In no order but the hashes': where a row stands in its file decides nothing.
        self._rows = sorted(rows, key=lambda row: row.sha256)
        self._parts: dict[range, list[Row]] = {}
        for row in self._rows:
            part = eighth_of(row)
            found = next((eighths for eighths in PARTS.values() if part in eighths), _OTHERS)
            self._parts.setdefault(found, []).append(row)

    @property
    def identity(self) -> dict[str, str | int]:
        """What the pool hangs on: its file's content and the seed of its draws."""
        return {"pool": self.name, "sha256": self._sha256, "rows": len(self._rows), "seed": self._seed}

    def pool(self, purpose: str, seed: int, count: int) -> list[Task]:
        """Return *count* tasks of the part that *purpose* has, in an order drawn by *seed*.

        None twice, as long as there are others: then all are drawn anew. Raises ``PoolError`` where the part is empty.
        """
        rows = self._rows_of(purpose)
        if not rows:
            raise PoolError(
                f"The pool `{self.name}` has {len(self._rows)} rows, and none for `{purpose}`: harvest more."
            )
        random = Random(seed_of("functions", self._seed, purpose, seed))  # noqa: S311  # a study's draw, no secret
        drawn: list[Row] = []
        while len(drawn) < count:
            drawn += random.sample(rows, min(len(rows), count - len(drawn)))
        return [self._task(row, f"{purpose}-{seed}-{place}") for place, row in enumerate(drawn)]

    def room(self, purpose: str) -> int:
        """Return how many different tasks the part of a purpose has."""
        return len(self._rows_of(purpose))

    def _rows_of(self, purpose: str) -> list[Row]:
        rows = self._parts.get(PARTS.get(purpose, _OTHERS), [])
        return rows if purpose == "prompts" else [row for row in rows if row.completion]

    def _task(self, row: Row, draw: str) -> Task:
        return Task(
            id=f"{self.name}-{row.sha256[:12]}-{draw}",
            prompt=row.prompt,
            entry_point=row.name,
            reference=row.completion,
            visible=(),
            hidden=(),
            stratum="middle",
            family=row.origin.distribution,
        )


def eighth_of(row: Row) -> int:
    """Return the eighth that a row belongs to, 0 to 7."""
    return seed_of("eighth", row.sha256) % _EIGHTHS


def open_functions(seed: int = 0, path: Path | None = None, cache: Path | None = None) -> FunctionPool:
    """Return the pool over a file, or over this machine's own harvest, made and kept in *cache* when it is first
    needed. Raises ``PoolError``."""
    rows, sha256 = read(path or harvested(cache))
    return FunctionPool("functions", rows, sha256, seed)


def harvested(cache: Path | None = None) -> Path:
    """Return the file of this machine's harvest; another environment or another version of this code has another."""
    from collapse_lab.pools.collect import collect, save

    return kept_harvest("functions", lambda found, benchmarks, path: save(collect(found, benchmarks), path), cache)


def kept_harvest(name: str, make: Make, cache: Path | None = None) -> Path:
    """Return the file in *cache* that *make* writes of what is installed and what a harvest is compared with; it is
    written once for each environment and each version of this code."""
    from collapse_lab.pools.collect import known_benchmarks
    from collapse_lab.pools.origins import installed

    benchmarks = known_benchmarks(lambda _: None)
    key = json.dumps([_environment(), {name: b.hash for name, b in benchmarks.items()}, _code()])
    path = (cache or cached()) / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.jsonl"
    if not path.is_file():
        # Nobody should wait for minutes without a word; without a handler of its own it goes to standard error.
        logging.getLogger(__name__).warning(
            "Reading the %s of what is installed here: minutes, once for this environment.", name
        )
        make(installed(), benchmarks, path)
    return path


def cached() -> Path:
    """Return where pools are kept that nobody named a file for."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "exogate" / "pools"


def _environment() -> list[str]:
    return [platform.python_version(), *sorted({f"{d.metadata['Name']} {d.version}" for d in distributions()})]


def _code() -> str:
    from collapse_lab import revision

    return revision.code("collapse_lab/pools", "collapse_lab/metrics")
