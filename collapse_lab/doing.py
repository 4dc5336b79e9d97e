"""What an arm is at before its first round: the training of its base, by the arm's log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Doing:
    """One of a base's trainings: what it is called, and how many of its steps are done."""

    what: str
    done: int
    of: int

    def __str__(self) -> str:
        return f"{self.what} {self.done}/{self.of}"

    @property
    def told(self) -> bool:
        """Whether a log should hear of it: every hundredth part, the first and the last step."""
        return self.done in (1, self.of) or self.done * 100 // self.of != (self.done - 1) * 100 // self.of

    def as_event(self) -> dict[str, Any]:
        """Return it as an event of a log."""
        return {"doing": self.what, "done": self.done, "of": self.of}


def doing(out: Path, number: int) -> Doing | None:
    """Return the training that an arm's log ends in; ``None`` where its base is there, or not yet begun.

    Of an arm that was killed this is where it stood. What a host does that shares no folder is not known here.
    """
    logs = (out / "logs").glob(f"{number:03d}*.jsonl")
    found = [event for log in logs for event in events(log) if event.get("arm") == number]
    last = max(found, key=lambda event: float(event["at"]), default={})
    try:
        return Doing(str(last["doing"]), int(last["done"]), int(last["of"]))
    except KeyError:
        return None


def events(log: Path) -> Iterator[dict[str, Any]]:
    """Yield a log's events; what a killed process left half written is no event."""
    for line in log.read_text("utf-8", "replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue
