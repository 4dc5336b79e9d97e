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

# Seconds of the files that take longest (2 cores, four processes at a time, slow tests included); others are short.
LONG: Mapping[str, float] = {
    "collapse_lab/models/test_vllm.py": 155,
    "app/ledger/test_cli.py": 155,
    "app/action/test_whole.py": 135,
    "collapse_lab/test_merge.py": 130,
    "promises/test_promises.py": 130,
    "collapse_lab/queue/test_hosts.py": 115,
    "collapse_lab/evidence/test_cards.py": 100,
    "gates/exogenous/attacks_pytest/test_lies.py": 100,
    "app/export/test_cli.py": 95,
    "app/github/test_pull_review.py": 90,
    "webhooks/test_up.py": 85,
    "gates/exogenous/test_own_tests.py": 80,
    "gates/exogenous/test_base_tests.py": 80,
    "gates/exogenous/test_lint.py": 80,
    "collapse_lab/test_end_to_end.py": 80,
    "collapse_lab/evidence/test_choose.py": 75,
    "app/github/test_from_run.py": 75,
    "collapse_lab/test_diagnosis.py": 75,
    "collapse_lab/bench/test_bench.py": 75,
    "gates/exogenous/test_mutation.py": 70,
    "app/github/test_pull_events.py": 70,
    "gates/exogenous/attacks_pytest/test_sabotage.py": 65,
    "app/cli/test_review.py": 65,
    "app/action/test_install.py": 65,
    "app/prepare/test_environment.py": 60,
    "collapse_lab/report/test_marks.py": 60,
    "app/action/test_hostile.py": 60,
    "webhooks/test_worker.py": 60,
    "collapse_lab/models/test_pretrained.py": 55,
    "collapse_lab/benchmarks/test_judged.py": 55,
    "collapse_lab/test_answers_run.py": 55,
    "collapse_lab/models/test_engines.py": 50,
    "app/github/test_review_calls.py": 50,
    "collapse_lab/queue/test_arm_queue.py": 50,
    "app/github/test_faults.py": 50,
    "collapse_lab/models/test_spread.py": 45,
    "collapse_lab/models/test_progress.py": 45,
    "gates/exogenous/test_types.py": 45,
    "collapse_lab/test_results.py": 45,
    "app/cli/test_policy_check.py": 40,
    "app/github/test_renamed.py": 35,
    "app/ledger/test_export.py": 35,
    "app/cli/test_publish.py": 35,
    "collapse_lab/report/test_diagnosis.py": 35,
    "app/action/test_label.py": 35,
    "gates/sandbox/test_attacks.py": 35,
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
