"""Changes between snapshots in memory."""

from __future__ import annotations

from gates.change import Change, MemorySnapshot, Status


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
