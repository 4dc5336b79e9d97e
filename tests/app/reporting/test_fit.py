from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.reporting.fit import Section, fit

LINES = st.lists(st.text("abcé日", max_size=12), max_size=8)


def more(count: int) -> str:
    return f"{count} more"


def omitted(count: int) -> str:
    return f"{count} sections more"


SECTIONS = st.lists(
    st.builds(Section, LINES, LINES, LINES, more=st.just(more), hidden=st.integers(0, 3)), min_size=1, max_size=5
)


@given(SECTIONS, st.integers(0, 400))
def test_the_limit_holds_for_every_text(sections: list[Section], limit: int) -> None:
    assert len(fit(sections, limit, omitted).encode()) <= limit


@given(SECTIONS)
def test_with_room_for_all_nothing_is_left_out(sections: list[Section]) -> None:
    whole = "".join(
        f"{line}\n"
        for s in sections
        for line in [*s.opening, *s.items, *([more(s.hidden)] if s.hidden else []), *s.closing]
    )
    assert fit(sections, 100_000, omitted) == whole


def test_items_are_dropped_from_the_end_and_counted() -> None:
    section = Section(["<open>"], ["aaaa", "bbbb", "cccc"], ["<close>"], more, hidden=2)
    assert fit([section], 32, omitted) == "<open>\naaaa\nbbbb\n3 more\n<close>\n"


def test_a_section_without_room_is_counted_and_never_half_there() -> None:
    first = Section(["first"], ["item"], [], more)
    second = Section(["<open>"], [], ["x" * 90], more)
    assert fit([first, second, first], 60, omitted) == "first\nitem\n2 sections more\n"
