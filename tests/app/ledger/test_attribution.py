"""Whose the lines of a merge are: the pure part."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.attribution import (
    UNDECLARED,
    Blamed,
    Declared,
    Landed,
    LineRow,
    Origin,
    attribute,
    cut,
    origin_of,
    recorded,
)
from app.provenance.lines import Claim, Contributor
from app.provenance.types import Role, Signal, Status, Tier
from gates.diff import Hunk, LineMap, compare

CLAUDE = Origin(Status.AI_DECLARED, "Claude Code", "anthropic", "claude-opus-4-8")
CODEX = Origin(Status.AI_DECLARED, "Codex", "openai")
PERSON = Origin(Status.HUMAN_ATTESTED)
X, Y = "1" * 40, "2" * 40


def signal(harness: str, **given: object) -> Signal:
    told = {"model_family": "unknown", "model": None, "tier": Tier.TEXT, "role": Role.AUTHOR, **given}
    return Signal("row", harness, field="trailer", evidence="", commit=X, **told)  # type: ignore[arg-type]


def test_a_squash_keeps_each_commits_lines() -> None:
    blamed = (Blamed(1, 2, X, "a.py", 1), Blamed(3, 3, Y, "a.py", 3), Blamed(4, 9, "base", "a.py", 3))
    rows = attribute([Landed("a.py", [(1, 3)], (), blamed)], {X: Declared(CLAUDE), Y: Declared(PERSON)})
    assert rows == [LineRow("a.py", 1, 2, CLAUDE), LineRow("a.py", 3, 3, PERSON)]


def test_lines_that_the_base_moved_down_are_found() -> None:
    moved = (Hunk(0, 0, 1, 10),)  # the base put ten lines on top since
    rows = attribute(
        [Landed("a.py", [(11, 12), (20, 20)], moved, (Blamed(1, 10, X, "a.py", 1),))], {X: Declared(CLAUDE)}
    )
    assert rows == [LineRow("a.py", 11, 12, CLAUDE), LineRow("a.py", 20, 20, CLAUDE)]


def test_what_was_made_in_merging_is_undeclared() -> None:
    moved = (Hunk(2, 1, 2, 2),)
    rows = attribute([Landed("a.py", [(1, 4)], moved, (Blamed(1, 3, X, "a.py", 1),))], {X: Declared(CLAUDE)})
    assert rows == [
        LineRow("a.py", 1, 1, CLAUDE),
        LineRow("a.py", 2, 3, UNDECLARED),
        LineRow("a.py", 4, 4, CLAUDE),
    ]


def test_a_commit_that_was_not_reviewed_declares_nothing() -> None:
    rows = attribute([Landed("a.py", [(1, 2)], (), (Blamed(1, 1, Y, "a.py", 1),))], {X: Declared(CLAUDE)})
    assert rows == [LineRow("a.py", 1, 2, UNDECLARED)]


def test_a_record_speaks_for_its_lines_in_the_commits_own_version() -> None:
    told = Declared(UNDECLARED, {"old.py": [(5, 6, CODEX)]})
    rows = attribute([Landed("new.py", [(101, 104)], (), (Blamed(101, 104, X, "old.py", 4),))], {X: told})
    assert rows == [
        LineRow("new.py", 101, 101, UNDECLARED),
        LineRow("new.py", 102, 103, CODEX),
        LineRow("new.py", 104, 104, UNDECLARED),
    ]


def test_a_tool_and_a_person_on_one_line_are_mixed() -> None:
    claims = [
        Claim("git-ai-note", Contributor.AI, "a.py", ((1, 4),), "Claude Code", "anthropic", "claude-opus-4-8"),
        Claim("git-ai-human", Contributor.HUMAN, "a.py", ((4, 6),)),
        Claim("agent-trace", Contributor.UNKNOWN, "a.py", ((7, 9),)),
        Claim("agent-trace", Contributor.MIXED, "b.py", ((2, 2), (5, 5)), "unknown", "unknown"),
    ]
    assert recorded(claims) == {
        "a.py": [
            (1, 3, CLAUDE),
            (4, 4, Origin(Status.MIXED, "Claude Code", "anthropic", "claude-opus-4-8")),
            (5, 6, PERSON),
        ],
        "b.py": [(2, 2, Origin(Status.MIXED)), (5, 5, Origin(Status.MIXED))],
    }


def test_the_signal_that_says_most_names_the_tool() -> None:
    signals = [
        signal("none"),
        signal("Cursor", role=Role.ASSIST, tier=Tier.ACTOR),
        signal("unknown", model_family="google"),
        signal("Codex", model_family="openai"),
        signal("Claude Code", model_family="anthropic", model="Claude Opus 4.8", tier=Tier.EMAIL),
    ]
    assert origin_of(Status.AI_DECLARED, signals) == Origin(
        Status.AI_DECLARED, "Claude Code", "anthropic", "Claude Opus 4.8"
    )
    assert origin_of(Status.UNDECLARED, signals) == UNDECLARED
    assert origin_of(Status.HUMAN_ATTESTED, signals) == PERSON
    assert origin_of(Status.MIXED, signals[:1]) == Origin(Status.MIXED)


PIECES = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.sampled_from("abc")), max_size=6)


def laid(pieces: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    at, out = 1, []
    for gap, length, value in pieces:
        out.append((at + gap, at + gap + length - 1, value))
        at += gap + length
    return out


@given(PIECES, st.integers(1, 30), st.integers(0, 30))
def test_cut_covers_every_line_once(pieces: list[tuple[int, int, str]], first: int, more: int) -> None:
    placed = laid(pieces)
    expected = {
        line: next((v for low, high, v in placed if low <= line <= high), None)
        for line in range(first, first + more + 1)
    }
    got = [(line, v) for low, high, v in cut((first, first + more), placed) for line in range(low, high + 1)]
    assert got == list(expected.items())


TEXT = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n"]), max_size=12).map(b"".join)


@given(TEXT, TEXT, TEXT, st.data())
def test_line_by_line_gives_the_same(base: bytes, head: bytes, merge: bytes, data: st.DataObject) -> None:
    """Against the plain way: each line alone, by the map that the gates use."""
    moved, brought = compare(head, merge), compare(base, merge)
    length = head.count(b"\n")
    writers = [data.draw(st.sampled_from([X, Y, "base"])) for _ in range(length)]
    claimed = {line for line in range(1, length + 1) if data.draw(st.booleans())}
    blamed = [Blamed(n, n, who, "a.py", n + 7) for n, who in enumerate(writers, start=1)]
    commits = {X: Declared(CLAUDE, {"a.py": [(n + 7, n + 7, CODEX) for n in sorted(claimed)]}), Y: Declared(PERSON)}
    back = LineMap(moved)
    expected = {}
    for line in (line for hunk in brought for line in hunk.new_lines):
        old = back.to_base(line)
        who = writers[old - 1] if old else None
        by_record = CODEX if old in claimed else CLAUDE
        expected[line] = by_record if who == X else PERSON if who == Y else UNDECLARED
    added = [(h.new_start, h.new_start + h.new_count - 1) for h in brought if h.new_count]
    rows = attribute([Landed("a.py", added, moved, blamed)], commits)
    assert {line: row.origin for row in rows for line in range(row.first, row.last + 1)} == expected
    for before, after in pairwise(rows):
        assert before.last < after.first
        assert before.last + 1 < after.first or before.origin != after.origin
