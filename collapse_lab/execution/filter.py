"""What a sample's process may not ask of the kernel, beyond what the sandbox refuses to all in it.

The sandbox keeps samples away from the host; this keeps them away from the template and its channel, which live in
the same sandbox and belong to the same user. A sample starts no process (it may start threads), runs no other
program, and sends no signal, its own process included. The evaluators of HumanEval and EvalPlus take the same away
(``os.fork``, ``os.kill``, ``subprocess.Popen``), though only as names in a module.
"""

from __future__ import annotations

import errno
from functools import lru_cache

from gates.sandbox.seccomp import MACHINES, Rule, Test, assemble
from gates.sandbox.syscalls import PRLIMIT64, Numbers

# name: (x86_64, aarch64), from the same tables as those of gates/sandbox/syscalls.py.
_REFUSED: dict[str, Numbers] = {
    # processes
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # signals
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    # other processes' memory, descriptors and scheduling
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    # what would outlive the process, unseen
    "semget": (64, 190),
    "mq_open": (240, 180),
    "io_uring_setup": (425, 425),
}
_ABSENT: dict[str, Numbers] = {"clone3": (435, 435)}
_KILL: Numbers = (62, 129)
_CLONE: Numbers = (56, 220)
# The flags with which glibc and musl start a thread; any other use of clone would be a process.
_THREAD = (0x3D0F00, 0x7D0F00)
_FCNTL: Numbers = (72, 25)
_IOCTL: Numbers = (16, 29)
# Ways to have the kernel signal a process when a descriptor becomes ready.
_SIGNAL_BY_FCNTL = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX
_SIGNAL_BY_IOCTL = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP


def of_template() -> list[Rule]:
    """Return what neither the template nor a sample needs: filtered once, and inherited."""
    return [
        *(Rule(numbers, errno.EPERM) for numbers in _REFUSED.values()),
        *(Rule(numbers, errno.ENOSYS) for numbers in _ABSENT.values()),
        Rule(PRLIMIT64, errno.EPERM, (Test(0, "nonzero"),)),
        *(Rule(_FCNTL, errno.EPERM, (Test(1, "equal", code),)) for code in _SIGNAL_BY_FCNTL),
        *(Rule(_IOCTL, errno.EPERM, (Test(1, "equal", code),)) for code in _SIGNAL_BY_IOCTL),
    ]


def of_sample() -> list[Rule]:
    """Return what only the template may do, to start a sample and to end it. Short: each sample loads it anew."""
    return [
        Rule(_CLONE, errno.EPERM, tuple(Test(0, "unlike", flags) for flags in _THREAD)),
        Rule(_KILL, errno.EPERM),
    ]


@lru_cache(maxsize=1)
def programs() -> dict[str, tuple[bytes, bytes]]:
    """Return the template's filter and a sample's for each architecture that has them, by ``uname``'s name of it."""
    return {
        name: (assemble(machine, of_template()), assemble(machine, of_sample())) for name, machine in MACHINES.items()
    }
