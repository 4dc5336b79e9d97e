"""The record of deliveries, as far as this package needs one. The ledger is it; tests bring their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# GitHub's ids are UUIDs; the queue takes these characters.
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

# How the ids begin of what was asked for on the dashboard, which stands in the record like a delivery.
OWN = "dashboard-"
# What becomes of a delivery in the end. One that has none of these is on its way, or was lost.
DONE, SUPERSEDED, NOTHING, FAILED = "done", "superseded", "nothing-to-do", "failed"
# What has one of these is not done again, however often it comes.
FINAL = frozenset({DONE, SUPERSEDED, NOTHING})


class RecordError(RuntimeError):
    """The record cannot be read or written now; the message is a sentence."""


@dataclass(frozen=True)
class Delivery:
    """A delivery that was signed with our secret. ``id`` is GitHub's, the same for each attempt.

    ``number`` is that of the one pull request which it is about.
    """

    id: str
    event: str
    action: str | None
    installation: int | None
    repository_id: int | None
    received: datetime
    number: int | None = None


@dataclass(frozen=True)
class Entry:
    """A delivery for the record, with what became of it where that was known when it was taken."""

    delivery: Delivery
    outcome: str | None = None
    detail: str = ""


class Deliveries(Protocol):
    """Every method raises ``RecordError`` where the record is away."""

    def record(self, entries: Sequence[Entry]) -> None:
        """Write them down for good, all or none. A delivery that stands there is not written again.

        Its outcome is, unless one stands there that is final.
        """

    def done(self, id_: str, outcome: str, detail: str = "") -> None:
        """Write down what became of it."""

    def outcome(self, id_: str) -> str | None:
        """Return what became of it, ``None`` where it is not known (yet)."""

    def since(self, when: datetime) -> Mapping[str, str | None]:
        """Return the ids of what was received since then, with what became of each."""

    def ready(self) -> None:
        """Do nothing, or raise."""


def is_id(text: str) -> bool:
    """Whether *text* can be a delivery's id."""
    return _ID.fullmatch(text) is not None
