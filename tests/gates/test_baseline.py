from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.baseline import new_findings, normalise, on_changed_lines
from gates.change import Change, FileChange, MemorySnapshot, Status
from gates.diff import compare
from gates.verdict import Finding, Severity


def change(base: dict[str, Any], head: dict[str, Any]) -> Change:
    return Change.between(MemorySnapshot.of(base), MemorySnapshot.of(head))


def at(line: int | None, message: str = "bad", path: str = "a.py", rule: str = "r", end: int | None = None) -> Finding:
    return Finding(path, line, rule, message, Severity.WARNING, end)


EDIT = change({"a.py": "one\ntwo\nthree\n"}, {"a.py": "zero\none\nTWO\nthree\n"})


@pytest.mark.parametrize(
    ("base", "head", "new"),
    [
        ([], [at(1)], [at(1)]),
        ([at(1)], [at(2)], []),
        ([at(3)], [at(4)], []),
        ([at(3)], [at(3)], [at(3)]),
        ([at(2)], [at(3)], []),
        ([at(2)], [at(3), at(3)], [at(3)]),
        ([at(1)], [at(2, "worse")], [at(2, "worse")]),
        ([at(1)], [at(2, rule="q")], [at(2, rule="q")]),
        ([at(1, path="b.py")], [at(2)], [at(2)]),
        ([at(7, path="b.py")], [at(7, path="b.py")], []),
        ([at(7, path="b.py")], [at(8, path="b.py")], [at(8, path="b.py")]),
        ([at(None)], [at(None)], []),
        ([at(None)], [at(1)], [at(1)]),
        ([at(1, "see line 3")], [at(2, "see line 4")], []),
        ([at(99)], [at(2)], [at(2)]),
    ],
)
def test_what_the_base_accounts_for_is_not_new(base: list[Finding], head: list[Finding], new: list[Finding]) -> None:
    assert new_findings(base, head, EDIT) == new


def test_a_line_that_moved_within_the_file_keeps_its_findings() -> None:
    body = "".join(f"line {n}\n" for n in range(20))
    moved = change({"a.py": "import os\n" + body}, {"a.py": body + "import os\n"})
    assert new_findings([at(1)], [at(21)], moved) == []
    assert new_findings([at(1)], [at(20)], moved) == [at(20)]
    assert new_findings([at(1)], [at(21), at(21)], moved) == [at(21)]


def test_renames_are_followed() -> None:
    old, new = b"one\ntwo\n", b"zero\none\ntwo\n"
    base, head = MemorySnapshot.of({"a.py": old}), MemorySnapshot.of({"b/c.py": new})
    renamed = Change("r", base, head, (FileChange("b/c.py", Status.RENAMED, "a.py", compare(old, new)),))
    assert new_findings([at(2)], [at(3, path="b/c.py")], renamed) == []
    assert new_findings([at(2)], [at(1, path="b/c.py")], renamed) == [at(1, path="b/c.py")]


def test_a_file_put_in_the_place_of_a_renamed_one_starts_anew() -> None:
    base = MemorySnapshot.of({"a.py": "one\n"})
    head = MemorySnapshot.of({"b.py": "one\n", "a.py": "one\n"})
    files = (FileChange("a.py", Status.ADDED, None, compare(b"", b"one\n")), FileChange("b.py", Status.RENAMED, "a.py"))
    found = new_findings([at(1)], [at(1), at(1, path="b.py")], Change("r", base, head, files))
    assert found == [at(1)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("redefined from line 3", "redefined from line 12"),
        ("already defined line 3", "already defined line 4"),
        ("Similar lines in 2 files\n==a:[1:5]\n==b:[2:6]", "Similar lines in 2 files\n==a:[10:50]\n==b:[3:7]"),
        ("see a.py:10: here", "see a.py:11: here"),
        ("see a.py:10:4: here", "see a.py:11:9: here"),
        ("lines 3-7 and column 4", "lines 4-9 and column 5"),
    ],
)
def test_places_in_messages_do_not_make_them_new(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Too many arguments (6/5)", "Too many arguments (7/5)"),
        ("Line too long (121/120)", "Line too long (130/120)"),
        ('has no attribute "a1"', 'has no attribute "a2"'),
        ("expected 3 arguments", "expected 4 arguments"),
    ],
)
def test_other_numbers_do(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


def test_changed_lines_are_those_that_the_finding_covers() -> None:
    assert on_changed_lines(at(1), EDIT)
    assert not on_changed_lines(at(2), EDIT)
    assert on_changed_lines(at(2, end=3), EDIT)
    assert not on_changed_lines(at(4, end=2), EDIT)
    assert on_changed_lines(at(None), EDIT)
    assert not on_changed_lines(at(1, path="b.py"), EDIT)
    binary = change({"a.py": b"\0"}, {"a.py": b"\0\n"})
    assert on_changed_lines(at(9), binary)


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  a"]), max_size=12)
FINDINGS = st.lists(
    st.builds(
        at,
        st.integers(1, 14) | st.none(),
        st.sampled_from(["bad", "see line 3", "worse"]),
        st.sampled_from(["a.py", "b.py", "gone.py"]),
        st.sampled_from(["r", "q"]),
    ),
    max_size=8,
)


def edit_of(old: list[str], new: list[str]) -> Change:
    return change({"a.py": "\n".join(old), "b.py": "same"}, {"a.py": "\n".join(new), "b.py": "same"})


@given(LINES, LINES, FINDINGS, FINDINGS)
def test_new_findings_are_some_of_the_heads_in_order_and_each_old_one_takes_one(
    old: list[str], new: list[str], base: list[Finding], head: list[Finding]
) -> None:
    found = new_findings(base, head, edit_of(old, new))
    rest = iter(head)
    assert all(any(f is g for g in rest) for f in found)
    kinds = Counter((f.path, f.rule, normalise(f.message)) for f in base)
    gone = Counter((f.path, f.rule, normalise(f.message)) for f in head)
    gone.subtract(Counter((f.path, f.rule, normalise(f.message)) for f in found))
    assert all(0 <= count <= kinds[kind] for kind, count in gone.items())
    assert len(head) - len(base) <= len(found) <= len(head)


@given(LINES, LINES, FINDINGS, FINDINGS)
def test_more_in_the_base_never_makes_more_new(
    old: list[str], new: list[str], base: list[Finding], head: list[Finding]
) -> None:
    edit = edit_of(old, new)
    assert len(new_findings(base[1:], head, edit)) >= len(new_findings(base, head, edit))


@given(LINES, FINDINGS)
def test_a_change_that_edits_nothing_has_nothing_new(lines: list[str], findings: list[Finding]) -> None:
    edit = edit_of(lines, lines)
    assert new_findings(findings, findings, edit) == []
    assert new_findings([], findings, edit) == findings


@given(LINES, LINES, st.lists(st.integers(1, 12), max_size=6))
def test_findings_on_lines_that_stayed_are_old(old: list[str], new: list[str], lines: list[int]) -> None:
    edit = edit_of(old, new)
    mapped = {line: edit.files[0].lines.to_head(line) if edit.files else line for line in lines if line <= len(old)}
    base = [at(line) for line in lines if mapped.get(line) is not None]
    head = [at(mapped[line]) for line in lines if mapped.get(line) is not None]
    assert new_findings(base, head, edit) == []
