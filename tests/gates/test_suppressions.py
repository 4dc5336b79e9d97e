from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.change import Change, FileChange, MemorySnapshot, Status
from gates.suppressions import PATTERNS, Suppression, as_finding, comments, suppressions, without, written
from gates.verdict import Severity

ALL = tuple(PATTERNS)


@pytest.mark.parametrize(
    ("comment", "tool"),
    [
        ("# pylint: disable=unused-import", "pylint"),
        ("# pylint:disable-next=all", "pylint"),
        ("# pylint: skip-file", "pylint"),
        ("# fmt: off pylint: disable=invalid-name", "pylint"),
        ("# noqa", "noqa"),
        ("# NoQA: E501", "noqa"),
        ("# flake8: noqa", "noqa"),
        ("# ruff: noqa: F401", "noqa"),
        ("# type: ignore", "mypy"),
        ("# type:ignore[attr-defined]", "mypy"),
        ("# mypy: ignore-errors", "mypy"),
        ("# pyright: ignore", "mypy"),
        ("# nosec", "bandit"),
        ("#nosec B602", "bandit"),
    ],
)
def test_suppressing_comments_are_known(comment: str, tool: str) -> None:
    source = f"x = 1\ny = 2  {comment}\n".encode()
    assert suppressions(source, ALL) == [Suppression(tool, 2, comment)]


@pytest.mark.parametrize(
    "line",
    [
        "x = '# noqa'",
        'y = """\n# type: ignore\n"""',
        "# the pylint documentation says more",
        "# a type: a word",
        "# types: ignore this",
        "# nosecurity",
        "x = 1  # type: int",
    ],
)
def test_other_text_is_none(line: str) -> None:
    assert suppressions(line.encode(), ALL) == []


@pytest.mark.parametrize("source", [b"x = (  # noqa\n", b"'''\n# noqa", b"\xff  # noqa\n", b"\tx\n  y  # noqa\n"])
def test_sources_that_do_not_tokenise_are_searched_line_by_line(source: bytes) -> None:
    assert [s.tool for s in suppressions(source, ("noqa",))] == ["noqa"]


def change(base: str, head: str) -> Change:
    return Change.between(MemorySnapshot.of({"a.py": base}), MemorySnapshot.of({"a.py": head}))


def test_only_what_the_change_wrote_is_new() -> None:
    edit = change("x = 1  # noqa\ny = 2\n", "x = 2  # noqa\ny = 2  # noqa\nz = 3\n")
    assert [s.line for s in written(edit, edit.files[0], ALL)] == [2]
    fresh = change("", "x = 1  # noqa\n")
    assert [s.line for s in written(fresh, fresh.files[0], ALL)] == [1]
    untouched = change("x = 1  # noqa\n", "x = 1  # noqa\ny = 2\n")
    assert written(untouched, untouched.files[0], ALL) == []
    copied = change("x = 1  # noqa\ny = 2\n", "x = 1  # noqa\nw = 1  # noqa\ny = 2\n")
    assert [s.line for s in written(copied, copied.files[0], ALL)] == [2]


def test_a_file_that_was_not_compared_is_taken_as_a_whole() -> None:
    base, head = MemorySnapshot.of({"a.py": "x  # noqa\n"}), MemorySnapshot.of({"a.py": "x  # noqa\ny  # noqa\n"})
    file = FileChange("a.py", Status.MODIFIED, "a.py", compared=False)
    assert [s.line for s in written(Change("c", base, head, (file,)), file, ALL)] == [2]


def test_a_comment_can_be_taken_away_and_the_code_stays() -> None:
    source = b"\xc3\xa9 = '# noqa'  # noqa\r\nx = 1\r\n\xff = 2  # noqa \xff\n"
    found = suppressions(source, ("noqa",))
    assert without(source, found) == b"\xc3\xa9 = '# noqa'  \nx = 1\r\n\xff = 2  \n"


def test_the_finding_shows_the_comment() -> None:
    finding = as_finding("a.py", Suppression("noqa", 3, "# noqa"))
    assert (finding.path, finding.line, finding.rule, finding.severity) == (
        "a.py",
        3,
        "new-suppression",
        Severity.NOTE,
    )
    assert "# noqa" in finding.message


@given(st.binary(max_size=300) | st.text(alphabet="#'\"() \n\\noqa:", max_size=80).map(str.encode))
def test_no_source_breaks_it(source: bytes) -> None:
    count = len(source.split(b"\n"))
    assert all(1 <= line <= count for line, _ in comments(source))
    found = suppressions(source, ALL)
    assert without(source, found).count(b"\n") == source.count(b"\n")
