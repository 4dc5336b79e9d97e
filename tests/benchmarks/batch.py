"""`compile` and `lint` on many one-file changes against one pylint process a file, with the same messages."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gates.change import Change, MemorySnapshot
from gates.gate import Context
from gates.interpreter import Interpreter
from gates.panel import judge
from gates.presets import parse
from gates.sandbox.choose import choose
from gates.workspace import Workspace
from tests.benchmarks import subject
from tests.benchmarks.timing import Line, line, run, timed

_CHANGES = 500
# One process a file takes minutes for all; this many are timed, and all messages of theirs are compared.
_BY_HAND = int(os.environ.get("BENCH_BY_HAND", "60"))


def measure(scratch: Path) -> Iterator[Line]:
    """Yield how many times faster one batch is, a file."""
    texts = subject.samples(_CHANGES)
    empty = MemorySnapshot({})
    changes = [Change.between(empty, MemorySnapshot.of({"sample.py": text}), str(n)) for n, text in enumerate(texts)]
    policy = parse("gates: {compile: block, lint: block}\n", "bench")
    ratios, messages = [], {}
    for _ in range(3):
        by_hand = 0.0
        for number in range(0, _CHANGES, _CHANGES // _BY_HAND):
            folder = scratch / f"file{number}"
            folder.mkdir(exist_ok=True)
            (folder / "sample.py").write_text(texts[number], "utf-8")
            by_hand += timed(lambda n=number, f=folder: messages.__setitem__(n, _pylint(f)))
        judged: list[list[object]] = []
        batch = timed(lambda into=judged: into.extend(_judge(policy, changes)))
        ratios.append((by_hand / len(messages)) / (batch / _CHANGES))
    for number, expected in messages.items():
        found = sorted((f.line, f.rule) for f in judged[number][1].verdict.findings)
        if found != expected:
            raise RuntimeError(f"change {number}: pylint said {expected}, the batch {found}")
    yield line(
        f"compile + lint, {_CHANGES} changes at once / a pylint process a file", ratios, "x faster", 30, at_most=False
    )


def _judge(policy: object, changes: list[Change]) -> list[list[object]]:
    own = Interpreter.own()
    with Workspace() as workspace:
        return judge(policy, changes, Context(workspace, own, own, choose(None)))


def _pylint(folder: Path) -> list[tuple[int, str]]:
    output = run(sys.executable, "-m", "pylint", "--output-format=json", "sample.py", cwd=folder, ok=range(32))
    return sorted((message["line"], message["symbol"]) for message in json.loads(output))
