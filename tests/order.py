"""The order of tests on several processes: files that take long begin first, so that none is waited for at the end.

`pytest -n N --dist worksteal` cuts the list of tests into N parts, one a process, and moves tests between processes
only when one has nothing left. A file that takes minutes and stands last in its part is waited for by all others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from heapq import heapreplace
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")

# Seconds of the files that take longest, whole processes most of them (2 cores, `--durations`); others are short.
LONG: Mapping[str, float] = {
    "collapse_lab/queue/test_hosts.py": 200,
    "collapse_lab/test_end_to_end.py": 160,
    "collapse_lab/test_merge.py": 125,
    "collapse_lab/test_results.py": 100,
    "app/action/test_install.py": 60,
    "collapse_lab/report/test_page.py": 60,
    "webhooks/test_worker.py": 60,
    "gates/exogenous/test_types.py": 60,
    "app/action/test_label.py": 50,
    "app/action/test_whole.py": 50,
    "app/action/test_hostile.py": 40,
    "promises/test_promises.py": 40,
    "webhooks/test_up.py": 40,
    "collapse_lab/evidence/test_cards.py": 40,
    "app/prepare/test_environment.py": 40,
    "app/export/test_history.py": 40,
    "collapse_lab/bench/test_bench.py": 45,
    "collapse_lab/models/test_vllm.py": 45,
    "collapse_lab/test_answers_run.py": 40,
    "collapse_lab/models/test_spread.py": 35,
    "collapse_lab/test_diagnosis.py": 35,
    "collapse_lab/benchmarks/test_judged.py": 30,
    "collapse_lab/models/test_pretrained.py": 30,
    "collapse_lab/models/test_progress.py": 30,
    "collapse_lab/self_gates/test_prepared.py": 25,
    "deploy/test_deploy_run.py": 25,
    "collapse_lab/evidence/test_choose.py": 20,
}


def ordered(items: Sequence[T], files: Sequence[str], processes: int, long: Mapping[str, float] = LONG) -> list[T]:
    """Return *items* (*files* stand beside them) in *processes* parts of as many items, each begun by long files.

    Long files are dealt so that each part has about as many seconds of them; a file stays whole, in its own order.
    """
    groups = [[item for item, _ in pairs] for _, pairs in groupby(zip(items, files, strict=True), key=lambda p: p[1])]
    names = [name for name, _ in groupby(files)]
    slow = sorted((n for n, name in enumerate(names) if name in long), key=lambda n: -long[names[n]])
    parts: list[tuple[float, int, list[T]]] = [(0.0, number, []) for number in range(processes)]
    for group in slow:
        seconds, number, part = parts[0]
        heapreplace(parts, (seconds + long[names[group]], number, part + groups[group]))
    rest = _without(groups, slow)
    size = -(-len(items) // processes)
    made = [part for _, _, part in sorted(parts, key=lambda one: one[1])]
    return [item for part in made for item in (*part, *_next(rest, size - len(part)))] + rest


def _without(groups: Sequence[Sequence[T]], left_out: Iterable[Hashable]) -> list[T]:
    gone = set(left_out)
    return [item for number, group in enumerate(groups) if number not in gone for item in group]


def _next(rest: list[T], count: int) -> list[T]:
    taken, rest[:] = rest[: max(0, count)], rest[max(0, count) :]
    return taken
