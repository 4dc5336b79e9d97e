"""A sandbox whose commands end when the review does."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gates.sandbox.spec import Command, Mount, Result, Sandbox
from gates.stopping import Stop


@dataclass(frozen=True)
class Stoppable:
    """Another back-end that starts nothing, and ends what it runs, once there is a reason to stop."""

    inner: Sandbox
    stop: Stop

    @property
    def name(self) -> str:
        """The back-end's name."""
        return self.inner.name

    def locate(self, mount: Mount) -> str:
        """Return where the command will see the mount."""
        return self.inner.locate(mount)

    def run(self, command: Command) -> Result:
        """Run the command. Raises ``StoppedError`` where it was not to begin, or not to come to its end."""
        with self.stop.running():
            return self.inner.run(replace(command, unwanted=lambda: self.stop.why))
