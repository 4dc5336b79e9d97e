"""Long test files begin first, each in a process of its own as far as there are some."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.order import LONG, ordered

FILES = ["a", "b", "c", "d", "e", "f"]


def test_long_files_begin_the_parts() -> None:
    items = [f"{name}{n}" for name in FILES for n in range(2)]
    files = [name for name in FILES for _ in range(2)]
    made = ordered(items, files, 3, {"b": 9, "e": 5, "f": 4, "a": 1})
    parts = [made[at : at + 4] for at in (0, 4, 8)]
    assert [part[:2] for part in parts] == [["b0", "b1"], ["e0", "e1"], ["f0", "f1"]]
    assert parts[2] == ["f0", "f1", "a0", "a1"]
    assert parts[0][2:] + parts[1][2:] == ["c0", "c1", "d0", "d1"]


@given(
    st.lists(st.tuples(st.sampled_from(FILES), st.integers(1, 5)), max_size=12),
    st.integers(1, 6),
    st.dictionaries(st.sampled_from(FILES), st.floats(0.1, 100)),
)
def test_nothing_is_lost_and_files_stay_whole(
    runs: list[tuple[str, int]], processes: int, long: dict[str, float]
) -> None:
    files = [f"{name}{at}" for at, (name, count) in enumerate(runs) for _ in range(count)]
    long = {file: long[file[0]] for file in files if file[0] in long}
    items = list(range(len(files)))
    made = ordered(items, files, processes, long)
    assert sorted(made) == items
    for file in set(files):
        places = [made.index(n) for n in items if files[n] == file]
        assert places == sorted(places)
        assert file not in long or places == list(range(places[0], places[0] + len(places)))


def test_the_files_of_the_table_are_there() -> None:
    assert [name for name in LONG if not (Path(__file__).parent / name).is_file()] == []
