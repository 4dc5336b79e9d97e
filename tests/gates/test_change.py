"""Changes between snapshots in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.change import Change, MemorySnapshot, Status

if TYPE_CHECKING:
    import pytest


def _change(base: dict[str, str | bytes], head: dict[str, str | bytes]) -> Change:
    return Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))


def test_files_that_are_equal_are_not_in_the_change() -> None:
    assert _change({"a.py": "1\n"}, {"a.py": "1\n"}).files == ()


def test_added_modified_and_deleted_files_are_told_apart() -> None:
    change = _change({"a.py": "1\n", "b.py": "2\n"}, {"b.py": "3\n", "c.py": "4\n"})
    assert [(f.path, f.status, f.old_path) for f in change.files] == [
        ("a.py", Status.DELETED, "a.py"),
        ("b.py", Status.MODIFIED, "b.py"),
        ("c.py", Status.ADDED, None),
    ]
    assert change.files[1].added_lines == {1}
    assert change.files[0].removed_lines == {1}


def test_a_deleted_file_is_not_among_those_present() -> None:
    change = _change({"a.py": "1\n", "b.txt": ""}, {"b.txt": "x\n"})
    assert [f.path for f in change.present()] == ["b.txt"]
    assert change.python_files() == []


def test_a_binary_file_is_not_compared_and_every_line_counts_as_touched() -> None:
    (file,) = _change({}, {"a.py": b"x = 1\n\0"}).files
    assert not file.compared
    assert file.touches(1)


def test_a_line_that_the_change_did_not_write_is_not_touched() -> None:
    (file,) = _change({"a": "1\n2\n"}, {"a": "1\n3\n"}).files
    assert not file.touches(1)
    assert file.touches(2)


def test_equal_contents_have_equal_ids_and_others_do_not() -> None:
    one, same, other = (MemorySnapshot.of({"a": text}) for text in ("x", "x", "y"))
    assert one.id == same.id != other.id


def test_a_path_that_is_no_text_has_an_id_too() -> None:
    assert MemorySnapshot({"caf\udce9.py": b""}).id


def test_a_change_is_named_after_its_head_or_as_asked() -> None:
    base, head = MemorySnapshot({}), MemorySnapshot.of({"a": "x"})
    assert Change.between(base, head).id == head.id
    assert Change.between(base, head, "sample 7").id == "sample 7"


def test_python_files_are_told_by_their_name() -> None:
    change = _change({}, {"a.py": "x\n", "b.pyi": "x\n", "c.pyx": "x\n", "py": "x\n"})
    assert [f.path for f in change.python_files()] == ["a.py", "b.pyi"]


def test_lines_map_between_the_sides() -> None:
    (file,) = _change({"a": "1\n2\n3\n"}, {"a": "0\n1\n3\n"}).files
    assert file.lines.to_base(2) == 1
    assert file.lines.to_head(3) == 3
    assert file.lines.to_base(1) is None


def test_a_nul_past_what_git_looks_at_is_text() -> None:
    (late,) = _change({}, {"a": b"x" * 8_000 + b"\0"}).files
    (early,) = _change({}, {"a": b"x" * 7_999 + b"\0"}).files
    assert late.compared
    assert not early.compared


def test_a_file_too_large_to_compare_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.change.MAX_DIFF_BYTES", 10)
    (file,) = _change({"a": "1\n"}, {"a": "x" * 11}).files
    assert (file.compared, file.hunks) == (False, ())
    (file,) = _change({"a": "1\n"}, {"a": "x" * 10}).files
    assert file.compared
