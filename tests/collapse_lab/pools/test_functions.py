"""A file of functions as a pool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collapse_lab.pools import PoolError, open_pool
from collapse_lab.pools.functions import FunctionPool
from collapse_lab.pools.rows import Origin, Row, read, write
from collapse_lab.study import PoolChoice

ORIGIN = Origin("shop", "1.0", "shop/till.py", 1, "MIT")
ROWS = [
    Row(f"f{n}", f'def f{n}(a):\n    """Return the {n}th thing."""\n', f"    b = a + {n}\n    return b\n", ORIGIN)
    for n in range(200)
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(ROWS, tmp_path / "pool.jsonl")
    return tmp_path / "pool.jsonl"


def names(pool: FunctionPool, purpose: str, seed: int = 0, count: int = 400) -> set[str]:
    return {task.entry_point for task in pool.pool(purpose, seed, count)}


def test_what_is_written_is_read_again(file: Path) -> None:
    rows, sha256 = read(file)
    assert rows == ROWS
    assert sha256 == write(ROWS, file)


def test_a_study_opens_it_by_its_path(file: Path) -> None:
    found = open_pool(PoolChoice(name="functions", path=str(file)))
    assert found.name == "functions"
    assert found.identity["rows"] == 200
    assert found.identity["sha256"] == read(file)[1]


def test_tasks_have_no_cases_and_are_whole_programs() -> None:
    (task,) = FunctionPool("functions", ROWS, "").pool("prompts", 0, 1)
    assert (task.visible, task.hidden, task.family) == ((), (), "shop")
    assert task.prompt.endswith('"""\n')
    compile(task.program(task.reference), "task", "exec")


def test_purposes_share_no_function_whatever_the_seed() -> None:
    pool = FunctionPool("functions", ROWS, "")
    parts = [names(pool, purpose) for purpose in ("prompts", "human", "base", "judge")]
    assert sum(map(len, parts)) == len(set().union(*parts)) == len(ROWS)
    assert names(pool, "prompts", 7) == parts[0]
    assert len(parts[0]) > len(parts[1]) > len(parts[2])


def test_the_same_call_gives_the_same_tasks_and_another_seed_others() -> None:
    one, other = FunctionPool("functions", ROWS, ""), FunctionPool("functions", ROWS[::-1], "")
    assert one.pool("prompts", 3, 20) == other.pool("prompts", 3, 20)
    assert one.pool("prompts", 3, 20) != one.pool("prompts", 4, 20)
    assert FunctionPool("functions", ROWS, "", 1).pool("prompts", 3, 20) != one.pool("prompts", 3, 20)


def test_none_is_drawn_twice_before_all_are() -> None:
    pool = FunctionPool("functions", ROWS, "")
    whole = len(names(pool, "human"))
    assert len({t.entry_point for t in pool.pool("human", 0, whole)}) == whole
    again = pool.pool("human", 0, 2 * whole)
    assert len({task.id for task in again}) == 2 * whole
    assert {t.entry_point for t in again[whole:]} == {t.entry_point for t in again[:whole]}


def test_a_row_that_joins_moves_no_other() -> None:
    more = [*ROWS, Row("late", 'def late(a):\n    """Come too late."""\n', "    return a\n    return a\n", ORIGIN)]
    for purpose in ("prompts", "human", "base", "judge"):
        before = names(FunctionPool("functions", ROWS, ""), purpose)
        assert names(FunctionPool("functions", more, ""), purpose) - {"late"} == before


def test_a_part_without_rows_is_said() -> None:
    with pytest.raises(PoolError, match="has 1 rows, and none for"):
        pool = FunctionPool("functions", ROWS[:1], "")
        for purpose in ("prompts", "human"):
            pool.pool(purpose, 0, 1)


def changed(**new: object) -> str:
    return json.dumps({**json.loads(ROWS[1].as_json()), **new})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "this is no JSON"),
        ("[]", "a row needs the texts"),
        (changed(prompt=1), "a row needs the texts"),
        (changed(origin={"distribution": "x"}), "a row needs the texts"),
        (changed(completion="    return 1\n"), "not what its `sha256` says"),
        (Row("f", "def f():", " pass\n", ORIGIN).as_json(), "does not end with a line's end"),
    ],
)
def test_a_bad_line_is_said_with_its_place(file: Path, line: str, said: str) -> None:
    file.write_text(f"{ROWS[0].as_json()}\n{line}\n", "utf-8")
    with pytest.raises(PoolError, match="line 2: ") as error:
        read(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)


def test_a_file_that_is_not_there_or_empty_is_said(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="collapse-lab harvest --out"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(PoolError, match="is empty"):
        read(tmp_path / "empty.jsonl")


def test_the_pocket_pool_is_no_file() -> None:
    with pytest.raises(PoolError, match="pocket"):
        open_pool(PoolChoice(name="pocket"))
