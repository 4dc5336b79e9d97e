"""The pool's streams, the held-out border, the benchmarks."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import islice
from random import Random
from typing import Any

import pytest

from collapse_lab.sample import change_of
from collapse_lab.study import PocketTasks
from collapse_lab.tasks.cases import cases_of, function_of
from collapse_lab.tasks.pocket import FIRST, SECOND, PocketSource
from collapse_lab.tasks.specification import FAMILIES, Specification, all_singles, call, of_names
from collapse_lab.tasks.tables import OPERATIONS
from collapse_lab.tasks.task import STRATA, Task

FINGERPRINT = (
    "import hashlib; from collapse_lab.tasks.pocket import PocketSource; s = PocketSource();"
    "print(hashlib.sha256(repr(s.pool('x', 3, 300)).encode()).hexdigest())"
)


@pytest.fixture(scope="module")
def source() -> PocketSource:
    return PocketSource()


@pytest.fixture(scope="module")
def pool(source: PocketSource) -> list[Task]:
    return list(source.pool("base", 0, 12_000))


def specification(task: Task) -> Specification:
    return of_names(task.family, task.operations)


def test_a_pool_is_the_same_in_every_process(source: PocketSource) -> None:
    here = hashlib.sha256(repr(source.pool("x", 3, 300)).encode()).hexdigest()
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": hash_seed},
        )
        assert done.stdout.strip() == here


def test_tasks_need_no_torch() -> None:
    code = "import sys, collapse_lab.tasks.pocket, collapse_lab.tasks.corrupt; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_a_longer_pool_begins_with_the_shorter(source: PocketSource) -> None:
    assert list(source.pool("p", 0, 50)) == list(source.pool("p", 0, 120))[:50]


def test_streams_differ_by_purpose_seed_and_settings(source: PocketSource) -> None:
    others = [source.pool("a", 0, 20), source.pool("b", 0, 20), source.pool("a", 1, 20)]
    others.append(PocketSource(PocketTasks(seed=1)).pool("a", 0, 20))
    assert len({tuple(task.prompt for task in tasks) for tasks in others}) == 4


def test_families_have_their_shares(pool: list[Task]) -> None:
    counts = Counter(task.family for task in pool)
    for family, share in FAMILIES.items():
        assert counts[family] / len(pool) == pytest.approx(share, abs=0.015)


def test_every_stratum_is_common(pool: list[Task]) -> None:
    counts = Counter(task.stratum for task in pool)
    assert all(counts[stratum] > 0.2 * len(pool) for stratum in STRATA)


def test_commoner_operations_are_drawn_more_often(pool: list[Task]) -> None:
    counts = Counter(name for task in pool for name in task.operations)
    for slot in ("filter", "map", "reduce", "step", "word filter"):
        ranks = [counts[row.name] for row in sorted(OPERATIONS.values(), key=lambda row: row.rank) if row.slot == slot]
        assert ranks[0] > 2 * ranks[4] > 2 * ranks[-1]


def test_every_operation_is_in_the_pool(pool: list[Task]) -> None:
    assert {name for task in pool for name in task.operations} == set(OPERATIONS)


def test_an_operation_alone_is_a_fair_task_and_never_held_out(source: PocketSource) -> None:
    for single in all_singles():
        function = function_of(single)
        assert function is not None, single.names
        assert cases_of(single) is not None, single.names
        assert source.held_out_for(single, function) == ""


def test_benchmarks_have_their_sizes_and_every_stratum(source: PocketSource) -> None:
    benchmarks = source.benchmarks()
    assert {name: len(b.tasks) for name, b in benchmarks.items()} == {FIRST: 300, SECOND: 200}
    for benchmark in benchmarks.values():
        counts = Counter(task.stratum for task in benchmark.tasks)
        assert all(counts[stratum] >= 0.25 * len(benchmark.tasks) for stratum in STRATA)
        assert len({task.family for task in benchmark.tasks}) == len(FAMILIES)
    assert benchmarks[FIRST].hash == PocketSource().benchmarks()[FIRST].hash


def test_benchmarks_and_pools_share_no_function_and_no_prompt(source: PocketSource, pool: list[Task]) -> None:
    """Seen on inputs that the border knows nothing of."""
    first, second = (source.benchmarks()[name].tasks for name in (FIRST, SECOND))
    groups = [
        {_behaviour(s) for s in {specification(task) for task in tasks}} for tasks in (first, second, pool[:6000])
    ]
    assert len(groups[0]) == 300
    assert len(groups[1]) == 200
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]
    assert not {t.prompt.split("\n", 1)[1] for t in pool} & {t.prompt.split("\n", 1)[1] for t in (*first, *second)}


def _behaviour(specification: Specification) -> str:
    return repr((specification.takes, [call(specification, arguments) for arguments in _fresh(specification.takes)]))


def _word_list(random: Random) -> list[str]:
    """Words that are much alike: in case, direction and ends."""
    bases = ["".join(random.choice("aeAEstSTb1") for _ in range(random.randint(0, 7))) for _ in range(2)]
    alike = [
        form
        for base in bases
        for form in (base, base.upper(), base.lower(), base.swapcase(), base[::-1], base + base[::-1], base[1:])
    ]
    return [random.choice(alike) for _ in range(random.randint(0, 5))]


@cache
def _fresh(kind: str) -> list[tuple[Any, ...]]:
    random = Random(5)
    match kind:
        case "numbers":
            spreads = [random.choice((2, 6, 12, 40)) for _ in range(250)]
            steps = [random.choice((1, 1, 1, 5, 7)) for _ in spreads]
            return [
                ([step * random.randint(-spread // 2, spread) for _ in range(random.randint(0, 7))],)
                for spread, step in zip(spreads, steps, strict=True)
            ]
        case "words":
            return [(_word_list(random),) for _ in range(600)]
        case "text":
            halves = [
                "".join(random.choice("aAbeEsS zZ19!  xo") for _ in range(random.randint(0, 9))) for _ in range(250)
            ]
            return [(half,) for half in halves] + [(half + half[::-1],) for half in halves[:60]]
        case "integer":
            return [(n,) for n in range(-60, 130)]
        case "natural":
            return [(n,) for n in range(32)]
        case "digits":
            return [(n,) for n in (*range(130), *range(200, 20_000, 171))]
    return [(a, b) for a in range(1, 16) for b in range(1, 16)]


@pytest.mark.parametrize(
    ("some", "same"),
    [
        (("step:upper", "step:no-digits"), ("step:no-digits", "step:upper")),
        (("step:letters", "step:reverse", "step:lower"), ("step:lower", "step:reverse", "step:letters")),
    ],
)
def test_differently_put_specifications_are_one_function(some: tuple[str, ...], same: tuple[str, ...]) -> None:
    functions = {function_of(of_names("texts", names)) for names in (some, same)}
    assert len(functions) == 1
    assert None not in functions


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("texts", ("step:upper", "step:upper")),
        ("texts", ("step:reverse", "step:sort")),
        ("texts", ("step:upper", "measure:length")),
        ("lists", ("map:square", "reduce:count")),
        ("lists", ("filter:positive", "reduce:any-negative")),
        ("words", ("word map:reversed", "word reduce:total-length")),
        ("integers", ("source:up-to", "reduce:product")),
    ],
)
def test_an_operation_without_effect_makes_no_task(family: str, names: tuple[str, ...]) -> None:
    specification = of_names(family, names)
    assert function_of(specification) is None or cases_of(specification) is None


def test_a_benchmark_is_empty_only_when_asked() -> None:
    assert set(PocketSource(PocketTasks(benchmark=20, second_benchmark=0)).benchmarks()) == {FIRST}


def test_benchmarks_that_take_most_functions_are_refused() -> None:
    with pytest.raises(ValueError, match="too little"):
        PocketSource(PocketTasks(benchmark=1400, second_benchmark=200))


def test_a_task_is_a_change_that_the_gates_can_judge(source: PocketSource) -> None:
    from collapse_lab.sample import Sample

    task = source.pool("change", 0, 1)[0]
    change = change_of(task, Sample("s", task.id, task.reference, 1, True, 0))
    assert change.head.read("solution.py").decode() == task.program(task.reference)


def test_the_share_of_untidy_bodies_is_the_settings(source: PocketSource) -> None:
    found = list(islice(source.drawing("untidy", 0), 4000))
    assert sum(bool(x.written.untidy) for x in found) / len(found) == pytest.approx(0.12, abs=0.02)
