"""A harvest from the first file to the last: what is installed, cleaned, written with a manifest beside it.

Of functions, or of natural-language texts: what metadata say of a distribution at length, and what its modules'
docstrings say. Docstrings of functions are no texts: they are in the prompts of the other harvest.
"""

from __future__ import annotations

import ast
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from collapse_lab.pools.clean import decontaminated, distinct
from collapse_lab.pools.harvest import BODY, Harvest
from collapse_lab.pools.origins import Found, Installed
from collapse_lab.pools.paragraphs import LEAST, MOST, paragraphs, pieces
from collapse_lab.pools.rows import Origin, PoolError, Row, write
from collapse_lab.pools.texts import text_row, write_texts
from collapse_lab.tasks.task import Benchmark
from gates.source import ParseFailure, parse_python

Told = Callable[[str], None]
"""Hears a line on what is being done."""


PUBLISHED = ("humaneval", "humaneval-plus", "mbpp", "mbpp-plus")
"""The published benchmarks that a harvest is compared with where they are to be had; ``everyday`` always is."""


@dataclass(frozen=True)
class Collected:
    """The rows of a harvest, how they are written, and its manifest. ``kind`` says what the rows are."""

    kind: Literal["functions", "texts"]
    rows: tuple[Row, ...]
    manifest: dict[str, Any]

    @property
    def write(self) -> Callable[[Iterable[Row], Path], str]:
        """Writes rows into a file, and returns its hash."""
        return write if self.kind == "functions" else write_texts


def collect(installed: Installed, benchmarks: Mapping[str, Benchmark], told: Told = lambda _: None) -> Collected:
    """Return the functions of what is installed, in the order of distributions, paths and lines.

    Raises ``PoolError`` where not one function is left.
    """
    harvest = Harvest()
    for found in installed.found:
        for source, origin in found.sources():
            harvest.add(source, origin)
    return _cleaned("functions", installed, harvest.rows, harvest.left_out, benchmarks, told)


def collect_prose(installed: Installed, benchmarks: Mapping[str, Benchmark], told: Told = lambda _: None) -> Collected:
    """Return the natural-language texts of what is installed, in the order of distributions and paths.

    Raises ``PoolError`` where not one text is left.
    """
    rows, left_out = list[Row](), Counter[str]()
    for found in installed.found:
        readme = found.readme()
        written = [*([readme] if readme else []), *_docstrings(found, left_out)]
        for text, origin in written:
            made = list(pieces(paragraphs(text)))
            rows += [text_row(piece, origin) for piece in made]
            left_out["without a paragraph of natural language long enough"] += not made
    return _cleaned("texts", installed, rows, left_out, benchmarks, told)


def _docstrings(found: Found, left_out: Counter[str]) -> Iterator[tuple[str, Origin]]:
    for source, origin in found.sources():
        tree = parse_python(source)
        if isinstance(tree, ParseFailure):
            left_out["files that do not parse"] += 1
        elif text := ast.get_docstring(tree):
            yield text, replace(origin, line=tree.body[0].lineno)


def _cleaned(
    kind: Literal["functions", "texts"],
    installed: Installed,
    rows: Sequence[Row],
    left_out: Counter[str],
    benchmarks: Mapping[str, Benchmark],
    told: Told,
) -> Collected:
    told(f"{len(rows)} {kind} in {len(installed.found)} distributions")
    apart, copies = distinct(rows)
    told(f"{len(apart)} without copies and near copies")
    documents = {name: [(t.prompt, t.reference) for t in b.tasks] for name, b in benchmarks.items()}
    clean, overlap = decontaminated(apart, documents)
    told(f"{len(clean)} without what overlaps a benchmark")
    if not clean:
        raise PoolError(
            f"No {kind.removesuffix('s')} is left in the harvest. Name other packages, or none: then all are taken."
        )
    by_origin = Counter(row.origin.distribution for row in clean)
    manifest = {
        "format": 1,
        kind: len(clean),
        **({"body_lines": list(BODY)} if kind == "functions" else {"characters": [LEAST, MOST]}),
        "python": platform.python_version(),
        "distributions": {
            f.name: {"version": f.version, "licence": f.licence.name, kind: by_origin[f.name]} for f in installed.found
        },
        "refused": {standing: sorted(names) for standing, names in sorted(installed.refused.items())},
        "left_out": dict(sorted({**installed.left_out, **left_out, **copies}.items())),
        "benchmarks": {
            n: {"hash": b.hash, "tasks": len(b.tasks), "overlap": overlap[n]} for n, b in benchmarks.items()
        },
        "overlapping": len(apart) - len(clean),
    }
    return Collected(kind, tuple(clean), manifest)


def save(collected: Collected, path: Path) -> dict[str, Any]:
    """Write the file of rows and, beside it, its manifest with the file's hash; return the manifest."""
    manifest = {"file": path.name, "sha256": collected.write(collected.rows, path), **collected.manifest}
    manifest_of(path).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return manifest


def manifest_of(path: Path) -> Path:
    """Return where the manifest of a harvest's file stands."""
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
