"""Attacks on what the host knows: its environment, files and processes' memory."""

from __future__ import annotations

from tests.gates.sandbox.attacks.model import Attack, unsandboxed, with_more, without

ATTACKS = [
    Attack(
        "environment",
        "read a token from the environment",
        """
def attack():
    return [value for value in os.environ.values() if value == W["canary"]]
""",
        unsandboxed,
    ),
    Attack(
        "environment of others",
        "read a token from the environment of every process to be seen",
        """
def attack():
    for name in os.listdir("/proc"):
        if name.isdigit() and name != str(os.getpid()):
            try:
                if W["canary"].encode() in read(f"/proc/{name}/environ"):
                    return name
            except OSError:
                continue
""",
        unsandboxed,
    ),
    Attack(
        "command lines of others",
        "find the host's processes and what they were started with",
        """
def attack():
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if W["victim_word"].encode() in read(f"/proc/{name}/cmdline"):
                    return name
            except OSError:
                continue
""",
        unsandboxed,
    ),
    Attack(
        "file outside",
        "read a file by its absolute path",
        'def attack():\n    return holds(W["secret"])\n',
        unsandboxed,
    ),
    Attack(
        "parent directories",
        "walk up from the mounted tree to the file beside it",
        """
def attack():
    return holds(os.path.join(W["tree"], "..", "outside", "secret.txt"))
""",
        unsandboxed,
    ),
    Attack(
        "absolute symlink",
        "follow a symlink in the mounted tree to a file outside",
        'def attack():\n    return holds(os.path.join(W["tree"], "absolute"))\n',
        unsandboxed,
    ),
    Attack(
        "relative symlink",
        "follow a symlink with .. in it to a file outside",
        'def attack():\n    return holds(os.path.join(W["tree"], "relative"))\n',
        unsandboxed,
    ),
    Attack(
        "root of a process",
        "reach the host's files through /proc/PID/root and /proc/PID/cwd",
        """
def attack():
    for name in os.listdir("/proc"):
        for entry in ("root", "cwd"):
            try:
                if name.isdigit() and holds(f"/proc/{name}/{entry}" + W["secret"]):
                    return name
            except OSError:
                continue
""",
        unsandboxed,
    ),
    Attack(
        "inherited descriptors",
        "read from descriptors that the host left open",
        """
def attack():
    for descriptor in range(3, 256):
        try:
            if os.pread(descriptor, 4096, 0).decode() == W["canary"]:
                return descriptor
        except (OSError, UnicodeDecodeError):
            continue
""",
        unsandboxed,
    ),
    Attack(
        "standard input of the host",
        "read what was meant for Exogate",
        'def attack():\n    return sys.stdin.read() == W["canary"]\n',
        unsandboxed,
    ),
    Attack(
        "other directories",
        "list what lies beside a runtime, and directories that no program needs",
        """
def attack():
    beside = [name for name in os.listdir(os.path.dirname(W["runtime"])) if name == "outside"]
    return beside + [path for path in ("/run", "/srv", "/boot", "/media") if os.path.exists(path)]
""",
        unsandboxed,
    ),
    Attack(
        "users of the host",
        "read the host's list of users",
        'def attack():\n    return [line for line in open("/etc/passwd") if line.startswith("root:")]\n',
        with_more("--ro-bind", "/etc/passwd", "/etc/passwd"),
    ),
    Attack(
        "host name",
        "learn the host's name",
        'def attack():\n    return socket.gethostname() == W["hostname"]\n',
        without("--hostname", "exogate"),
    ),
    Attack(
        "resolver",
        "learn of the host's network from its resolver configuration",
        'def attack():\n    return read("/etc/resolv.conf")\n',
        with_more("--ro-bind", "/etc/hosts", "/etc/resolv.conf"),
    ),
    Attack(
        "kernel command line",
        "read the kernel's command line, which may hold secrets of the machine",
        'def attack():\n    return read("/proc/cmdline")\n',
        without("--ro-bind", "/dev/null", "/proc/cmdline"),
    ),
    Attack(
        "keys",
        "list the keys of the user",
        'def attack():\n    return read("/proc/keys") or "the list"\n',
        without("--ro-bind", "/dev/null", "/proc/keys"),
    ),
    Attack(
        "sys",
        "look at the host's hardware and control groups",
        'def attack():\n    return os.listdir("/sys/kernel")\n',
        with_more("--ro-bind", "/sys", "/sys"),
    ),
    Attack(
        "devices",
        "find a device of the host, such as a disk or the kernel's log",
        'def attack():\n    return os.path.exists(W["device"])\n',
        with_more("--dev-bind", "/dev", "/dev"),
    ),
]
