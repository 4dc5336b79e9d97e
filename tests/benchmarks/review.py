"""A whole review against the same tools run by hand on the same files, base and head."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import subject
from tests.benchmarks.timing import Line, line, run, timed

_ROUNDS = 5
_BIN = Path(sys.executable).parent
_CHANGED = [f"series/part{n}.py" for n in range(3)]


def measure(scratch: Path) -> Iterator[Line]:
    """Yield the cold and the warm ratio. A round takes by hand, cold and warm in turn."""
    repo = scratch / "subject"
    subject.build(repo)
    for side, branch in (("base", "main"), ("head", "one")):
        run("git", "clone", "--quiet", "--branch", branch, repo, scratch / side)
    _review(repo, "two", scratch / "warm-cache")
    cold, warm, by_hand = [], [], []
    for number in range(_ROUNDS):
        by_hand.append(timed(lambda: _by_hand(scratch)))
        cold.append(timed(lambda n=number: _review(repo, "one", scratch / f"cold-cache{n}")))
        warm.append(timed(lambda: _review(repo, "one", scratch / "warm-cache")))
    yield line("review, cold cache / by hand", [a / b for a, b in zip(cold, by_hand, strict=True)], "x", 1.15)
    yield line("review, base reviewed before / by hand", [a / b for a, b in zip(warm, by_hand, strict=True)], "x", 0.6)


def _by_hand(scratch: Path) -> None:
    """Run pylint, mypy and pytest on the base's and on the head's checkout, one after the other."""
    for side in ("base", "head"):
        tree = scratch / side
        for left in (".mypy_cache", ".pytest_cache"):
            shutil.rmtree(tree / left, ignore_errors=True)
        run(_BIN / "python", "-m", "pylint", *_CHANGED, cwd=tree, ok=range(32))
        run(_BIN / "python", "-m", "mypy", *_CHANGED, cwd=tree, ok=(0, 1))
        run(_BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tree)


def _review(repo: Path, head: str, cache: Path) -> None:
    environment = {**os.environ, "EXOGATE_CACHE_DIR": str(cache), "EXOGATE_PYTHON": sys.executable}
    run(
        _BIN / "exogate", "review", "--repo", repo, "--base", "main", "--head", head,
        "--policy", "standard", "--gates", "lint,types,base-tests", env=environment,
    )  # fmt: skip
