"""What the ledger knows of contents: shares, several merges of one content, renames, names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.export.choice import Choice
from app.export.known import Content, Knowledge
from app.ledger.contents import FileRow, Kept
from app.ledger.export.rows import Merged
from app.ledger.types import storable
from tests.app.export.build import row

A, B, C = "a" * 40, "b" * 40, "c" * 40
NAMES = {1: ["octo/shop"]}
Spans = list[tuple[int, int, bool]]
"""First and last line, and whether they are a tool's."""


def merge(
    *spans: tuple[int, int, bool],
    path: str = "src/a.py",
    blob: str | None = A,
    lines: int = 10,
    before: str | None = None,
    kept: Sequence[Kept] = (),
    repository_id: int = 1,
) -> Merged:
    """One merge of one file."""
    rows = [
        row(first=first, last=last, path=path, status="ai-declared" if ai else "undeclared")
        for first, last, ai in spans
    ]
    files = [FileRow(path, blob, lines, before, kept)] if blob else []
    return Merged(repository_id, rows or [row(path=None, first=None, last=None)], files)


def knowledge(*merges: Merged, names: dict[int, list[str]] = NAMES) -> Knowledge:
    return Knowledge(merges, lambda one: one.status != "ai-declared", names)


def found(known: Knowledge, path: str = "src/a.py", blob: str = A, repository: str = "octo/shop") -> Content | None:
    return known.find(repository, path, blob)


def test_lines_are_counted_by_whether_they_pass() -> None:
    known = knowledge(merge((1, 3, False), (4, 4, True), (7, 8, False)))
    assert found(known) == Content(5, 1, 10)


@pytest.mark.parametrize(
    ("content", "kept", "dropped"),
    [
        (Content(5, 1, 10), 0.9, 0.5),
        (Content(5, 5, 10), 0.5, 0.5),
        (Content(0, 2, 2), 0.0, 0.0),
        (Content(3, 1, 4), 0.75, 0.75),
    ],
)
def test_the_share_is_of_all_lines(content: Content, kept: float, dropped: float) -> None:
    assert content.share(rest_passes=True) == pytest.approx(kept)
    assert content.share(rest_passes=False) == pytest.approx(dropped)


def test_lines_of_earlier_merges_are_followed_into_later_contents() -> None:
    """A tool writes a file; a person puts a line on top and takes another out; then one line is changed."""
    first = merge((1, 10, True))
    second = merge((1, 1, False), blob=B, before=A, kept=[(2, 5, 1), (6, 10, 0)])
    third = merge((7, 7, False), path="moved.py", blob=C, before=B, kept=[(1, 6, 0), (8, 10, 0)])
    known = knowledge(first, second, third)
    assert found(known) == Content(0, 10, 10)
    assert found(known, blob=B) == Content(1, 9, 10)
    assert found(known, "moved.py", C) == Content(2, 8, 10)
    assert found(knowledge(first, third), "moved.py", C) == Content(1, 0, 10)  # a push came in between


def test_what_only_goes_is_followed_too() -> None:
    known = knowledge(merge((1, 4, True), (5, 10, False)), merge(blob=B, lines=7, before=A, kept=[(1, 7, -3)]))
    assert found(known, blob=B) == Content(6, 1, 7)
    assert found(knowledge(merge(blob=B, lines=7, before=A, kept=[(1, 7, -3)])), blob=B) is None


def test_a_line_is_what_the_latest_merge_says() -> None:
    """Merge 3 brings merge 1's content back, and declares a part of it otherwise."""
    known = knowledge(
        merge((1, 6, True)),
        merge((1, 10, False), blob=B),
        merge((3, 4, False), (6, 8, True), before=B, kept=[(9, 9, 0)]),
    )
    assert found(known) == Content(3, 6, 10)
    assert found(known, blob=B) == Content(10, 0, 10)


def test_the_same_content_in_another_repository_is_its_own() -> None:
    names = {1: ["octo/shop"], 2: ["octo/fork"]}
    known = knowledge(merge((1, 2, True)), merge((1, 2, False), repository_id=2), names=names)
    assert found(known) == Content(0, 2, 10)
    assert found(known, repository="octo/fork") == Content(2, 0, 10)
    assert found(known, repository="octo/other") is None
    assert known.repositories == ["octo/fork", "octo/shop"]


