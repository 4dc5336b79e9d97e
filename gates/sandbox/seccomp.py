"""A filter of system calls, assembled as classic BPF; see seccomp(2) and the kernel's linux/bpf_common.h."""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from gates.sandbox import syscalls
from gates.sandbox.syscalls import Numbers

# struct seccomp_data { int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6]; }, little-endian on both machines.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
# System calls of the x32 interface have this bit in their number; it would be a second way to each of them.
_X32_BIT = 0x40000000

_NEW_NAMESPACE = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX put characters into a terminal, as if typed
# AF_UNIX, AF_INET, AF_INET6, AF_NETLINK live in a network namespace; AF_VSOCK reaches the hypervisor from inside any.
_FAMILIES = (1, 2, 10, 16)
_CORE = 4  # RLIMIT_CORE
_ASKING = 0xFFFFFFFF  # personality(0xffffffff) only asks


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor architecture: its AUDIT_ARCH value and its column in the tables of numbers."""

    audit: int
    column: int


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on the low half of an argument (on both halves for ``nonzero``)."""

    argument: int
    kind: str  # "equal", "unlike", "bits" or "nonzero"
    value: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """Answer a system call with an error number (0: say that it was done) when all the tests hold."""

    numbers: Numbers
    error: int
    tests: tuple[Test, ...] = field(default=())


def rules() -> list[Rule]:
    """Return all that is filtered."""
    return [
        *(Rule(numbers, errno.EPERM) for numbers in syscalls.REFUSED.values()),
        *(Rule(numbers, errno.ENOSYS) for numbers in syscalls.ABSENT.values()),
        Rule(syscalls.CLONE, errno.EPERM, (Test(0, "bits", _NEW_NAMESPACE),)),
        *(Rule(syscalls.IOCTL, errno.EPERM, (Test(1, "equal", code),)) for code in _TERMINAL_INPUT),
        Rule(syscalls.SOCKET, errno.EAFNOSUPPORT, tuple(Test(0, "unlike", family) for family in _FAMILIES)),
        Rule(syscalls.PERSONALITY, errno.EPERM, (Test(0, "nonzero"), Test(0, "unlike", _ASKING))),
        # Programs lower their core limit to 0; at 0 a crash would reach the host's handler (see rlimits.py).
        Rule(syscalls.SETRLIMIT, 0, (Test(0, "equal", _CORE),)),
        Rule(syscalls.PRLIMIT64, 0, (Test(1, "equal", _CORE), Test(2, "nonzero"))),
    ]


@lru_cache(maxsize=4)
def program(machine: str = platform.machine()) -> bytes | None:
    """Return the filter as an array of ``struct sock_filter``, or ``None`` for a machine that has no table here."""
    found = MACHINES.get(machine)
    return None if found is None else assemble(found, rules())


def assemble(machine: Machine, wanted: Iterable[Rule]) -> bytes:
    """Return the program that allows every call but those the rules name."""
    code = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, machine.audit, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_AT_LEAST, _X32_BIT, 0, 1),
        _instruction(_RETURN, _REFUSE | errno.ENOSYS),
    ]
    for rule in wanted:
        number = rule.numbers[machine.column]
        if number is not None:
            code += _rule(number, rule)
    return b"".join([*code, _instruction(_RETURN, _ALLOW)])


def _instruction(operation: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, operand)


def _rule(number: int, rule: Rule) -> list[bytes]:
    """Return a rule's instructions. The accumulator holds the call's number before and after."""
    conditions = [step for test in rule.tests for step in _steps(test)]
    body = [*conditions, ("return", _RETURN, _REFUSE | rule.error)]
    if conditions:
        body.append(("restore", _LOAD, _NUMBER))
    restore = len(body) - 1
    code = [_instruction(_EQUAL, number, 0, len(body))]
    for position, (goes_on, operation, operand) in enumerate(body):
        away = restore - position - 1
        jumps = {"when true": (0, away), "when false": (away, 0), "when true, else past two": (0, 2)}
        code.append(_instruction(operation, operand, *jumps.get(goes_on, (0, 0))))
    return code


def _steps(test: Test) -> list[tuple[str, int, int]]:
    """Return a test's instructions, each with when the rule goes on to hold."""
    low = _ARGUMENTS + 8 * test.argument
    load = ("load", _LOAD, low)
    if test.kind == "bits":
        return [load, ("when true", _ANY_BIT, test.value)]
    if test.kind == "equal":
        return [load, ("when true", _EQUAL, test.value)]
    if test.kind == "unlike":
        return [load, ("when false", _EQUAL, test.value)]
    if test.kind == "nonzero":
        high = ("load", _LOAD, low + 4)
        return [load, ("when true, else past two", _EQUAL, 0), high, ("when false", _EQUAL, 0)]
    raise ValueError(f"There is no test of the kind {test.kind!r}.")
