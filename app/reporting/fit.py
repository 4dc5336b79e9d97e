"""Sections of lines fitted into a size limit: whole lines only, and what was left out is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that stand between an opening and a closing; all of ``items`` may be left out, from the end.

    ``more`` makes the line that says how many items are not shown. ``hidden`` counts those that were left out
    before.
    """

    opening: Sequence[str]
    items: Sequence[str]
    closing: Sequence[str]
    more: Callable[[int], str]
    hidden: int = 0


def fit(sections: Sequence[Section], limit: int, omitted: Callable[[int], str]) -> str:
    """Return the sections as text of at most *limit* bytes of UTF-8; the first sections have the first claim.

    Each section keeps its opening, its count and its closing while those fit; from the first one that does not,
    the rest is left out, and *omitted* makes the line that counts those sections. Nothing is cut inside a line.
    """
    frames = [_frame(section) for section in sections]
    taken = len(sections)
    last: list[str] = []
    if sum(frames) > limit:
        taken = _count_that_fit(frames, limit - _size([omitted(len(sections))]))
        last = [omitted(len(sections) - taken)]
    room = limit - sum(frames[:taken]) - _size(last)
    if room < 0:
        return ""
    lines: list[str] = []
    for section in sections[:taken]:
        kept = _count_that_fit([_size([item]) for item in section.items], room)
        room -= _size(section.items[:kept])
        left = len(section.items) - kept + section.hidden
        lines += [*section.opening, *section.items[:kept], *([section.more(left)] if left else []), *section.closing]
    return "".join(f"{line}\n" for line in [*lines, *last])


def _count_that_fit(sizes: Sequence[int], room: int) -> int:
    return sum(1 for total in accumulate(sizes) if total <= room)


def _frame(section: Section) -> int:
    """Return what a section takes with none of its items shown."""
    most = len(section.items) + section.hidden
    return _size([*section.opening, *([section.more(most)] if most else []), *section.closing])


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8")) + 1 for line in lines)
