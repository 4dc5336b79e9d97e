"""A file is there whole or not at all, and what a killed process leaves is cleared away."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from collapse_lab.whole import whole


def test_what_was_there_stays_until_the_block_ends(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text("old")
    with whole(file) as part:
        part.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_block_that_fails_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text("old")
    with pytest.raises(OSError, match="full"), whole(file) as part:
        part.write_text("ne")
        raise OSError("the disk is full")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_next_writer_clears_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    file, other = tmp_path / "page.json", tmp_path / ".other.json.0a"
    left, being_written = tmp_path / ".page.json.0b", tmp_path / ".page.json.0c"
    for path in (other, left, being_written):
        path.write_text("a par")
    for path in (other, left):
        os.utime(path, (time.time() - 3600,) * 2)
    with whole(file) as part:
        part.write_text("new")
    assert set(tmp_path.iterdir()) == {file, other, being_written}
