"""The child: what a fork of the template does with one program, and what it says of it.

A report is a length and a row of frames, each a letter, a length, and a body: ``R`` the program is loaded, ``V`` the
encoded value of the next call, ``E`` the class of the exception that ended it, ``T`` and ``O`` processor time or output
are used up, ``F`` the report is full, ``D`` done. It is the program's word; the harness believes none of it without
the right values.

The template loads this file before the first fork: whatever a child needs is there when it begins, and nothing of it
can be found by a name that the program may change.
"""

from __future__ import annotations

import marshal
import os
import struct
import sys
import time

# Neither typing nor collections: each page that the template holds costs every fork of it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable
    from typing import Any

    from collapse_lab.execution.inside.values import encode

    Send = Callable[[bytes, bytes], None]
    Spent = Callable[[], bytes]
else:
    from values import encode

LENGTH = struct.Struct("<I")
HEAD = struct.Struct("<cI")
# Calls from one look at the limits to the next: a look asks the kernel, which asks three filters, and costs as much as
# a short call. That a limit was passed is never missed, since the template asks, too.
_LOOK = 8


def run(program: tuple[str, str, tuple[bytes, ...], int], send: Send, spent: Spent) -> None:
    """Load the program, call its function once a case, report each value; ends the process.

    Before the case number *again* the program is loaded anew, with none of the names it had made.
    """
    source, entry_point, cases, again = program
    leave, loads = os._exit, marshal.loads
    try:
        code = compile(source, "<solution>", "exec", 0, True)
        function = _load(code, entry_point, bool(cases))
        _stop_at_limit(spent, send)
        send(b"R", b"")
        for number, case in enumerate(cases):
            if number == again:
                function = _load(code, entry_point, True)
            value = encode(function(*loads(case)))
            if number % _LOOK == 0:
                _stop_at_limit(spent, send)
            send(b"V", value)
        _stop_at_limit(spent, send)
        send(b"D", b"")
    except MemoryError:
        send(b"E", b"MemoryError")
    except BaseException as error:  # noqa: BLE001 - SystemExit, too: a program that leaves has not answered
        send(b"E", _name(error))
    leave(0)


def _load(code: Any, entry_point: str, called: bool) -> Any:
    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - that is what this is for
    return _found(space, entry_point) if called else None


def _found(space: dict[str, Any], entry_point: str) -> Any:
    if entry_point not in space:
        raise NameError(entry_point)
    return space[entry_point]


def bookkeeper(cpu: float, output: int) -> Spent:
    """Return what says, between two calls, which limit the child is over (the template asks the kernel, too)."""
    clock, offset, here, flush = time.process_time, os.lseek, os.SEEK_CUR, sys.stdout.flush

    def spent() -> bytes:
        try:
            flush()
            # Asking for the size would make an object of twenty numbers, case by case.
            if offset(1, 0, here) > output:
                return b"O"
        except (OSError, ValueError):
            pass  # it has closed its output
        return b"T" if clock() > cpu else b""

    return spent


def _stop_at_limit(spent: Spent, send: Send) -> None:
    if letter := spent():
        send(letter, b"")
        os._exit(0)


def speaker(report: mmap.mmap) -> Send:
    """Return what appends a frame to the report. One that is full says so by its last frame."""
    view, pack, length, room = memoryview(report), HEAD.pack_into, LENGTH.pack_into, len(report) - 2 * HEAD.size
    end = LENGTH.size

    def send(letter: bytes, body: bytes) -> None:
        nonlocal end
        if end + len(body) > room:
            letter, body = b"F", b""
        pack(view, end, letter, len(body))
        start = end + HEAD.size
        end = start + len(body)
        view[start:end] = body
        # Last: a frame counts when it is whole.
        length(view, 0, end - LENGTH.size)
        if letter == b"F":
            os._exit(0)

    return send


def _name(error: BaseException) -> bytes:
    """Return the class's own name; a metaclass of the program's is not asked."""
    name: str = type.__dict__["__name__"].__get__(type(error))
    return name.encode("utf-8", "replace")[:100]
