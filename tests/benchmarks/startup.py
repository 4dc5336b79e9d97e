"""Start-up, and provenance over a thousand commits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import subject
from tests.benchmarks.timing import Line, line, run, timed

_BIN = Path(sys.executable).parent
_ROUNDS = 9


def measure(scratch: Path) -> Iterator[Line]:
    """Yield seconds, and the same as a multiple of what an empty Python or plain git take."""
    repo = scratch / "commits"
    subject.commits(repo, 1000)
    bare, version, log, provenance = [], [], [], []
    for _ in range(_ROUNDS):
        bare.append(timed(lambda: run(sys.executable, "-c", "pass")))
        version.append(timed(lambda: run(_BIN / "exogate", "--version")))
        log.append(timed(lambda: run("git", "-C", repo, "log", "--numstat")))
        provenance.append(timed(lambda: run(_BIN / "exogate", "provenance", "--repo", repo)))
    yield line("exogate --version", version, "s", 0.3)
    yield line("exogate --version / an empty Python", [a / b for a, b in zip(version, bare, strict=True)], "x", 10)
    yield line("exogate provenance, 1,000 commits", provenance, "s", 2.0)
    yield line("the same / git log --numstat", [a / b for a, b in zip(provenance, log, strict=True)], "x", 20)
