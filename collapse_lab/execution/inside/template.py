"""The template: reads programs from standard input, one at a time, and runs each in a forked child of its own.

Started as ``python -P -s -S -W ignore template.py`` in the sandbox (not ``-I``: that would ignore the fixed hash seed
of the sandbox's environment, and the order of a set of strings would differ from run to run). Input: a header, then
the programs, each a length (4 bytes, little-endian) and a marshalled body. Output: one record a program, in order:
a status letter, a length, and the child's own report.

Who can be trusted: this process alone. It is unreadable for others of its user (``PR_SET_DUMPABLE``), it holds the
only descriptors to the outside, and it looks into neither programs nor reports: both lie in memory that is wiped
after each program, so that a child finds no other program's text or answers in what it inherits. The child
filters its own system calls before it touches the program: it can start no process and reach none by signals, limits
or scheduling, so that killing it ends all that it started (threads). Were the template ended all the same, or the
scratch directory not left empty, the harness goes on in a fresh sandbox.

Statuses: ``d`` the child ended by itself, ``t`` it used more than its processor time, ``o`` it wrote more than its
output limit, ``w`` it slept until the backstop, ``k`` a signal ended it.

A child's report is written into memory shared with the template, which reads it when the child is dead: what it said
until then is there, however it ended. What the child does, and how its report is made, is ``child.py``.
"""

from __future__ import annotations

import ctypes
import gc
import marshal
import mmap
import os
import resource
import select
import sys
import time

# Neither typing nor collections nor signal: each page that the template holds costs every fork of it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from collapse_lab.execution.inside.child import HEAD, LENGTH, bookkeeper, run, speaker
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib is slow to load
    from child import HEAD, LENGTH, bookkeeper, run, speaker

    del sys.path[0], sys.modules["child"], sys.modules["values"]

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 4, 22, 38, 2
_CPUCLOCK_SCHED = 2  # the low bits of a process's clock; linux/posix-timers.h
_TICK_MS = 50
_CHUNK = 65_536
_KEPT = 4 * _CHUNK
_OPEN_FILES = 256
_FAILED = 71
_LIBRARY = ctypes.CDLL(None, use_errno=True)
_PRCTL = _LIBRARY.prctl
_PRCTL.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
_SIGKILL = 9
_SINK = "sink"
_PIECE = """
class Piece:
    def made(self, count, step=2):
        return [number * step for number in range(count) if number]
Piece().made(3)
"""


