"""Hunks: parsed from diffs, computed from texts, and both against git itself."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.diff import DiffError, Hunk, LineMap, compare, parse_hunks, split_lines

LINES = st.lists(
    st.sampled_from([b"a", b"b", b"c", b"", b"-x", b"+y", b"@@ -1 +1 @@", b"\\ No newline", b"\x0c"]), max_size=12
)


def _text(lines: list[bytes], newline_at_end: bool) -> bytes:
    text = b"\n".join(lines)
    return text + b"\n" if newline_at_end and lines else text


TEXTS = st.builds(_text, LINES, st.booleans())


def rebuilt(old: bytes, new: bytes, hunks: tuple[Hunk, ...]) -> list[bytes]:
    """Rebuild the new text's lines from the old one's and the lines that the hunks say are new."""
    old_lines, new_lines = split_lines(old), split_lines(new)
    result: list[bytes] = []
    at = 0
    for hunk in hunks:
        upto = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        result += old_lines[at:upto] + [new_lines[n - 1] for n in hunk.new_lines]
        at = upto + hunk.old_count
    return result + old_lines[at:]


@given(TEXTS, TEXTS)
def test_compare_turns_the_old_text_into_the_new_one(old: bytes, new: bytes) -> None:
    assert rebuilt(old, new, compare(old, new)) == split_lines(new)


@given(TEXTS)
def test_equal_texts_have_no_hunks(text: bytes) -> None:
    assert compare(text, text) == ()


@given(LINES, LINES, st.integers(0, 3))
def test_a_unified_diff_parses_to_what_it_changes_whatever_its_context(
    old: list[bytes], new: list[bytes], context: int
) -> None:
    patch = difflib.diff_bytes(difflib.unified_diff, old, new, n=context, lineterm=b"")
    hunks = parse_hunks(b"\n".join(patch))
    old_text, new_text = _text(old, newline_at_end=True), _text(new, newline_at_end=True)
    if old and new and b"" not in (old[-1], new[-1]):
        assert rebuilt(old_text, new_text, hunks) == split_lines(new_text)


@settings(max_examples=40, deadline=None)
@given(TEXTS, TEXTS)
def test_gits_own_patch_parses(tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes) -> None:
    folder = tmp_path_factory.mktemp("git")
    (folder / "old").write_bytes(old)
    (folder / "new").write_bytes(new)
    for context in ("-U0", "-U3"):
        command = ["git", "diff", "--no-index", "--no-ext-diff", "--text", context, "old", "new"]
        patch = subprocess.run(command, cwd=folder, capture_output=True, check=False).stdout
        assert rebuilt(old, new, parse_hunks(patch)) == split_lines(new)


@given(st.binary(max_size=300))
def test_garbage_is_refused_or_read_but_never_crashes(patch: bytes) -> None:
    try:
        parse_hunks(b"@@ -1,2 +1,2 @@\n" + patch)
    except DiffError as error:
        assert str(error)


@given(TEXTS, TEXTS)
def test_lines_map_to_their_other_side_and_back(old: bytes, new: bytes) -> None:
    lines = LineMap(compare(old, new))
    old_lines, new_lines = split_lines(old), split_lines(new)
    for number, line in enumerate(new_lines, 1):
        before = lines.to_base(number)
        if before is not None:
            assert old_lines[before - 1] == line
            assert lines.to_head(before) == number


def test_a_cut_off_diff_says_where() -> None:
    with pytest.raises(DiffError, match="cut off"):
        parse_hunks(b"@@ -1,3 +1,3 @@\n a\n-b")


def test_a_hunk_longer_than_promised_is_refused() -> None:
    with pytest.raises(DiffError, match="no hunk"):
        parse_hunks(b"@@ -1,2 +1,2 @@\n a\nwhat\n")


def test_only_a_newline_ends_a_line() -> None:
    assert split_lines(b"a\x0cb\rc\n") == [b"a\x0cb\rc"]


def test_a_large_rewrite_is_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.diff.MAX_ALIGNED_LINES", 4)
    hunks = compare(b"a\n1\n2\n3\nz\n", b"a\n4\n2\n5\nz\n")
    assert hunks == (Hunk(2, 3, 2, 3),)


def test_the_missing_newline_counts_as_a_change_of_the_last_line(tmp_path: Path) -> None:
    assert compare(b"a\nb\n", b"a\nb") == (Hunk(2, 1, 2, 1),)
