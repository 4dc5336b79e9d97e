"""What the template wrote about each program, read with suspicion: a report is the program's own word."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from collapse_lab.execution.compare import matches
from collapse_lab.execution.literals import expected
from collapse_lab.execution.outcome import Ending, Program, Verdict

_HEAD = struct.Struct("<cI")
# What the template says of the child; "d", that it ended by itself, leaves the word to the child's report.
_STATUSES: dict[bytes, Ending] = {b"t": "timeout", b"o": "output", b"w": "killed", b"k": "killed"}
_FRAMES: dict[bytes, Ending] = {b"T": "timeout", b"O": "output"}
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of running a program, before anything is compared.

    ``values`` are the encoded results of its first calls, in order. ``ending`` says why there are no more; it is
    ``None`` only where every call returned. ``loaded`` is false where it ended before the first call.
    """

    values: tuple[bytes, ...] = ()
    ending: Ending | None = "killed"
    exception: str = ""
    loaded: bool = False


def verdict(program: Program, seen: Observation) -> Verdict:
    """Return the verdict: the first case that failed decides."""
    for number, value in enumerate(seen.values):
        if not _right(program, number, value):
            return Verdict("wrong", case=number)
    if seen.ending is None:
        return Verdict("passed")
    return Verdict(seen.ending, seen.exception, len(seen.values) if seen.loaded else -1)


def _right(program: Program, number: int, value: bytes) -> bool:
    if program.exam is not None:
        return program.exam.right(number, value)
    case = program.cases[number]
    return matches(expected(case.expected), value, case.tolerance)


def read_records(output: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield status and report of each program that the template told of completely."""
    yield from _frames(output)


def observe(status: bytes, report: bytes, calls: int) -> Observation:
    """Return what a record says of a program with so many *calls*."""
    # One frame more than an honest report can have: a flood of them costs no more to read than that.
    frames = list(islice(_frames(report), calls + 3))
    whole = sum(_HEAD.size + len(body) for _, body in frames) == len(report)
    loaded = frames[:1] == [(b"R", b"")]
    values = [body for _, body in takewhile(lambda frame: frame[0] == b"V", frames[1:])] if loaded else []
    rest = frames[len(values) + loaded :]
    ending: Ending | None
    ending, exception = _STATUSES.get(status, "killed"), ""
    if status == b"d" and whole and len(rest) == 1:
        ending, exception = _said(*rest[0], complete=loaded and len(values) == calls)
    # A call that did not return by the end has no value to show; more of them than calls is no honest report.
    kept = values if ending is None else values[: max(0, calls - 1)]
    return Observation(tuple(kept), ending, exception, loaded)


def _frames(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _HEAD.size <= len(body):
        letter, length = _HEAD.unpack_from(body, at)
        at += _HEAD.size + length
        if at > len(body):
            return
        yield letter, body[at - length : at]


def _said(letter: bytes, body: bytes, *, complete: bool) -> tuple[Ending | None, str]:
    if letter == b"D" and complete:
        return None, ""
    if letter == b"E":
        name = body[:_NAME_LENGTH].decode("utf-8", "replace")
        name = name if name.isidentifier() else "Exception"
        return ("memory", "") if name == "MemoryError" else ("error", name)
    return _FRAMES.get(letter, "killed"), ""
