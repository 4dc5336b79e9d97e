"""Attacks that change files which are not theirs, or fill what is."""

from __future__ import annotations

from dataclasses import replace

from gates.sandbox.spec import MIB
from tests.gates.sandbox.attacks.model import (
    SMALL,
    TREE,
    Attack,
    killed,
    roomy,
    unsandboxed,
    without,
    writable,
)

_FILL = """
def attack():
    with open({path!r} + "/filler", "wb") as stream:
        for _ in range(20):
            stream.write(bytes(1 << 20))
            stream.flush()
    return "20 MiB written"
"""
_LITTLE_ROOM = replace(SMALL, scratch_bytes=8 * MIB)

ATTACKS = [
    Attack(
        "write to a mount",
        "change a file of the mounted tree",
        f'def attack():\n    return open("{TREE}/module.py", "a").write("# changed")\n',
        writable(lambda _: TREE),
    ),
    Attack(
        "remount",
        "make the mounted tree writable again, in namespaces of its own where that is allowed, and write",
        f"""
def attack():
    libc.unshare(0x10000000 | 0x20000)
    for flags in (32, 32 | 4096):
        libc.mount(None, b"{TREE}", None, flags, None)
    return open("{TREE}/module.py", "a").write("# changed")
""",
        writable(lambda _: TREE),
    ),
    Attack(
        "add to a mount",
        "plant a conftest.py in the mounted tree",
        f'def attack():\n    return open("{TREE}/conftest.py", "w").write("# planted")\n',
        writable(lambda _: TREE),
    ),
    Attack(
        "write through a symlink",
        "change the file to which a symlink in the tree leads",
        'def attack():\n    return open(os.path.join(W["tree"], "absolute"), "a").write("changed")\n',
        unsandboxed,
    ),
    Attack(
        "write to a runtime",
        "plant a module beside the interpreter",
        'def attack():\n    return open(W["runtime"] + "/planted.py", "w").write("# planted")\n',
        writable(lambda world: str(world.runtime)),
    ),
    Attack(
        "write to the system",
        "have /usr writable",
        'def attack():\n    return not os.statvfs("/usr").f_flag & os.ST_RDONLY\n',
        writable(lambda _: "/usr"),
    ),
    Attack(
        "write to the root",
        "make a directory in /",
        'def attack():\n    return os.mkdir("/planted") or "made"\n',
        without("--remount-ro", "/"),
    ),
    Attack(
        "write to /dev",
        "fill the file system of the devices, which has no size",
        'def attack():\n    return open("/dev/filler", "w").write("x")\n',
        without("--remount-ro", "/dev"),
    ),
    Attack(
        "write to /proc",
        "write to files of /proc: as the host's root, that would be kernel settings",
        'def attack():\n    return open("/proc/self/comm", "w").write("x")\n',
        without("--remount-ro", "/proc"),
    ),
    Attack(
        "fill scratch",
        "write more than the scratch directory may hold",
        _FILL.format(path="/scratch"),
        roomy(scratch_bytes=200 * MIB),
        _LITTLE_ROOM,
    ),
    Attack("fill tmp", "write more to /tmp", _FILL.format(path="/tmp"), roomy(scratch_bytes=200 * MIB), _LITTLE_ROOM),
    Attack(
        "fill var tmp",
        "write more to /var/tmp",
        _FILL.format(path="/var/tmp"),
        roomy(scratch_bytes=200 * MIB),
        _LITTLE_ROOM,
    ),
    Attack(
        "fill shared memory",
        "write more to /dev/shm",
        _FILL.format(path="/dev/shm"),
        roomy(scratch_bytes=200 * MIB),
        _LITTLE_ROOM,
    ),
    Attack(
        "giant file",
        "write a file over the size of one file",
        _FILL.format(path="/scratch"),
        roomy(file_bytes=200 * MIB),
        replace(SMALL, file_bytes=8 * MIB),
    ),
    Attack(
        "raise a limit",
        "lift the limit of a file's size, then write a large one",
        """
def attack():
    import resource
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except ValueError:
        pass
    with open("/scratch/large", "wb") as stream:
        return stream.write(bytes(20 << 20))
""",
        roomy(file_bytes=200 * MIB),
        replace(SMALL, file_bytes=8 * MIB),
    ),
    Attack(
        "giant sparse file",
        "make a file of a terabyte that holds nothing",
        """
def attack():
    with open("/scratch/sparse", "wb") as stream:
        stream.truncate(1 << 40)
    return "made"
""",
        roomy(file_bytes=1 << 41),
        replace(SMALL, file_bytes=8 * MIB),
    ),
    *(
        Attack(
            f"many files in {place}",
            "use up the kernel's memory with files of no size",
            f"""
def attack():
    for number in range(1500):
        open(f"{place}/{{number}}", "w").close()
    time.sleep(0.3)
    return "1500 files"
""",
            roomy(scratch_files=10_000),
            replace(SMALL, scratch_files=1000),
            held=killed("made more than 1000 files"),
        )
        for place in ("/scratch", "/dev/shm")
    ),
    Attack(
        "remove the scratch directory",
        "take away the directory that the next run needs",
        """
def attack():
    here = os.getcwd()
    os.rmdir(here)
    return not os.path.exists(here)
""",
        unsandboxed,
    ),
]
