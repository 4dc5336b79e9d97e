from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.models.packing import Row, joined_rows, rows_a_pass, single, whole_rows
from collapse_lab.models.text import Encoded

Documents = list[Encoded]


@st.composite
def documents(draw: st.DrawFn) -> Documents:
    """Documents whose tokens are all different, so that each can be found again."""
    lengths = draw(st.lists(st.integers(2, 40), min_size=1, max_size=25))
    made, at = [], 0
    for length in lengths:
        made.append(Encoded(tuple(range(at, at + length)), draw(st.integers(1, length - 1))))
        at += length
    return made


def passes(rows: list[Row], count: int) -> Counter[int]:
    return Counter(token for row in rows[:count] for token in row.ids)


def learned(rows: list[Row]) -> Counter[int]:
    return Counter(token for row in rows for begin, end in row.counted for token in row.ids[begin:end])


@given(documents(), st.integers(2, 64), st.booleans(), st.integers(0, 3))
def test_rows_of_whole_documents_hold_every_token_once_a_pass(
    given_: Documents, size: int, only: bool, seed: int
) -> None:
    count = int(rows_a_pass([len(d.ids) for d in given_], size, joined=False))
    rows = list(islice(whole_rows(lambda _: given_, size, only, seed), 2 * count))
    assert all(len(row.ids) == sum(row.lengths) <= size for row in rows)
    expected = Counter(token for d in given_ for token in d.ids)
    assert passes(rows, count) == expected
    assert passes(rows[count:], count) == expected
    assert count <= len(given_) + sum(len(d.ids) // size for d in given_)


@given(documents(), st.integers(40, 64), st.booleans(), st.integers(0, 3))
def test_in_rows_of_whole_documents_the_same_tokens_count_as_alone(
    given_: Documents, size: int, only: bool, seed: int
) -> None:
    count = int(rows_a_pass([len(d.ids) for d in given_], size, joined=False))
    rows = list(islice(whole_rows(lambda _: given_, size, only, seed), count))
    assert learned(rows) == learned([single(d, only) for d in given_])
    # Each length is a document's own, and its tokens stand together.
    starts = {d.ids[0]: d.ids for d in given_}
    for row in rows:
        at = 0
        for length in row.lengths:
            assert row.ids[at : at + length] == starts[row.ids[at]]
            at += length


def test_a_document_longer_than_a_row_is_cut_and_its_pieces_begin_from_nothing() -> None:
    long = Encoded(tuple(range(10)), 3)
    rows = sorted(islice(whole_rows(lambda _: [long], 4, False, 0), 3), key=lambda row: row.ids)
    assert [row.ids for row in rows] == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]
    assert [row.counted for row in rows] == [((1, 4),), ((1, 4),), ((1, 2),)]
    rows = sorted(islice(whole_rows(lambda _: [long], 4, True, 0), 3), key=lambda row: row.ids)
    assert [row.counted for row in rows] == [((3, 4),), ((1, 4),), ((1, 2),)]


def test_little_is_left_empty() -> None:
    lengths = [20 + (7 * n) % 300 for n in range(500)]
    assert rows_a_pass(lengths, 1024, joined=False) <= 1.01 * sum(lengths) / 1024 + 1


@given(documents(), st.integers(2, 64), st.booleans(), st.integers(0, 3))
def test_joined_rows_are_a_stream_of_whole_passes(given_: Documents, size: int, only: bool, seed: int) -> None:
    tokens = sum(len(d.ids) for d in given_)
    rows = list(islice(joined_rows(lambda _: given_, size, only, seed), -(-3 * tokens // size)))
    assert all(row.lengths == (size,) and len(row.ids) == size for row in rows)
    stream = [token for row in rows for token in row.ids]
    every = set(range(tokens))
    for number in range(3):
        assert set(stream[number * tokens : (number + 1) * tokens]) == every
    # Documents stay whole in it.
    assert all(b == a + 1 or a in ends(given_) for a, b in pairwise(stream))


@given(documents(), st.integers(2, 64), st.integers(0, 3))
def test_of_a_joined_row_all_but_the_first_token_count_or_what_was_written(
    given_: Documents, size: int, seed: int
) -> None:
    everything = next(joined_rows(lambda _: given_, size, False, seed))
    assert everything.counted == ((1, size),)
    row = next(joined_rows(lambda _: given_, size, True, seed))
    written = {token for d in given_ for token in d.ids[d.prompt :]}
    assert learned([row]) == Counter(token for token in row.ids[1:] if token in written)


def test_rows_hang_on_the_seed_and_on_the_pass() -> None:
    given_ = [Encoded((n, n + 1), 1) for n in range(0, 80, 2)]
    for rows in (whole_rows, joined_rows):
        first, again, other = (list(islice(rows(lambda _: given_, 8, True, seed), 20)) for seed in (1, 1, 2))
        assert first == again
        assert first != other
        assert first[:10] != first[10:]


def ends(given_: Documents) -> set[int]:
    return {d.ids[-1] for d in given_}
