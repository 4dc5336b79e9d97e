"""Functions with questions as a pool: apart from the benchmark, by purpose, and with as many of each class."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from collapse_lab.benchmarks import open_benchmark
from collapse_lab.pools import PoolError, open_pool
from collapse_lab.pools.answers import AnswerPool
from collapse_lab.study import BenchmarkChoice, PoolChoice
from tests.collapse_lab.benchmarks.answers.sets import codesearchnet, reveal

PURPOSES = ("prompts", "human", "base", "judge")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sets")
    return {"reveal": reveal(folder / "reveal", 80, 200), "codesearchnet": codesearchnet(folder / "all.jsonl", 280)}


def pool(files: dict[str, Path], name: str, seed: int = 0) -> AnswerPool:
    found = open_pool(PoolChoice.model_validate({"name": name, "path": str(files[name]), "seed": seed}))
    assert isinstance(found, AnswerPool)
    return found


@pytest.mark.parametrize("name", ["reveal", "codesearchnet"])
def test_no_function_is_in_two_parts_or_in_the_benchmark(files: dict[str, Path], name: str) -> None:
    drawn = {purpose: {t.prompt for t in pool(files, name).pool(purpose, 0, 400)} for purpose in PURPOSES}
    choice = BenchmarkChoice.model_validate({"name": name, "path": str(files[name])})
    sides = [*drawn.values(), {task.prompt for task in open_benchmark(choice).tasks}]
    assert sum(map(len, sides)) == len(set().union(*sides))
    assert all(sides)


def test_yes_and_no_are_equally_often_asked_for(files: dict[str, Path]) -> None:
    for count in (1, 8, 25, 300):
        tasks = pool(files, "reveal").pool("prompts", 3, count)
        assert len(tasks) == count
        said = Counter(task.reference for task in tasks)
        assert abs(said[" yes\n"] - said[" no\n"]) <= 1
        assert len({task.id for task in tasks}) == count
        for task in tasks:
            assert task.tested
            assert task.rubric is not None
            assert task.rubric.mark(task.reference).passed


def test_none_comes_twice_while_there_are_others(files: dict[str, Path]) -> None:
    once = pool(files, "codesearchnet").pool("human", 0, 30)
    assert len({task.prompt for task in once}) == 30
    assert not any(task.tested for task in once)


def test_draws_are_by_seed_and_purpose(files: dict[str, Path]) -> None:
    first = [task.id for task in pool(files, "reveal").pool("prompts", 0, 20)]
    assert first == [task.id for task in pool(files, "reveal").pool("prompts", 0, 20)]
    assert first != [task.id for task in pool(files, "reveal").pool("prompts", 1, 20)]
    assert pool(files, "reveal").identity == pool(files, "reveal").identity
    assert pool(files, "reveal").identity != pool(files, "reveal", seed=1).identity
    assert pool(files, "reveal").identity["sha256"] != pool(files, "codesearchnet").identity["sha256"]


def test_another_process_has_the_same_pool_and_benchmark(files: dict[str, Path]) -> None:
    script = (
        "from collapse_lab.benchmarks import open_benchmark\n"
        "from collapse_lab.pools import open_pool\n"
        "from collapse_lab.study import BenchmarkChoice, PoolChoice\n"
        f"path = {str(files['reveal'])!r}\n"
        "print(open_pool(PoolChoice(name='reveal', path=path)).identity['sha256'])\n"
        "print(open_benchmark(BenchmarkChoice(name='reveal', path=path)).hash)\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    benchmark = open_benchmark(BenchmarkChoice(name="reveal", path=str(files["reveal"])))
    assert said == {f"{pool(files, 'reveal').identity['sha256']}\n{benchmark.hash}\n"}


def test_an_empty_part_is_an_error_in_a_sentence() -> None:
    with pytest.raises(PoolError, match="The pool `reveal` has 0 functions, and none for `human`: take more"):
        AnswerPool("reveal", []).pool("human", 0, 1)
