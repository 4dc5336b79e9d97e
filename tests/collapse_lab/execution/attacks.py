"""Programs that try to pass without knowing the answer, to hurt their neighbours, or to get out: data for the tests.

Each is to define ``secret(a, b)``; the right answer is ``a * b + 7``, which none of them computes. ``ends`` are the
endings that are right for it, with the exception's class where there is one. ``seconds`` of processor time are given:
touching much memory takes more of it than calling a function does, on some hosts far more.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    name: str
    source: str
    ends: frozenset[str]
    seconds: float = 0.5


def _attack(name: str, source: str, *ends: str, seconds: float = 0.5) -> Attack:
    return Attack(name, textwrap.dedent(source).lstrip("\n"), frozenset(ends), seconds)


_LARGE = 5.0
_LIAR = """
    class Liar:
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __hash__(self): return 0
        def __bool__(self): return True
        def __instancecheck__(self, other): return True
"""
_FORGE = """
    import os, struct, sys
    def speaker():
        frame = sys._getframe()
        while "send" not in frame.f_locals: frame = frame.f_back
        return frame.f_locals["send"]
"""

ATTACKS = (
    # values that lie
    _attack("an object that equals everything", _LIAR + "    def secret(a, b): return Liar()", "wrong"),
    _attack("an int subclass that equals everything", """
        class Any(int):
            def __eq__(self, other): return True
            def __hash__(self): return 7
        def secret(a, b): return Any(0)
        """, "wrong"),
    _attack("a list of objects that equal everything", _LIAR + "    def secret(a, b): return [Liar()] * 3", "wrong"),
    _attack("a class that claims to be int", """
        class Fake:
            __class__ = int
            def __eq__(self, other): return True
        def secret(a, b): return Fake()
        """, "wrong"),
    _attack("a value that holds itself", """
        def secret(a, b):
            knot = []
            knot.append(knot)
            return knot
        """, "wrong"),
    _attack("a value nested ten thousand deep", """
        def secret(a, b):
            value = 0
            for _ in range(10_000): value = [value]
            return value
        """, "wrong"),
    _attack("a value of two to the hundredth parts", """
        def secret(a, b):
            value = 0
            for _ in range(100): value = [value, value]
            return value
        """, "wrong", "memory", "timeout"),
    _attack("an endless generator", """
        def secret(a, b):
            while True: yield a * b
        """, "wrong"),
    _attack("a dictionary with a program for a key", _LIAR + "    def secret(a, b): return {Liar(): 1}", "wrong"),
    _attack("an integer of a hundred million bits", "def secret(a, b): return 1 << 100_000_000", "wrong", "memory",
            seconds=_LARGE),
    _attack("a string of thirty million characters", "def secret(a, b): return 'x' * 30_000_000", "wrong", "memory",
            seconds=_LARGE),
    _attack("nothing but a NaN", "def secret(a, b): return float('nan')", "wrong"),
    # leaving early
    _attack("sys.exit(0)", "import sys\ndef secret(a, b): sys.exit(0)", "error SystemExit"),
    _attack("sys.exit(0) on loading", "import sys\nsys.exit(0)", "error SystemExit"),
    _attack("os._exit(0)", "import os\ndef secret(a, b): os._exit(0)", "killed"),
    _attack("os._exit(0) on loading", "import os\nos._exit(0)", "killed"),
    _attack("SystemExit at exit", """
        import atexit, sys
        atexit.register(lambda: sys.exit(0))
        def secret(a, b): raise SystemExit(0)
        """, "error SystemExit"),
    _attack("a crash of the interpreter", "import ctypes\ndef secret(a, b): ctypes.string_at(0)", "killed"),
    _attack("an exception whose class hides its name", """
        class Meta(type):
            @property
            def __name__(cls): return "Passed"
        class Odd(BaseException, metaclass=Meta): pass
        def secret(a, b): raise Odd
        """, "error Odd"),
    _attack("another program in its place", """
        import os
        def secret(a, b): os.execv("/bin/true", ["true"])
        """, "error PermissionError"),
    # the machinery in its own process
    _attack("a print that looks like a report", """
        def secret(a, b):
            print("passed\\nRVD", flush=True)
            return 0
        """, "wrong"),
    _attack("other builtins", """
        import builtins
        builtins.type = lambda *a: int
        builtins.len = lambda *a: 1
        builtins.isinstance = builtins.all = lambda *a: True
        def secret(a, b): return 0
        """, "wrong", "killed"),
    _attack("other json, math, marshal and os", """
        import json, math, marshal, os, struct
        json.dumps = json.loads = marshal.loads = lambda *a, **k: {"ending": "passed"}
        math.isclose = lambda *a, **k: True
        os._exit = lambda *a: None
        struct.Struct = None
        def secret(a, b): return 0
        """, "wrong"),
    _attack("another encode in the template", """
        import __main__
        __main__.encode = lambda value: b"i" + bytes(4)
        __main__._stop_at_limit = lambda *a: None
        def secret(a, b): return 0
        """, "wrong"),
    _attack("expected values searched with gc", """
        import gc
        def secret(a, b):
            for thing in gc.get_objects():
                if type(thing) is dict and "expected" in thing: return thing["expected"]
            return 0
        """, "wrong"),
    _attack("expected values searched in the frames", """
        import sys
        def secret(a, b):
            frame, seen = sys._getframe(), []
            while frame:
                seen += [v for v in frame.f_locals.values() if type(v) is int]
                frame = frame.f_back
            return max(seen)
        """, "wrong"),
    _attack("a trace function that turns the result", """
        import sys
        def spy(frame, event, arg):
            for name in ("function", "value", "case"):
                if name in frame.f_locals: frame.f_locals[name] = b"N"
            return spy
        sys.settrace(spy)
        sys.setprofile(spy)
        def secret(a, b): return 0
        """, "wrong"),
    _attack("an import hook", """
        import sys
        class Hook:
            @staticmethod
            def find_spec(name, path=None, target=None): raise SystemExit("passed")
        sys.meta_path.insert(0, Hook)
        sys.modules.clear()
        def secret(a, b): return 0
        """, "wrong", "error SystemExit"),
    _attack("a report of its own, right in form", _FORGE + """
    def secret(a, b):
        send = speaker()
        for _ in range(3): send(b"V", b"i" + struct.pack("<I", 1) + b"0")
        send(b"D", b"")
        os._exit(0)
    """, "wrong"),
    _attack("a report of done and no values", _FORGE + """
    def secret(a, b):
        speaker()(b"D", b"")
        os._exit(0)
    """, "killed"),
    _attack("a report without end", _FORGE + """
    def secret(a, b):
        while True: speaker()(b"V", b"N" * 10_000)
    """, "wrong"),
    _attack("a report that is longer than its memory", _FORGE + """
    import gc, mmap
    def secret(a, b):
        report = next(thing for thing in gc.get_objects() if type(thing) is memoryview and thing.nbytes > 10**6)
        report[:4] = b"\\xff" * 4
        os._exit(0)
    """, "killed", "error StopIteration"),
    _attack("a record for the neighbour", _FORGE + """
    def secret(a, b):
        for descriptor in range(256):
            try: os.write(descriptor, b"d" + struct.pack("<I", 5) + b"D" + bytes(4))
            except OSError: pass
        return 0
    """, "wrong"),
    _attack("all descriptors closed", """
        import os
        def secret(a, b):
            os.closerange(0, 4096)
            return 0
        """, "wrong"),
    _attack("all descriptors used", """
        import os
        def secret(a, b):
            while True: os.open("/dev/null", 0)
        """, "error OSError"),
    # signals and time
    _attack("a loop that ignores every signal", """
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        def secret(a, b):
            while True: pass
        """, "timeout"),
    _attack("a loop that catches everything", """
        def secret(a, b):
            while True:
                try:
                    while True: pass
                except BaseException: pass
        """, "timeout"),
    _attack("a loop on loading", "while True: pass", "timeout"),
    _attack("a regular expression that never ends", """
        import re
        def secret(a, b): return re.match("(a+)+$", "a" * 64 + "b")
        """, "timeout"),
    _attack("threads that never end", """
        import threading
        def spin():
            while True: pass
        def secret(a, b):
            for _ in range(4): threading.Thread(target=spin).start()
            return 0
        """, "wrong", "timeout"),
    _attack("a thread that answers for it", _LIAR + """
    import threading, time
    def secret(a, b):
        value = []
        threading.Thread(target=lambda: [value.append(Liar()) for _ in range(1000)]).start()
        return value
    """, "wrong", "error RuntimeError"),
    _attack("sleep", "import time\ndef secret(a, b): time.sleep(3600)", "killed"),
    _attack("a lock that nobody opens", """
        import threading
        def secret(a, b):
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()
        """, "killed"),
    _attack("reading from standard input", "def secret(a, b): return input()", "error EOFError"),
    # too much
    _attack("recursion without end", "def secret(a, b): return secret(a, b)", "error RecursionError"),
    _attack("recursion without end or limit", """
        import sys
        sys.setrecursionlimit(10**9)
        class Deep:
            def __repr__(self): return repr([self])
        def secret(a, b): return repr(Deep())
        """, "killed", "memory", "error RecursionError"),
    _attack("memory without end", """
        def secret(a, b):
            kept = []
            while True: kept.append(bytearray(10**7))
        """, "memory", seconds=_LARGE),
    _attack("memory without end, caught", """
        def secret(a, b):
            kept = []
            while True:
                try: kept.append(bytearray(10**7))
                except MemoryError: pass
        """, "timeout"),
    _attack("a fork bomb", """
        import os
        while True: os.fork()
        """, "error PermissionError"),
    _attack("a fork bomb by ctypes", """
        import ctypes
        libc = ctypes.CDLL(None)
        def secret(a, b):
            for _ in range(1000): libc.fork(); libc.vfork(); libc.syscall(56, 17, 0, 0, 0, 0)
            return 0
        """, "wrong"),
    _attack("a program started", """
        import subprocess
        def secret(a, b): return subprocess.run(["sleep", "1000"])
        """, "error PermissionError"),
    _attack("a flood of output", """
        def secret(a, b):
            while True: print("x" * 1000)
        """, "output"),
    _attack("a flood of errors, caught", """
        import os
        def secret(a, b):
            while True:
                try: os.write(2, b"x" * 65536)
                except OSError: pass
        """, "output", "timeout"),
    _attack("one large file", """
        def secret(a, b):
            with open("large", "wb") as stream:
                while True: stream.write(b"x" * 65536)
        """, "error OSError"),
    _attack("files without end", """
        def secret(a, b):
            n = 0
            while True:
                with open(f"file{n}", "wb") as stream: stream.write(b"x" * 65536)
                n += 1
        """, "error OSError", "timeout", "killed"),
    _attack("a scratch directory that nobody can read", """
        import os
        def secret(a, b):
            open("left", "w").close()
            os.chmod(".", 0)
            return 0
        """, "wrong"),
    _attack("a module left for the neighbours", """
        open("math.py", "w").write("raise SystemExit")
        open("/dev/shm/typing.py", "w").write("raise SystemExit")
        def secret(a, b): return 0
        """, "wrong"),
    # the template and the neighbours
    _attack("the template killed", """
        import os, signal
        def secret(a, b):
            for pid in (os.getppid(), 1, -1, 0):
                try: os.kill(pid, signal.SIGKILL)
                except PermissionError: pass
            return 0
        """, "wrong"),
    _attack("the process group killed", """
        import os, signal
        def secret(a, b): os.killpg(0, signal.SIGKILL)
        """, "error PermissionError"),
    _attack("the template killed by a descriptor's owner", """
        import fcntl, os
        def secret(a, b):
            out, into = os.pipe()
            fcntl.fcntl(out, fcntl.F_SETOWN, os.getppid())
            fcntl.fcntl(out, fcntl.F_SETFL, os.O_ASYNC)
            os.write(into, b"x")
            return 0
        """, "error PermissionError"),
    _attack("the template's limits lowered", """
        import os, resource
        def secret(a, b): resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))
        """, "error PermissionError"),
    _attack("the template slowed down", """
        import os
        def secret(a, b):
            os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
            return 0
        """, "error PermissionError"),
    _attack("the template traced", """
        import ctypes, os
        libc = ctypes.CDLL(None)
        def secret(a, b):
            assert libc.ptrace(16, os.getppid(), 0, 0) == 0
            return 0
        """, "error AssertionError"),
    _attack("the template's memory", """
        import os
        def secret(a, b): return open(f"/proc/{os.getppid()}/mem", "rb").read(1)
        """, "error PermissionError"),
    _attack("the template's descriptors", """
        import os
        def secret(a, b):
            got = []
            for name in range(64):
                try: got.append(os.open(f"/proc/{os.getppid()}/fd/{name}", os.O_WRONLY))
                except OSError: pass
            for descriptor in got: os.write(descriptor, b"d" + bytes(4))
            raise KeyError(len(got)) if got else LookupError
        """, "error LookupError"),
    _attack("all of /proc read", """
        import glob, os
        def secret(a, b):
            for path in glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/fd/*"):
                try: text = os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 10_000)
                except OSError: continue
                if b"_MARK_OK!" in text: raise KeyError(path)
            return 0
        """, "wrong"),
    _attack("its memory searched for a neighbour", """
        import ctypes, re
        def secret(a, b):
            mark = "NEIGHBOUR" + "_MARK"
            mark = mark.encode()
            for line in open("/proc/self/maps"):
                found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
                if found:
                    start, end = (int(x, 16) for x in found.groups())
                    text = ctypes.string_at(start, end - start)
                    at = text.find(mark)
                    while at >= 0:
                        # The mark that this very search made is followed by nothing of a neighbour.
                        if text[at + 14 : at + 18] == b"_OK!": raise KeyError
                        at = text.find(mark, at + 1)
            return 0
        """, "wrong"),
    _attack("the makers of expected values", """
        import sys
        def secret(a, b):
            sys.path += ["/", "/work", "/usr/lib/python3/dist-packages", sys.prefix + "/lib/python3.11/site-packages"]
            import collapse_lab
            return 0
        """, "error ModuleNotFoundError"),
    _attack("the network", """
        import socket
        def secret(a, b): socket.create_connection(("1.1.1.1", 53), 1)
        """, "error OSError"),
)  # fmt: skip
