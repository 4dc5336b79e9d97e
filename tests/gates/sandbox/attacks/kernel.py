"""Attacks on the kernel, and on what a process may become."""

from __future__ import annotations

from tests.gates.sandbox.attacks.model import Attack, unfiltered, unsandboxed, with_more

_NEW_USER_NAMESPACE = """
def attack():
    if libc.unshare(0x10000000 | {flags}) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    {then}
"""


def _reaches_the_kernel(name: str, tries: str, expression: str, refusal: str) -> Attack:
    """Return an attack by one system call with arguments that do nothing; the filter's own answer is *refusal*."""
    return Attack(
        name,
        tries,
        f"""
def attack():
    said = {expression}
    return said != errno.{refusal} and errno.errorcode.get(said, "done")
""",
        unfiltered,
    )


ATTACKS = [
    Attack(
        "user namespace",
        "become root in a user namespace of its own",
        _NEW_USER_NAMESPACE.format(flags="0", then="return read('/proc/self/status').split(b'CapEff:')[1].split()[0]"),
        unfiltered,
    ),
    Attack(
        "user namespace by clone",
        "make a child that is root in a user namespace of its own",
        """
def attack():
    child = call(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child
""",
        unfiltered,
    ),
    Attack(
        "mount",
        "mount a file system over another",
        _NEW_USER_NAMESPACE.format(
            flags="0x20000", then="return libc.mount(b'none', b'/scratch', b'tmpfs', 0, None) == 0 and 'mounted'"
        ),
        unfiltered,
    ),
    Attack(
        "chroot",
        "change the root directory, the first step out of one",
        _NEW_USER_NAMESPACE.format(flags="0", then="return os.chroot('/scratch') or 'changed'"),
        unfiltered,
    ),
    Attack(
        "host name change",
        "rename the machine",
        _NEW_USER_NAMESPACE.format(flags="0x04000000", then="return socket.sethostname('renamed') or 'renamed'"),
        unfiltered,
    ),
    Attack(
        "capabilities",
        "find a privilege left, or one that could be had",
        """
def attack():
    fields = dict(line.split(":", 1) for line in read("/proc/self/status").decode().splitlines())
    return [name for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") if int(fields[name], 16)]
""",
        with_more("--cap-add", "ALL"),
    ),
    Attack(
        "set-user-id",
        "gain privileges by a set-user-id program such as su",
        """
def attack():
    free = b"NoNewPrivs:\\t0" in read("/proc/self/status")
    return free and not os.statvfs("/usr").f_flag & os.ST_NOSUID
""",
        unsandboxed,
    ),
    Attack(
        "keyring",
        "put a key into the keyring, which is the user's and survives the process",
        'def attack():\n    return call(248, 217, b"user", b"exogate-test", b"x", 1, -2)\n',
        unfiltered,
    ),
    Attack(
        "core dump",
        "have a crash handled by the host's crash handler, which runs as root",
        """
def attack():
    import resource
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, before[1]))
    return resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
""",
        unfiltered,
    ),
    Attack(
        "memory of no file",
        "keep memory that no process's size shows (memfd_create)",
        'def attack():\n    return os.memfd_create("hidden")\n',
        unfiltered,
    ),
    Attack(
        "memory of no process",
        "keep memory that outlives the process (System V)",
        "def attack():\n    return call(29, 194, 0, 4096, 0o1600) + 1\n",
        unfiltered,
    ),
    Attack(
        "semaphores of no process",
        "keep the kernel's memory in sets of semaphores, 2 MB each (System V)",
        "def attack():\n    return call(64, 190, 0, 32000, 0o1600) + 1\n",
        unfiltered,
    ),
    Attack(
        "randomisation off",
        "switch off the randomisation of addresses for the next program",
        "def attack():\n    return call(135, 92, 0x0040000) + 1\n",
        unfiltered,
    ),
    _reaches_the_kernel(
        "terminal input", "type into the terminal (TIOCSTI)", "answer(16, 29, 0, 0x5412, None)", "EPERM"
    ),
    _reaches_the_kernel("clone3", "ask for namespaces by a pointer, unseen", "answer(435, 435, None, 0)", "ENOSYS"),
    _reaches_the_kernel("io_uring", "use the kernel's request rings", "answer(425, 425, 1, None)", "ENOSYS"),
    _reaches_the_kernel("userfaultfd", "hold the kernel at a page fault", "answer(323, 282, -1)", "ENOSYS"),
    _reaches_the_kernel("perf", "watch the machine's counters", "answer(298, 241, None, 0, 0, 0, 0)", "EPERM"),
    _reaches_the_kernel("clock", "change the clock", "answer(159, 171, None)", "EPERM"),
    _reaches_the_kernel("bpf", "load a program into the kernel", "answer(321, 280, -1, None, 0)", "EPERM"),
]
