"""The cache: keyed by content, tolerant of damage."""

from __future__ import annotations

import os
from pathlib import Path

from gates.cache import Cache, key_of


def test_keys_depend_on_every_part_and_not_on_the_order_of_a_mapping() -> None:
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert len({key_of("a"), key_of("b"), key_of("a", None), key_of(["a"])}) == 4


def test_a_value_is_computed_once(tmp_path: Path) -> None:
    cache, calls = Cache(tmp_path), []
    for _ in range(2):
        assert cache.compute(key_of(1), lambda: calls.append(1) or {"v": 1}) == {"v": 1}
    assert calls == [1]


def test_a_damaged_entry_counts_as_absent(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(key_of(1), {"v": 1})
    (entry,) = tmp_path.rglob("*.json")
    entry.write_bytes(b'{"v": \xff')
    assert cache.get(key_of(1)) is None


def test_a_directory_that_cannot_be_written_loses_the_entry_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    cache = Cache(blocked)
    cache.put(key_of(1), 1)
    assert cache.get(key_of(1)) is None


def test_without_a_directory_nothing_is_kept() -> None:
    cache = Cache()
    cache.put(key_of(1), 1)
    assert cache.get(key_of(1)) is None


def test_the_oldest_entries_go_when_there_are_too_many(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(4):
        cache.put(key_of(number), "x" * 1000)
        (entry,) = tmp_path.rglob(f"{key_of(number)}.json")
        os.utime(entry, (number, number))
    cache.prune(most_bytes=2500)
    assert [cache.get(key_of(number)) is not None for number in range(4)] == [False, False, True, True]
    cache.prune()
    assert cache.get(key_of(3)) is not None
