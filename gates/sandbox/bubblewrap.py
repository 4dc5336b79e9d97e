"""The default back-end: bubblewrap, with its own user, mount, pid, net, ipc, uts and cgroup namespaces."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from gates.sandbox import layout, remedies, seccomp
from gates.sandbox.environment import environment
from gates.sandbox.handshake import Handshake
from gates.sandbox.layout import SCRATCH
from gates.sandbox.spec import Command, Mount, Result
from gates.sandbox.supervise import Launch, supervise

_ISOLATION = (
    "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--hostname", "exogate",
    "--die-with-parent", "--new-session", "--cap-drop", "ALL",
)  # fmt: skip


@dataclass(frozen=True)
class Bubblewrap:
    """Runs each command in a fresh set of namespaces with a read-only root and one writable tmpfs."""

    program: str = "bwrap"
    name: str = "bubblewrap"

    def locate(self, mount: Mount) -> str:
        """Return the mount's target: the command sees it there."""
        return mount.target

    def run(self, command: Command) -> Result:
        """Run the command; see ``Sandbox.run``."""
        program = shutil.which(self.program)
        if program is None:
            raise remedies.not_installed()
        with Handshake(self.arguments(command), self.system_calls(), command.limits) as handshake:
            # bwrap's own command line, which every user of the host can read, names nothing of what is judged.
            argv = [program, *handshake.options, "--", *command.argv]
            launch = Launch(argv, {}, inherited=handshake.inherited, attach=handshake.attach)
            result = supervise(launch, command.stdin, command.limits, command.unwanted)
            if result.killed is None and not handshake.executed():
                raise remedies.explain(result.stderr)
            return result

    def arguments(self, command: Command) -> Sequence[str]:
        """Return bwrap's arguments for a command (pure but for looking at which system paths exist)."""
        args = [*_ISOLATION, *layout.arguments(command), "--chdir", SCRATCH, "--clearenv"]
        for key, value in environment(command, SCRATCH).items():
            args += ["--setenv", key, value]
        return args

    def system_calls(self) -> bytes | None:
        """Return the filter of system calls, ``None`` where there is none for this machine's processor."""
        return seccomp.program()
