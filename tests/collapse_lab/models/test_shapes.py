from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collapse_lab.models.shapes import batches, bucket, grid

LENGTHS = st.lists(st.integers(1, 900), max_size=60)


@given(st.integers(1, 5000))
def test_a_bucket_holds_its_length_with_little_padding(length: int) -> None:
    assert length <= bucket(length) <= max(length + 15, length * 5 / 4)
    assert bucket(bucket(length)) == bucket(length)


@given(LENGTHS)
def test_every_row_is_in_one_batch_of_its_own_bucket(lengths: list[int]) -> None:
    seen = []
    for rows, columns, places in batches(lengths, tokens=512, limit=800):
        assert 1 <= len(places) <= rows
        assert rows == max(1, 512 // columns)
        assert {min(800, bucket(lengths[place])) for place in places} == {columns}
        seen += places
    assert sorted(seen) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 900))
def test_a_rows_shape_hangs_on_its_own_length(others: list[int], length: int) -> None:
    def shape(lengths: list[int]) -> tuple[int, int]:
        return next((r, c) for r, c, places in batches(lengths, 512, 1024) if lengths.index(length) in places)

    assert shape([length]) == shape([*others, length])


def test_a_grid_is_filled_up_with_padding() -> None:
    assert grid([(5, 6), (7,)], rows=3, columns=3, pad=9).tolist() == [[5, 6, 9], [7, 9, 9], [9, 9, 9]]
