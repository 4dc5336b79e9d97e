"""Attacks on other processes, on the supervisor, and with many processes."""

from __future__ import annotations

from dataclasses import replace

from gates.sandbox.spec import MIB
from tests.gates.sandbox.attacks.model import (
    FIRST_PROCESS_HIDDEN,
    HELD,
    SMALL,
    Attack,
    beside,
    either,
    killed,
    roomy,
    unfiltered,
    unsandboxed,
    without,
)
from tests.gates.sandbox.attacks.probes import lives_on, victim_died

_FEW = replace(SMALL, processes=20)
_SHORT = replace(SMALL, wall_seconds=0.6)

ATTACKS = [
    Attack(
        "kill a process of the host",
        "end a process by its number on the host",
        'def attack():\n    os.kill(W["victim"], signal.SIGKILL)\n    return "killed"\n',
        unsandboxed,
        succeeded=victim_died,
    ),
    Attack(
        "kill the parent",
        "end the process that watches",
        """
def attack():
    parent = os.getppid()
    os.kill(parent, signal.SIGKILL)
    time.sleep(0.2)
    return os.getppid() != parent
""",
        beside,
    ),
    Attack(
        "outlive the command",
        "leave a daemon behind (two forks and a session of its own)",
        """
def attack():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            null = os.open("/dev/null", os.O_RDWR)
            for descriptor in range(3):
                os.dup2(null, descriptor)
            os.execv(sys.executable, [sys.executable, "-ISc", "import time; time.sleep(30)", W["daemon_word"]])
        os._exit(0)
    os.wait()
    time.sleep(0.1)
    return None
""",
        unsandboxed,
        succeeded=lives_on,
    ),
    Attack(
        "outlive the time limit",
        "have a daemon that goes on when the command is killed",
        """
def attack():
    if os.fork() == 0:
        os.setsid()
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(30)", W["daemon_word"]])
    time.sleep(30)
""",
        unsandboxed,
        _SHORT,
        succeeded=lives_on,
        held=killed("ran longer than"),
    ),
    Attack(
        "fork bomb",
        "have more processes than allowed",
        """
def attack():
    for _ in range(60):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
    time.sleep(0.3)
    return "60 processes"
""",
        roomy(processes=500),
        _FEW,
        held=either(killed("started more than 20 processes"), HELD),
    ),
    Attack(
        "many threads",
        "have more threads than allowed",
        """
def attack():
    import threading
    for _ in range(60):
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
    time.sleep(0.3)
    return "60 threads"
""",
        roomy(processes=500),
        _FEW,
        held=either(killed("started more than 20 processes"), HELD),
    ),
    Attack(
        "memory bomb",
        "take more memory than one process may",
        "def attack():\n    return len(bytearray(300 << 20))\n",
        roomy(memory_bytes=1024 * MIB),
        replace(SMALL, memory_bytes=150 * MIB),
    ),
    Attack(
        "memory bomb of many",
        "take more memory than all may, a little in each of several processes",
        """
def attack():
    for _ in range(4):
        if os.fork() == 0:
            kept = bytearray(b"x" * (60 << 20))
            time.sleep(5)
            os._exit(len(kept) and 0)
    time.sleep(1)
    return "240 MiB"
""",
        roomy(total_memory_bytes=2048 * MIB),
        replace(SMALL, total_memory_bytes=120 * MIB),
        held=killed("used more than 120 MiB of memory"),
    ),
    Attack(
        "hang",
        "wait for ever",
        "def attack():\n    time.sleep(1)\n    return 'slept'\n",
        roomy(wall_seconds=20),
        _SHORT,
        held=killed("ran longer than 0.6 s"),
    ),
    Attack(
        "hang against signals",
        "wait for ever and ignore every signal that can be ignored",
        """
def attack():
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(1)
    return "slept"
""",
        roomy(wall_seconds=20),
        _SHORT,
        held=killed("ran longer than 0.6 s"),
    ),
    Attack(
        "processor time against SIGXCPU",
        "compute on when told that the time is used up",
        """
def attack():
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while time.process_time() < 2.1:
        pass
    return "computed"
""",
        roomy(cpu_seconds=60),
        replace(SMALL, cpu_seconds=1),
        held=killed("used more than 1 s of processor time"),
    ),
    Attack(
        "trace",
        "make itself traceable, as a debugger would",
        "def attack():\n    return call(101, 117, 0, 0, 0, 0) == 0\n",
        unfiltered,
    ),
    Attack(
        "listen on the trusted channel",
        "open the first process's standard output for reading, and so take records and their nonce from Exogate",
        'def attack():\n    return os.open("/proc/1/fd/1", os.O_RDONLY) > 2\n',
        without(*FIRST_PROCESS_HIDDEN),
    ),
    Attack(
        "read another's memory",
        "copy out of a process's memory",
        """
class Range(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
def attack():
    source, target = ctypes.create_string_buffer(b"memory"), ctypes.create_string_buffer(6)
    local, remote = Range(ctypes.addressof(target), 6), Range(ctypes.addressof(source), 6)
    call(310, 270, os.getpid(), ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    return target.raw
""",
        unfiltered,
    ),
]
