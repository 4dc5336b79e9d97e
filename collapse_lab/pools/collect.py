"""A harvest from the first file to the last: what is installed, cleaned, written with a manifest beside it."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse_lab.pools.clean import decontaminated, distinct
from collapse_lab.pools.harvest import BODY, Harvest
from collapse_lab.pools.origins import Installed
from collapse_lab.pools.rows import PoolError, Row, write
from collapse_lab.tasks.task import Benchmark

Told = Callable[[str], None]
"""Hears a line on what is being done."""


PUBLISHED = ("humaneval", "humaneval-plus", "mbpp", "mbpp-plus")
"""The published benchmarks that a harvest is compared with where they are to be had; ``everyday`` always is."""


@dataclass(frozen=True)
class Collected:
    """The functions of a harvest, and its manifest."""

    rows: tuple[Row, ...]
    manifest: dict[str, Any]


def collect(installed: Installed, benchmarks: Mapping[str, Benchmark], told: Told = lambda _: None) -> Collected:
    """Return the functions of what is installed, in the order of distributions, paths and lines.

    Raises ``PoolError`` where not one function is left.
    """
    harvest = Harvest()
    for found in installed.found:
        for source, origin in found.sources():
            harvest.add(source, origin)
    told(f"{len(harvest.rows)} functions in {len(installed.found)} distributions")
    apart, copies = distinct(harvest.rows)
    told(f"{len(apart)} without copies and near copies")
    documents = {name: [(t.prompt, t.reference) for t in b.tasks] for name, b in benchmarks.items()}
    clean, overlap = decontaminated(apart, documents)
    told(f"{len(clean)} without what overlaps a benchmark")
    if not clean:
        raise PoolError("No function is left in the harvest. Name other packages, or none: then all are taken.")
    by_origin = Counter(row.origin.distribution for row in clean)
    manifest = {
        "format": 1,
        "functions": len(clean),
        "body_lines": list(BODY),
        "python": platform.python_version(),
        "distributions": {
            f.name: {"version": f.version, "licence": f.licence.name, "functions": by_origin[f.name]}
            for f in installed.found
        },
        "refused": {standing: sorted(names) for standing, names in sorted(installed.refused.items())},
        "left_out": dict(sorted({**installed.left_out, **harvest.left_out, **copies}.items())),
        "benchmarks": {
            n: {"hash": b.hash, "tasks": len(b.tasks), "overlap": overlap[n]} for n, b in benchmarks.items()
        },
        "overlapping": len(apart) - len(clean),
    }
    return Collected(tuple(clean), manifest)


def save(collected: Collected, path: Path) -> dict[str, Any]:
    """Write the file of functions and, beside it, its manifest with the file's hash; return the manifest."""
    manifest = {"file": path.name, "sha256": write(collected.rows, path), **collected.manifest}
    manifest_of(path).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return manifest


def manifest_of(path: Path) -> Path:
    """Return where the manifest of a file of functions stands."""
    return path.with_name(f"{path.name}.manifest.json")


def known_benchmarks(
    told: Told, names: Sequence[str] = PUBLISHED, paths: Mapping[str, str] | None = None
) -> dict[str, Benchmark]:
    """Return what a harvest is compared with; *paths* are files of published benchmarks, by their names.

    One that is not to be had here is told of and left out; raises ``BenchmarkError`` for one that has a path.
    """
    from collapse_lab.benchmarks import BenchmarkError, open_benchmark
    from collapse_lab.study import BenchmarkChoice

    paths = paths or {}
    found = {"everyday": open_benchmark(BenchmarkChoice(name="everyday"))}
    for name in dict.fromkeys((*names, *paths)):
        try:
            found[name] = open_benchmark(BenchmarkChoice.model_validate({"name": name, "path": paths.get(name)}))
        except BenchmarkError as error:
            if name in paths:
                raise
            told(f"not compared with {name}: {error}")
    return found
