"""Where a run lies: its folder, and what is behind it when several hosts work on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from collapse_lab.store import Home, Store

if TYPE_CHECKING:
    from collapse_lab.remote import Remote


@dataclass(frozen=True)
class Place:
    """A run's folder, the share behind it, and, on one of several hosts, where this one keeps bases of all runs.

    A run on one host takes its bases from where the plan says, and leaves them there. Those of several hosts lie with
    the run, so that all of them go on from the same; a host's own are taken, or added to, on the way.
    """

    folder: Path
    share: Remote | None = None
    bases: Path | None = None

    @classmethod
    def named(cls, folder: Path, share: str | None, bases: Path | None = None) -> Place:
        """Return the place with the share at an address. Raises ``RemoteError``."""
        if share is None:
            return cls(folder, None, bases)
        from collapse_lab.remote import Remote

        return cls(folder, Remote(share), bases)

    def stores(self, planned: Path) -> tuple[Store, Store]:
        """Return the stores of the run's artifacts and of its bases; *planned* is where the plan keeps bases."""
        homes: tuple[Home, ...] = (self.share,) if self.share else ()
        if self.share is None and self.bases is None:
            return Store(self.folder), Store(planned)
        return Store(self.folder, homes), Store(self.folder, (*homes, Store(self.bases or planned)))

    def log(self, number: int) -> Path:
        """Return where a process writes what it does for an arm. Hosts that share no folder have logs of their own."""
        name = f"{number:03d}.{uuid4().hex[:8]}.jsonl" if self.share else f"{number:03d}.jsonl"
        return self.folder / "logs" / name

    def send(self, *files: Path) -> None:
        """Copy files of the folder to the share, where there is one."""
        if self.share is not None:
            for file in files:
                self.share.put(file.relative_to(self.folder).as_posix(), file)
