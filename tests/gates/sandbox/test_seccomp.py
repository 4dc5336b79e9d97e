"""The filter, run by a small interpreter of classic BPF; that the kernel takes it is shown in test_bubblewrap.py."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.sandbox import seccomp, syscalls

ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NAMES = list(seccomp.MACHINES)
WORD = st.integers(0, 2**64 - 1)
ARGUMENTS = st.lists(
    WORD | st.sampled_from([0, 1, 2, 4, 10, 16, 17, 0x5412, 0x541C, 0xFFFFFFFF, 1 << 32]), min_size=6, max_size=6
)


def run(program: bytes, number: int, audit: int, arguments: list[int]) -> int:
    """Return the filter's answer to one call."""
    data = struct.pack("<iIQ6Q", number - (1 << 32) if number >= 1 << 31 else number, audit, 0, *arguments)
    code = [struct.unpack("<HBBI", program[place : place + 8]) for place in range(0, len(program), 8)]
    accumulator = place = 0
    while True:
        operation, if_true, if_false, operand = code[place]
        place += 1
        if operation == 0x06:
            return int(operand)
        if operation == 0x20:
            accumulator = struct.unpack_from("<I", data, operand)[0]
            continue
        holds = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: bool(accumulator & operand)}[
            operation
        ]
        place += if_true if holds else if_false


def expected(name: str, number: int, arguments: list[int]) -> int:
    """Say the same in plain words."""
    column = seccomp.MACHINES[name].column
    low = [value & 0xFFFFFFFF for value in arguments]

    def among(table: dict[str, syscalls.Numbers]) -> bool:
        return number in {numbers[column] for numbers in table.values()}

    special = {
        syscalls.CLONE[column]: ERROR | errno.EPERM if low[0] & 0x7E020000 else ALLOW,
        syscalls.IOCTL[column]: ERROR | errno.EPERM if low[1] in (0x5412, 0x541C) else ALLOW,
        syscalls.SOCKET[column]: ALLOW if low[0] in (1, 2, 10, 16) else ERROR | errno.EAFNOSUPPORT,
        syscalls.PERSONALITY[column]: ALLOW if arguments[0] == 0 or low[0] == 0xFFFFFFFF else ERROR | errno.EPERM,
        syscalls.SETRLIMIT[column]: ERROR if low[0] == 4 else ALLOW,
        syscalls.PRLIMIT64[column]: ERROR if low[1] == 4 and arguments[2] else ALLOW,
    }
    if number >= 0x40000000 or among(syscalls.ABSENT):
        return ERROR | errno.ENOSYS
    return ERROR | errno.EPERM if among(syscalls.REFUSED) else special.get(number, ALLOW)


@pytest.mark.parametrize("name", NAMES)
@given(number=st.integers(0, 600) | st.integers(0, 2**32 - 1), arguments=ARGUMENTS)
def test_answers_as_the_tables_say(name: str, number: int, arguments: list[int]) -> None:
    program = seccomp.program(name)
    assert program is not None
    assert run(program, number, seccomp.MACHINES[name].audit, arguments) == expected(name, number, arguments)


@pytest.mark.parametrize("name", NAMES)
@given(arguments=ARGUMENTS)
def test_answers_every_special_call_as_the_tables_say(name: str, arguments: list[int]) -> None:
    machine = seccomp.MACHINES[name]
    program = seccomp.program(name)
    assert program is not None
    for numbers in (
        syscalls.CLONE,
        syscalls.IOCTL,
        syscalls.SOCKET,
        syscalls.PERSONALITY,
        syscalls.SETRLIMIT,
        syscalls.PRLIMIT64,
    ):
        number = numbers[machine.column]
        assert number is not None
        assert run(program, number, machine.audit, arguments) == expected(name, number, arguments)


@pytest.mark.parametrize("name", NAMES)
@given(
    number=st.integers(0, 600),
    audit=st.integers(0, 2**32 - 1).filter(lambda value: value not in (0xC000003E, 0xC00000B7)),
)
def test_kills_what_calls_by_another_architectures_numbers(name: str, number: int, audit: int) -> None:
    program = seccomp.program(name)
    assert program is not None
    assert run(program, number, audit, [0] * 6) == KILL


@pytest.mark.parametrize("name", NAMES)
def test_fits_the_kernels_limit_and_names_no_call_twice(name: str) -> None:
    column = seccomp.MACHINES[name].column
    program = seccomp.program(name)
    assert program is not None
    assert len(program) // 8 <= 4096
    numbers = [
        row[column]
        for table in (syscalls.REFUSED, syscalls.ABSENT)
        for row in table.values()
        if row[column] is not None
    ]
    assert len(numbers) == len(set(numbers))


def test_there_is_none_for_an_unknown_processor() -> None:
    assert seccomp.program("riscv64") is None
