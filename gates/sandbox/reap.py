"""Started by the runner back-end before each command: sets its limits, adopts its orphans, and ends them with it.

It is a process of its own, since a process that adopts orphans gets those of all that it starts.
"""

from __future__ import annotations

import ctypes
import json
import os
import threading

from gates.sandbox import rlimits, seccomp
from gates.sandbox.spec import Limits
from gates.sandbox.tree import kill_descendants

_PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 22, 36, 38
_SECCOMP_MODE_FILTER = 2
_LIBC = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """``struct sock_fprog`` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def main(arguments: list[str]) -> int:
    """Run the command to its end and return its exit status (128 and the signal when one ended it).

    The arguments are a descriptor on which a byte says that the command was started, a pipe that is closed when
    Exogate is gone, the limits as JSON, the command.
    """
    status, lifeline, limits, *command = arguments
    for descriptor in (status, lifeline):
        os.set_inheritable(int(descriptor), False)
    _control(_PR_SET_CHILD_SUBREAPER, 1)
    failure, told = os.pipe()
    # One thread here, so that Python may run between fork and exec.
    child = os.fork()
    if child == 0:
        _become(command, told, Limits(**json.loads(limits)))
    os.close(told)
    _let_go_of_the_output()
    if said := os.read(failure, 4096):
        os.write(2, said)
        return 127
    os.write(int(status), b"+")
    os.close(int(status))
    threading.Thread(target=_end_with_exogate, args=(int(lifeline),), daemon=True).start()
    code = _wait_for(child)
    kill_descendants(os.getpid(), patience=5.0)
    return 128 - code if code < 0 else code


def _become(command: list[str], told: int, limits: Limits) -> None:
    """Turn this process into the command, or say on *told* (closed by exec) why not. Never returns."""
    try:
        os.setsid()
        rlimits.lower(0, limits, fresh_namespace=False)
        _control(_PR_SET_NO_NEW_PRIVS, 1)
        _filter_system_calls()
        os.execvp(command[0], command)  # noqa: S606 - there is to be no shell
    except OSError as error:
        os.write(told, f"{error.strerror}".encode())
    finally:
        os._exit(127)


def _filter_system_calls() -> None:
    program = seccomp.program()
    if program is not None:
        filtered = _Program(len(program) // 8, program)
        _control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filtered))


def _control(option: int, *arguments: object) -> None:
    padded = [*arguments, *(ctypes.c_ulong(0) for _ in range(4 - len(arguments)))]
    if _LIBC.prctl(option, *padded) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _let_go_of_the_output() -> None:
    """Close the trusted channel here: the command could open it for reading as a descriptor of this process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _end_with_exogate(lifeline: int) -> None:
    """End the command when Exogate is gone, however it went: a killed process can end nothing itself."""
    os.read(lifeline, 1)
    kill_descendants(os.getpid(), patience=5.0)


def _wait_for(child: int) -> int:
    """Bury whatever ends, the adopted too, until the command itself has."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)
