"""Who wrote which added lines, against a plain count line by line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.provenance.commit import Added, Span
from app.provenance.lines import Claim, Contributor, Split, add_lines, count_lines, split_added, touches
from app.provenance.types import Status

SPAN = st.tuples(st.integers(1, 30), st.integers(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))
CLAIM = st.builds(
    Claim,
    source=st.just("agent-trace"),
    contributor=st.sampled_from(Contributor),
    path=st.sampled_from(["a", "b"]),
    spans=st.lists(SPAN, min_size=1, max_size=3).map(tuple),
)


def disjoint(lines: set[int]) -> tuple[Span, ...]:
    return tuple((line, line) for line in sorted(lines))


def one_by_one(claims: list[Claim], added: dict[str, set[int]]) -> Split:
    counts = {"ai": 0, "human": 0, "mixed": 0, "rest": 0}
    for path, lines in added.items():
        for line in lines:
            on = {c.contributor for c in claims if c.path == path and any(a <= line <= b for a, b in c.spans)}
            on.discard(Contributor.UNKNOWN)
            name = on.pop() if len(on) == 1 else "mixed" if on else "rest"
            counts[str(name)] += 1
    return Split(**counts)


ADDED = st.dictionaries(st.sampled_from(["a", "b"]), st.sets(st.integers(1, 40), min_size=1))


@given(st.lists(CLAIM, max_size=6), ADDED)
def test_the_sweep_counts_as_one_by_one(claims: list[Claim], lines: dict[str, set[int]]) -> None:
    added = Added({p: len(s) for p, s in lines.items()}, {p: disjoint(s) for p, s in lines.items()})
    assert split_added(claims, added) == one_by_one(claims, lines)


@given(CLAIM, ADDED)
def test_touching_is_sharing_a_line(claim: Claim, lines: dict[str, set[int]]) -> None:
    added = Added({}, {p: disjoint(s) for p, s in lines.items()})
    claimed = {line for first, last in claim.spans for line in range(first, last + 1)}
    assert touches(claim, added) == bool(claimed & lines.get(claim.path, set()))


def test_without_spans_a_claim_is_taken_at_its_word() -> None:
    claim = Claim("agent-trace", Contributor.AI, "a", ((1, 2),))
    assert touches(claim, None)
    assert touches(claim, Added({"a": 1}))


def test_counts_leave_out_zeros_and_what_was_not_counted() -> None:
    assert count_lines(Status.AI_DECLARED, None) == {}
    assert count_lines(Status.AI_DECLARED, Added({"a": 3})) == {"ai-declared": 3}
    assert count_lines(Status.UNDECLARED, Added({"a": 3}), Split(1, 1, 0, 1)) == {
        "ai-declared": 1,
        "human-attested": 1,
        "undeclared": 1,
    }


def test_a_covered_change_leaves_nothing_undeclared() -> None:
    parts = [{"undeclared": 2}, {"human-attested": 1, "ai-declared": 3}, {}]
    assert add_lines(parts, covered=False) == {"ai-declared": 3, "human-attested": 1, "undeclared": 2}
    assert add_lines(parts, covered=True) == {"ai-declared": 5, "human-attested": 1}
