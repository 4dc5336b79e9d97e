"""Line differences: unified diffs parsed, and two texts compared."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")

# Above this many differing lines on both sides together an exact alignment is not worth its quadratic cost;
# the middle is then one replaced block, which marks more lines as changed, never fewer.
MAX_ALIGNED_LINES = 20_000


class DiffError(ValueError):
    """A unified diff that cannot be read; the message names the line."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of lines replaced by another, without context.

    Starts count from 1. As in ``diff -U0``, a count of 0 means that the run is empty and *start* names the line
    after which it would stand.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int

    @property
    def new_lines(self) -> range:
        """The head's line numbers that this hunk adds or rewrites."""
        return range(self.new_start, self.new_start + self.new_count)

    @property
    def old_lines(self) -> range:
        """The base's line numbers that this hunk removes or rewrites."""
        return range(self.old_start, self.old_start + self.old_count)


@dataclass(frozen=True)
class LineMap:
    """Where a line of one side stands on the other, by the hunks between them."""

    hunks: tuple[Hunk, ...]

    @cached_property
    def _ends(self) -> list[int]:
        return [_first_after(h.new_start, h.new_count) for h in self.hunks]

    def to_base(self, line: int) -> int | None:
        """Return the base's number of the head's *line*, or ``None`` when the change wrote it."""
        index = bisect_right(self._ends, line)
        if index < len(self.hunks) and line in self.hunks[index].new_lines:
            return None
        shift = sum(h.old_count - h.new_count for h in self.hunks[:index])
        return line + shift

    def to_head(self, line: int) -> int | None:
        """Return the head's number of the base's *line*, or ``None`` when the change removed it."""
        return self._reverse.to_base(line)

    @cached_property
    def _reverse(self) -> LineMap:
        return LineMap(tuple(Hunk(h.new_start, h.new_count, h.old_start, h.old_count) for h in self.hunks))


def _first_after(start: int, count: int) -> int:
    """Return the first line number after a run, by the rule that an empty run stands after *start*."""
    return start + count if count else start + 1


def split_lines(text: bytes) -> list[bytes]:
    r"""Split at ``\n`` only, as git and diff do: a form feed or a lone ``\r`` ends no line."""
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


def compare(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    """Return the hunks that turn *old* into *new*, in order.

    A missing newline at the end of either text counts as a change of its last line, as in git.
    """
    if old == new:
        return ()
    old_lines, new_lines = _terminated(old), _terminated(new)
    head = _common_prefix(old_lines, new_lines)
    tail = _common_prefix(old_lines[head:][::-1], new_lines[head:][::-1])
    old_mid = old_lines[head : len(old_lines) - tail]
    new_mid = new_lines[head : len(new_lines) - tail]
    if len(old_mid) + len(new_mid) > MAX_ALIGNED_LINES:
        codes: Iterable[tuple[str, int, int, int, int]] = [("replace", 0, len(old_mid), 0, len(new_mid))]
    else:
        codes = difflib.SequenceMatcher(None, old_mid, new_mid, autojunk=False).get_opcodes()
    return tuple(_hunk(head + i1, i2 - i1, head + j1, j2 - j1) for tag, i1, i2, j1, j2 in codes if tag != "equal")


def _hunk(old_index: int, old_count: int, new_index: int, new_count: int) -> Hunk:
    return Hunk(
        old_index + 1 if old_count else old_index, old_count, new_index + 1 if new_count else new_index, new_count
    )


def _terminated(text: bytes) -> list[bytes]:
    lines = split_lines(text)
    if text and not text.endswith(b"\n"):
        lines[-1] += b"\0no newline"
    return lines


def _common_prefix(left: Sequence[bytes], right: Sequence[bytes]) -> int:
    count = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        count += 1
    return count


def parse_hunks(patch: bytes) -> tuple[Hunk, ...]:
    """Read the hunks of one file's part of a unified diff, with or without context lines.

    Context is removed: the result is what ``-U0`` would have said. Raises ``DiffError`` where a hunk's body is
    shorter or longer than its header promises.
    """
    lines = patch.split(b"\n")
    hunks: list[Hunk] = []
    at = 0
    while at < len(lines):
        match = _HUNK.match(lines[at])
        if match is None:
            at += 1
            continue
        old, old_count, new, new_count = (int(g) if g is not None else 1 for g in match.groups())
        at = _read_body(lines, at + 1, (old, old_count, new, new_count), hunks)
    return tuple(hunks)


def _read_body(lines: list[bytes], at: int, header: tuple[int, int, int, int], hunks: list[Hunk]) -> int:
    """Read one hunk's body from line *at*; append what it changes; return the index after it."""
    old, old_count, new, new_count = header
    # Zero-based positions of the next line on each side.
    left, right = old - (1 if old_count else 0), new - (1 if new_count else 0)
    left_end, right_end = left + old_count, right + new_count
    run_left, run_right = left, right
    while left < left_end or right < right_end:
        if at >= len(lines):
            raise DiffError(f"The diff ends inside a hunk (line {at}): it was cut off.")
        mark = lines[at][:1]
        if mark in (b" ", b""):
            _flush(hunks, run_left, left, run_right, right)
            left, right = left + 1, right + 1
            run_left, run_right = left, right
        elif mark == b"-":
            left += 1
        elif mark == b"+":
            right += 1
        elif mark != b"\\":
            raise DiffError(f"Line {at + 1} of the diff belongs to no hunk: it starts with {mark!r}.")
        if left > left_end or right > right_end:
            raise DiffError(f"Line {at + 1} of the diff is more than its hunk's header promised.")
        at += 1
    _flush(hunks, run_left, left, run_right, right)
    return at


def _flush(hunks: list[Hunk], run_left: int, left: int, run_right: int, right: int) -> None:
    if left > run_left or right > run_right:
        hunks.append(_hunk(run_left, left - run_left, run_right, right - run_right))
