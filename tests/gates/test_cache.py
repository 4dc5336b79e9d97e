"""The cache: keyed by content, tolerant of damage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gates.cache import Cache, default_directory, key_of

if TYPE_CHECKING:
    import pytest


def test_keys_depend_on_every_part_and_not_on_the_order_of_a_mapping() -> None:
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert len({key_of("a"), key_of("b"), key_of("a", None), key_of(["a"])}) == 4


def test_a_value_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get(key_of(1)) is None
    cache.put(key_of(1), {"v": 1})
    assert cache.get(key_of(1)) == {"v": 1}


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


def test_a_value_that_cannot_be_stored_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    cache = Cache(tmp_path)
    monkeypatch.setattr("json.dump", full)
    cache.put(key_of(1), 1)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_entries_are_their_owners_alone(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new")
    cache.put(key_of(1), 1)
    (directory,) = (tmp_path / "new").iterdir()
    assert directory.stat().st_mode & 0o077 == 0


def test_pruning_keeps_what_just_fits(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(key_of(1), "x" * 98)
    (entry,) = tmp_path.rglob("*.json")
    cache.prune(most_bytes=entry.stat().st_size)
    assert entry.exists()
    cache.prune(most_bytes=entry.stat().st_size - 1)
    assert not entry.exists()


def test_the_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EXOGATE_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory() == tmp_path / ".cache" / "exogate"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_directory() == tmp_path / "xdg" / "exogate"
    monkeypatch.setenv("EXOGATE_CACHE_DIR", str(tmp_path / "own"))
    assert default_directory() == tmp_path / "own"