class _Filter(ctypes.Structure):
    """``struct sock_fprog`` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class Buffer:
    """Bytes in one place, wiped after use."""

    def __init__(self) -> None:
        self._bytes = bytearray(_CHUNK)
        self.size = 0

    def view(self, start: int, end: int) -> memoryview:
        """Return the bytes from *start* to *end*, making room for them."""
        if end > len(self._bytes):
            larger = bytearray(max(end, 2 * len(self._bytes)))
            larger[: self.size] = self._bytes[: self.size]
            self._bytes[:] = bytes(len(self._bytes))
            self._bytes = larger
        return memoryview(self._bytes)[start:end]

    def read(self, descriptor: int, size: int) -> bool:
        """Append exactly *size* bytes; return whether there were so many."""
        end = self.size + size
        while self.size < end:
            got = os.readv(descriptor, [self.view(self.size, end)])
            if not got:
                return False
            self.size += got
        return True

    def wipe(self) -> None:
        """Forget everything, and give back what only a large program needed."""
        self._bytes[: self.size] = bytes(self.size)
        self.size = 0
        if len(self._bytes) > _KEPT:
            self._bytes = bytearray(_CHUNK)


class Template:
    """The state of the template: its channel and what each child is held to."""

    def __init__(self) -> None:
        self._requests, self._answers, self.errors = os.dup(0), os.dup(1), os.dup(2)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.close(nothing)
        self._program = Buffer()
        length = self._length()
        if length is None or not self._program.read(self._requests, length):
            raise SystemExit("no header")
        settings = marshal.loads(self._program.view(0, self._program.size))  # noqa: S302 - the harness wrote it
        self._program.wipe()
        self.cpu: float = settings["cpu_seconds"]
        self.backstop: float = settings["wall_seconds"]
        self.output: int = settings["output_bytes"]
        self._report = mmap.mmap(-1, settings["report_bytes"])
        self._most_answers: int = settings["answer_bytes"]
        self._preloaded: list[str] = settings["preloaded"]
        # Some of these may be links to others.
        self._clean = {os.path.realpath(path) for path in settings["watched"] if os.path.isdir(path)}  # noqa: PTH112
        own_filter, sample_filter = (_Filter(len(p) // 8, p) for p in settings["filters"][os.uname().machine])
        self._filter, self._filter_at = sample_filter, ctypes.addressof(sample_filter)
        self._descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self._seconds = _at_most(resource.RLIMIT_CPU, int(self.cpu) + 2)
        _limit(settings["memory_bytes"], settings["file_bytes"])
        _control(_PR_SET_DUMPABLE, 0)
        _control(_PR_SET_NO_NEW_PRIVS, 1)
        _control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(own_filter))
        self._send, self._spent = speaker(self._report), bookkeeper(self.cpu, self.output)

    def serve(self) -> None:
        """Run programs until there are no more, the scratch directory is not clean, or enough was answered."""
        answered = 0
        _preload(self._preloaded)
        _rehearse()
        while answered < self._most_answers:
            length = self._length()
            if length is None or not self._program.read(self._requests, length):
                return
            status = self._one()
            # At once, and not collected: a report kept here would be in the next child's memory.
            answered += self._answer(status)
            self._program.wipe()
            # Gives the pages back, whatever was written to them and wherever.
            self._report.madvise(mmap.MADV_REMOVE)
            if any(os.listdir(path) for path in self._clean):  # noqa: PTH208
                return

    def _length(self) -> int | None:
        if not self._program.read(self._requests, 4):
            return None
        length = int.from_bytes(self._program.view(0, 4), "little")
        self._program.wipe()
        return length

    def _one(self) -> bytes:
        """Run the program in the buffer; return its status. Its report is in the shared memory then."""
        # A new file for each, as descriptors 1 (the lowest that is free) and 2.
        os.close(1)
        os.dup2(os.open(_SINK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600), 2)
        os.unlink(_SINK)  # noqa: PTH108
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            self._become()
        # Each page that is written while the child lives is copied: as little as can be, from here to the wait.
        watched = os.pidfd_open(child)
        try:
            slept = self._watch(child, watched, started)
            used = os.wait4(child, 0)
            if used[2].ru_utime + used[2].ru_stime > self.cpu:
                return b"t"
            if os.lseek(1, 0, os.SEEK_END) > self.output:
                return b"o"
            if slept:
                return b"w"
            return b"k" if os.WIFSIGNALED(used[1]) else b"d"
        finally:
            os.close(watched)

    def _watch(self, child: int, watched: int, started: float) -> bool:
        """Wait until the child has ended, or end it; return whether that was for sleeping too long."""
        clock = (~child << 3) | _CPUCLOCK_SCHED
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        left = self.cpu
        while not poll.poll(min(_TICK_MS, 1000 * left + 1)):
            left = self.cpu - time.clock_gettime(clock)
            slept = self._slept(child, started, self.cpu - left)
            if left <= 0 or slept:
                os.kill(child, _SIGKILL)
                return slept and left > 0
        return False

    def _answer(self, status: bytes) -> int:
        """Send the record of the dead child's report; return its size."""
        size: int = min(LENGTH.unpack_from(self._report)[0], len(self._report) - LENGTH.size)
        head = HEAD.pack(status, size)
        rest = memoryview(self._report)[LENGTH.size : LENGTH.size + size]
        written = 0
        while written < len(head) + size:
            at = max(0, written - len(head))
            written += os.writev(self._answers, [head[written:], rest[at:]])
        return size

    def _slept(self, child: int, started: float, used: float) -> bool:
        """Whether the child did not even want to run for as long as the backstop says.

        What it waited for a processor is the machine's doing, not its own.
        """
        passed = time.monotonic() - started
        if passed - used < self.backstop:
            return False
        waited = 0
        for task in os.listdir(f"/proc/{child}/task"):  # noqa: PTH208
            waited += int((_read(f"/proc/{child}/task/{task}/schedstat").split() or [b"0"] * 2)[1])
        return passed - used - waited / 1e9 >= self.backstop

    def _become(self) -> None:
        """Turn this fork into the child, run the program, and end; never returns."""
        try:
            os.closerange(3, self._descriptors)
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (self._seconds, self._seconds))
            _control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, self._filter_at)
            program = marshal.loads(self._program.view(0, self._program.size))  # noqa: S302 - the harness wrote it
            run(program, self._send, self._spent)
        finally:
            os._exit(_FAILED)


def _at_most(what: int, wanted: int) -> int:
    ceiling = resource.getrlimit(what)[1]
    return wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)


def _limit(memory: int, file: int) -> None:
    """Hold this process, and so each child, to all but the processor time, which is a child's own."""
    own = resource.getpagesize() * int(_read("/proc/self/statm").split()[0])
    for what, wanted in (
        (resource.RLIMIT_AS, own + memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        value = _at_most(what, wanted)
        resource.setrlimit(what, (value, value))


def _rehearse() -> None:
    """Have the interpreter make once what it makes at its first compilation, and give back memory that is free.

    Each child would make it anew (a hundred types of syntax trees: more than a millisecond), and each fork copies
    the tables of all pages, of free ones, too.
    """
    exec(compile(_PIECE, "<rehearsal>", "exec", 0, True), {})  # noqa: S102 - the text above
    gc.collect()
    gc.freeze()
    trim = getattr(_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _preload(names: Iterable[str]) -> None:
    """Import what many of the programs will; ``random`` without its hook that seeds it anew in every fork."""
    hook = os.register_at_fork
    os.register_at_fork = lambda **_: None
    for name in names:
        __import__(name)
    os.register_at_fork = hook
    if "random" in sys.modules:
        sys.modules["random"].seed(0)


def _control(option: int, value: int, address: int = 0) -> None:
    if _PRCTL(option, value, address, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return stream.read()
    except OSError:
        return b""


def main() -> None:
    """Serve, and say on the sandbox's own error output what went wrong."""
    template = Template()
    try:
        template.serve()
    except BaseException:
        os.dup2(template.errors, 2)
        raise


if __name__ == "__main__":
    main()