def test_a_renamed_file_is_known_by_its_content() -> None:
    known = knowledge(merge((1, 2, True)), merge((1, 2, False), path="b.py"), merge((1, 2, True), blob=B))
    assert found(known) == Content(0, 2, 10)
    assert found(known, "b.py") == Content(2, 0, 10)
    assert found(known, "moved.py") == Content(2, 0, 10)  # as the latest merge of that content says
    assert found(known, "moved.py", B) == Content(0, 2, 10)
    assert found(known, "moved.py", C) is None


def test_a_repository_is_found_by_any_of_its_names() -> None:
    known = knowledge(merge((1, 2, False)), names={1: ["octo/new", "octo/OLD"], 2: ["octo/old"]})
    content = Content(2, 0, 10)
    told = [found(known, repository=name) for name in ("OCTO/New", "octo/old", "octo/none")]
    assert told == [content, content, None]
    assert found(known, blob=A.upper(), repository="octo/new") == content


def test_what_has_no_content_or_no_lines_is_not_known() -> None:
    known = knowledge(merge((1, 2, False), blob=None), merge(blob=None), merge(blob=B), merge((3, 3, False)))
    assert found(known) == Content(1, 0, 10)
    assert (known.merges_without_contents, len(known)) == (1, 1)


def test_odd_paths_are_found_as_the_ledger_spells_them() -> None:
    path = "we\udcffird\0.py"
    assert found(knowledge(merge((1, 2, False), path=storable(path))), path) == Content(2, 0, 10)


RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=5)


def placed(runs: Spans) -> Iterator[tuple[int, int, bool]]:
    at = 1
    for gap, length, ai in runs:
        yield at + gap, at + gap + length - 1, ai
        at += gap + length


@given(st.lists(RUNS, max_size=4))
def test_one_content_agrees_with_painting_line_by_line(merges: list[Spans]) -> None:
    painted: dict[int, bool] = {}
    for runs in merges:
        for first, last, ai in placed(runs):
            painted.update(dict.fromkeys(range(first, last + 1), not ai))
    content = found(knowledge(*(merge(*placed(runs), lines=100) for runs in merges)))
    passing = sum(painted.values())
    assert content == (Content(passing, len(painted) - passing, 100) if painted else None)


WRITER = st.sampled_from([True, False, None])
EDITS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4), st.integers(0, 4), WRITER), max_size=4)


@given(st.lists(EDITS, min_size=1, max_size=5))
def test_a_files_history_agrees_with_editing_a_list_of_lines(
    history: list[list[tuple[int, int, int, bool | None]]],
) -> None:
    """Each merge replaces some lines; of lines by nobody (``None``) the ledger is not told."""
    text: list[tuple[int, bool | None]] = []
    serial = count()
    merges, before = [], None
    for number, edits in enumerate(history):
        old = list(text)
        for at, removed, added, writer in edits:
            place = min(at, len(text))
            text[place : place + removed] = [(next(serial), writer) for _ in range(added)]
        where = {line: index for index, line in enumerate(old, start=1)}
        kept, spans = [], []
        for index, line in enumerate(text, start=1):
            if line in where:
                kept.append((index, index, index - where[line]))
            elif line[1] is not None:
                spans.append((index, index, line[1]))
        blob = f"{number:040x}"
        merges.append(merge(*spans, blob=blob, lines=len(text), before=before, kept=kept))
        before = blob
        content = found(knowledge(*merges), blob=blob)
        told = [ai for _, ai in text if ai is not None]
        assert content == (Content(told.count(False), told.count(True), len(text)) if told else None)


CONTENTS = st.builds(Content, st.integers(0, 9), st.integers(1, 9), st.integers(1, 30))


@given(CONTENTS, st.floats(0, 1))
def test_keeping_what_is_unknown_never_keeps_less(content: Content, least: float) -> None:
    for weigh in (True, False):
        kept, dropped = (Choice(weigh, keep, least).weight(content) for keep in (True, False))
        assert dropped is None or (kept is not None and 0 <= dropped <= kept <= 1)


def test_what_becomes_of_a_row() -> None:
    half = Content(5, 5, 10)
    assert Choice().weight(half) is None
    assert Choice().weight(Content(1, 0, 10)) == 1.0
    assert Choice(keep_unknown=False).weight(Content(1, 0, 10)) is None
    assert Choice(least=0.5).weight(half) == 0.5
    assert Choice(weigh=True).weight(half) == 0.5
    assert (Choice(weigh=True).weight(None), Choice(weigh=True, keep_unknown=False).weight(None)) == (1.0, None)
